"""The contestants as processes: the product, mercurius with jit, PostGraphile; on one core and one database."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx

from app import tokens
from app.database import credentials
from app.demo import configuration
from app.demo.run import free_port
from app.settings import Settings
from app.tokens import Role
from tests.bench.database import HOME
from tests.bench.machine import SERVER_CORE

SOURCES = Path(__file__).parent / "peers"
PEERS = ("mercurius", "postgraphile")
START = 60.0


@dataclass(frozen=True, slots=True)
class Server:
    """A running contestant."""

    name: str
    port: int
    pid: int
    token: str | None = None

    @property
    def headers(self) -> dict[str, str]:
        """What every request carries."""
        return {"authorization": f"Bearer {self.token}"} if self.token else {}

    def ask(self, document: str, variables: Mapping[str, Any] | None = None) -> Any:
        """The data of an answer. Raises RuntimeError with its errors."""
        answer = httpx.post(
            f"http://127.0.0.1:{self.port}/graphql",
            json={"query": document, "variables": variables or {}},
            headers=self.headers,
            timeout=120,
            trust_env=False,
        ).json()
        if answer.get("errors"):
            raise RuntimeError(f"{self.name}: {answer['errors']}")
        return answer["data"]


@contextlib.contextmanager
def process(
    *command: str, environment: Mapping[str, str], core: int | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A process on a core, ended with the block."""
    bound = ("taskset", "-c", str(core)) if core is not None and shutil.which("taskset") else ()
    with (HOME / "servers.log").open("ab") as log:
        child = subprocess.Popen([*bound, *command], env=os.environ | dict(environment), stdout=log, stderr=log)
    try:
        yield child
    finally:
        child.terminate()
        try:
            child.wait(15)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def answering(url: str, child: subprocess.Popen[bytes]) -> None:
    """Wait until `url` answers at all. Raises RuntimeError when the process ends, or after a minute."""
    deadline = time.monotonic() + START
    while time.monotonic() < deadline:
        if child.poll() is not None:
            raise RuntimeError(f"{child.args!r} ended with {child.returncode}; see {HOME / 'servers.log'}")
        with contextlib.suppress(httpx.TransportError):
            httpx.get(url, timeout=5, trust_env=False)
            return
        time.sleep(0.1)
    raise RuntimeError(f"{url} did not answer")


def configured(url: str, port: int, sandbox_port: int) -> tuple[Settings, dict[str, str]]:
    """Settings of an installation on a database, and the same as an environment."""
    environment = configuration.generate(
        HOME / "keys",
        database_url=url,
        server_url=f"http://127.0.0.1:{port}",
        sandbox_url=f"http://127.0.0.1:{sandbox_port}",
        more={"sealing": configuration.kept_sealing(HOME / "sealing.json")},
    )
    environment["YIQIAO_LOG_LEVEL"] = "WARNING"
    return Settings(_env_file=HOME / "keys" / "yiqiao.env"), environment  # type: ignore[call-arg]


def token(settings: Settings, role: Role, subject: str) -> str:
    """A token of the development key."""
    return tokens.development_token(
        settings.tokens, subject=subject, role=role, hospital=configuration.INSTITUTION, lasts=timedelta(days=1)
    )


@contextlib.contextmanager
def product(url: str) -> Iterator[Server]:
    """`yiqiao serve` on a database, asked by a cashier: with authentication and permissions, as ever."""
    port = free_port(0)
    settings, environment = configured(url, port, free_port(0))
    command = (sys.executable, "-m", "app.cli", "serve")
    with process(*command, environment=environment, core=SERVER_CORE) as child:
        answering(f"http://127.0.0.1:{port}/readyz", child)
        yield Server("yiqiao", port, child.pid, token(settings, Role.CASHIER, "cashier-01"))


@contextlib.contextmanager
def peer(name: str, url: str, pool: int) -> Iterator[Server]:
    """A peer on the same database with a pool of the same size."""
    home, port, told = installed(name), free_port(0), credentials(url)
    environment = {
        "NODE_ENV": "production",
        "PORT": str(port),
        "POOL": str(pool),
        "PGHOST": str(told["host"]),
        "PGPORT": str(told["port"]),
        "PGUSER": str(told["user"]),
        "PGDATABASE": str(told["database"]),
    }
    node = str(home / "node_modules" / "node" / "bin" / "node")
    with process(node, str(home / "server.mjs"), environment=environment, core=SERVER_CORE) as child:
        answering(f"http://127.0.0.1:{port}/graphql", child)
        yield Server(name, port, child.pid)


def installed(name: str) -> Path:
    """The peer's folder below `.yiqiao/bench`, with its packages as its lock file says."""
    home = HOME / "peers" / name
    home.mkdir(parents=True, exist_ok=True)
    lock = (SOURCES / name / "package-lock.json").read_bytes()
    mark = home / "installed"
    for source in (SOURCES / name).iterdir():
        shutil.copy(source, home)
    if not mark.exists() or mark.read_bytes() != lock:
        npm = ("npm", "ci", "--no-audit", "--no-fund", "--loglevel=error")
        subprocess.run(npm, cwd=home, check=True)
        mark.write_bytes(lock)
    return home


async def answering_soon(url: str, child: subprocess.Popen[bytes]) -> None:
    """`answering` for a caller with a loop."""
    await asyncio.to_thread(answering, url, child)
