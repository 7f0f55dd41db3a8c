"""Both live roads from outside: graphql-transport-ws, and Server-Sent Events."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import orjson
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

WATCH = """subscription($id: ID!) { settlementChanged(settlementId: $id) {
    id number state steps { kind state } invoice { number } } }"""
PATIENCE = 15.0


@dataclass
class Socket:
    """One graphql-transport-ws connection."""

    connection: ClientConnection

    def send(self, type_: str, **more: Any) -> None:
        self.connection.send(orjson.dumps({"type": type_, **more}).decode())

    def receive(self) -> Any:
        return orjson.loads(self.connection.recv(timeout=PATIENCE))

    def greet(self, payload: dict[str, Any] | None = None) -> Any:
        self.send("connection_init", **({"payload": payload} if payload is not None else {}))
        return self.receive()

    def watch(self, settlement_id: str, name: str = "1") -> None:
        self.send("subscribe", id=name, payload={"query": WATCH, "variables": {"id": settlement_id}})

    def ask(self, document: str, variables: dict[str, Any], name: str) -> Any:
        """A query over the socket."""
        self.send("subscribe", id=name, payload={"query": document, "variables": variables})
        answer = self.receive()
        assert self.receive() == {"id": name, "type": "complete"}
        return answer["payload"]["data"]

    def event(self) -> Any:
        """The next settlement; heartbeats come between."""
        while (message := self.receive()) == {"type": "ping"}:
            pass
        assert message["type"] == "next", message
        assert not message["payload"].get("errors"), message
        return message["payload"]["data"]["settlementChanged"]

    def until(self, state: str) -> list[Any]:
        """All events up to the first in `state`."""
        seen = [self.event()]
        while seen[-1]["state"] != state:
            seen.append(self.event())
        return seen


@contextlib.contextmanager
def socket(server_url: str, headers: dict[str, str] | None = None) -> Iterator[Socket]:
    """A connection that is not yet greeted."""
    with connect(
        server_url.replace("http", "ws", 1) + "/graphql",
        subprotocols=[Subprotocol("graphql-transport-ws")],
        additional_headers=headers,
        proxy=None,
    ) as connection:
        yield Socket(connection)


@contextlib.contextmanager
def stream(server_url: str, headers: dict[str, str], settlement_id: str) -> Iterator[Iterator[Any]]:
    """settlementChanged over Server-Sent Events: the payloads."""
    with (
        httpx.Client(timeout=PATIENCE, trust_env=False) as http,
        http.stream(
            "POST",
            f"{server_url}/graphql",
            json={"query": WATCH, "variables": {"id": settlement_id}},
            headers=headers | {"accept": "text/event-stream"},
        ) as answer,
    ):
        assert answer.headers["content-type"].startswith("text/event-stream"), answer.headers
        yield (orjson.loads(line[6:]) for line in answer.iter_lines() if line.startswith("data: {"))
