"""Somebody with tokens in front of a running server, and what people do at the sandboxes. Journeys are made of this."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin

import httpx
import orjson
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from app.tokens import Role

WAIT, PAUSE = 60.0, 0.1
SETTLEMENT = """
id number state totalAmount fundAmount accountAmount cashAmount checkoutUrl platformSerial
steps { kind state transaction attempts startedAt finishedAt platformSerial problem { code message } }
invoice { number download { kind url } }
"""


class JourneyFailed(Exception):
    """The graph gave another answer than the journey needs."""


@dataclass(slots=True, kw_only=True)
class Traveller:
    """Where the servers are, and the tokens of those who act, by role."""

    server_url: str
    sandbox_url: str
    tokens: Mapping[Role, str] = field(repr=False)
    http: httpx.AsyncClient = field(default_factory=lambda: httpx.AsyncClient(timeout=15, trust_env=False))

    async def ask(self, document: str, variables: dict[str, Any] | None = None, *, who: Role = Role.PATIENT) -> Any:
        """Run a document. Raises `JourneyFailed` with the errors."""
        answer = await self.http.post(
            f"{self.server_url}/graphql",
            json={"query": document, "variables": variables or {}},
            headers={"authorization": f"Bearer {self.tokens[who]}"},
        )
        told = answer.json()
        if told.get("errors"):
            raise JourneyFailed(str(told["errors"]))
        return told["data"]

    async def do(self, mutation: str, input_: dict[str, Any], selection: str, *, who: Role = Role.PATIENT) -> Any:
        """Run a mutation; a Problem is a failure of the journey."""
        kind = mutation[0].upper() + mutation[1:]
        document = f"""mutation Do($input: {kind}Input!) {{ {mutation}(input: $input) {{ __typename
            ... on Problem {{ code message }} {selection} }} }}"""
        answer = (await self.ask(document, {"input": input_}, who=who))[mutation]
        if "code" in answer:
            raise JourneyFailed(f"{mutation}: {answer['__typename']} {answer['code']} {answer['message']}")
        return answer

    @asynccontextmanager
    async def watching(self, settlement_id: str) -> AsyncIterator[AsyncIterator[Any]]:
        """settlementChanged over graphql-transport-ws."""
        url = self.server_url.replace("http", "ws", 1) + "/graphql"
        async with connect(url, subprotocols=[Subprotocol("graphql-transport-ws")], proxy=None) as socket:
            init = {"type": "connection_init", "payload": {"authorization": f"Bearer {self.tokens[Role.PATIENT]}"}}
            await socket.send(orjson.dumps(init).decode())
            query = f"subscription($id: ID!) {{ settlementChanged(settlementId: $id) {{ {SETTLEMENT} }} }}"
            payload = {"query": query, "variables": {"id": settlement_id}}
            await socket.send(orjson.dumps({"type": "subscribe", "id": "1", "payload": payload}).decode())
            yield _events(socket)

    async def books(self) -> Any:
        """What every platform holds."""
        return (await self.http.get(f"{self.sandbox_url}/control/books")).json()

    async def control(self, path: str, told: dict[str, Any]) -> None:
        """Tell the sandboxes something."""
        answer = await self.http.post(f"{self.sandbox_url}/control/{path}", json=told)
        if answer.status_code != httpx.codes.OK:
            raise JourneyFailed(answer.text)

    async def desk(self, path: str, **form: str) -> None:
        """What somebody does at a platform's own desk, below the sandboxes' address. Raises `JourneyFailed`."""
        answer = await self.http.post(f"{self.sandbox_url}/{path}", data=form)
        if answer.status_code >= httpx.codes.BAD_REQUEST:
            raise JourneyFailed(f"{path} answered {answer.status_code}: {answer.text[:200]}")

    async def until(self, document: str, id_: str, there: Callable[[Any], bool], *, who: Role = Role.PATIENT) -> Any:
        """The node of a document with `$id`, once it is as wanted. Raises `JourneyFailed` after a minute."""
        seen: Any = None
        try:
            async with asyncio.timeout(WAIT):
                while not there(seen := (await self.ask(document, {"id": id_}, who=who))["node"]):  # noqa: ASYNC110
                    await asyncio.sleep(PAUSE)  # another process changes it
        except TimeoutError:
            raise JourneyFailed(f"waited {WAIT:.0f} s in vain; now it is {seen}") from None
        return seen

    async def press(self, url: str, action: str = "pay", **more: str) -> str:
        """Open a page, fill its form and press a button, as a person would; the page that follows."""
        page = await self.http.get(url)
        form = re.search(r'<form[^>]*action="([^"]*)"', page.text)
        fields = dict(re.findall(r'<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"', page.text))
        target = urljoin(url, form.group(1).replace("&amp;", "&")) if form and form.group(1) else url
        answer = await self.http.post(target, data=fields | more | {"action": action})
        if answer.status_code >= httpx.codes.BAD_REQUEST:
            raise JourneyFailed(f"the page answered {answer.status_code}")
        return answer.text


async def _events(socket: Any) -> AsyncIterator[Any]:
    async for raw in socket:
        message = orjson.loads(raw)
        if message["type"] == "next":
            if message["payload"].get("errors"):
                raise JourneyFailed(str(message["payload"]["errors"]))
            yield message["payload"]["data"]["settlementChanged"]
        elif message["type"] in ("error", "complete"):
            raise JourneyFailed(str(message))
