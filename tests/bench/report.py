"""What is printed at the end: Markdown tables, which `--write` also puts between the markers of README.md."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from tests.bench.reads import Measured
from tests.bench.settlements import Settled
from tests.bench.subscriptions import Watched

README = Path(__file__).parents[2] / "README.md"
BEGIN, END = "<!-- bench -->", "<!-- /bench -->"


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table."""
    head = list(head)
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def reads(measured: list[Measured], statements: Mapping[str, int]) -> str:
    """Throughput with ratios, latency, CPU."""
    head = (
        "",
        "connections",
        "医桥 /s",
        "mercurius+jit /s",
        "PostGraphile /s",
        "× mercurius",
        "× PostGraphile",
        "p50 / p99 ms (医桥, mercurius, PostGraphile)",
        "CPU µs a request, server + PostgreSQL",
        "statements",
    )
    return table(head, (_read(each, statements) for each in measured))


def _read(each: Measured, statements: Mapping[str, int]) -> list[str]:
    names = ("yiqiao", "mercurius", "postgraphile")
    ratios = [f"**{each.ratio(name):.2f}×**" for name in names[1:]]
    return [
        f"{each.question.name} {each.question.title}",
        str(each.connections),
        *(_figure(each, name, "{per_second:,.1f}") for name in names),
        *ratios,
        "; ".join(_figure(each, name, "{p50_ms:.2f} / {p99_ms:.1f}") for name in names),
        "; ".join(_figure(each, name, "{server_us:,.0f} + {postgres_us:,.0f}") for name in names),
        str(statements.get(each.question.name, "–")),
    ]


def _figure(each: Measured, name: str, form: str) -> str:
    figures = ("per_second", "p50_ms", "p99_ms", "server_us", "postgres_us")
    return form.format(**{figure: each.median(name, figure) for figure in figures})


def subscriptions(watched: list[Watched]) -> str:
    """Delivery times, memory, losses."""
    head = (
        "sockets",
        "changes",
        "p50 ms",
        "p99 ms",
        "max ms",
        "KB a socket",
        "CPU µs a delivery",
        "deliveries",
        "lost",
        "opened in s",
    )
    rows = (
        [
            f"{each.sockets:,}",
            each.title,
            *(f"{each.told[figure]:.1f}" for figure in ("p50_ms", "p99_ms", "max_ms")),
            f"{each.kb_a_socket:.0f}",
            f"{each.server_us:.0f}",
            f"{each.told['deliveries']:,.0f}",
            f"{each.told['lost']:.0f}",
            f"{each.opening_seconds:.1f}",
        ]
        for each in watched
    )
    return table(head, rows)


def settlements(settled: list[Settled]) -> str:
    """Rate, times, and where the CPU went."""
    head = (
        "workers",
        "settlements/s",
        "×",
        "to AWAITING_PAYMENT p50 / p99 ms",
        "to COMPLETED p50 / p99 ms",
        "CPU ms a settlement",
    )
    rows = (
        [
            str(each.workers),
            f"{each.per_second:.1f}",
            f"{each.per_second / settled[0].per_second:.2f}×",
            _quantiles(each.priced),
            _quantiles(each.completed),
            ", ".join(f"{name} {spent:.0f}" for name, spent in each.cpu_ms.items()),
        ]
        for each in settled
    )
    return table(head, rows)


def _quantiles(times: list[float]) -> str:
    times = sorted(times)
    return f"{times[len(times) // 2] * 1000:.0f} / {times[int(len(times) * 0.99)] * 1000:.0f}"


def write(text: str) -> None:
    """Between the markers of README.md. Raises ValueError where there are none."""
    told = README.read_text(encoding="utf-8")
    if BEGIN not in told or END not in told:
        raise ValueError(f"README.md has no {BEGIN} … {END}")
    before, _, rest = told.partition(BEGIN)
    README.write_text(f"{before}{BEGIN}\n{text}\n{END}{rest.partition(END)[2]}", encoding="utf-8")
