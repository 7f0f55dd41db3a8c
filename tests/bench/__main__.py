"""`python -m tests.bench`: seed, compare, measure, tell. Only Linux can be measured (CPU clocks and cores by /proc)."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterator

import click

from app import clock
from tests.bench import database, exports, growth, machine, reads, report, settlements, statements, subscriptions
from tests.bench.database import Database
from tests.bench.processes import PEERS, SOURCES

PARTS = ("reads", "subscriptions", "settlements", "exports")
BY_NAME_ALONE = ("growth",)  # seeds as many orders as --orders says: 10,000,000 take an hour and 35 GB


@click.command()
@click.option("--quick", is_flag=True, help="10,000 orders, one round of 3 s: about 3 minutes.")
@click.option("--orders", type=click.IntRange(1_000), default=None, help="1,000,000 by default; 10,000 with --quick.")
@click.option("--rounds", type=click.IntRange(1), default=None, help="Rounds of the reads: 5, or 1.")
@click.option("--seconds", type=click.FloatRange(0.5), default=None, help="Seconds a round: 5, or 3.")
@click.option(
    "--only", type=click.Choice(PARTS + BY_NAME_ALONE), multiple=True, help="Only this part (may be repeated)."
)
@click.option("--write", is_flag=True, help="Also put the tables into README.md.")
def main(
    quick: bool, orders: int | None, rounds: int | None, seconds: float | None, only: tuple[str, ...], write: bool
) -> None:
    """How fast the product is, beside mercurius+jit and PostGraphile on the same rows with the same answers."""
    if not shutil.which("wrk"):
        raise click.ClickException("the load is wrk, which is missing here: apt-get install wrk")
    scale = reads.Scale(
        orders or (10_000 if quick else 1_000_000), rounds or (1 if quick else 5), seconds or (3 if quick else 5), quick
    )
    lines, began = [_about(scale)], time.monotonic()
    click.echo(lines[0] + f"\nIt will take about {'3 minutes' if quick else '25 minutes, and 3 more to seed'}.\n")
    with database.running() as running:
        for part in only or PARTS:
            lines += _part(part, running, scale)
    lines.append(f"\n{(time.monotonic() - began) / 60:.1f} minutes; load average at the end {os.getloadavg()[0]:.2f}.")
    click.echo("\n" + "\n".join(lines))
    if write:
        report.write("\n".join(lines))


def _part(part: str, running: Database, scale: reads.Scale) -> Iterator[str]:
    """A heading's worth of tables."""
    yield ""
    if part == "reads":
        counted = statements.count(running, scale.orders)
        yield report.reads(reads.measure(running, scale), counted)
    elif part == "subscriptions":
        sizes, seconds = ((1_000,), 2.0) if scale.brief else ((5_000, 10_000), 10.0)
        yield report.subscriptions(subscriptions.measure(running, scale.orders, sizes, seconds))
    elif part == "growth":
        yield growth.table(growth.measure(running, scale), scale.orders)
    elif part == "exports":
        yield "\n".join(exports.line(each) for each in exports.measure(running, min(scale.orders, 100_000)))
    else:
        yield report.settlements(settlements.measure(running, 40 if scale.brief else 400, (1, 2)))


def _about(scale: reads.Scale) -> str:
    """The machine, the rows, the versions, and how it was measured."""
    return (
        f"{clock.day_of(clock.now())}. {machine.described()}. {scale.orders:,} orders; {scale.rounds} interleaved "
        f"round(s) of {scale.seconds:g} s, medians, ratios paired; the server on core {machine.SERVER_CORE}, the "
        f"load and PostgreSQL on core {machine.OTHER_CORE}. The product with tokens and permissions, its peers not: "
        f"{', '.join(_versions())}."
    )


def _versions() -> Iterator[str]:
    for name in PEERS:
        packages = json.loads((SOURCES / name / "package-lock.json").read_text(encoding="utf-8"))["packages"]
        for package in (name, "node"):
            yield f"{package} {packages[f'node_modules/{package}']['version']}"


if __name__ == "__main__":
    main()
