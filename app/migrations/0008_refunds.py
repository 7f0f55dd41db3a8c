"""Refunds of a part: what people ask for and decide, the settlements that lack a receipt, and refunds on their own day.

`missing_invoice` is a view: the state of the migrations knows it as a table, and the database gets the view instead.
The daily rows count a part that was given back on the day of its refund (`given_at`); what is given back with the
whole settlement counts on that of the settlement's `refunded_at`, as before. A refund that changes by itself writes its
difference under the settlement as it stands; a settlement that changes takes its refunds along.
"""

from importlib import import_module

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

from app.models.refunds import RefundState
from app.models.settlements import Direction, StepKind

daily = import_module("app.migrations.0004_daily_reports")

CHECKS = (
    ("refund", "refund_amount_positive", "amount_fen > 0"),
    ("refund", "refund_decided_by_another", "decided_by <> requested_by"),
    ("refund_line", "refund_line_gives_something_back", "amount_fen > 0 AND quantity >= 0"),
)
CONSTRAINTS = (
    "".join(f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({check});" for table, name, check in CHECKS)
    + """
    CREATE UNIQUE INDEX refund_one_under_way_per_settlement ON refund (settlement_id)
      WHERE state IN ('DOING', 'ATTENTION');
    ALTER TABLE settlement ALTER partly_refunded_fen SET DEFAULT 0, ALTER asked_fen SET DEFAULT 0;"""
)
MISSING = """
    DROP TABLE missing_invoice;
    CREATE INDEX settlement_step_invoice_unfinished ON settlement_step (settlement_id)
      WHERE kind = 'INVOICE' AND state NOT IN ('DONE', 'SKIPPED');
    CREATE VIEW missing_invoice AS
      SELECT s.id, s.hospital_id, s.id AS settlement_id, b.kind AS step, b.problem_code, b.problem_message,
        b.problem_platform, b.problem_platform_code, coalesce(s.settled_at, s.created_at) AS created_at
      FROM settlement_step k
      JOIN settlement s ON s.id = k.settlement_id AND s.direction = k.direction
      CROSS JOIN LATERAL (
        SELECT * FROM settlement_step
        WHERE settlement_id = s.id AND direction = s.direction AND state NOT IN ('DONE', 'SKIPPED')
        ORDER BY position LIMIT 1) b
      WHERE k.kind = 'INVOICE' AND k.state NOT IN ('DONE', 'SKIPPED')
        AND s.direction IN ('SETTLE', 'REFUND') AND s.paid_fen > 0
        AND NOT EXISTS (SELECT FROM invoice i WHERE i.settlement_id = s.id AND i.state = 'ISSUED');"""
NOT_MISSING = """
    DROP VIEW missing_invoice; DROP INDEX settlement_step_invoice_unfinished;
    CREATE TABLE missing_invoice (id bigint PRIMARY KEY);"""

# What a settlement adds to which days, with the parts that were given back.
WHOLE = "(CASE WHEN s.refunded_fen > 0 THEN s.refunded_at END, 0, 0, 0, 0, 0, 0, 0, 1, s.refunded_fen)"
REST = """(CASE WHEN s.refunded_fen > s.partly_refunded_fen THEN s.refunded_at END, 0, 0, 0, 0, 0, 0, 0, 1,
        s.refunded_fen - s.partly_refunded_fen)"""
PARTS = "SELECT given_at, 0, 0, 0, 0, 0, 0, 0, 1, amount_fen FROM refund WHERE settlement_id = s.id"
BEGINS, ENDS = "LATERAL (VALUES", ") AS told"
assert all(daily.SETTLEMENT_DAYS.count(part) == 1 for part in (WHOLE, BEGINS, ENDS))
SETTLEMENT_DAYS = (
    daily.SETTLEMENT_DAYS.replace(WHOLE, REST)
    .replace(BEGINS, "LATERAL (SELECT * FROM (VALUES")
    .replace(ENDS, f") entire UNION ALL {PARTS}) AS told")
)
DRESSED, COLUMNS = daily.RAW["settlement"][1:]
RAW = daily.RAW | {"settlement": (SETTLEMENT_DAYS, DRESSED, (*COLUMNS, "partly_refunded_fen"))}
# What a refund that changes adds by itself.
REFUND_DAYS = f"""
    SELECT 'daily_settlement' AS subject, {daily.DAY % "r.given_at"} AS day, s.hospital_id, o.department_id, o.doctor_id,
      s.pay_kind, coalesce(s.insurance_type, '') AS insurance_type, s.state, 0 AS begun, 0 AS settled,
      {", ".join(f"0 AS {name}" for name in daily.AMOUNTS)}, sum(r.sign)::bigint AS refunds,
      sum(r.sign * r.amount_fen)::bigint AS refunded_fen
    FROM {{rows}} r JOIN settlement s ON s.id = r.settlement_id JOIN orders o ON o.id = s.order_id
    WHERE r.given_at IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 6, 7, 8"""
CHANGED = """(SELECT OLD.settlement_id, OLD.given_at, OLD.amount_fen, -1 AS sign
      UNION ALL SELECT NEW.settlement_id, NEW.given_at, NEW.amount_fen, 1)"""
OF_REFUNDS = f"""
    {daily.function("refund_changed", daily.write(REFUND_DAYS, CHANGED))}
    CREATE TRIGGER daily_change AFTER INSERT OR DELETE OR UPDATE OF settlement_id, given_at, amount_fen ON refund
      FOR EACH ROW EXECUTE FUNCTION refund_changed();"""
RETOLD = ("settlement", "orders")


def counting(raw: dict[str, tuple[str, str, tuple[str, ...]]]) -> str:
    """The triggers that count settlements, and the rebuild, as `raw` says."""
    told: list[str] = [*(daily.triggers(table, raw) for table in RETOLD), daily.rebuild(raw)]
    return "".join(told)


UNCOUNTED = daily.undo(RETOLD) + "DROP FUNCTION daily_rebuild();"


class Migration(migrations.Migration):
    dependencies = [('models', '0007_checkout_and_payment')]

    initial = False

    operations = [
        ops.CreateModel(
            name='MissingInvoice',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('hospital', fields.ForeignKeyField('models.Hospital', source_field='hospital_id', db_constraint=True, to_field='id', related_name='missing_invoices', on_delete=OnDelete.RESTRICT)),
                ('settlement', fields.ForeignKeyField('models.Settlement', source_field='settlement_id', db_constraint=True, to_field='id', related_name='missing_invoices', on_delete=OnDelete.RESTRICT)),
                ('step', fields.CharEnumField(description='REGISTRATION: REGISTRATION\nFEE_DETAILS: FEE_DETAILS\nPREVIEW: PREVIEW\nCHECKOUT: CHECKOUT\nRESULT: RESULT\nHIS_CONFIRMATION: HIS_CONFIRMATION\nINVOICE: INVOICE\nREVERSE_REGISTRATION: REVERSE_REGISTRATION\nREVERSE_FEE_DETAILS: REVERSE_FEE_DETAILS\nREVERSE_SETTLEMENT: REVERSE_SETTLEMENT\nHIS_CANCELLATION: HIS_CANCELLATION\nRED_INVOICE: RED_INVOICE', enum_type=StepKind, max_length=24)),
                ('problem_code', fields.CharField(null=True, max_length=40)),
                ('problem_message', fields.CharField(null=True, max_length=500)),
                ('problem_platform', fields.CharField(null=True, max_length=24)),
                ('problem_platform_code', fields.CharField(null=True, max_length=40)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'missing_invoice', 'app': 'models', 'pk_attr': 'id', 'table_description': 'A paid settlement without a valid receipt, since when (`created_at`), and the step that it waits for.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Refund',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('number', fields.CharField(unique=True, max_length=20)),
                ('hospital', fields.ForeignKeyField('models.Hospital', source_field='hospital_id', db_constraint=True, to_field='id', related_name='refunds', on_delete=OnDelete.RESTRICT)),
                ('patient', fields.ForeignKeyField('models.Patient', source_field='patient_id', db_constraint=True, to_field='id', related_name='refunds', on_delete=OnDelete.RESTRICT)),
                ('settlement', fields.ForeignKeyField('models.Settlement', source_field='settlement_id', db_constraint=True, to_field='id', related_name='refunds', on_delete=OnDelete.RESTRICT)),
                ('state', fields.CharEnumField(default=RefundState.REQUESTED, description='REQUESTED: REQUESTED\nREJECTED: REJECTED\nDOING: DOING\nDONE: DONE\nFAILED: FAILED\nATTENTION: ATTENTION', enum_type=RefundState, max_length=16)),
                ('amount_fen', fields.BigIntField()),
                ('reason', fields.CharField(max_length=200)),
                ('by_patient', fields.BooleanField()),
                ('requested_by', fields.CharField(max_length=64)),
                ('decided_by', fields.CharField(null=True, max_length=64)),
                ('rejection_reason', fields.CharField(null=True, max_length=200)),
                ('problem_code', fields.CharField(null=True, max_length=40)),
                ('problem_message', fields.CharField(null=True, max_length=500)),
                ('problem_platform', fields.CharField(null=True, max_length=24)),
                ('problem_platform_code', fields.CharField(null=True, max_length=40)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('decided_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('given_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('finished_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'refund', 'app': 'models', 'constraints': [CheckConstraint(check='amount_fen > 0', name='refund_amount_positive'), CheckConstraint(check='decided_by <> requested_by', name='refund_decided_by_another'), UniqueConstraint(fields=('settlement_id',), name='refund_one_under_way_per_settlement', condition="state IN ('DOING', 'ATTENTION')")], 'indexes': [Index(fields=['hospital_id', 'created_at', 'id']), Index(fields=['hospital_id', 'state', 'created_at', 'id']), Index(fields=['patient_id', 'created_at', 'id']), Index(fields=['settlement_id', 'id'])], 'pk_attr': 'id', 'table_description': 'A refund (退费) of some lines of a settlement; two people decide it: whoever asks does not approve.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='RefundLine',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('refund', fields.ForeignKeyField('models.Refund', source_field='refund_id', db_constraint=True, to_field='id', related_name='lines', on_delete=OnDelete.RESTRICT)),
                ('fee_detail', fields.ForeignKeyField('models.FeeDetail', source_field='fee_detail_id', db_constraint=True, to_field='id', related_name='refund_lines', on_delete=OnDelete.RESTRICT)),
                ('quantity', fields.DecimalField(max_digits=16, decimal_places=4)),
                ('amount_fen', fields.BigIntField()),
            ],
            options={'table': 'refund_line', 'app': 'models', 'unique_together': (('refund', 'fee_detail'),), 'constraints': [CheckConstraint(check='amount_fen > 0 AND quantity >= 0', name='refund_line_gives_something_back')], 'indexes': [Index(fields=['fee_detail_id'])], 'pk_attr': 'id', 'table_description': 'How much of a fee line is given back; a part of the money alone leaves the quantity at 0.'},
            bases=['Model'],
        ),
        ops.AlterField(
            model_name='Settlement',
            name='direction',
            field=fields.CharEnumField(default=Direction.SETTLE, description='SETTLE: SETTLE\nREVERSE: REVERSE\nRELEASE: RELEASE\nREFUND: REFUND', enum_type=Direction, max_length=16),
        ),
        ops.AddField(
            model_name='Settlement',
            name='asked_fen',
            field=fields.BigIntField(default=0, db_default=0),
        ),
        ops.AddField(
            model_name='Settlement',
            name='partly_refunded_fen',
            field=fields.BigIntField(default=0, db_default=0),
        ),
        ops.AddConstraint(
            model_name='Settlement',
            constraint=CheckConstraint(check='asked_fen >= 0 AND refunded_fen + asked_fen <= paid_fen AND partly_refunded_fen BETWEEN 0 AND refunded_fen', name='settlement_refunds_and_requests_within_paid'),
        ),
        ops.AlterField(
            model_name='SettlementStep',
            name='direction',
            field=fields.CharEnumField(description='SETTLE: SETTLE\nREVERSE: REVERSE\nRELEASE: RELEASE\nREFUND: REFUND', enum_type=Direction, max_length=16),
        ),
        ops.RunSQL(CONSTRAINTS, "SELECT 1"),
        ops.RunSQL(MISSING, NOT_MISSING),
        ops.RunSQL(UNCOUNTED + counting(RAW) + OF_REFUNDS,
                   "DROP TRIGGER daily_change ON refund; DROP FUNCTION refund_changed();" + UNCOUNTED + counting(daily.RAW)),
    ]
