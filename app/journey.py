"""A journey through the public graph, as a mini-program would make it.

List, order, settle, watch, pay, fetch the receipt. It speaks to a running server from outside, over HTTP and a
WebSocket, and to the sandboxes' control desk for what people do: a HIS user enters a visit, a patient presses "pay".
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin
from uuid import uuid4

import httpx
import orjson
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

from app import clock
from clients.his.sandbox_visits import Visit, consultation_fee

WAIT = 60.0
SETTLEMENT = """
id number state totalAmount fundAmount accountAmount cashAmount checkoutUrl platformSerial
steps { kind state transaction attempts startedAt finishedAt platformSerial problem { code message } }
invoice { number download { kind url } }
"""


class JourneyFailed(Exception):
    """The graph gave another answer than the journey needs."""


@dataclass(slots=True, kw_only=True)
class Traveller:
    """Where the servers are, and the tokens of the patient and of the cashier."""

    server_url: str
    sandbox_url: str
    patient_token: str
    cashier_token: str
    http: httpx.AsyncClient = field(default_factory=lambda: httpx.AsyncClient(timeout=15, trust_env=False))

    async def ask(self, document: str, variables: dict[str, Any] | None = None, *, cashier: bool = False) -> Any:
        """Run a document. Raises `JourneyFailed` with the errors."""
        token = self.cashier_token if cashier else self.patient_token
        answer = await self.http.post(
            f"{self.server_url}/graphql",
            json={"query": document, "variables": variables or {}},
            headers={"authorization": f"Bearer {token}"},
        )
        told = answer.json()
        if told.get("errors"):
            raise JourneyFailed(str(told["errors"]))
        return told["data"]

    async def do(self, mutation: str, input_: dict[str, Any], selection: str, *, cashier: bool = False) -> Any:
        """Run a mutation; a Problem is a failure of the journey."""
        kind = mutation[0].upper() + mutation[1:]
        document = f"""mutation Do($input: {kind}Input!) {{ {mutation}(input: $input) {{ __typename
            ... on Problem {{ code message }} {selection} }} }}"""
        answer = (await self.ask(document, {"input": input_}, cashier=cashier))[mutation]
        if "code" in answer:
            raise JourneyFailed(f"{mutation}: {answer['__typename']} {answer['code']} {answer['message']}")
        return answer

    @asynccontextmanager
    async def watching(self, settlement_id: str) -> AsyncIterator[AsyncIterator[Any]]:
        """settlementChanged over graphql-transport-ws."""
        url = self.server_url.replace("http", "ws", 1) + "/graphql"
        async with connect(url, subprotocols=[Subprotocol("graphql-transport-ws")], proxy=None) as socket:
            init = {"type": "connection_init", "payload": {"authorization": f"Bearer {self.patient_token}"}}
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

    async def pay(self, url: str) -> None:
        """Open the page and press its button, as a patient would."""
        page = await self.http.get(url)
        form = re.search(r'<form[^>]*action="([^"]*)"', page.text)
        fields = dict(re.findall(r'<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"', page.text))
        target = urljoin(url, form.group(1).replace("&amp;", "&")) if form and form.group(1) else url
        answer = await self.http.post(target, data=fields | {"action": "pay"})
        if answer.status_code >= httpx.codes.BAD_REQUEST:
            raise JourneyFailed(f"the page answered {answer.status_code}")


async def _events(socket: Any) -> AsyncIterator[Any]:
    async for raw in socket:
        message = orjson.loads(raw)
        if message["type"] == "next":
            if message["payload"].get("errors"):
                raise JourneyFailed(str(message["payload"]["errors"]))
            yield message["payload"]["data"]["settlementChanged"]
        elif message["type"] in ("error", "complete"):
            raise JourneyFailed(str(message))


@dataclass(slots=True, kw_only=True)
class Journey:
    """What to do on the way, and what was seen."""

    traveller: Traveller
    pay_kind: str = "INSURANCE"
    reverse: bool = False
    faults: tuple[dict[str, Any], ...] = ()
    events: int = 0
    began: float = field(default_factory=time.monotonic)

    async def run(self) -> Any:
        """The whole way; returns the settlement as it ended. Raises `JourneyFailed`."""
        try:
            return await self._travel()
        except (httpx.TransportError, OSError, WebSocketException) as error:
            raise JourneyFailed(f"no answer: {error or type(error).__name__}") from error

    async def _travel(self) -> Any:
        traveller = self.traveller
        for fault in self.faults:
            await traveller.control("faults", dict(fault))
        order = await self.order(await self.visit())
        started = await traveller.do(
            "settlementStart",
            {"orderId": order["id"], "payKind": self.pay_kind, "idempotencyKey": uuid4().hex},
            "... on SettlementPayload { settlement { id number } }",
        )
        settlement_id = started["settlement"]["id"]
        async with traveller.watching(settlement_id) as events:
            settlement = await self.until(events, "AWAITING_PAYMENT")
            await traveller.pay(settlement["checkoutUrl"])
            settlement = await self.until(events, "COMPLETED")
            if self.reverse:
                settlement = await self._reverse(events, settlement_id)
        return settlement

    async def visit(self) -> Visit:
        """A HIS user enters a consultation of the patient behind the token."""
        told = (await self.traveller.ask("{ viewer { subject patient { id } } }"))["viewer"]
        if told["patient"] is None:
            raise JourneyFailed(
                f"{told['subject']} is no patient here; the demonstration's are patient-01, patient-02 …"
            )
        number = int(told["subject"].rsplit("-", 1)[1])
        doctor = ("D350200000001", "示例医师甲", "A03", "内科")
        visit = Visit(
            number=f"V{clock.local(clock.now()):%y%m%d%H%M%S}{uuid4().hex[:8]}",
            patient_id=f"P{number:08d}",
            patient_name="演示患者",
            department_code=doctor[2],
            department_name=doctor[3],
            doctor_code=doctor[0],
            doctor_name=doctor[1],
            at=clock.local(clock.now()),
        )
        await self.traveller.control("load", {"his": {"prescriptions": [consultation_fee(visit)]}})
        return visit

    async def order(self, visit: Visit) -> Any:
        """What is payable of the visit becomes an order."""
        traveller = self.traveller
        patient_id = (await traveller.ask("{ viewer { patient { id } } }"))["viewer"]["patient"]["id"]
        listed = await traveller.ask(
            """query($id: ID!) { payablePrescriptions(patientId: $id) { problem { code message }
               prescriptions { number visitNumber totalAmount feeDigest payable } } }""",
            {"id": patient_id},
        )
        told = listed["payablePrescriptions"]
        if told["problem"]:
            raise JourneyFailed(str(told["problem"]))
        ours = [each for each in told["prescriptions"] if each["visitNumber"] == visit.number]
        chosen = [{"number": each["number"], "feeDigest": each["feeDigest"]} for each in ours]
        made = await traveller.do(
            "orderCreate",
            {"patientId": patient_id, "prescriptions": chosen, "idempotencyKey": uuid4().hex},
            "... on OrderCreatePayload { order { id number totalAmount } }",
        )
        return made["order"]

    async def until(self, events: AsyncIterator[Any], state: str) -> Any:
        """The first event in this state; ATTENTION and FAILED end the journey."""
        async with asyncio.timeout(WAIT):
            async for settlement in events:
                self.events += 1
                if settlement["state"] == state:
                    return settlement
                if settlement["state"] in ("ATTENTION", "FAILED"):
                    raise JourneyFailed(f"{settlement['state']}: {_problems(settlement)}")
        raise JourneyFailed("the events ended")

    async def _reverse(self, events: AsyncIterator[Any], settlement_id: str) -> Any:
        await self.traveller.do(
            "settlementReverse",
            {"settlementId": settlement_id, "reason": "演示冲销", "idempotencyKey": uuid4().hex},
            "... on SettlementPayload { settlement { id state } }",
            cashier=True,
        )
        return await self.until(events, "REVERSED")


def _problems(settlement: Any) -> str:
    told = [step for step in settlement["steps"] if step["problem"]]
    return "; ".join(f"{step['kind']} {step['problem']['code']} {step['problem']['message']}" for step in told)


def open_on_platforms(books: Any) -> dict[str, int]:
    """What the platforms hold open, by name; all zero after a reversal."""
    return {
        "registrations": books["insurance-core"]["open_registrations"],
        "fee details": books["insurance-payment"]["open_orders"],
        "settlements": books["insurance-payment"]["live_settlements"],
        "HIS settlements": books["his"]["open_settlements"],
        "receipts": books["receipts"]["normal"],
        "self-payments": books["wechat-pay"]["open_payments"],
    }


def table(settlement: Any) -> list[str]:
    """The steps as lines of text: step, transaction, attempts, milliseconds, state."""
    lines = [f"{'step':22} {'transaction':24} {'tries':>5} {'ms':>7}  state"]
    for step in settlement["steps"]:
        lines.append(
            f"{step['kind']:22} {step['transaction'] or '-':24} {step['attempts']:>5} "
            f"{_milliseconds(step):>7}  {step['state']}"
        )
    return lines


def _milliseconds(step: Any) -> str:
    if not step["startedAt"] or not step["finishedAt"]:
        return "-"
    span = clock.moment(step["finishedAt"]) - clock.moment(step["startedAt"])
    return f"{span.total_seconds() * 1000:.0f}"
