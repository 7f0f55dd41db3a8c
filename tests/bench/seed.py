"""The invented past: any number of orders over two years, by the `INSERT … SELECT` statements of seed.sql alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from app.demo.configuration import AREA, HOSPITAL, INSTITUTION

SQL = Path(__file__).with_name("seed.sql")
DAYS = 730
END = "2026-07-01T00:00:00+08:00"
LARGEST = {"patients": 50_000, "doctors": 500, "departments": 20, "with_steps": 20_000}
TABLES = ("hospital", "department", "doctor", "patient", "consultation", "orders", "prescription", "settlement")

# What order `i` of `{n}` is.
MOMENT = f"timestamptz '{END}' - interval '{DAYS} days' * (({{n}} - i + 1) / {{n}}.0)"
STATE = """CASE WHEN i % 20 = 3 THEN 'OPEN' WHEN i % 10 = 7 THEN 'EXPIRED' WHEN i % 20 = 11 THEN 'REFUNDED'
    ELSE 'SETTLED' END"""
TOTAL = "500 + i * 7919 % 30000"
NAMES = "(ARRAY['阿莫西林胶囊','布洛芬缓释胶囊','连花清瘟颗粒','氯雷他定片','蒙脱石散'])[1 + i % 5]"


async def fill(connection: Any, orders: int) -> None:
    """Fill empty tables. Foreign keys are true by construction and are not looked up a million times."""
    await connection.execute("SET session_replication_role = replica; SET synchronous_commit = off")
    for statement in statements(orders):
        await connection.execute(statement)
    for table in TABLES:
        await connection.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}")
    await connection.execute("RESET session_replication_role")
    await connection.execute("SELECT daily_rebuild()")
    await connection.execute("VACUUM ANALYZE")


def statements(orders: int) -> list[str]:
    """seed.sql for so many orders."""
    sizes = {"n": orders, **LARGEST, "patients": max(20, min(LARGEST["patients"], orders // 20))}
    words = {"institution": INSTITUTION, "name": HOSPITAL, "area": AREA}
    told = {"moment": MOMENT.format(**sizes), "state": STATE, "total": TOTAL, "names": NAMES}
    sql = SQL.read_text(encoding="utf-8").format(**sizes, **words, **told)
    return [statement for statement in sql.split(";\n") if statement.strip()]
