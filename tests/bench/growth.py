"""Growth: the product alone, on few rows and on many, in turns; a read should not care how many orders there are."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

from tests.bench import documents, load
from tests.bench.database import Database
from tests.bench.documents import Question
from tests.bench.machine import OTHER_CORE, pin, quiet
from tests.bench.processes import product
from tests.bench.reads import Scale, requests

FEW = 10_000
QUESTIONS = [each for each in documents.QUESTIONS if each.name in ("Q1", "Q2", "Q3")]
Told = dict[str, dict[str, float]]  # by question: the figures of one load


@dataclass(frozen=True, slots=True)
class Grown:
    """One question at both sizes: requests a second, and PostgreSQL's CPU for each, in microseconds."""

    question: Question
    few: dict[str, float]
    many: dict[str, float]
    ratio: float


def measure(database: Database, scale: Scale) -> list[Grown]:
    """The questions on `FEW` orders and on the scale's, in turns: a server for each round, one at a time."""
    sizes = (FEW, scale.orders)
    urls = [database.seeded(orders) for orders in sizes]
    pin(database.pid, OTHER_CORE)
    rounds: list[list[Told]] = [[], []]
    for number in range(scale.rounds):
        for place in (0, 1) if number % 2 == 0 else (1, 0):
            rounds[place].append(_round(database, urls[place], sizes[place], scale.seconds))
    return [_grown(question, [[told[question.name] for told in each] for each in rounds]) for question in QUESTIONS]


def _round(database: Database, url: str, orders: int, seconds: float) -> Told:
    with product(url) as server:
        told = {}
        for question in QUESTIONS:
            quiet([database.pid, server.pid])
            sent = requests(server, question, orders)
            told[question.name] = load.measure(database, server, sent, question.connections[0], seconds)
        return told


def _grown(question: Question, rounds: list[list[dict[str, float]]]) -> Grown:
    few, many = ({name: median(each[name] for each in told) for name in told[0]} for told in rounds)
    ratio = median(there["per_second"] / here["per_second"] for here, there in zip(*rounds, strict=True))
    return Grown(question, few, many, ratio)


def table(rows: list[Grown], orders: int) -> str:
    """The rows as Markdown."""
    head = (
        f"| | {FEW:,} orders, /s | {orders:,} orders, /s | ratio | PostgreSQL µs | p99 ms |\n|---|---|---|---|---|---|"
    )
    return "\n".join([head, *(_line(each) for each in rows)])


def _line(each: Grown) -> str:
    few, many = each.few, each.many
    told = (
        f"{each.question.name} {each.question.title}",
        f"{few['per_second']:,.0f}",
        f"{many['per_second']:,.0f}",
        f"{each.ratio:.2f}",
        *(
            f"{few[figure]:,.{digits}f}, {many[figure]:,.{digits}f}"
            for figure, digits in (("postgres_us", 0), ("p99_ms", 1))
        ),
    )
    return f"| {' | '.join(told)} |"
