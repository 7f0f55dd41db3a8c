"""What the platforms' books say of one settlement, found by its number; and what its own rows say."""

from __future__ import annotations

from collections import Counter
from typing import Any

from tests.fixtures.hospital import RunningHospital, Someone, until

INSURANCE_ONCE = {"registrations": 1, "fee orders": 1, "HIS settlements": 1, "receipts": 1, "self-payments": 0}
SELF_PAY_ONCE = {"registrations": 0, "fee orders": 0, "HIS settlements": 1, "receipts": 1, "self-payments": 1}
NOTHING = dict.fromkeys(INSURANCE_ONCE, 0)
STEP_PROBLEMS = """query($id: ID!) { node(id: $id) { ... on Settlement { steps { kind state
  problem { __typename code message ... on InsuranceRefusal { platformCode } ... on HISRefusal { platformCode }
  ... on ReceiptRefusal { platformCode } ... on SelfPayRefusal { platformCode } } } } } }"""
GONE = ("CANCELLED", "RED", "12", "7", "CLOSED")


def _rows(hospital: RunningHospital, number: str) -> dict[str, list[Any]]:
    books: Any = hospital.sandboxes.books()
    return {
        "registrations": [r for r in books["insurance-core"]["registrations"] if r["visit_number"] == number],
        "fee orders": [r for r in books["insurance-payment"]["orders"] if r["order_number"] == number],
        "HIS settlements": [r for r in books["his"]["settlements"] if r["settlement_number"] == number],
        "receipts": [r for r in books["receipts"]["receipts"] if number in r["business_number"]],
        "self-payments": [r for r in books["wechat-pay"]["payments"] if r["trade_number"] == number],
    }


def made(hospital: RunningHospital, settlement: Any) -> dict[str, int]:
    """How many of everything were ever made for it, whatever became of them."""
    return {name: len(rows) for name, rows in _rows(hospital, settlement["number"]).items()}


def standing(hospital: RunningHospital, settlement: Any) -> dict[str, int]:
    """How many of everything are still there: not cancelled, revoked, refunded or red."""
    found = _rows(hospital, settlement["number"])
    open_ = {name: [row for row in rows if not _gone(row)] for name, rows in found.items()}
    return {name: len(rows) for name, rows in open_.items()}


def _gone(row: Any) -> bool:
    """A fee order counts until its fee details are revoked too."""
    given_back = row["state"] in GONE or row.get("refunded_fen", 0) == row.get("total_fen")
    return bool(given_back and row.get("fee_details", "revoked") == "revoked")


def fee_order(hospital: RunningHospital, settlement: Any) -> Any:
    """Its one order at the payment centre."""
    (found,) = _rows(hospital, settlement["number"])["fee orders"]
    return found


def outcomes(hospital: RunningHospital, settlement: Any, transaction: str) -> list[str]:
    """How its calls of a transaction went, in their order."""
    rows = hospital.sql(
        """SELECT e.outcome FROM exchange e JOIN settlement s ON s.id = e.settlement_id
           WHERE s.number = $1 AND e.transaction = $2 ORDER BY e.id""",
        settlement["number"],
        transaction,
    )
    return [row["outcome"] for row in rows]


def callbacks(hospital: RunningHospital, settlement: Any) -> list[dict[str, Any]]:
    """The notices that were stored as its own."""
    return hospital.sql(
        "SELECT c.* FROM callback c JOIN settlement s ON s.id = c.settlement_id WHERE s.number = $1 ORDER BY c.id",
        settlement["number"],
    )


def order_state(hospital: RunningHospital, settlement: Any) -> str:
    """What its order has become."""
    (row,) = hospital.sql(
        "SELECT o.state FROM orders o JOIN settlement s ON s.order_id = o.id WHERE s.number = $1", settlement["number"]
    )
    return str(row["state"])


def executed_twice(hospital: RunningHospital, settlement: Any) -> list[str]:
    """Transactions of its steps that were answered with yes more than once, those of asking apart."""
    asking = {"unpaid", "6301", "5201", "1101", "query", "query_refund", "med_ins_query"}
    asking |= {"getEBillByBusNo", "getEBillStatesByBillInfo"}
    rows = hospital.sql(
        """SELECT e.transaction FROM exchange e JOIN settlement s ON s.id = e.settlement_id
           WHERE s.number = $1 AND e.outcome = 'Answered'""",
        settlement["number"],
    )
    counted = Counter(row["transaction"] for row in rows)
    return [name for name, times in counted.items() if times > 1 and name not in asking]


def problem(someone: Someone, settlement: Any, step: str) -> Any:
    """The problem of its latest step of a kind, with its type and the platform's own code."""
    told = someone.ask(STEP_PROBLEMS, {"id": settlement["id"]})["node"]["steps"]
    return next(each["problem"] for each in reversed(told) if each["kind"] == step)


def postpone_polls(hospital: RunningHospital, settlement: Any) -> None:
    """From now on only a notice or a person makes the server look: its next poll comes in an hour."""

    def postponed() -> list[dict[str, Any]]:
        return hospital.sql(
            """UPDATE pgqueuer SET execute_after = now() + interval '1 hour' FROM settlement s
               WHERE s.number = $1 AND entrypoint = 'settlement.poll' AND status = 'queued'
               AND payload = convert_to(s.id::text, 'UTF8') RETURNING s.id""",
            settlement["number"],
        )

    until(postponed, "a poll that waits")
