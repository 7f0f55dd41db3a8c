"""The one database: how Tortoise reaches it, and how its tables come to be."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import asyncpg
from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
from pgqueuer.adapters.persistence.queries import Queries
from tortoise import Tortoise
from tortoise.migrations.api import migrate as tortoise_migrate

APP_LABEL = "models"
STRUCTURE = Path(__file__).parent / "migrations" / "structure.sql"
EMPTY = "SELECT to_regclass('tortoise_migrations') IS NULL AND to_regclass('hospital') IS NULL"


def credentials(url: str) -> dict[str, Any]:
    """A PostgreSQL URL as asyncpg's arguments; `?host=/path` names a Unix socket directory."""
    parts, query = urlsplit(url), parse_qs(urlsplit(url).query)
    return {
        "host": query["host"][0] if "host" in query else parts.hostname or "localhost",
        "port": parts.port or 5432,
        "user": unquote(parts.username or "postgres"),
        "password": unquote(parts.password or "") or None,
        "database": parts.path.lstrip("/") or "postgres",
    }


def tortoise_config(url: str, pool_size: int = 10) -> dict[str, Any]:
    """Tortoise's configuration. The pool does not reset connections on release: nothing here leaves session state."""
    return {
        "connections": {
            "default": {
                "engine": "tortoise.backends.asyncpg",
                "credentials": credentials(url)
                | {"minsize": 1, "maxsize": pool_size, "reset": keep_session, "server_settings": {"timezone": "UTC"}},
            }
        },
        "apps": {
            APP_LABEL: {
                "models": ["app.models"],
                "default_connection": "default",
                "migrations": "app.migrations",
            }
        },
        "use_tz": True,
        "timezone": "UTC",
    }


async def keep_session(connection: Any) -> None:
    """Give a connection back as it is."""


async def migrate(url: str) -> None:
    """Bring the tables, and the job queue's, to this version. Safe to run again, and by two at once.

    An empty database is made at once by what the migrations come to (`structure.sql`); a filled one is migrated.
    """
    connection = await asyncpg.connect(**credentials(url))
    try:
        await connection.execute("SELECT pg_advisory_lock(20260)")
        if await connection.fetchval(EMPTY):
            async with connection.transaction():
                await connection.execute(STRUCTURE.read_text(encoding="utf-8"))
        await tortoise_migrate(config=tortoise_config(url))
        await Tortoise.close_connections()
        queue = Queries(AsyncpgDriver(connection))
        if await queue.schema_is_installed():
            await queue.upgrade()
        else:
            await queue.install()
    finally:
        await connection.close()


@asynccontextmanager
async def connected(url: str, pool_size: int = 10) -> AsyncIterator[None]:
    """Tortoise on this database, for as long as the block runs."""
    await Tortoise.init(config=tortoise_config(url, pool_size), _enable_global_fallback=True)
    try:
        yield
    finally:
        await Tortoise.close_connections()
