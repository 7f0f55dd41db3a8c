"""Reads: every contestant answers the same, then all of them are asked in turns, and the medians are told."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from app.settings import Settings
from tests.bench import documents, load, postgraphile
from tests.bench.database import Database, run
from tests.bench.documents import Question
from tests.bench.machine import OTHER_CORE, pin, quiet
from tests.bench.processes import PEERS, SOURCES, Server, peer, product

COMPARED = 8
SLOW = 9.0  # seconds a round, where an answer takes some


@dataclass(frozen=True, slots=True)
class Scale:
    """How much of it: rows, rounds, seconds a round; `brief` leaves the rounds with one connection out."""

    orders: int
    rounds: int
    seconds: float
    brief: bool = False


@dataclass(slots=True)
class Measured:
    """All rounds of one question at one number of connections, by contestant."""

    question: Question
    connections: int
    rounds: dict[str, list[dict[str, float]]] = field(default_factory=dict)

    def median(self, name: str, figure: str) -> float:
        """The middle of a contestant's rounds."""
        return median(each[figure] for each in self.rounds[name])

    def ratio(self, name: str, figure: str = "per_second") -> float:
        """The product's figure over the peer's, paired round by round."""
        pairs = zip(self.rounds["yiqiao"], self.rounds[name], strict=True)
        return median(ours[figure] / theirs[figure] for ours, theirs in pairs)


def measure(database: Database, scale: Scale) -> list[Measured]:
    """The whole part: seed, start, compare, measure."""
    url = database.seeded(scale.orders)
    functions = (SOURCES / "postgraphile" / "functions.sql").read_text(encoding="utf-8")
    asyncio.run(run(url, lambda connection: connection.execute(functions)))
    pin(database.pid, OTHER_CORE)
    with contestants(url) as servers:
        compare(servers, scale.orders)
        return [
            _rounds(database, servers, question, connections, scale)
            for question in documents.QUESTIONS
            for connections in (question.connections[:1] if scale.brief else question.connections)
        ]


@contextlib.contextmanager
def contestants(url: str) -> Iterator[list[Server]]:
    """The product and its peers, all up at once."""
    with contextlib.ExitStack() as stack:
        pool = Settings.model_fields["database_pool"].default
        yield [
            stack.enter_context(product(url)),
            *(stack.enter_context(peer(name, url, pool)) for name in PEERS),
        ]


def compare(servers: list[Server], orders: int) -> None:
    """Ask everybody the same. Raises AssertionError where an answer differs from the product's in any field."""
    for question in documents.QUESTIONS:
        for variables in documents.variables(question, orders)[:COMPARED]:
            ours, theirs, other = (_ask(server, question, variables) for server in servers)
            assert ours == theirs, f"{question.name}: mercurius answers otherwise to {variables}"
            translated = postgraphile.as_ours(question, other)
            assert postgraphile.comparable(question, ours) == translated, (
                f"{question.name}: PostGraphile answers otherwise to {variables}"
            )
    print(f"answers equal, field by field: {len(documents.QUESTIONS)} documents, {COMPARED} variables each", flush=True)


def _asked(server: Server, question: Question, variables: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Document and variables for a contestant."""
    if server.name == "postgraphile":
        return postgraphile.document(question), postgraphile.variables(question, variables)
    return (question.for_mercurius if server.name == "mercurius" else question.document), variables


def _ask(server: Server, question: Question, variables: dict[str, Any]) -> Any:
    return server.ask(*_asked(server, question, variables))


def _rounds(database: Database, servers: list[Server], question: Question, connections: int, scale: Scale) -> Measured:
    measured = Measured(question, connections, {server.name: [] for server in servers})
    for number in range(scale.rounds):
        # Whoever began the last round ends this one.
        for server in servers if number % 2 == 0 else reversed(servers):
            asked = requests(server, question, scale.orders)
            quiet([database.pid, *(each.pid for each in servers)])
            # Of what takes seconds, some must end in the window.
            seconds, warm = (SLOW, SLOW) if question.slow else (scale.seconds, load.WARM)
            told = load.measure(database, server, asked, connections, seconds, warm=warm)
            measured.rounds[server.name].append(told)
    line = ", ".join(f"{name} {measured.median(name, 'per_second'):.0f}/s" for name in measured.rounds)
    print(f"{question.name} at {connections}: {line}", flush=True)
    return measured


def requests(server: Server, question: Question, orders: int) -> list[str]:
    """Ready HTTP requests."""
    made = []
    for variables in documents.variables(question, orders):
        document, given = _asked(server, question, variables)
        body = json.dumps({"query": document, "variables": given})
        headers = {
            "host": "127.0.0.1",
            "content-type": "application/json",
            "accept": "application/json",
            **server.headers,
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        made.append(f"POST /graphql HTTP/1.1\r\n{head}content-length: {len(body.encode())}\r\n\r\n{body}")
    return made
