"""A database of orders, settlements and invoices alone, and what its daily rows must say: counted row by row."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import asyncpg

from app import clock, database


@dataclass
class Database:
    """A database with all triggers, where only orders, settlements and invoices have rows."""

    url: str
    runner: asyncio.Runner = field(default_factory=asyncio.Runner)

    def __post_init__(self) -> None:
        self.runner.run(database.migrate(self.url))
        self.connection = self.runner.run(connect(self.url))
        self.sql(
            """DO $$ DECLARE each record; BEGIN
               FOR each IN SELECT conname, conrelid::regclass AS name FROM pg_constraint
               WHERE contype = 'f' AND conrelid IN ('orders'::regclass, 'settlement'::regclass, 'invoice'::regclass,
                 'refund'::regclass) AND NOT (confrelid = 'orders'::regclass)
               LOOP EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', each.name, each.conname); END LOOP; END $$"""
        )
        self.sql("DROP INDEX settlement_one_live_per_order")
        self.sql("DROP INDEX refund_one_under_way_per_settlement")
        self.sql("DROP INDEX invoice_one_valid_per_settlement")

    def sql(self, statement: str, *arguments: Any) -> list[asyncpg.Record]:
        rows: list[asyncpg.Record] = self.runner.run(self.connection.fetch(statement, *arguments))
        return rows

    def empty(self) -> None:
        for table in ("invoice", "refund", "settlement", "orders"):
            self.sql(f"DELETE FROM {table}")

    def daily(self) -> Counter[tuple[Any, ...]]:
        """Every figure of the daily rows that is not zero: table, key, measure."""
        found: Counter[tuple[Any, ...]] = Counter()
        for table, (key, measures) in DAILY.items():
            for row in self.sql(f"SELECT * FROM {table}"):
                assert set(row.keys()) == {*key, *measures}
                for measure in measures:
                    found[table, *(row[name] for name in key), measure] += row[measure]
        return kept(found)

    def raw(self) -> Counter[tuple[Any, ...]]:
        """The same, counted row by row."""
        found: Counter[tuple[Any, ...]] = Counter()
        for row in self.sql("SELECT * FROM orders"):
            for place in places(row, row):
                key = ("daily_order", row["hospital_id"], clock.day_of(row["created_at"]), *place, row["state"])
                found[*key, "orders"] += 1
                found[*key, "total_fen"] += row["total_fen"]
        for row in self.sql("SELECT * FROM invoice"):
            bare = ("daily_invoice", row["hospital_id"], clock.day_of(row["created_at"]), row["state"])
            found[*bare, "invoices"] += 1
            found[*bare, "total_fen"] += row["total_fen"]
        for row in self.sql("SELECT s.*, department_id, doctor_id FROM settlement s JOIN orders o ON o.id = order_id"):
            count_settlement(found, row)
        for row in self.sql(
            """SELECT s.*, department_id, doctor_id, r.given_at, r.amount_fen FROM refund r
               JOIN settlement s ON s.id = r.settlement_id JOIN orders o ON o.id = order_id
               WHERE given_at IS NOT NULL"""
        ):
            count_given_back(found, row, row["given_at"], row["amount_fen"])
        return kept(found)


DAILY = {
    "daily_order": (("hospital_id", "day", "grain", "department_id", "doctor_id", "state"), ("orders", "total_fen")),
    "daily_invoice": (("hospital_id", "day", "state"), ("invoices", "total_fen")),
    "daily_settlement": (
        ("hospital_id", "day", "grain", "department_id", "doctor_id", "pay_kind", "insurance_type", "state"),
        (
            "begun",
            "settled",
            "refunds",
            "total_fen",
            "fund_fen",
            "account_fen",
            "cash_fen",
            "other_fen",
            "refunded_fen",
        ),
    ),
}


def places(row: Any, order: Any) -> list[tuple[int, int, int]]:
    """Grain, department and doctor of the three daily rows that a row counts in."""
    return [(0, 0, 0), (1, order["department_id"], 0), (2, order["department_id"], order["doctor_id"])]


def count_settlement(found: Counter[tuple[Any, ...]], row: Any) -> None:
    what = (row["pay_kind"], row["insurance_type"] or "", row["state"])
    for place in places(row, row):
        found["daily_settlement", row["hospital_id"], clock.day_of(row["created_at"]), *place, *what, "begun"] += 1
        if row["paid_fen"] and row["settled_at"]:
            key = ("daily_settlement", row["hospital_id"], clock.day_of(row["settled_at"]), *place, *what)
            found[*key, "settled"] += 1
            for name in ("total_fen", "fund_fen", "account_fen", "cash_fen", "other_fen"):
                found[*key, name] += row[name] or 0
    whole = row["refunded_fen"] - row["partly_refunded_fen"]
    if whole and row["refunded_at"]:
        count_given_back(found, row, row["refunded_at"], whole)


def count_given_back(found: Counter[tuple[Any, ...]], row: Any, moment: Any, amount_fen: int) -> None:
    """On its own day, whatever else was given back of the same settlement on another."""
    what = (row["pay_kind"], row["insurance_type"] or "", row["state"])
    for place in places(row, row):
        key = ("daily_settlement", row["hospital_id"], clock.day_of(moment), *place, *what)
        found[*key, "refunds"] += 1
        found[*key, "refunded_fen"] += amount_fen


def kept(found: Counter[tuple[Any, ...]]) -> Counter[tuple[Any, ...]]:
    return Counter({key: figure for key, figure in found.items() if figure})


async def connect(url: str) -> asyncpg.Connection:
    connection: asyncpg.Connection = await asyncpg.connect(**database.credentials(url))
    return connection
