"""The wire between a server and its PostgreSQL: it writes down every statement, and it can be cut and mended."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from typing import Any

from app import database

NEGOTIATION = frozenset({80877103, 80877104})  # SSLRequest, GSSENCRequest: the startup message is still to come


class Wire:
    """A TCP port in front of the database of `url`."""

    def __init__(self, url: str) -> None:
        self._told = database.credentials(url)
        self._away = False
        self._open: set[asyncio.StreamWriter] = set()
        self._statements: list[str] = []
        self._loop = asyncio.new_event_loop()
        self.port = 0

    @property
    def url(self) -> str:
        """The database, through this wire."""
        secret = f":{self._told['password']}" if self._told["password"] else ""
        return f"postgresql://{self._told['user']}{secret}@127.0.0.1:{self.port}/{self._told['database']}"

    @contextlib.contextmanager
    def laid(self) -> Iterator[Wire]:
        """In a thread of its own while the block runs."""
        thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        thread.start()
        server = asyncio.run_coroutine_threadsafe(
            asyncio.start_server(self._carry, "127.0.0.1", 0), self._loop
        ).result()
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            self._loop.call_soon_threadsafe(server.close)
            asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
            self._loop.call_soon_threadsafe(self._loop.stop)
            thread.join(10)
            self._loop.close()

    @contextlib.contextmanager
    def listened(self) -> Iterator[list[str]]:
        """The statements that the block causes."""
        heard: list[str] = []
        self._statements = heard
        yield heard
        self._statements = []

    @contextlib.contextmanager
    def cut(self) -> Iterator[None]:
        """The database is away while the block runs: connections break, new ones are refused."""
        self._away = True
        self._loop.call_soon_threadsafe(self._break)
        try:
            yield
        finally:
            self._away = False

    def _break(self) -> None:
        for writer in self._open:
            writer.transport.abort()

    async def _end(self) -> None:
        self._break()
        mine = asyncio.current_task()
        rest = [task for task in asyncio.all_tasks() if task is not mine]
        await asyncio.wait(rest, timeout=5) if rest else None

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._away:
            writer.close()
            return
        from_database, to_database = await self._dial()
        ends = {writer, to_database}
        self._open |= ends
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            there = asyncio.create_task(self._there(reader, to_database))
            back = asyncio.create_task(_back(from_database, writer))
            await asyncio.wait([there, back], return_when=asyncio.FIRST_COMPLETED)
            for end in ends:
                end.close()
            await asyncio.gather(there, back, return_exceptions=True)
        self._open -= ends

    async def _dial(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        host, port = self._told["host"], self._told["port"]
        if host.startswith("/"):
            return await asyncio.open_unix_connection(f"{host}/.s.PGSQL.{port}")
        return await asyncio.open_connection(host, port)

    async def _there(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry what the server says: first untyped messages, then typed ones."""
        while int.from_bytes((await _message(reader, writer))[:4]) in NEGOTIATION:
            pass
        prepared: dict[bytes, str] = {}
        while True:
            kind = await reader.readexactly(1)
            writer.write(kind)
            self._hear(kind, await _message(reader, writer), prepared)

    def _hear(self, kind: bytes, body: bytes, prepared: dict[bytes, str]) -> None:
        parts = body.split(b"\0", 2)
        if kind == b"P":
            prepared[parts[0]] = parts[1].decode()
        elif kind == b"B":
            self._statements.append(prepared[parts[1]])
        elif kind == b"Q":
            self._statements.append(parts[0].decode())


async def _message(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    length = await reader.readexactly(4)
    body = await reader.readexactly(int.from_bytes(length) - 4)
    writer.write(length + body)
    await writer.drain()
    return body


async def _back(reader: asyncio.StreamReader, writer: Any) -> None:
    while told := await reader.read(65536):
        writer.write(told)
        await writer.drain()
