from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from typing import Any

import asyncpg
import pytest
from tortoise.context import TortoiseContext
from tortoise.migrations.autodetector import MigrationAutodetector

from app import database
from app.database import STRUCTURE
from app.lists import Filter
from app.models import MissingInvoice
from resolvers.connections import LISTS
from tests.fixtures.hospital import RunningHospital, fresh_database
from tests.fixtures.structure import structure, whole_dump
from tests.processes.ground import Ground

CHECKS = {
    "fee_detail_amount_not_negative": "UPDATE fee_detail SET amount_fen = -1 WHERE id = 1",
    "invoice_issued_has_number": "UPDATE invoice SET number = NULL WHERE id = 1",
    "invoice_total_positive": "UPDATE invoice SET total_fen = 0 WHERE id = 1",
    "order_refunded_within_total": "UPDATE orders SET refunded_fen = total_fen + 1 WHERE id = 1",
    "order_total_positive": "UPDATE orders SET total_fen = 0 WHERE id = 1",
    "prescription_item_amount_not_negative": """
        INSERT INTO prescription_item VALUES ((jsonb_populate_record(NULL::prescription_item,
        '{"id": 1, "prescription_id": 1, "serial": "1", "item_code": "", "insurance_code": "", "name": "", "spec": "",
          "unit": "", "quantity": 1, "price": 1, "amount_fen": -1}')).*)""",
    "prescription_total_not_negative": """
        INSERT INTO prescription VALUES ((jsonb_populate_record(NULL::prescription,
        '{"id": 1, "hospital_id": 1, "consultation_id": 1, "order_id": 1, "number": "1", "kind": "SERVICE",
          "patient_id": 1, "doctor_id": 1, "diagnoses": [], "total_fen": -1, "fee_digest": "", "version": 0,
          "issued_at": "2026-01-01T00:00:00Z", "created_at": "2026-01-01T00:00:00Z"}')).*)""",
    "prescription_written_or_ordered": """
        INSERT INTO prescription VALUES ((jsonb_populate_record(NULL::prescription,
        '{"id": 1, "hospital_id": 1, "consultation_id": 1, "order_id": null, "number": "1", "kind": "SERVICE",
          "patient_id": 1, "doctor_id": 1, "diagnoses": [], "total_fen": 1, "fee_digest": "", "version": 0,
          "issued_at": "2026-01-01T00:00:00Z", "created_at": "2026-01-01T00:00:00Z"}')).*)""",
    "prescription_step_attempts_not_negative": """
        INSERT INTO prescription_step VALUES ((jsonb_populate_record(NULL::prescription_step,
        '{"id": 1, "prescription_id": 1, "position": 1, "kind": "VISIT", "state": "PENDING", "attempts": -1,
          "tries": 0}')).*)""",
    "refund_amount_positive": "UPDATE refund SET amount_fen = 0",
    "refund_decided_by_another": "UPDATE refund SET decided_by = requested_by",
    "refund_line_gives_something_back": "UPDATE refund_line SET amount_fen = 0",
    "settlement_refunds_and_requests_within_paid": "UPDATE settlement SET asked_fen = paid_fen + 1 WHERE id = 1",
    "settlement_never_refunds_more_than_paid": "UPDATE settlement SET refunded_fen = paid_fen + 1 WHERE id = 1",
    "settlement_parts_add_up": "UPDATE settlement SET fund_fen = fund_fen + 1 WHERE id = 1",
    "settlement_total_positive": """
        UPDATE settlement SET total_fen = 0, paid_fen = 0, refunded_fen = 0, fund_fen = 0, account_fen = 0, cash_fen = 0
        WHERE id = 1""",
    "step_attempts_not_negative": "UPDATE settlement_step SET attempts = -1 WHERE id = 1",
}
REFUND = (
    """INSERT INTO refund (number, hospital_id, patient_id, settlement_id, state, amount_fen, reason, by_patient,
       requested_by, created_at) SELECT 'R1', hospital_id, patient_id, id, 'DOING', 1, '', true, 'somebody', now()
       FROM settlement WHERE state = 'COMPLETED' ORDER BY id LIMIT 1""",
    """INSERT INTO refund_line (refund_id, fee_detail_id, quantity, amount_fen) SELECT r.id, f.id, 0, 1
       FROM refund r JOIN settlement s ON s.id = settlement_id JOIN fee_detail f ON f.order_id = s.order_id
       WHERE r.number = 'R1' LIMIT 1""",
)
STANDING = {
    "settlement": "WHERE state = 'COMPLETED'",
    "invoice": "WHERE state = 'ISSUED'",
    "refund": "WHERE state = 'DOING'",
}
# Whole rows again, but for what is named: only the constraint can forbid them.
TWICE: dict[str, tuple[str, dict[str, Any]]] = {
    "the number of an order": ("orders", {"id": -1}),
    "the number of a settlement": ("settlement", {"id": -1, "state": "FAILED"}),
    "a live settlement of an order": ("settlement", {"id": -1, "number": "S-ANOTHER", "state": "OPENING"}),
    "a step's place": ("settlement_step", {"id": -1}),
    "a fee line's place": ("fee_detail", {"id": -1, "serial": "another"}),
    "a fee line's serial": ("fee_detail", {"id": -1, "line_number": 99}),
    "a receipt's business number": ("invoice", {"id": -1, "state": "RED"}),
    "a valid receipt of a settlement": ("invoice", {"id": -1, "business_number": "ANOTHER", "state": "ISSUED"}),
    "the number of a refund": ("refund", {"id": -1, "state": "REQUESTED"}),
    "a refund under way of a settlement": ("refund", {"id": -1, "number": "R-ANOTHER"}),
    "a fee line of a refund": ("refund_line", {"id": -1}),
    "a patient's subject": ("patient", {"id": -1, "his_patient_id": "another"}),
    "a patient at the HIS": ("patient", {"id": -1, "subject": "another"}),
    "a hospital's code": ("hospital", {"id": -1}),
    "a doctor's code": ("doctor", {"id": -1}),
    "a department's code": ("department", {"id": -1}),
    "a visit's number": ("consultation", {"id": -1}),
}
UNIQUE_TOO = {
    ("idempotency_key", "hospital_id,subject,operation,key"),
    ("callback", "platform,key"),
    ("prescription", "order_id,number"),
    ("prescription_item", "prescription_id,serial"),
    ("shipment", "hospital_id,carrier,waybill_number"),
    ("shipment_node", "shipment_id,at,raw_code,text"),
    ("shipment_upload", "shipment_id,target,number"),
    ("shipment_upload", "number"),
    ("doctor", "subject"),
    ("doctor_grant", "doctor_id,drug_class"),
    ("insurance_standing", "doctor_id"),
    ("face_sign_in", "doctor_id"),
    ("face_sign_in_ticket", "message_id"),
    ("prescribing_right", "doctor_id"),
    ("prescription", "hospital_id,number"),
    ("prescription", "hospital_id,insurance_number"),
    ("prescription_step", "prescription_id,position"),
    ("prescription_review", "prescription_id"),
    ("prescription_taking", "prescription_id"),
    ("prescription_signature", "prescription_id"),
    ("consultation_message", "key"),
    ("consultation_upload", "consultation_id"),
    ("insurance_visit", "consultation_id"),
    ("insurance_visit", "number"),
    ("pharmacist", "subject"),
    ("pharmacist", "hospital_id,code"),
    ("drug", "hospital_id,item_code"),
}
UNIQUES = """
    SELECT c.relname AS table, string_agg(a.attname, ',' ORDER BY k.place) AS columns
    FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k(number, place)
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.number
    WHERE i.indisunique AND NOT i.indisprimary AND n.nspname = 'public' GROUP BY i.indexrelid, c.relname"""
SHAPE = """
    SELECT table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable AS line
    FROM information_schema.columns WHERE table_schema = 'public'
    UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1"""
OTHER = Filter("")
# Lists that are read in one way only: what they can be narrowed by besides leaves few of few rows.
ONE_WAY = {"shipments": ("hospital_id",), "reportExports": ("hospital_id", "subject")}
PLANNED = {
    f"{name} by {' and '.join(columns)}": (root.model._meta.db_table, columns)
    for name, root in LISTS.items()
    if root.model is not MissingInvoice  # a view over few rows; it reads an index of its own, see below
    for columns in (
        (ONE_WAY[name],)
        if name in ONE_WAY
        else (
            ("hospital_id",),
            ("patient_id",),
            *(("hospital_id", each) for each in ("state", "pay_kind") if root.filters.get(each, OTHER).path == each),
        )
    )
}


@pytest.fixture(scope="module")
def hospital(ground: Ground) -> RunningHospital:
    """With a refund under way, and fresh statistics."""
    for statement in REFUND:
        ground.hospital.sql(statement)
    ground.hospital.sql("ANALYZE")
    return ground.hospital


@pytest.fixture
def empty_database() -> Iterator[str]:
    with fresh_database() as url:
        yield url


@pytest.fixture
def another_empty_database() -> Iterator[str]:
    with fresh_database() as url:
        yield url


@pytest.mark.skipif("YIQIAO_TEST_DATABASE_URL" in os.environ, reason="the file is the embedded PostgreSQL's")
def test_an_empty_database_is_made_as_the_migrations_make_it(empty_database: str, another_empty_database: str) -> None:
    """Of the embedded PostgreSQL; `make structure` writes the file anew."""
    assert STRUCTURE.read_text(encoding="utf-8") == structure(empty_database)

    async def make() -> None:
        connection = await asyncpg.connect(**database.credentials(another_empty_database))
        try:
            await connection.execute(STRUCTURE.read_text(encoding="utf-8"))
        finally:
            await connection.close()

    asyncio.run(make())
    assert whole_dump(another_empty_database) == whole_dump(empty_database)


def refused(hospital: RunningHospital, statement: str, *arguments: object) -> asyncpg.IntegrityConstraintViolationError:
    """The violation; nothing stays behind."""
    with pytest.raises(asyncpg.IntegrityConstraintViolationError) as caught:
        hospital.sql(statement, *arguments)
    return caught.value


def again(table: str, changes: dict[str, Any]) -> str:
    """A statement that stores a row once more, with these changes."""
    pairs = ", ".join(f"'{name}', '{told}'" for name, told in changes.items())
    return f"""INSERT INTO {table} SELECT told.* FROM {table} AS row,
               LATERAL jsonb_populate_record(row, jsonb_build_object({pairs})) AS told
               WHERE row.id = (SELECT min(id) FROM {table} {STANDING.get(table, "")})"""


def test_migrations_say_what_the_models_say() -> None:
    async def changes() -> list[Any]:
        config = database.tortoise_config("postgresql://nobody@localhost/nowhere")
        async with TortoiseContext() as context:
            await context.init(config=config, init_connections=False)
            assert context.apps is not None
            return await MigrationAutodetector(context.apps, config["apps"]).changes()

    found = asyncio.run(changes())
    assert [operation for writer in found for operation in writer.operations] == []


def test_two_migrations_at_once_and_a_third_make_one_schema(ground: Ground, empty_database: str) -> None:
    both = [ground.begin("migrate", YIQIAO_DATABASE_URL=empty_database) for _ in range(2)]
    for command in both:
        assert command.process.wait(180) == 0, command.said()
    once = look(empty_database, SHAPE)
    assert ground.run("migrate", YIQIAO_DATABASE_URL=empty_database).returncode == 0
    assert look(empty_database, SHAPE) == once == ground.hospital.sql(SHAPE)


def look(url: str, statement: str) -> list[dict[str, Any]]:
    async def run() -> list[dict[str, Any]]:
        connection = await asyncpg.connect(**database.credentials(url))
        try:
            return [dict(row) for row in await connection.fetch(statement)]
        finally:
            await connection.close()

    return asyncio.run(run())


@pytest.mark.parametrize("name", CHECKS)
def test_check_forbids(hospital: RunningHospital, name: str) -> None:
    error = refused(hospital, CHECKS[name])
    assert isinstance(error, asyncpg.CheckViolationError)
    assert error.constraint_name == name


def test_no_check_is_untested(hospital: RunningHospital) -> None:
    rows = hospital.sql(
        """SELECT conname FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid
           WHERE contype = 'c' AND t.relnamespace = 'public'::regnamespace AND t.relname NOT LIKE 'pgqueuer%'"""
    )
    assert {row["conname"] for row in rows} == set(CHECKS)


@pytest.mark.parametrize("what", TWICE)
def test_there_are_never_two_of(hospital: RunningHospital, what: str) -> None:
    table, changes = TWICE[what]
    error = refused(hospital, again(table, changes))
    assert isinstance(error, asyncpg.UniqueViolationError)
    assert error.table_name == table


def test_no_uniqueness_is_untested(hospital: RunningHospital) -> None:
    there = {
        (row["table"], row["columns"])
        for row in hospital.sql(UNIQUES)
        if not row["table"].startswith(("pgqueuer", "tortoise"))
    }
    assert there >= UNIQUE_TOO
    tested = {table for table, _ in TWICE.values()}
    assert {table for table, _ in there - UNIQUE_TOO} == tested
    assert len(there - UNIQUE_TOO) == len(TWICE)


@pytest.mark.parametrize("what", PLANNED)
def test_every_list_reads_its_index_in_order(hospital: RunningHospital, what: str) -> None:
    table, columns = PLANNED[what]
    listed = ", ".join(columns)
    rows = hospital.sql(f"SELECT {listed} FROM {table} GROUP BY {listed} ORDER BY count(*), {listed} LIMIT 1")
    row = rows[0] if rows else dict.fromkeys(columns, 1)
    kept = " AND ".join(f"{column} = '{row[column]}'" for column in columns)
    plan = planned(
        hospital,
        f"""SELECT * FROM {table} WHERE {kept} AND (created_at, id) < (now(), 1000000)
            ORDER BY created_at DESC, id DESC LIMIT 21""",
    )
    assert "Index Scan Backward" in plan
    assert "Sort" not in plan
    assert "Filter:" not in plan  # every condition is one of the index
    assert all(column in plan for column in columns)


def test_missing_receipts_are_found_by_their_unfinished_steps(hospital: RunningHospital) -> None:
    newest = "WHERE hospital_id = 1 ORDER BY created_at DESC, id DESC LIMIT 21"
    assert "settlement_step_invoice_unfinished" in planned(hospital, f"SELECT * FROM missing_invoice {newest}")


def planned(hospital: RunningHospital, statement: str) -> str:
    """How the planner would run it, if tables were large."""

    async def run() -> str:
        connection = await asyncpg.connect(
            **database.credentials(hospital.settings.database_url),
            server_settings={"enable_seqscan": "off", "enable_bitmapscan": "off", "enable_sort": "off"},
        )
        try:
            return "\n".join(row["QUERY PLAN"] for row in await connection.fetch(f"EXPLAIN (COSTS OFF) {statement}"))
        finally:
            await connection.close()

    return asyncio.run(run())
