"""A journey through the public graph, as a mini-program would make it.

List, order, settle, watch, pay, fetch the receipt. It speaks to a running server from outside, over HTTP and a
WebSocket, and to the sandboxes' control desk for what people do: a HIS user enters a visit, a patient presses "pay".
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
from websockets.exceptions import WebSocketException

from app import clock
from app.tokens import Role
from app.traveller import WAIT, JourneyFailed, Traveller
from clients.his.sandbox_visits import Visit, consultation_fee


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
            await traveller.press(settlement["checkoutUrl"])
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
            who=Role.CASHIER,
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
