"""How many SQL statements an answer costs, by PostgreSQL's own log."""

from __future__ import annotations

import asyncio
import re

from tests.bench import documents
from tests.bench.database import Database, run
from tests.bench.processes import product

EXECUTED = re.compile(r"LOG:  (?:execute [^:]*|statement): (.*)")


def count(database: Database, orders: int) -> dict[str, int]:
    """Statements by question, on a server that has answered it before."""
    url = database.seeded(orders)
    name = url.partition("?")[0].rpartition("/")[2]
    _set(database, f"ALTER DATABASE {name} SET log_statement = 'all'")
    try:
        return _counted(database, url, orders)
    finally:
        _set(database, f"ALTER DATABASE {name} RESET log_statement")


def _counted(database: Database, url: str, orders: int) -> dict[str, int]:
    counted = {}
    with product(url) as server:
        for question in documents.QUESTIONS:
            first, second = (documents.variables(question, orders) * 2)[:2]
            server.ask(question.document, first)
            before = database.log.stat().st_size
            server.ask(question.document, second)
            counted[question.name] = len(_executed(database, before))
    return counted


def _executed(database: Database, before: int) -> list[str]:
    with database.log.open("rb") as log:
        log.seek(before)
        return EXECUTED.findall(log.read().decode(errors="replace"))


def _set(database: Database, statement: str) -> None:
    asyncio.run(run(database.url, lambda connection: connection.execute(statement)))
