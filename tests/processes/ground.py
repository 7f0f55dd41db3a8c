"""The hospital as it is run: `yiqiao` commands as processes of their own, which a test may kill.

The database is this test process's own, and the sandboxes live in it, so that their faults and books are at hand.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.fixtures.hospital import RunningHospital, configure, free_port, fresh_database, running_sandboxes, until

START = 180.0  # a busy machine
ENDS_WITHIN = 30.0


@dataclass
class Command:
    """A `yiqiao` command that runs."""

    process: subprocess.Popen[bytes]
    log: Path
    url: str = ""

    def kill(self) -> None:
        """As the kernel would: no goodbye."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """As an operator would; the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"it did not end within {ENDS_WITHIN} s of SIGTERM: {self.said()}") from None

    def said(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")[-4000:]


@dataclass
class Ground:
    """A hospital without processes, and the means to start them."""

    hospital: RunningHospital
    logs: Path
    environment: Mapping[str, str]
    _running: list[Command] = field(default_factory=list)

    def begin(self, *arguments: str, **environment: str) -> Command:
        """Start a command; it is stopped at the end of the test, if it still runs."""
        log = self.logs / f"{len(list(self.logs.iterdir())):03d}-{arguments[0]}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "app.cli", *arguments],
                env=os.environ | dict(self.environment) | environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        command = Command(process, log)
        self._running.append(command)
        return command

    def serve(self, *arguments: str, url: str | None = None, **environment: str) -> Command:
        """A server that is ready; by default at the address that the platforms call back."""
        address = url or self.hospital.server_url
        command = self.begin("serve", *arguments, YIQIAO_PORT=address.rpartition(":")[2], **environment)
        command.url = address
        self.answers(command)
        return command

    def answers(self, command: Command) -> None:
        def ready() -> bool:
            assert command.process.poll() is None, command.said()
            with contextlib.suppress(httpx.TransportError):
                return httpx.get(f"{command.url}/readyz", trust_env=False).status_code == httpx.codes.OK
            return False

        until(ready, "the server's start", START)

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """A command to its end."""
        return subprocess.run(
            [sys.executable, "-m", "app.cli", *arguments],
            env=os.environ | dict(self.environment) | environment,
            capture_output=True,
            text=True,
            timeout=START,
            check=False,
        )

    def quiet(self) -> None:
        """Every process ended, every platform well behaved."""
        for command in self._running:
            if command.process.poll() is None:
                command.kill()
        self._running.clear()
        self.hospital.behave()


@contextlib.contextmanager
def ground() -> Iterator[Ground]:
    """Database and sandboxes up, data seeded, no process yet."""
    with contextlib.ExitStack() as stack:
        url = stack.enter_context(fresh_database())
        keys = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="yiqiao-keys-")))
        logs = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="yiqiao-logs-")))
        server_url, sandbox_url = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
        settings = configure(keys, url, server_url, sandbox_url)
        sandboxes = stack.enter_context(running_sandboxes(keys, int(sandbox_url.rpartition(":")[2])))
        running = RunningHospital(settings, server_url, sandbox_url, sandboxes, keys)
        stack.callback(running.http.close)
        environment = {"YIQIAO_ENV_FILE": str(keys / "yiqiao.env"), "YIQIAO_LOG_LEVEL": "WARNING"}
        built = Ground(running, logs, environment)
        seeded = built.run("seed")
        assert seeded.returncode == 0, seeded.stderr
        stack.callback(built.quiet)
        yield built
