"""An invented patient, hospital and centre, and the ordinary requests of a consultation of 100.00 yuan."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx

from clients.insurance.book import InsuranceBook, VisitRow
from clients.insurance.envelope import SmEnvelope, dumps
from clients.insurance.payment.answers import Amounts, FeeOrder
from clients.insurance.payment.messages import (
    Diagnosis,
    FeeLine,
    PlaceOrder,
    QueryOrder,
    Refund,
    RefundKind,
    RevokeOrder,
    UploadFeeDetails,
)
from clients.insurance.payment.sandbox import PaymentSandboxSettings
from clients.insurance.payment.wire import PATHS
from clients.insurance.sm import PrivateKey

APP_ID, APP_SECRET = "1SIMAPP000000000000000000000APP1", "1SIMSEC000000000000000000000SEC1"
HOSPITAL_KEY = "3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8"
PLATFORM_KEY = "211fee8c3c5fee2fad3dc926fc9403366d2def02cdd0bb5bd683ca015d99db7f"
HOSPITAL, PLATFORM = PrivateKey.read(HOSPITAL_KEY), PrivateKey.read(PLATFORM_KEY)
HOSPITAL_PUBLIC, PLATFORM_PUBLIC = HOSPITAL.public.point.hex(), PLATFORM.public.point.hex()
INSTITUTION, TOKEN, VISIT = "H35020500001", "AUTH350200202601010000000001", "MDT0001"
ID_NUMBER, NAME = "350200199001010017", "测试患者"
AT = datetime(2026, 1, 1, 4, 0, tzinfo=UTC)

_LOCAL: dict[str, Any] = {"trust_env": False, "verify": False}  # no certificates to load

PERSON = {
    "person_number": "P0001",
    "id_type": "01",
    "id_number": ID_NUMBER,
    "name": NAME,
    "gender": "1",
    "birth_date": "1990-01-01",
    "area": "350200",
    "insurances": [{"insurance_type": "390", "person_type": "1501", "status": "1", "balance_fen": 3000}],
    "tokens": [TOKEN],
}


def sandbox_settings(**changed: Any) -> PaymentSandboxSettings:
    told: dict[str, Any] = {
        "app_id": APP_ID,
        "app_secret": APP_SECRET,
        "platform_private_key": PLATFORM_KEY,
        "channel_public_key": HOSPITAL_PUBLIC,
        "institution_code": INSTITUTION,
        "callback_pause": 0.02,
    }
    return PaymentSandboxSettings(**told | changed)


def visit(book: InsuranceBook, visit_id: str = VISIT) -> None:
    book.visits[visit_id] = VisitRow(
        visit_id=visit_id,
        person_number="P0001",
        visit_number="OP0001",
        insurance_type="390",
        area="350200",
        began_at="2026-01-01 12:00:00",
    )


def line(**changed: Any) -> FeeLine:
    told: dict[str, Any] = {
        "serial": "F0001",
        "prescription_number": "RX0001",
        "occurred_at": AT,
        "catalogue_code": "XJ01CAA040A001010100001",
        "item_code": "D0001",
        "name": "阿莫西林胶囊",
        "spec": "0.25g*24",
        "amount": Decimal("100.00"),
        "quantity": Decimal(4),
        "price": Decimal(25),
        "department_code": "0301",
        "department_name": "呼吸内科",
        "doctor_code": "D350200000001",
        "doctor_name": "测试医师",
    }
    return FeeLine(**told | changed)


def diagnosis() -> Diagnosis:
    return Diagnosis(
        order=1,
        code="J06.900",
        name="急性上呼吸道感染",
        department="呼吸内科",
        doctor_code="D350200000001",
        doctor_name="测试医师",
        diagnosed_at=AT,
    )


def upload(**changed: Any) -> UploadFeeDetails:
    told: dict[str, Any] = {
        "person_number": "P0001",
        "insurance_type": "390",
        "order_number": "ORDER0001",
        "began_at": AT,
        "id_number": ID_NUMBER,
        "name": NAME,
        "id_type": "01",
        "pay_auth_number": TOKEN,
        "area": "350200",
        "insured_area": "350200",
        "visit_number": "OP0001",
        "doctor_code": "D350200000001",
        "doctor_name": "测试医师",
        "department_code": "0301",
        "department_name": "呼吸内科",
        "department_category": "A03",
        "visit_id": VISIT,
        "medical_type": "11",
        "total": Decimal("100.00"),
        "batch_number": "B0001",
        "use_account": True,
        "diagnoses": (diagnosis(),),
        "lines": (line(),),
    }
    return UploadFeeDetails(**told | changed)


def place(order: FeeOrder, **changed: Any) -> PlaceOrder:
    told: dict[str, Any] = {
        "pay_auth_number": TOKEN,
        "pay_order_id": order.pay_order_id,
        "pay_token": order.pay_token,
        "business_serial": "BIZ0001",
        "batch_number": "B0001",
        "visit_id": VISIT,
        "use_account": True,
    }
    return PlaceOrder(**told | changed)


def _asked(order: FeeOrder) -> dict[str, Any]:
    return {
        "pay_order_id": order.pay_order_id,
        "pay_token": order.pay_token,
        "id_number": ID_NUMBER,
        "name": NAME,
        "id_type": "01",
    }


def query(order: FeeOrder, **changed: Any) -> QueryOrder:
    return QueryOrder(**_asked(order) | changed)


def revoke(order: FeeOrder, **changed: Any) -> RevokeOrder:
    return RevokeOrder(**_asked(order) | changed)


def refund(order: FeeOrder, amounts: Amounts, kind: RefundKind = "ALL", number: str = "REF0001") -> Refund:
    zero = Decimal("0.00")
    account, fund = (zero, zero) if kind == "CASH" else (amounts.account, amounts.fund)
    cash = zero if kind == "HI" else amounts.cash
    return Refund(
        pay_order_id=order.pay_order_id,
        refund_number=number,
        refunded_at=AT,
        total=account + fund + cash,
        account=account,
        fund=fund,
        cash=cash,
        pay_auth_number=TOKEN,
        kind=kind,
    )


def hospital_end(**changed: Any) -> SmEnvelope:
    told: dict[str, Any] = {
        "app_id": APP_ID,
        "app_secret": APP_SECRET,
        "signer": HOSPITAL,
        "verifier": PLATFORM.public,
    }
    return SmEnvelope(**told | changed)


def platform_end() -> SmEnvelope:
    return hospital_end(signer=PLATFORM, verifier=HOSPITAL.public)


def post(base: str, transaction: str, wire: dict[str, Any]) -> dict[str, Any]:
    """What the centre answers to a hand-made wire object."""
    path = f"{base}/org/local/api/hos/{PATHS[transaction]}"
    answer = send(path, content=dumps(wire).encode(), headers={"content-type": "application/json"})
    told: dict[str, Any] = answer.json()
    return told


def say(base: str, transaction: str, data: dict[str, Any]) -> dict[str, Any]:
    """What the centre answers to hand-made data in a good envelope."""
    return post(base, transaction, hospital_end().seal(data, timestamp="20260101120000"))


def press(order: FeeOrder, action: str = "pay") -> httpx.Response:
    """Post the cashier's form, as a script would."""
    assert order.cashier_url
    page, token = order.cashier_url.split("?token=")
    return send(page, data={"token": token, "action": action})


def see(url: str) -> httpx.Response:
    """Open a page."""
    return httpx.get(url, **_LOCAL)


def send(url: httpx.URL | str, **body: Any) -> httpx.Response:
    """Post something that is no good request."""
    return httpx.post(url, **_LOCAL, **body)
