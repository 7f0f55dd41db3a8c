"""The lists at the root of the graph, declared: their filters, their sorts, and where they are counted already."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial

from tortoise.models import Model

from app import lists, models, money, reports
from app.lists import Convert, Filter
from app.problems import checked
from app.reports import Daily
from resolvers import ids

LONGEST_NUMBER, LONGEST_WAYBILL = 20, 32  # as wide as the columns


@dataclass(frozen=True, slots=True)
class DailyCount:
    """The daily rows that know how many rows a list has: the sum of `measure`, under the same arguments."""

    daily: Daily
    measure: str
    filters: Mapping[str, Filter]


@dataclass(frozen=True, slots=True)
class ListRoot:
    """A connection at the root of the graph: by keyset, newest first unless another sort is asked for."""

    model: type[Model]
    filters: Mapping[str, Filter]
    counted_by: DailyCount | None = None

    def daily(self, given: Collection[str], scope: Collection[str]) -> DailyCount | None:
        """Where the list is counted, if that knows all given arguments, and the viewer's scope is a whole hospital."""
        whole = all(path == "hospital_id" for path in scope)
        known = self.counted_by is not None and self.counted_by.filters.keys() >= set(given)
        return self.counted_by if whole and scope and known else None


def _row_id(type_name: str, field: str) -> Convert:
    return lambda given: ids.row_id(type_name, given, field)


def _fen(given: str) -> int:
    return money.fen(Decimal(given))


# How what the graph is given becomes what the columns have. Each raises Problem for a value that is none.
STORED: Mapping[str, Convert] = {
    "department_id": _row_id("Department", "departmentId"),
    "doctor_id": _row_id("Doctor", "doctorId"),
    "patient_id": _row_id("Patient", "patientId"),
    "min_amount": _fen,
    "max_amount": _fen,
    "number": partial(checked, field="number", longest=LONGEST_NUMBER),
    "waybill_number": lambda given: checked(given, field="waybillNumber", longest=LONGEST_WAYBILL).upper(),
}


def of_graph(filters: Mapping[str, Filter]) -> Mapping[str, Filter]:
    """The filters for values as the graph is given them."""
    return {name: _of_graph(name, each) for name, each in filters.items()}


def _of_graph(name: str, declared: Filter) -> Filter:
    stored = STORED.get(name)
    return declared if stored is None else replace(declared, convert=lambda given: declared.convert(stored(given)))


STATE = {"state": Filter("state")}
DAYS = {"since": Filter("day", ">="), "until": Filter("day", "<=")}
PLACES = {name: Filter(name) for name in ("department_id", "doctor_id")}

LISTS: Mapping[str, ListRoot] = {
    "orders": ListRoot(
        models.Order,
        of_graph(lists.ORDERS),
        counted_by=DailyCount(reports.ORDERS, "orders", of_graph(STATE | DAYS | PLACES)),
    ),
    "settlements": ListRoot(
        models.Settlement,
        of_graph(lists.SETTLEMENTS),
        counted_by=DailyCount(
            reports.SETTLEMENTS, "begun", of_graph(STATE | DAYS | PLACES | {"pay_kind": Filter("pay_kind")})
        ),
    ),
    "invoices": ListRoot(models.Invoice, STATE, counted_by=DailyCount(reports.INVOICES, "invoices", STATE)),
    "prescriptions": ListRoot(models.Prescription, STATE | lists.DAYS),
    "invoicesMissing": ListRoot(models.MissingInvoice, {}),
    "refunds": ListRoot(models.Refund, STATE | lists.DAYS),
    "shipments": ListRoot(models.Shipment, of_graph(STATE | lists.DAYS | {"waybill_number": Filter("waybill_number")})),
    "reportExports": ListRoot(models.ReportExport, STATE),
}
