"""Refunds as tests ask for them, and what the platforms' books say afterwards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from app.tokens import Role
from clients.his.sandbox_visits import DRUGS, Visit, western
from tests.fixtures.hospital import RunningHospital, Someone, until

REFUND = """id number state amount reason byPatient rejectionReason decidedAt finishedAt
  lines { quantity amount feeDetail { serial } } settlement { id number state } problem { __typename code message }"""
PAYLOAD = f"... on RefundPayload {{ refund {{ {REFUND} }} }}"
# The fee costs 20.00, the medicine 2 × 12.80 and 6.50.
FEE, FIRST, SECOND = "F-1", "X-1", "X-2"
TOTAL_FEN, MEDICINE_FEN = 5210, 3210


def finance(hospital: RunningHospital) -> Someone:
    return Someone(hospital, Role.FINANCE, "finance-01")


def visit_with_medicine(hospital: RunningHospital, patient: Someone) -> Visit:
    """A consultation fee and a prescription of two drugs."""
    visit = hospital.new_visit(patient)
    hospital.sandboxes.load({"his": {"prescriptions": [medicine(visit)]}})
    return visit


def medicine(visit: Visit, *, boxes: int = 2, second: bool = True) -> dict[str, Any]:
    """The prescription as the HIS has it, or as it has it after its users took something back."""
    return western(visit, ((DRUGS[0], boxes), *(((DRUGS[1], 1),) if second else ())))


def settled(hospital: RunningHospital, patient: Someone, pay_kind: str = "SELF_PAY") -> tuple[Any, Visit]:
    """A COMPLETED settlement of fee and medicine."""
    visit = visit_with_medicine(hospital, patient)
    settlement = patient.begin(pay_kind, visit)
    patient.pay(settlement)
    return patient.until(settlement, "COMPLETED"), visit


def ask(someone: Someone, settlement: Any, visit: Visit, *lines: str | dict[str, Any], **more: Any) -> Any:
    """The answer of refundRequest; a line is the end of its serial, or all of its input."""
    told = [
        {"serial": f"{visit.number}-{each}"}
        if isinstance(each, str)
        else each | {"serial": f"{visit.number}-{each['serial']}"}
        for each in lines
    ]
    input_ = {
        "settlementId": settlement["id"],
        "lines": told,
        "reason": "药品未发出，申请退药",
        "idempotencyKey": uuid4().hex,
        **more,
    }
    return someone.do("refundRequest", input_, PAYLOAD)


def asked(someone: Someone, settlement: Any, visit: Visit, *lines: str | dict[str, Any]) -> Any:
    """A refund that waits for a decision."""
    answer = ask(someone, settlement, visit, *lines)
    assert "refund" in answer, answer
    return answer["refund"]


def approve(someone: Someone, refund: Any, key: str | None = None) -> Any:
    return someone.do("refundApprove", {"refundId": refund["id"], "idempotencyKey": key or uuid4().hex}, PAYLOAD)


def reject(someone: Someone, refund: Any, **more: Any) -> Any:
    input_ = {"refundId": refund["id"], "reason": "药品已发出", "idempotencyKey": uuid4().hex, **more}
    return someone.do("refundReject", input_, PAYLOAD)


def look(someone: Someone, refund: Any) -> Any:
    document = f"query($id: ID!) {{ node(id: $id) {{ ... on Refund {{ {REFUND} }} }} }}"
    return someone.ask(document, {"id": refund["id"]})["node"]


def until_refund(someone: Someone, refund: Any, *states: str) -> Any:
    """Wait until the refund is in one of these states."""

    def there() -> Any:
        seen = look(someone, refund)
        return seen if seen["state"] in states else None

    try:
        return until(there, "/".join(states))
    except AssertionError as error:
        seen = look(someone, refund)
        raise AssertionError(f"{error}; it is {seen}, {someone.look(seen['settlement'])}") from None


def given_back(hospital: RunningHospital, patient: Someone, settlement: Any, visit: Visit, *lines: Any) -> Any:
    """A refund that is DONE."""
    refund = asked(patient, settlement, visit, *lines)
    assert "refund" in approve(finance(hospital), refund)
    return until_refund(patient, refund, "DONE")


def books(hospital: RunningHospital, settlement: Any) -> dict[str, Any]:
    """What every platform holds of a settlement: states and fen by number."""
    told: Any = hospital.sandboxes.books()
    number = settlement["number"]

    def rows(platform: str, name: str, of: str, amount: Callable[[Any], Any]) -> dict[str, Any]:
        found = [row for row in told[platform][name] if number in row[of]]
        return {row[of].partition(number)[2]: (row["state"], amount(row)) for row in found}

    return {
        "HIS": rows("his", "settlements", "settlement_number", lambda row: row["total_fen"]),
        "receipts": rows("receipts", "receipts", "business_number", lambda row: row["total_fen"]),
        "money": rows("wechat-pay", "payments", "trade_number", lambda row: row["refunded_fen"]),
    }
