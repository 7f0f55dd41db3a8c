from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app import clock, reports
from tests.app.books import Database, connect
from tests.fixtures.hospital import fresh_database

MIDNIGHT = datetime(2026, 1, 31, 16, tzinfo=UTC)  # where the first of February, a Sunday, begins in Shanghai
MOMENTS = tuple(MIDNIGHT + timedelta(days=day, microseconds=late) for day in (-1, 0, 1, 30) for late in (-1, 0, 1))
STATES = ("OPENING", "COMPLETED", "REVERSED", "FAILED")
ORDER_STATES = ("OPEN", "SETTLED", "REFUNDED")
ORDER = """INSERT INTO orders (number, hospital_id, patient_id, consultation_id, doctor_id, department_id, state,
    total_fen, created_at, expires_at) SELECT 'O' || nextval('business_number'), $1, 1, 1, $2, $3, $4, $5, $6, $6
    FROM generate_series(1, $7)"""
SETTLEMENT = """INSERT INTO settlement (number, hospital_id, patient_id, order_id, pay_kind, insurance_type, state,
    direction, total_fen, other_fen, paid_fen, refunded_fen, created_at, version)
    SELECT 'S' || nextval('business_number'), hospital_id, 1, id, $1, $2, $3, 'SETTLE', total_fen, 0, 0, 0, $4, 0
    FROM orders WHERE id % $5 = 0"""
INVOICE = """INSERT INTO invoice (hospital_id, patient_id, settlement_id, business_number, state, total_fen, created_at)
    SELECT hospital_id, 1, id, 'I' || nextval('business_number'), 'ISSUING', total_fen, $1
    FROM settlement WHERE id % $2 = 0"""
PAID = """UPDATE settlement SET paid_fen = total_fen, settled_at = $1, state = 'COMPLETED', fund_fen = total_fen / 2,
    account_fen = total_fen / 4, cash_fen = total_fen - total_fen / 2 - total_fen / 4 WHERE id % $2 = 0"""
REFUNDED = "UPDATE settlement SET refunded_fen = paid_fen, refunded_at = $1, state = 'REVERSED' WHERE id % $2 = 0"
# A part of 1 fen, asked for, and given back.
ASKED = """INSERT INTO refund (number, hospital_id, patient_id, settlement_id, state, amount_fen, reason, by_patient,
    requested_by, created_at)
    SELECT 'R' || nextval('business_number'), hospital_id, 1, id, 'DOING', 1, '', true, 'p', $1
    FROM settlement WHERE paid_fen > refunded_fen AND id % $2 = 0"""
PARTLY = """UPDATE settlement s SET refunded_fen = refunded_fen + 1, partly_refunded_fen = partly_refunded_fen + 1,
    refunded_at = $1 WHERE paid_fen > refunded_fen AND id % $2 = 0
    AND EXISTS (SELECT FROM refund WHERE settlement_id = s.id AND given_at IS NULL)"""
GIVEN = "UPDATE refund SET given_at = $1, state = 'DONE' WHERE given_at IS NULL AND settlement_id % $2 = 0"

moments = st.integers(0, len(MOMENTS) - 1).map(lambda place: MOMENTS[place])  # whose repr is short
some = st.integers(1, 3)  # every row, every second, every third
doctors = st.integers(1, 3)
totals = st.integers(1, 9_999)


def statement(sql: str, *arguments: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[str, tuple[Any, ...]]]:
    return st.tuples(st.just(sql), st.tuples(*arguments))


STATEMENTS = st.one_of(
    statement(ORDER, st.integers(1, 2), doctors, doctors, st.sampled_from(ORDER_STATES), totals, moments, some),
    statement(
        SETTLEMENT,
        st.sampled_from(("INSURANCE", "SELF_PAY")),
        st.sampled_from((None, "310", "390")),
        st.sampled_from(STATES),
        moments,
        some,
    ),
    statement(INVOICE, moments, some),
    statement(PAID, moments, some),
    statement(REFUNDED, moments, some),
    statement(ASKED, moments, some),
    statement(PARTLY, moments, some),
    statement(GIVEN, moments, some),
    statement("UPDATE refund SET amount_fen = amount_fen + 1, given_at = $1 WHERE id % $2 = 0", moments, some),
    statement("DELETE FROM refund WHERE id % $1 = 0", some),
    statement("UPDATE settlement SET state = $1 WHERE id % $2 = 0", st.sampled_from(STATES), some),
    statement(
        "UPDATE settlement SET pay_kind = $1, insurance_type = $2 WHERE id % $3 = 0",
        st.sampled_from(("INSURANCE", "SELF_PAY")),
        st.sampled_from((None, "310", "390")),
        some,
    ),
    *(
        statement(f"UPDATE {table} SET hospital_id = $1 WHERE id % $2 = 0", st.integers(1, 2), some)
        for table in ("orders", "settlement", "invoice")
    ),
    statement("UPDATE settlement SET created_at = $1, settled_at = settled_at + '1 day'::interval", moments),
    statement("UPDATE settlement SET order_id = (SELECT max(id) FROM orders) WHERE id % $1 = 0", some),
    statement("UPDATE orders SET state = $1 WHERE id % $2 = 0", st.sampled_from(ORDER_STATES), some),
    statement("UPDATE orders SET created_at = $1, total_fen = $2 WHERE id % $3 = 0", moments, totals, some),
    statement("UPDATE orders SET doctor_id = $1, department_id = $2 WHERE id % $3 = 0", doctors, doctors, some),
    statement("UPDATE invoice SET state = 'RED', number = '1', created_at = $1 WHERE id % $2 = 0", moments, some),
    statement("DELETE FROM settlement WHERE id % $1 = 0", some),
    statement("DELETE FROM invoice WHERE id % $1 = 0", some),
    statement("DELETE FROM orders o WHERE NOT EXISTS (SELECT FROM settlement WHERE order_id = o.id)"),
    statement("TRUNCATE settlement, invoice CASCADE"),
    statement("SET CONSTRAINTS ALL IMMEDIATE"),
    statement("SET CONSTRAINTS ALL DEFERRED"),
)
# Orders of two hospitals, paid, some given back the day after: what a history begins with.
FILLED: list[Any] = [
    ([(ORDER, (hospital, 1, 2, "SETTLED", 500, MIDNIGHT, 5)) for hospital in (1, 2)], [], True),
    ([(SETTLEMENT, ("INSURANCE", "310", "OPENING", MIDNIGHT, 1)), (PAID, (MIDNIGHT, 1))], [], True),
    ([(REFUNDED, (MIDNIGHT + timedelta(days=1), 2)), (INVOICE, (MIDNIGHT, 1))], [], True),
]
# A transaction: its statements, what of them is taken back by a savepoint, and whether it is kept.
TRANSACTIONS = st.tuples(st.lists(STATEMENTS, max_size=5), st.lists(STATEMENTS, max_size=2), st.booleans())


async def perform(connection: asyncpg.Connection, kept_: list[Any], undone: list[Any], commits: bool) -> None:
    """One transaction. A statement that a constraint forbids is undone by itself."""
    transaction = connection.transaction()
    await transaction.start()
    for place, (sql, arguments) in enumerate([*kept_, *undone]):
        savepoint = connection.transaction()
        await savepoint.start()
        try:
            await connection.execute(sql, *arguments)
        except (asyncpg.IntegrityConstraintViolationError, asyncpg.ObjectInUseError):
            await savepoint.rollback()
        else:
            await (savepoint.commit() if place < len(kept_) else savepoint.rollback())
    await (transaction.commit() if commits else transaction.rollback())


def go_through(books: Database, history: list[Any]) -> None:
    for transaction in history:
        books.runner.run(perform(books.connection, *transaction))


@pytest.fixture(scope="module")
def books() -> Iterator[Database]:
    with fresh_database() as url:
        opened = Database(url)
        try:
            yield opened
        finally:
            opened.runner.run(opened.connection.close())
            opened.runner.close()


@pytest.fixture
def filled(books: Database) -> Database:
    """A day's worth of orders, paid, some given back the day after."""
    books.empty()
    go_through(books, FILLED)
    return books


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(history=st.lists(TRANSACTIONS, min_size=1, max_size=8))
def test_daily_rows_are_the_raw_rows_counted_after_any_history(books: Database, history: list[Any]) -> None:
    go_through(books, FILLED + history)
    assert books.daily() == books.raw()
    books.empty()
    assert not books.daily()


def test_nothing_is_left_waiting_for_a_transaction_that_is_over(filled: Database) -> None:
    assert not filled.sql("SELECT FROM daily_change UNION ALL SELECT FROM daily_due")


def test_a_refund_counts_on_its_own_day(filled: Database) -> None:
    sums = {
        (row["day"].day, row["state"]): (row["settled"], row["refunds"], row["refunded_fen"])
        for row in filled.sql("SELECT * FROM daily_settlement WHERE hospital_id = 1 AND grain = 0")
        if row["settled"] or row["refunds"]
    }
    undone = filled.sql("SELECT count(*) AS n FROM settlement WHERE hospital_id = 1 AND state = 'REVERSED'")[0]["n"]
    assert 0 < undone < 5
    assert sums == {
        (1, "COMPLETED"): (5 - undone, 0, 0),
        (1, "REVERSED"): (undone, 0, 0),
        (2, "REVERSED"): (0, undone, undone * 500),
    }


def test_a_lease_that_moves_touches_no_daily_row(filled: Database) -> None:
    before = filled.sql("SELECT ctid, xmin FROM daily_settlement ORDER BY ctid")
    filled.sql("UPDATE settlement SET leased_by = 'x', version = version + 1, next_run_at = now()")
    assert filled.sql("SELECT ctid, xmin FROM daily_settlement ORDER BY ctid") == before


def test_rebuilding_finds_nothing_wrong_with_what_triggers_kept(filled: Database) -> None:
    assert filled.runner.run(reports.rebuild(filled.url)) == 0
    assert filled.daily() == filled.raw()


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM daily_settlement",
        "UPDATE daily_order SET orders = orders + 7",
        "INSERT INTO daily_invoice VALUES (3, '2020-01-01', 'RED', 1, 1)",
        "SET session_replication_role = replica; DELETE FROM invoice; UPDATE settlement SET state = ''; RESET ALL",
    ],
)
def test_rebuilding_sets_right_what_went_wrong(filled: Database, damage: str) -> None:
    filled.runner.run(filled.connection.execute(damage))
    assert filled.daily() != filled.raw()
    assert filled.runner.run(reports.rebuild(filled.url)) > 0
    assert filled.daily() == filled.raw()
    assert filled.runner.run(reports.rebuild(filled.url)) == 0


def test_rebuilding_leaves_no_row_of_nothing(filled: Database) -> None:
    filled.empty()
    assert filled.sql("SELECT FROM daily_settlement")
    filled.runner.run(reports.rebuild(filled.url))
    assert not filled.sql("SELECT FROM daily_settlement")


WRITERS, WRITES = 5, 40


async def write_on(url: str, seed: int) -> None:
    """Transactions on rows of one's own, in any order of the tables, that all count on the same days."""
    dice, connection = random.Random(seed), await connect(url)
    try:
        await connection.execute("SET deadlock_timeout = '20ms'")
        own = [row["id"] for row in await connection.fetch("SELECT id FROM orders WHERE id % $1 = $2", WRITERS, seed)]
        for _ in range(WRITES):
            statements = [
                ("UPDATE orders SET state = $1 WHERE id = ANY($2)", dice.choice(ORDER_STATES)),
                ("UPDATE settlement SET state = $1 WHERE order_id = ANY($2)", dice.choice(STATES)),
                (
                    """UPDATE invoice SET created_at = $1 FROM settlement s
                       WHERE s.id = settlement_id AND order_id = ANY($2)""",
                    dice.choice(MOMENTS),
                ),
            ]
            dice.shuffle(statements)
            async with connection.transaction():
                for sql, value in statements:
                    await connection.execute(sql, value, dice.sample(own, 1 + dice.randrange(len(own))))
    finally:
        await connection.close()


@dataclass
class Together:
    """Threads that write at the same time, and what ended them."""

    url: str
    errors: list[BaseException] = field(default_factory=list)

    def begin(self) -> list[threading.Thread]:
        threads = [threading.Thread(target=self._write, args=(seed,)) for seed in range(WRITERS)]
        for thread in threads:
            thread.start()
        return threads

    def _write(self, seed: int) -> None:
        try:
            asyncio.run(write_on(self.url, seed))
        except BaseException as error:
            self.errors.append(error)


def test_transactions_at_the_same_time_neither_deadlock_nor_lose_a_count(filled: Database) -> None:
    together = Together(filled.url)
    for thread in together.begin():
        thread.join()
    assert together.errors == []
    assert filled.daily() == filled.raw()


def test_rebuilding_while_everybody_writes_is_exact_and_in_nobodys_way(filled: Database) -> None:
    filled.sql("UPDATE daily_settlement SET begun = begun + 1")
    together = Together(filled.url)
    threads = together.begin()
    rebuilt = []
    while any(thread.is_alive() for thread in threads):
        rebuilt.append(filled.runner.run(reports.rebuild(filled.url)))
    assert together.errors == []
    assert filled.daily() == filled.raw()
    assert rebuilt[0] > 0
    assert not any(rebuilt[1:])


def test_parts_and_the_rest_count_each_on_its_own_day(filled: Database) -> None:
    """Two parts of every settlement that stands, on two days, and the rest of them on a third."""
    filled.empty()
    days = [MIDNIGHT + timedelta(days=day) for day in (1, 2, 3)]
    go_through(filled, FILLED[:2])
    for day in days[:2]:
        go_through(filled, [([(ASKED, (day, 1)), (PARTLY, (day, 1)), (GIVEN, (day, 1))], [], True)])
    go_through(filled, [([(REFUNDED, (days[2], 1))], [], True)])
    rows = filled.sql(
        "SELECT day, sum(refunds) AS refunds, sum(refunded_fen) AS fen FROM daily_settlement "
        "WHERE grain = 0 AND refunds <> 0 GROUP BY day ORDER BY day"
    )
    assert [(row["day"], row["refunds"], row["fen"]) for row in rows] == [
        (clock.day_of(days[0]), 10, 10),
        (clock.day_of(days[1]), 10, 10),
        (clock.day_of(days[2]), 10, 10 * 498),
    ]
    assert filled.daily() == filled.raw()
    assert filled.runner.run(reports.rebuild(filled.url)) == 0
