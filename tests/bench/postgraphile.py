"""The same questions in PostGraphile's own shape, and its answers turned into ours so that they can be compared."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

from app import clock
from app.money import yuan_text
from resolvers.paging import NEWEST
from tests.bench.documents import Question, global_id

ORDER = """rowId number state totalFen createdAt
  patientByPatientId { nameMasked idNumberMasked phoneMasked } doctorByDoctorId { name title }
  prescriptionsByOrderIdList(orderBy: [ROW_ID_ASC]) { number kind
    prescriptionItemsByPrescriptionIdList(orderBy: [ROW_ID_ASC]) { name spec quantity amountFen } }
  settlementsByOrderIdList(first: 1, orderBy: [ROW_ID_DESC]) {
    number payKind state totalFen fundFen accountFen cashFen
    invoicesBySettlementIdList(first: 1, orderBy: [ROW_ID_DESC]) { number state totalFen issuedAt } }
  shipmentsByOrderIdList(orderBy: [ROW_ID_ASC]) { carrier waybillNumber state }"""
REPORTS = {"Q3": "peerSettlementReportList", "Q3R": "peerDailyReportList"}
FLAT = "rowId number payKind state totalFen fundFen cashFen createdAt"


def document(question: Question) -> str:
    """The question as PostGraphile's schema wants it."""
    if question.name == "Q1":
        return f"query($id: BigInt!) {{ orderByRowId(rowId: $id) {{ {ORDER} }} }}"
    if question.state == "OrderState":
        return _page("peerOrdersPageList", ORDER)
    if question.state == "SettlementState":
        return _page("peerSettlementsPageList", FLAT)
    if question.name in REPORTS:
        sums = "day payKind count begun total fund account cash refunded"
        return f"query($from: Date!, $to: Date!) {{ {REPORTS[question.name]}(from: $from, to: $to) {{ {sums} }} }}"
    return question.document


def _page(root: str, selection: str) -> str:
    names = {
        "state": "String",
        "since": "Date",
        "until": "Date",
        "before": "Datetime",
        "beforeId": "BigInt",
        "size": "Int",
    }
    declared = ", ".join(f"${name}: {kind}!" for name, kind in names.items())
    given = ", ".join(f"{name}: ${name}" for name in names)
    return f"query({declared}) {{ {root}({given}) {{ {selection} }} }}"


def variables(question: Question, ours: dict[str, Any]) -> dict[str, Any]:
    """Our variables in its terms."""
    if question.name == "Q1":
        return {"id": base64.urlsafe_b64decode(ours["id"]).decode().partition(":")[2]}
    if not question.first:
        return ours
    before, before_id = NEWEST.position(ours["after"])
    return {
        "state": ours["state"],
        "since": ours["since"],
        "until": ours["until"],
        "before": before.isoformat(),
        "beforeId": str(before_id),
        "size": ours["first"],
    }


def as_ours(question: Question, told: Any) -> Any:
    """Its answer in our shape; a page becomes the list of its nodes."""
    if question.name == "Q1":
        return {"node": _order(told["orderByRowId"])}
    if question.state == "OrderState":
        return [_order(each) for each in told["peerOrdersPageList"]]
    if question.state == "SettlementState":
        return [_flat(each) for each in told["peerSettlementsPageList"]]
    if question.name in REPORTS:
        return {"settlementReport": {"rows": [_report(each) for each in told[REPORTS[question.name]]]}}
    return told


def comparable(question: Question, ours: Any) -> Any:
    """Our answer as far as PostGraphile gives it: the nodes of a page, without the page's end."""
    (connection,) = ours.values() if question.first else (None,)
    return [edge["node"] for edge in connection["edges"]] if connection else ours


def _order(row: Any) -> Any:
    settlements = row["settlementsByOrderIdList"]
    patient = row["patientByPatientId"]
    return {
        "id": global_id("Order", row["rowId"]),
        **_money(row, "number state totalFen"),
        "createdAt": _moment(row["createdAt"]),
        "patient": {name: patient[f"{name}Masked"] for name in ("name", "idNumber", "phone")},
        "doctor": row["doctorByDoctorId"],
        "prescriptions": [_prescription(each) for each in row["prescriptionsByOrderIdList"]],
        "settlement": _settlement(settlements[0]) if settlements else None,
        "shipments": row["shipmentsByOrderIdList"],
    }


def _prescription(row: Any) -> Any:
    items = [_money(item, "name spec quantity amountFen") for item in row["prescriptionItemsByPrescriptionIdList"]]
    return {"number": row["number"], "kind": row["kind"], "items": items}


def _settlement(row: Any) -> Any:
    invoices = row["invoicesBySettlementIdList"]
    told = _money(row, "number payKind state totalFen fundFen accountFen cashFen")
    return told | {"invoice": _invoice(invoices[0]) if invoices else None}


def _invoice(row: Any) -> Any:
    return _money(row, "number state totalFen") | {"issuedAt": _moment(row["issuedAt"])}


def _flat(row: Any) -> Any:
    told = _money(row, "number payKind state totalFen fundFen cashFen")
    return {"id": global_id("Settlement", row["rowId"]), **told, "createdAt": _moment(row["createdAt"])}


def _report(row: Any) -> Any:
    amounts = {f"{name}Amount": yuan_text(int(row[name])) for name in ("total", "fund", "account", "cash", "refunded")}
    counts = {"count": int(row["count"]), "begunCount": int(row["begun"])}
    return {"from": row["day"], "payKind": row["payKind"], **counts, **amounts}


def _money(row: Any, names: str) -> dict[str, Any]:
    """Fields under our names; integer fen as yuan."""
    yuan: Callable[[Any], Any] = lambda fen: None if fen is None else yuan_text(int(fen))  # noqa: E731
    amounts = {name: name.replace("Fen", "Amount") if name != "amountFen" else "amount" for name in names.split()}
    return {ours: yuan(row[name]) if name.endswith("Fen") else row[name] for name, ours in amounts.items()}


def _moment(text: str) -> str:
    return clock.local(clock.moment(text)).isoformat(timespec="milliseconds")
