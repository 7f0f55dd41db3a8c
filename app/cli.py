"""The `yiqiao` command: every process and every tool of an installation."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click
import uvicorn
from pydantic import ValidationError
from pydantic_settings import SettingsError

from app import logging, settings
from app.models import ReversalProfile
from app.protocol import Protocol
from app.settings import Settings
from app.tokens import Role

FULL = "full"
STORIES = ("settlement", FULL)
SCHEMA = Path(__file__).parent.parent / "schema" / "schema.graphql"


@click.group()
def main() -> None:
    """医桥 Yiqiao: settles online consultations through public medical insurance."""
    logging.configure(os.environ.get("YIQIAO_LOG_LEVEL", "INFO"))


def _settings() -> Settings:
    """The settings, or every error in them at once and exit code 2."""
    try:
        return settings.load()
    except SettingsError as error:
        click.echo(f"The configuration cannot be read: {error}", err=True)
        sys.exit(2)
    except ValidationError as error:
        click.echo("The configuration is not complete:", err=True)
        for wrong in error.errors():
            name = "__".join(["YIQIAO", *(str(part).upper() for part in wrong["loc"])]).replace(
                "YIQIAO__", "YIQIAO_", 1
            )
            click.echo(f"  {name}: {wrong['msg']}", err=True)
        sys.exit(2)


@main.command()
@click.option("--with-worker", is_flag=True, help="Drive settlements in this process too (a small hospital).")
def serve(with_worker: bool) -> None:
    """Serve the graph over HTTP; any number of these may run."""
    from app.server import create_app

    configured = _settings()
    # A server holds many objects for long: collecting rarely keeps the worst latency low (performance.md 3).
    gc.set_threshold(50_000, 50, 1_000)
    uvicorn.run(
        create_app(configured, with_worker=with_worker),
        host=configured.host,
        port=configured.port,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=10,
        proxy_headers=False,
        server_header=False,
        http=Protocol,
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        ws_max_size=256 * 1024,
    )


@main.command()
def work() -> None:
    """Drive settlements from the job queue; any number of these may run."""
    from app import worker
    from app.composition import installed

    async def run(configured: Settings) -> None:
        stopped = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stopped.set)
        async with installed(configured) as installations, worker.running(configured, installations):
            await stopped.wait()

    # The loop that `serve` has, by uvicorn's own choice.
    with asyncio.Runner(loop_factory=uvicorn.Config("app.server:create_app").get_loop_factory()) as runner:
        runner.run(run(_settings()))


@main.command()
def migrate() -> None:
    """Bring the database to this version."""
    from app import database

    asyncio.run(database.migrate(_settings().database_url))


@main.command("rebuild-reports")
def rebuild_reports() -> None:
    """Set every daily row of the reports right by the raw rows; everything may go on meanwhile."""
    from app import reports

    wrong = asyncio.run(reports.rebuild(_settings().database_url))
    click.echo(f"{wrong} daily rows were wrong and are right now." if wrong else "Every daily row was right.")


@main.command()
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), default=None, help="Yesterday by default.")
def reconcile(day: datetime | None) -> None:
    """Hold a day's self-payments against the provider's bill, hospital by hospital; exit 1 where they disagree."""
    from app.reconciling import reconcile as run

    lines, agreed = asyncio.run(run(_settings(), day.date() if day else None))
    for line in lines:
        click.echo(line)
    sys.exit(0 if agreed else 1)


@main.command("check-settings")
def check_settings() -> None:
    """Say what is wrong with the configuration, all of it at once."""
    _settings()
    click.echo("The configuration is complete.")


@main.command("export-schema")
def export_schema() -> None:
    """Write schema/schema.graphql from the code."""
    from schema import schema

    SCHEMA.write_text(schema.as_str() + "\n", encoding="utf-8")


@main.command()
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True)
@click.option("--subject", required=True, help="For instance patient-01 of the demonstration.")
@click.option("--hospital", default=None, help="Institution code; the demonstration's by default.")
@click.option("--hours", default=24.0, show_default=True, help="How long the token lasts.")
def token(role: str, subject: str, hospital: str | None, hours: float) -> None:
    """Print a bearer token signed with the development key."""
    from app import tokens
    from app.demo.configuration import INSTITUTION

    try:
        made = tokens.development_token(
            _settings().tokens,
            subject=subject,
            role=Role(role),
            hospital=hospital or INSTITUTION,
            lasts=timedelta(hours=hours),
        )
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    click.echo(made)


@main.command()
@click.option("--profile", type=click.Choice([p.value for p in ReversalProfile]), default="TENDER", show_default=True)
def seed(profile: str) -> None:
    """Fill an empty database with the demonstration hospital."""
    from app.demo import run

    asyncio.run(run.prepare(_settings(), ReversalProfile(profile)))


@main.command()
@click.option("--keys", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=True)
@click.option("--port", default=8100, show_default=True)
@click.option("--host", default="127.0.0.1", show_default=True)
def sandbox(keys: Path, port: int, host: str) -> None:
    """Serve the sandboxes of all platforms on one port."""
    from app.demo.configuration import sandbox_keys
    from clients.sandboxes import Sandboxes

    uvicorn.run(Sandboxes(sandbox_keys(keys)).app, host=host, port=port, log_level="critical", access_log=False)


@main.command()
@click.option("--once", is_flag=True, help="End after the journey; exit 0 only if it completed.")
@click.option("--port", default=8000, show_default=True)
@click.option("--sandbox-port", default=8100, show_default=True)
@click.option("--profile", type=click.Choice([p.value for p in ReversalProfile]), default="TENDER", show_default=True)
@click.option("--story", type=click.Choice(STORIES), default="settlement", show_default=True)
def demo(once: bool, port: int, sandbox_port: int, profile: str, story: str) -> None:
    """Show the main job on this machine, from nothing: database, sandboxes, server, one journey."""
    from app.demo import run

    work = run.demo(
        once=once, port=port, sandbox_port=sandbox_port, profile=ReversalProfile(profile), full=story == FULL
    )
    done = asyncio.run(work)
    sys.exit(0 if done else 1)


@main.command()
@click.option("--reverse", is_flag=True, help="Undo it afterwards.")
@click.option("--pay", type=click.Choice(["insurance", "self"]), default="insurance", show_default=True)
@click.option("--fault", "faults", multiple=True, help="platform:transaction:kind, e.g. insurance-core:2201:lost_reply")
@click.option("--patient", default="patient-01", show_default=True)
@click.option("--story", type=click.Choice(STORIES), default="settlement", help="full: every part of a hospital's day.")
@click.option("--url", default=None, help="The server; by default the one of the settings.")
def journey(reverse: bool, pay: str, faults: tuple[str, ...], patient: str, story: str, url: str | None) -> None:
    """Travel the public graph of a running server as a mini-program would."""
    from app.demo import run
    from app.demo.reporting import report
    from app.journey import Journey
    from app.traveller import JourneyFailed

    configured = _settings()
    if configured.sandbox_url is None:
        raise click.ClickException("a journey needs the sandboxes: set YIQIAO_SANDBOX_URL")
    server_url = url or f"http://{configured.host}:{configured.port}"
    guide = run.traveller(configured, server_url, configured.sandbox_url, patient)
    trip = Journey(
        traveller=guide,
        pay_kind="SELF_PAY" if pay == "self" else "INSURANCE",
        reverse=reverse,
        faults=tuple(_fault(each) for each in faults),
    )

    async def travel() -> None:
        if story == FULL:
            await run.tell(guide, patient)
        else:
            await report(trip, await trip.run())

    try:
        asyncio.run(travel())
    except JourneyFailed as failure:
        raise click.ClickException(str(failure)) from failure


def _fault(text: str) -> dict[str, Any]:
    platform, _, rest = text.partition(":")
    transaction, _, kind = rest.partition(":")
    if not (platform and transaction and kind):
        raise click.BadParameter(f"{text}: platform:transaction:kind is expected", param_hint="--fault")
    return {"platform": platform, "transaction": transaction, "kind": kind}


if __name__ == "__main__":
    main()
