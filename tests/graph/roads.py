"""Both roads to an answer, in one process on one database: the compiled one, and the ordinary executor."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
from prometheus_client import REGISTRY
from strawberry.http import process_result
from tortoise.context import TortoiseContext

from app import clock, composition, database, journal, tokens
from app.cache import Cache
from app.demo.configuration import INSTITUTION
from app.demo.hospital import PATIENTS
from app.events import Hub
from app.front import CompiledRoad
from app.installation import Installation, Installations
from app.models import Hospital
from app.settings import Settings
from app.sign_in import SignIn
from app.tokens import Role, Verifier
from resolvers.compiled import Plans, Reader
from resolvers.context import Context, language_of
from schema import schema
from schema.documents import MOST_TOKENS, VALIDATION_RULES
from tests.fixtures.hospital import configure, fresh_database
from tests.graph.rows import FOREIGN, FOREIGN_OWNER, OWNER, special_rows


@dataclass(frozen=True)
class Viewing:
    """Somebody with a role."""

    role: Role
    subject: str
    hospital: str = INSTITUTION


VIEWERS = {
    "patient with everything": Viewing(Role.PATIENT, OWNER),
    "patient without orders": Viewing(Role.PATIENT, f"patient-{PATIENTS:02d}"),
    "patient without a row": Viewing(Role.PATIENT, "patient-nobody"),
    "patient elsewhere": Viewing(Role.PATIENT, FOREIGN_OWNER, FOREIGN),
    "patient in the wrong hospital": Viewing(Role.PATIENT, OWNER, FOREIGN),
    "cashier": Viewing(Role.CASHIER, "cashier-01"),
    "finance": Viewing(Role.FINANCE, "finance-01"),
    "auditor": Viewing(Role.AUDITOR, "auditor-01"),
    "doctor": Viewing(Role.DOCTOR, "doctor-01"),
    "pharmacist": Viewing(Role.PHARMACIST, "pharmacist-01"),
    "another doctor": Viewing(Role.DOCTOR, "doctor-02"),
    "doctor without a row": Viewing(Role.DOCTOR, "doctor-99"),
    "doctor in the wrong hospital": Viewing(Role.DOCTOR, "doctor-01", FOREIGN),
    "cashier elsewhere": Viewing(Role.CASHIER, "cashier-99", FOREIGN),
}


def global_id(name: str, number: object) -> str:
    """As the graph writes it; `number` may be wrong."""
    return base64.urlsafe_b64encode(f"{name}:{number}".encode()).decode()


def reads() -> dict[tuple[str, str], float]:
    """How many requests took which road so far, and why."""
    (metric,) = (each for each in REGISTRY.collect() if each.name == "yiqiao_reads")
    return {
        (each.labels["road"], each.labels["why"]): each.value for each in metric.samples if each.name.endswith("_total")
    }


@dataclass
class Roads:
    """`plans` and `reader` of the compiled road are at hand; the ordinary road has a context for each request."""

    settings: Settings
    runner: asyncio.Runner
    installations: Installations
    hub: Hub
    plans: Plans
    reader: Reader
    verifier: Verifier
    road: CompiledRoad
    _bearers: dict[Viewing, str] = field(default_factory=dict)

    def headers(self, viewing: Viewing, language: str = "zh-CN") -> dict[bytes, bytes]:
        bearer = self._bearers.get(viewing) or tokens.development_token(
            self.settings.tokens,
            subject=viewing.subject,
            role=viewing.role,
            hospital=viewing.hospital,
            lasts=timedelta(hours=12),
        )
        self._bearers[viewing] = bearer
        return {
            b"content-type": b"application/json",
            b"authorization": f"Bearer {bearer}".encode(),
            b"accept-language": language.encode(),
        }

    def with_rules(self, rules: tuple[Any, ...]) -> Roads:
        """The same with other rules of validation on the compiled road, and no plan yet."""
        return replace(self, **_road(rules, self.reader, self.verifier, self.installations, self.hub))

    async def compiled(self, viewing: Viewing, request: dict[str, Any], language: str = "zh-CN") -> bytes | None:
        """The answer of the compiled road, None where it has none."""
        return await self.road.answer(self.headers(viewing, language), orjson.dumps(request))

    async def ordinary(self, viewing: Viewing, request: dict[str, Any], language: str = "zh-CN") -> bytes:
        """The answer of the ordinary road, as the server would encode it."""
        headers = self.headers(viewing, language)
        context = Context(
            installations=self.installations,
            hub=self.hub,
            viewer_or_none=await self.verifier.viewer(headers[b"authorization"].decode().removeprefix("Bearer ")),
            language=language_of(language),
        )
        result = await schema.execute(
            request["query"],
            variable_values=request.get("variables"),
            context_value=context,
            operation_name=request.get("operationName"),
        )
        return orjson.dumps(process_result(result))

    def both(self, viewing: Viewing, request: dict[str, Any], language: str = "zh-CN") -> tuple[bytes | None, bytes]:
        """Both answers, one after the other."""

        async def run() -> tuple[bytes | None, bytes]:
            compiled = await self.compiled(viewing, request, language)
            return compiled, await self.ordinary(viewing, request, language)

        return self.runner.run(run())

    def sql(self, statement: str, *arguments: Any) -> list[dict[str, Any]]:
        """Run one statement beside them."""
        return [dict(row) for row in self.runner.run(self.reader.fetch(statement, list(arguments)))]


@contextlib.contextmanager
def both_roads() -> Iterator[Roads]:
    """A seeded database with the special rows; the ORM's context is this thread's loop's own, no other sees it."""
    with contextlib.ExitStack() as stack:
        url = stack.enter_context(fresh_database())
        keys = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="yiqiao-keys-")))
        nowhere = "http://127.0.0.1:9"
        settings = configure(keys, url, nowhere, nowhere)
        environment = os.environ | {"YIQIAO_ENV_FILE": str(keys / "yiqiao.env"), "YIQIAO_LOG_LEVEL": "WARNING"}
        subprocess.run([sys.executable, "-m", "app.cli", "seed"], env=environment, check=True, timeout=120)
        runner = stack.enter_context(asyncio.Runner())
        orm = TortoiseContext()
        runner.run(orm.__aenter__())
        stack.callback(lambda: runner.run(orm.__aexit__(None, None, None)))
        roads = runner.run(_made(settings, runner, orm))
        first = roads.installations.first
        for close in (first.platforms.close, first.cache.close, roads.reader.stop):
            stack.callback(lambda close: runner.run(close()), close)
        yield roads


async def _made(settings: Settings, runner: asyncio.Runner, orm: TortoiseContext) -> Roads:
    await orm.init(config=database.tortoise_config(settings.database_url))
    seal = composition.sealer(settings.sealing)
    await special_rows(seal)
    clients = composition.platforms(settings, journal.keeper(seal))
    sign_in = SignIn(clients.insurance_core, "", settings.sign_in, required=False)
    cache = Cache(settings.cache_url)
    moment = clock.now()  # links end at whole periods: no two answers shall have the end of one between them
    links = composition.links(settings, lambda: moment)
    installation = Installation(
        settings=settings, sealer=seal, platforms=clients, sign_in=sign_in, links=links, cache=cache
    )
    core = replace(settings.insurance_core, institution_code=FOREIGN)
    elsewhere = replace(installation, settings=settings.model_copy(update={"insurance_core": core}))
    installations = Installations((installation, elsewhere))
    for hospital in await Hospital.all():
        await installations.of(hospital.id)
    reader = Reader(database.credentials(settings.database_url), 1)
    await reader.start()
    hub, verifier = Hub(settings.database_url), Verifier(settings.tokens)
    road = _road(VALIDATION_RULES, reader, verifier, installations, hub)
    return Roads(settings, runner, installations, hub, reader=reader, verifier=verifier, **road)


def _road(
    rules: tuple[Any, ...], reader: Reader, verifier: Verifier, installations: Installations, hub: Hub
) -> dict[str, Any]:
    plans = Plans(schema._schema, rules, MOST_TOKENS)
    road = CompiledRoad(plans, reader, verifier)
    road.open(installations, hub)
    return {"plans": plans, "road": road}
