"""Daily rows for reports and totals, kept by triggers: no writer can forget them, whatever it writes with.

Three tables hold one row for each day and each combination of what a report can be grouped by, in three grains
(0 the hospital, 1 its departments, 2 their doctors), so that two years of a hospital are some thousand rows however
many doctors and settlements it has. A settlement counts as begun on the day of `created_at`, as settled with its
amounts on that of `settled_at`, as refunded on that of `refunded_at`, always under its present state.

How a change gets there: a trigger on the raw table writes the difference (old row minus, new row plus) to
`daily_change`, under the number of its transaction; one deferred trigger applies all of it just before the commit.
So the daily rows change in the same transaction, and
- two transactions cannot deadlock on them: whoever locks a daily row is at its end and takes them in one fixed order,
  whatever the order of the statements before;
- a busy row is locked for the commit only.

Inserts and deletes are counted a statement at a time (transition tables: a bulk load costs one aggregation), updates a
row at a time behind a WHEN (a lease or a version that changes costs nothing).

`daily_rebuild()` compares raw and daily rows in one snapshot each and adds the differences: exact without a lock, for
every transaction changes both at once. It is also what fills the tables here, and what a load with triggers switched
off (session_replication_role) needs afterwards. Rows that have become all zero stay until then: today's breathe.
"""

from collections.abc import Iterable

from tortoise import migrations
from tortoise.migrations import operations as ops

DAY = "(%s AT TIME ZONE 'Asia/Shanghai')::date"
SETTLEMENT_KEY = ("hospital_id", "grain", "day", "department_id", "doctor_id", "pay_kind", "insurance_type", "state")
ORDER_KEY = ("hospital_id", "grain", "day", "department_id", "doctor_id", "state")
INVOICE_KEY = ("hospital_id", "day", "state")
AMOUNTS = ("total_fen", "fund_fen", "account_fen", "cash_fen", "other_fen")
SETTLEMENT_SUMS = ("begun", "settled", *AMOUNTS, "refunds", "refunded_fen")
# Each daily table: its key, its measures, and the measures of `daily_change` that they are sums of.
TABLES: dict[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    "daily_settlement": (SETTLEMENT_KEY, SETTLEMENT_SUMS, SETTLEMENT_SUMS),
    "daily_order": (ORDER_KEY, ("orders", "total_fen"), ("begun", "total_fen")),
    "daily_invoice": (INVOICE_KEY, ("invoices", "total_fen"), ("begun", "total_fen")),
}
TYPES = {"day": "date", "grain": "smallint", "pay_kind": "varchar(16)", "insurance_type": "varchar(6)", "state": "varchar(16)"}
# What one row of a raw table adds to which days; {rows} has the table's columns and `sign`.
SETTLEMENT_DAYS = f"""
    SELECT 'daily_settlement' AS subject, {DAY % 'told.at'} AS day, s.hospital_id, s.department_id, s.doctor_id, s.pay_kind,
      coalesce(s.insurance_type, '') AS insurance_type, s.state,
      {", ".join(f"sum(s.sign * told.{name})::bigint AS {name}" for name in SETTLEMENT_SUMS)}
    FROM {{rows}} s CROSS JOIN LATERAL (VALUES
      (s.created_at, 1, 0, 0, 0, 0, 0, 0, 0, 0),
      (CASE WHEN s.paid_fen > 0 THEN s.settled_at END, 0, 1, s.total_fen, coalesce(s.fund_fen, 0),
        coalesce(s.account_fen, 0), coalesce(s.cash_fen, 0), s.other_fen, 0, 0),
      (CASE WHEN s.refunded_fen > 0 THEN s.refunded_at END, 0, 0, 0, 0, 0, 0, 0, 1, s.refunded_fen)
    ) AS told (at, {", ".join(SETTLEMENT_SUMS)})
    WHERE told.at IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 6, 7, 8"""
ORDER_DAYS = f"""
    SELECT 'daily_order' AS subject, {DAY % 'created_at'} AS day, hospital_id, department_id, doctor_id, '' AS pay_kind,
      '' AS insurance_type, state, sum(sign)::bigint AS begun, 0 AS settled, sum(sign * total_fen)::bigint AS total_fen,
      0 AS fund_fen, 0 AS account_fen, 0 AS cash_fen, 0 AS other_fen, 0 AS refunds, 0 AS refunded_fen
    FROM {{rows}} s GROUP BY 1, 2, 3, 4, 5, 8"""
INVOICE_DAYS = f"""
    SELECT 'daily_invoice' AS subject, {DAY % 'created_at'} AS day, hospital_id, 0::bigint AS department_id,
      0::bigint AS doctor_id, '' AS pay_kind, '' AS insurance_type, state, sum(sign)::bigint AS begun, 0 AS settled,
      sum(sign * total_fen)::bigint AS total_fen, 0 AS fund_fen, 0 AS account_fen, 0 AS cash_fen, 0 AS other_fen,
      0 AS refunds, 0 AS refunded_fen
    FROM {{rows}} s GROUP BY 1, 2, 3, 8"""
OF_ORDER = "(SELECT r.*, o.department_id, o.doctor_id FROM {rows} r JOIN orders o ON o.id = r.order_id)"
# Raw table: what its rows add, how they are dressed for that, and the columns whose change matters.
Raw = dict[str, tuple[str, str, tuple[str, ...]]]
RAW: Raw = {
    "settlement": (
        SETTLEMENT_DAYS,
        OF_ORDER,
        ("hospital_id", "order_id", "pay_kind", "insurance_type", "state", *AMOUNTS, "paid_fen", "refunded_fen",
         "created_at", "settled_at", "refunded_at"),
    ),
    "orders": (ORDER_DAYS, "{rows}", ("hospital_id", "department_id", "doctor_id", "state", "total_fen", "created_at")),
    "invoice": (INVOICE_DAYS, "{rows}", ("hospital_id", "state", "total_fen", "created_at")),
}
DAILY_OF = {"settlement": "daily_settlement", "orders": "daily_order", "invoice": "daily_invoice"}
CHANGE_COLUMNS = ("subject", "day", "hospital_id", "department_id", "doctor_id", "pay_kind", "insurance_type", "state")
# An order that gets another doctor takes its settlements along; they are locked, so that nobody moves them meanwhile.
ORDER_MOVES = """
    IF (OLD.department_id, OLD.doctor_id) IS DISTINCT FROM (NEW.department_id, NEW.doctor_id) THEN
      PERFORM FROM settlement WHERE order_id = NEW.id ORDER BY id FOR UPDATE;
      {write}
    END IF;"""
MOVED = """(SELECT r.*, o.sign, o.department_id, o.doctor_id FROM settlement r JOIN (
      SELECT OLD.id, -1 AS sign, OLD.department_id, OLD.doctor_id
      UNION ALL SELECT NEW.id, 1, NEW.department_id, NEW.doctor_id) o ON o.id = r.order_id)"""


def names(columns: Iterable[str], prefix: str = "") -> str:
    return ", ".join(prefix + name for name in columns)


def not_zero(columns: Iterable[str], function: str = "{}") -> str:
    return "(" + " OR ".join(function.format(name) + " <> 0" for name in columns) + ")"


def write(days: str, rows: str) -> str:
    """Differences into `daily_change`, for this transaction's end."""
    return f"""
    INSERT INTO daily_change (xid, {names(CHANGE_COLUMNS)}, {names(SETTLEMENT_SUMS)})
      SELECT pg_current_xact_id(), * FROM ({days.format(rows=rows)}) each WHERE {not_zero(SETTLEMENT_SUMS)};
    IF FOUND THEN INSERT INTO daily_due VALUES (pg_current_xact_id()) ON CONFLICT DO NOTHING; END IF;"""


def triggers(table: str, raw: Raw = RAW) -> str:
    """A raw table's triggers: by statement what comes and goes, by row what changes, and TRUNCATE."""
    days, dressed, columns = raw[table]
    came, went, both = (
        dressed.format(rows=rows)
        for rows in (
            "(SELECT *, 1 AS sign FROM came)",
            "(SELECT *, -1 AS sign FROM went)",
            "(SELECT OLD.*, -1 AS sign UNION ALL SELECT NEW.*, 1)",
        )
    )
    moves = ORDER_MOVES.format(write=write(raw["settlement"][0], MOVED)) if table == "orders" else ""
    changed = " OR ".join(f"OLD.{name} IS DISTINCT FROM NEW.{name}" for name in columns)
    daily = DAILY_OF[table]
    return f"""
    {function(f"{table}_inserted", write(days, came))}
    {function(f"{table}_deleted", write(days, went))}
    {function(f"{table}_updated", write(days, both) + moves)}
    {function(f"{table}_truncated", f"DELETE FROM {daily}; DELETE FROM daily_change WHERE xid = pg_current_xact_id() AND subject = '{daily}';")}
    CREATE TRIGGER daily_insert AFTER INSERT ON {table} REFERENCING NEW TABLE AS came
      FOR EACH STATEMENT EXECUTE FUNCTION {table}_inserted();
    CREATE TRIGGER daily_delete AFTER DELETE ON {table} REFERENCING OLD TABLE AS went
      FOR EACH STATEMENT EXECUTE FUNCTION {table}_deleted();
    CREATE TRIGGER daily_update AFTER UPDATE ON {table}
      FOR EACH ROW WHEN ({changed}) EXECUTE FUNCTION {table}_updated();
    CREATE TRIGGER daily_truncate AFTER TRUNCATE ON {table}
      FOR EACH STATEMENT EXECUTE FUNCTION {table}_truncated();"""


def function(
    name: str, body: str, returns: str = "trigger", variables: str = "", result: str = "RETURN NULL;"
) -> str:
    return f"""CREATE FUNCTION {name}() RETURNS {returns} LANGUAGE plpgsql AS $$
    {variables}BEGIN
    {body}
    {result}
    END $$;"""


def table(name: str) -> str:
    key, sums, _ = TABLES[name]
    columns = [f"{column} {TYPES.get(column, 'bigint')} NOT NULL" for column in (*key, *sums)]
    return f"""
    CREATE TABLE {name} ({", ".join(columns)}, PRIMARY KEY ({names(key)})) WITH (fillfactor = 70);"""


def grained(daily: str, source: str) -> str:
    """The rows of `source` (columns of `daily_change`) summed by the daily table's key, in each of its grains."""
    key, sums, measures = TABLES[daily]
    summed = ", ".join(f"sum({measure})::bigint AS {name}" for name, measure in zip(sums, measures, strict=True))
    kept = f"HAVING {not_zero(measures, 'sum({})')}"
    if "grain" not in key:
        return f"SELECT {names(key)}, {summed} FROM {source} GROUP BY {names(key)} {kept}"
    rest = names(name for name in key if name not in ("grain", "department_id", "doctor_id"))
    return f"""SELECT {names(GRAINED.get(name, name) for name in key)}, {summed} FROM {source}
      GROUP BY GROUPING SETS (({rest}), ({rest}, department_id), ({rest}, department_id, doctor_id)) {kept}"""


GRAINED = {
    "grain": "(2 - grouping(department_id) - grouping(doctor_id))::smallint AS grain",
    "department_id": "coalesce(department_id, 0) AS department_id",
    "doctor_id": "coalesce(doctor_id, 0) AS doctor_id",
}


def add(daily: str, source: str) -> str:
    """Add to the daily rows, always in the order of their key."""
    key, sums, _ = TABLES[daily]
    return f"""
    INSERT INTO {daily} AS d ({names(key)}, {names(sums)}) SELECT * FROM ({source}) each ORDER BY {names(key)}
      ON CONFLICT ({names(key)}) DO UPDATE SET {", ".join(f"{name} = d.{name} + excluded.{name}" for name in sums)};"""


def apply() -> str:
    """All that this transaction changed; empty daily tables are skipped."""
    mine = "(SELECT * FROM daily_change WHERE xid = mine AND subject = '%s') c"
    return function(
        "daily_apply",
        "".join(
            f"""
    IF EXISTS (SELECT FROM {mine % daily}) THEN {add(daily, grained(daily, mine % daily))}
    END IF;"""
            for daily in TABLES
        )
        + """
    DELETE FROM daily_change WHERE xid = mine;
    DELETE FROM daily_due WHERE xid = mine;""",
        variables="DECLARE mine xid8 := pg_current_xact_id();\n    ",
    )


def differences(table: str, raw: Raw) -> str:
    """What the raw rows say more than the daily rows, seen in one snapshot."""
    daily = DAILY_OF[table]
    key, sums, _ = TABLES[daily]
    days, dressed, _ = raw[table]
    counted = f"({days.format(rows=dressed.format(rows=f'(SELECT *, 1 AS sign FROM {table})'))}) raw"
    minus = f"SELECT {names(key)}, {names(sums, '-')} FROM {daily}"
    summed = ", ".join(f"sum({name})::bigint AS {name}" for name in sums)
    return f"""SELECT {names(key)}, {summed} FROM ({grained(daily, counted)} UNION ALL {minus}) both_sides
      GROUP BY {names(key)} HAVING {not_zero(sums, "sum({})")}"""


def sweep(daily: str) -> str:
    """Rows that are all zero go; one that somebody holds stays, so nobody waits for anybody."""
    _, sums, _ = TABLES[daily]
    zero = " AND ".join(f"{name} = 0" for name in sums)
    return f"""
    DELETE FROM {daily} WHERE ctid = ANY (ARRAY(SELECT ctid FROM {daily} WHERE {zero} FOR UPDATE SKIP LOCKED));"""


def rebuild(raw: Raw = RAW) -> str:
    """How many daily rows were wrong. One rebuild at a time: two would both add what is missing."""
    steps = "".join(
        add(DAILY_OF[table], differences(table, raw)) + "\n    GET DIAGNOSTICS found = ROW_COUNT; wrong := wrong + found;"
        for table in raw
    )
    return function(
        "daily_rebuild",
        "PERFORM pg_advisory_xact_lock(20261);" + steps + "".join(sweep(daily) for daily in TABLES),
        returns="bigint",
        variables="DECLARE wrong bigint := 0; found bigint;\n    ",
        result="RETURN wrong;",
    )


CREATE = f"""
{"".join(table(name) for name in TABLES)}
    CREATE INDEX daily_settlement_department ON daily_settlement (hospital_id, department_id, day) WHERE grain = 1;
    CREATE INDEX daily_settlement_doctor ON daily_settlement (hospital_id, doctor_id, day) WHERE grain = 2;
    CREATE INDEX daily_order_department ON daily_order (hospital_id, department_id, day) WHERE grain = 1;
    CREATE INDEX daily_order_doctor ON daily_order (hospital_id, doctor_id, day) WHERE grain = 2;
    CREATE UNLOGGED TABLE daily_change (xid xid8 NOT NULL, subject text NOT NULL, day date NOT NULL,
      hospital_id bigint NOT NULL, department_id bigint NOT NULL, doctor_id bigint NOT NULL, pay_kind varchar(16) NOT NULL,
      insurance_type varchar(6) NOT NULL, state varchar(16) NOT NULL,
      {", ".join(f"{name} bigint NOT NULL" for name in SETTLEMENT_SUMS)});
    CREATE INDEX daily_change_xid ON daily_change (xid);
    CREATE UNLOGGED TABLE daily_due (xid xid8 PRIMARY KEY);
    {apply()}
    CREATE CONSTRAINT TRIGGER daily_apply AFTER INSERT ON daily_due DEFERRABLE INITIALLY DEFERRED
      FOR EACH ROW EXECUTE FUNCTION daily_apply();
    {"".join(triggers(table) for table in RAW)}
    {rebuild()}"""


def undo(tables: Iterable[str]) -> str:
    """The raw tables' triggers are dropped."""
    events = (("insert", "inserted"), ("delete", "deleted"), ("update", "updated"), ("truncate", "truncated"))
    return "".join(
        f"DROP TRIGGER daily_{event} ON {raw}; DROP FUNCTION {raw}_{done}();" for raw in tables for event, done in events
    )


DROP = undo(RAW) + "DROP FUNCTION daily_rebuild(); DROP TABLE daily_due, daily_change, daily_settlement, daily_order, daily_invoice; DROP FUNCTION daily_apply();"


class Migration(migrations.Migration):
    dependencies = [("models", "0003_constraints")]

    operations = [
        ops.RunSQL(CREATE, DROP),
        ops.RunSQL("SELECT daily_rebuild();", "SELECT 1"),
    ]
