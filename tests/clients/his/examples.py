"""Invented prescriptions and requests, and a way to speak to the sandbox without the client."""

from __future__ import annotations

import itertools
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from clients.his import wire
from clients.his.messages import Confirm, InsuranceFacts, Payment, Prescription
from clients.http import HTTP, Answer, Call

APP, SECRET, HOSPITAL = "APP1", "test-secret", "H1"
SETTLED_AT = datetime(2025, 1, 2, 10, 30, tzinfo=wire.CHINA)
_numbers = itertools.count(1)


class Clock:
    """The HIS's clock, which a test may put forward."""

    ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


def line(serial: str, quantity: str, price: str, amount: str) -> dict[str, Any]:
    named = {"itemCode": f"IC-{serial}", "insuranceCode": f"YB-{serial}", "name": "测试药品"}
    shape = {"spec": "10mg*12", "unit": "盒", "selfRatio": "0.1", "usage": "口服", "frequency": "TID", "days": 3}
    return {"feeDetailNo": serial, **named, **shape, "quantity": quantity, "price": price, "amount": amount}


LINES = [line("FD2", "1", "20.00", "20.00"), line("FD1", "2.5", "4.20", "10.50")]


def prescription(number: str = "RX1", **changes: Any) -> dict[str, Any]:
    who = {"visitNo": "V1", "patientId": "P1", "patientName": "测试甲"}
    where = {"deptCode": "D1", "deptName": "内科", "doctorCode": "DR1", "doctorName": "测试医师"}
    what = {"issuedAt": "2025-01-02T10:00:00+08:00", "kind": "WESTERN", "items": LINES, "totalAmount": "30.50"}
    diagnoses = [{"code": "J00", "name": "急性鼻咽炎", "main": True}]
    return {"prescriptionNo": number, **who, **where, **what, "diagnoses": diagnoses, **changes}


def confirmation_of(*told: Prescription, number: str = "S1", **changes: Any) -> Confirm:
    total = sum((one.total for one in told), Decimal(0))
    fund = Decimal("10.00")
    members: dict[str, Any] = {
        "settlement_number": number,
        "prescription_numbers": tuple(one.prescription_number for one in told),
        "total": total,
        "fee_digests": {one.prescription_number: one.fee_digest for one in told},
        "payments": (
            Payment(kind="INSURANCE_FUND", amount=fund),
            Payment(kind="WECHAT", amount=total - fund, trade_number="T1", channel_trade_number="WX1"),
        ),
        "insurance": InsuranceFacts(
            visit_id="M1", settlement_id="SETL1", fund=fund, account=Decimal(0), cash=total - fund
        ),
        "settled_at": SETTLED_AT,
        "operator_id": "OP1",
        "channel": "MINIPROGRAM",
    }
    return Confirm(**{**members, **changes})


DIGEST = "a1bf9e9e7324601e9fa19aaddb6a07c8ad5a15dfe6237110698a833bdabab0e9"

# A body of every operation with every field filled in; all of them are accepted once RX1 is loaded.
BODIES: dict[str, dict[str, Any]] = {
    "unpaid": {
        "hospitalId": "H1",
        "patientId": "P1",
        "visitNo": "V1",
        "from": "2025-01-01T00:00:00+08:00",
        "to": "2025-02-01T00:00:00+08:00",
    },
    "get": {"hospitalId": "H1", "prescriptionNo": "RX1"},
    "lock": {"hospitalId": "H1", "prescriptionNos": ["RX1"], "lockNo": "L1", "ttlSeconds": 60},
    "unlock": {"hospitalId": "H1", "lockNo": "L1"},
    "confirm": {
        "hospitalId": "H1",
        "settlementNo": "S1",
        "prescriptionNos": ["RX1"],
        "totalAmount": "30.50",
        "feeDigests": {"RX1": DIGEST},
        "payments": [{"type": "WECHAT", "amount": "30.50", "tradeNo": "T1", "channelTradeNo": "WX1"}],
        "insurance": {
            "mdtrtId": "M1",
            "setlId": "SE1",
            "payOrdId": "PO1",
            "medType": "11",
            "fundPay": "10.00",
            "acctPay": "0.00",
            "cashPay": "20.50",
            "insuredArea": "440300",
        },
        "settledAt": "2025-01-02T10:30:00+08:00",
        "lockNo": "L9",
        "operatorId": "OP1",
        "channel": "WEB",
    },
    "query": {"hospitalId": "H1", "settlementNo": "S1"},
    "cancel": {"hospitalId": "H1", "settlementNo": "S1", "refundNo": "R1", "amount": "30.50", "reason": "退药"},
    "list": {"hospitalId": "H1", "day": "2025-01-02", "cursor": "0"},
}
KEYS = {"lock": "lockNo", "unlock": "lockNo", "confirm": "settlementNo", "cancel": "refundNo"}


@dataclass(frozen=True)
class Said:
    """What the sandbox answered."""

    status: int
    envelope: dict[str, Any]
    headers: Mapping[str, str]
    body: bytes

    @property
    def code(self) -> str:
        return str(self.envelope["code"])

    @property
    def data(self) -> dict[str, Any]:
        data: dict[str, Any] = self.envelope["data"]
        return data


class Speaker:
    """Speaks the wire by hand: anything may be wrong in what it says."""

    def __init__(self, base_url: str) -> None:
        self._http = HTTP(platform="his", base_url=base_url)

    async def say(
        self,
        op: str,
        body: Any,
        *,
        app_id: str = APP,
        secret: str = SECRET,
        timestamp: int | None = None,
        nonce: str | None = None,
        key: str | None = None,
        changes: Mapping[str, str] | None = None,
        sent: bytes | None = None,
    ) -> Said:
        raw = body if isinstance(body, bytes) else wire.encode(body)
        own = body.get(KEYS.get(op, "")) if isinstance(body, dict) else None
        headers = wire.request_headers(
            app_id=app_id,
            secret=secret,
            op=op,
            body=raw,
            message_id=f"M{next(_numbers)}",
            timestamp=int(time.time()) if timestamp is None else timestamp,
            nonce=nonce or secrets.token_hex(16),
            key=key if key is not None else own if isinstance(own, str) else None,
        )
        told = {name: value for name, value in {**headers, **(changes or {})}.items() if value}
        call = Call(transaction=op, message_id="M", path=wire.path(op), body=sent or raw, headers=told)
        return await self._http.call(call, _said)

    async def close(self) -> None:
        await self._http.close()


def _said(answer: Answer) -> Said:
    return Said(answer.status, wire.decode(answer.body), answer.headers, answer.body)
