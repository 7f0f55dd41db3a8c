"""`yiqiao journey --story full`: every part of the hospital's day once, through the public graph, and then the books.

Each chapter is what one person does. What the graph says at the end must be what the platforms hold, to the fen.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import uuid4

from app.demo.hospital import Person
from app.tokens import Role
from app.traveller import JourneyFailed, Traveller
from clients.his.sandbox_visits import Visit

MONEY = """query($id: ID!) { node(id: $id) { ... on Settlement { id number payKind state checkout totalAmount
  refundedAmount cashAmount checkoutUrl mixTradeNo invoice { number download { url } }
  order { feeDetails { serial amount } prescriptions { id number } } } } }"""
WRITTEN = """query($id: ID!) { node(id: $id) { ... on Prescription { id number state insuranceNumber
  steps { kind state problem { code message } } } } }"""


def key() -> dict[str, str]:
    """A new idempotency key, as a member of an input."""
    return {"idempotencyKey": uuid4().hex}


@dataclass(slots=True, kw_only=True)
class Story:
    """What is known so far, and what was told."""

    traveller: Traveller
    person: Person
    tell: Callable[[str], None] = print
    settlements: dict[str, str] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    visit: Visit | None = None

    async def run(self, chapters: Sequence[tuple[str, Chapter]]) -> None:
        """The chapters, then the books. Raises `JourneyFailed`."""
        before = await self.held()
        for title, chapter in chapters:
            began = time.monotonic()
            told = await chapter(self)
            self.tell(f"  {title:28} {told}  ({time.monotonic() - began:.2f} s)")
        await self.compare(before, await self.held())

    async def do(self, mutation: str, input_: dict[str, Any], selection: str, who: Role = Role.PATIENT) -> Any:
        """A mutation that must be a yes."""
        return await self.traveller.do(mutation, input_, selection, who=who)

    async def ask(self, document: str, id_: str) -> Any:
        """A node, as the cashier sees it."""
        return (await self.traveller.ask(document, {"id": id_}, who=Role.CASHIER))["node"]

    # -- money

    async def held(self) -> dict[str, int]:
        """What the platforms hold: how many, and how much in fen."""
        books = await self.traveller.books()
        return {
            "registrations": books["insurance-core"]["open_registrations"],
            "fee details": books["insurance-payment"]["open_orders"],
            "insurance settlements": books["insurance-payment"]["live_settlements"],
            "insurance fen": books["insurance-payment"]["settled_fen"],
            "HIS settlements": books["his"]["open_settlements"],
            "receipts": books["receipts"]["normal"],
            "WeChat payments": books["wechat-pay"]["open_payments"],
            "WeChat fen": books["wechat-pay"]["paid_fen"],
            "prescriptions": books["circulation"]["uploaded"],
        }

    async def expected(self) -> dict[str, int]:
        """The same by the graph."""
        rows = [await self.ask(MONEY, id_) for id_ in self.settlements.values()]
        living = [row for row in rows if row["state"] == "COMPLETED"]
        insured = [row for row in living if row["payKind"] == "INSURANCE"]
        mixed = [row for row in insured if row["checkout"] == "MIXED"]
        uploaded = int((await self.ask(WRITTEN, self.ids["prescription"]))["state"] == "UPLOADED")
        alone = [row for row in living if row["payKind"] == "SELF_PAY"]
        return {
            "registrations": len(insured) + uploaded,  # a prescription stands on a registration of its own
            "fee details": 0,
            "insurance settlements": len(insured),
            "insurance fen": sum(_fen(row["totalAmount"]) for row in insured),
            "HIS settlements": len(living),
            "receipts": sum(row["invoice"] is not None for row in living),
            "WeChat payments": len(alone) + len(mixed),
            "WeChat fen": sum(_fen(row["totalAmount"]) - _fen(row["refundedAmount"]) for row in alone)
            + sum(_fen(row["cashAmount"]) for row in mixed),
            "prescriptions": uploaded,
        }

    async def compare(self, before: dict[str, int], after: dict[str, int]) -> None:
        """Raises `JourneyFailed` where graph and platforms differ."""
        expected = await self.expected()
        wrong = []
        for name, ours in expected.items():
            theirs = after[name] - before[name]
            self.tell(f"  {name:28} ours {ours:>8}  theirs {theirs:>8}")
            if ours != theirs:
                wrong.append(name)
        if wrong:
            raise JourneyFailed(f"the books differ: {', '.join(wrong)}")

    async def start(self, name: str, order: Any, **more: Any) -> Any:
        """A settlement that can be paid."""
        told = {"orderId": order["id"], **key(), **more}
        made = await self.do("settlementStart", told, "... on SettlementPayload { settlement { id } }")
        self.settlements[name] = made["settlement"]["id"]
        return await self.reaches(name, "AWAITING_PAYMENT")

    async def reaches(self, name: str, *states: str) -> Any:
        """The settlement, in one of these states."""
        id_ = self.settlements[name]
        ends = (*states, "FAILED", "ATTENTION")
        seen = await self.traveller.until(MONEY, id_, lambda row: row["state"] in ends)
        if seen["state"] not in states:
            raise JourneyFailed(f"{name}: {seen}")
        return seen


def _fen(text: str | None) -> int:
    return int(Decimal(text or "0") * 100)


Chapter = Callable[[Story], Awaitable[str]]
