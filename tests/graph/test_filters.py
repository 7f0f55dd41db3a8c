"""What the lists can be narrowed by and in which orders they come, on both roads, against the rows themselves."""

from __future__ import annotations

import base64
import itertools
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from app.tokens import Role
from tests.fixtures.hospital import RunningHospital, Someone
from tests.graph.test_paging import LISTS, number, rows
from tests.graph.test_scope import Stranger, outsiders

PAGE = 41
ROADS = {"compiled": "", "ordinary": "nodes(ids: []) { id }"}
SORTS = {
    "CREATED_DESC": "created_at DESC, id DESC",
    "CREATED_ASC": "created_at, id",
    "AMOUNT_DESC": "total_fen DESC, id DESC",
    "AMOUNT_ASC": "total_fen, id",
}
TWO_LISTS = ("orders", "settlements")
OF_ORDER = "order_id IN (SELECT id FROM orders WHERE {})"
PAID_BY = "id IN (SELECT order_id FROM settlement WHERE pay_kind = '{}' AND state <> 'FAILED')"


def global_id(kind: str, row_id: int) -> str:
    return base64.urlsafe_b64encode(f"{kind}:{row_id}".encode()).decode()


@dataclass(frozen=True)
class Reader:
    """Somebody on one of the roads."""

    someone: Someone
    road: str

    def page(self, list_: str, arguments: str, after: str | None = None) -> Any:
        """A page, or the error."""
        document = f"""query($after: String) {{ {list_}(first: {PAGE}, after: $after, {arguments}) {{
            edges {{ cursor node {{ id }} }} pageInfo {{ hasNextPage endCursor }} }} {ROADS[self.road]} }}"""
        told = self.someone.post(document, {"after": after})
        return told["errors"][0] if told.get("errors") else told["data"][list_]

    def all(self, list_: str, arguments: str) -> list[int]:
        seen: list[int] = []
        after = None
        while True:
            told = self.page(list_, arguments, after)
            seen += [number(edge["node"]["id"]) for edge in told["edges"]]
            after = told["pageInfo"]["endCursor"]
            if not told["pageInfo"]["hasNextPage"]:
                return seen

    def count(self, list_: str, arguments: str) -> int:
        told = self.someone.ask(f"{{ {list_}({arguments}) {{ totalCount }} {ROADS[self.road]} }}")
        return int(told[list_]["totalCount"])


@pytest.fixture(params=ROADS)
def reader(request: pytest.FixtureRequest, hospital: RunningHospital) -> Reader:
    return Reader(hospital.cashier(), request.param)


@pytest.fixture(scope="module", autouse=True)
def failed(hospital: RunningHospital) -> None:
    """An order whose first attempt failed, and was then paid by the patient alone."""
    (row,) = hospital.sql(
        "SELECT order_id FROM settlement WHERE pay_kind = 'SELF_PAY' AND state = 'COMPLETED' ORDER BY id LIMIT 1"
    )
    hospital.sql(
        """INSERT INTO settlement SELECT told.* FROM settlement AS row, LATERAL jsonb_populate_record(row,
             jsonb_build_object('id', nextval(pg_get_serial_sequence('settlement', 'id')), 'number', 'FAILED-FIRST',
               'state', 'FAILED', 'pay_kind', 'INSURANCE', 'paid_fen', 0, 'settled_at', NULL)) AS told
           WHERE row.order_id = $1 AND row.state = 'COMPLETED'""",
        row["order_id"],
    )


def chosen(hospital: RunningHospital, list_: str) -> dict[str, tuple[str, str]]:
    """Each filter of a list with a value that some rows have, and the rows that SQL finds by it."""
    order = hospital.sql("SELECT * FROM orders ORDER BY id LIMIT 1")[0]
    row = hospital.sql(f"SELECT * FROM {LISTS[list_]} ORDER BY id DESC LIMIT 1")[0]
    places = {name: f"{name} = {order[name]}" for name in ("department_id", "doctor_id")}
    if list_ == "settlements":
        places = {name: OF_ORDER.format(where) for name, where in places.items()}
    paid = "pay_kind = '{}'" if list_ == "settlements" else PAID_BY
    state = hospital.sql(f"SELECT state FROM {LISTS[list_]} GROUP BY 1 ORDER BY count(*) LIMIT 1")[0]["state"]
    return {
        "state": (f"state: {state}", f"state = '{state}'"),
        "pay kind": ("payKind: SELF_PAY", paid.format("SELF_PAY")),
        "insurance": ("payKind: INSURANCE", paid.format("INSURANCE")),
        "department": (
            f'departmentId: "{global_id("Department", order["department_id"])}"',
            places["department_id"],
        ),
        "doctor": (f'doctorId: "{global_id("Doctor", order["doctor_id"])}"', places["doctor_id"]),
        "patient": (f'patientId: "{global_id("Patient", row["patient_id"])}"', f"patient_id = {row['patient_id']}"),
        "at least": ('minAmount: "20.00"', "total_fen >= 2000"),
        "at most": ('maxAmount: "19.99"', "total_fen <= 1999"),
        "number": (f'number: " {row["number"]} "', f"number = '{row['number']}'"),
        "day": ('since: "2020-01-01", until: "2029-12-31"', "true"),
    }


CHOICES = ("state", "pay kind", "insurance", "department", "doctor", "patient", "at least", "at most", "number", "day")


@pytest.mark.parametrize("choice", CHOICES)
@pytest.mark.parametrize("list_", TWO_LISTS)
def test_a_filter_leaves_what_sql_leaves(hospital: RunningHospital, reader: Reader, list_: str, choice: str) -> None:
    arguments, where = chosen(hospital, list_)[choice]
    (found, counted), wanted = hospital.undisturbed(
        partial(rows, hospital, LISTS[list_], where),
        lambda: (reader.all(list_, arguments), reader.count(list_, arguments)),
    )
    assert found == wanted
    assert counted == len(wanted) > 0


@pytest.mark.parametrize("list_", TWO_LISTS)
def test_two_filters_leave_what_both_leave(hospital: RunningHospital, reader: Reader, list_: str) -> None:
    told = chosen(hospital, list_)
    found = 0
    for one, other in itertools.combinations(told, 2):
        if {one, other} == {"pay kind", "insurance"}:
            continue
        arguments, where = f"{told[one][0]}, {told[other][0]}", f"{told[one][1]} AND {told[other][1]}"
        counted, wanted = hospital.undisturbed(
            partial(rows, hospital, LISTS[list_], where), partial(reader.count, list_, arguments)
        )
        assert counted == len(wanted), arguments
        found += bool(wanted)
    assert found > 15


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("list_", TWO_LISTS)
def test_a_sort_shows_every_row_once_and_in_order(
    hospital: RunningHospital, reader: Reader, list_: str, sort: str
) -> None:
    told = hospital.sql(f"SELECT id FROM {LISTS[list_]} ORDER BY {SORTS[sort]}")
    assert reader.all(list_, f"sort: {sort}") == [row["id"] for row in told]


@pytest.mark.parametrize("sort", SORTS)
def test_a_sort_holds_under_filters(hospital: RunningHospital, reader: Reader, sort: str) -> None:
    arguments, where = chosen(hospital, "settlements")["department"]
    told = hospital.sql(f"SELECT id FROM settlement WHERE {where} AND total_fen >= 1 ORDER BY {SORTS[sort]}")
    assert reader.all("settlements", f'sort: {sort}, minAmount: "0.01", {arguments}') == [row["id"] for row in told]


@pytest.mark.parametrize(("sort", "other"), list(itertools.permutations(SORTS, 2)))
def test_a_cursor_of_another_sort_is_refused(reader: Reader, sort: str, other: str) -> None:
    cursor = reader.page("orders", f"sort: {sort}")["pageInfo"]["endCursor"]
    error = reader.page("orders", f"sort: {other}", cursor)
    assert error["extensions"] == {"code": "INVALID_INPUT", "field": "after"}
    assert "a cursor of another sort" in error["message"]


@pytest.mark.parametrize("text", ["x1:2", "A:", "a1", "cc1:2", f"A{2**63}:1", f"a-{2**64}:1", "A1:-1"])
@pytest.mark.parametrize("sort", SORTS)
def test_what_is_no_cursor_is_refused_by_every_sort(reader: Reader, sort: str, text: str) -> None:
    error = reader.page("settlements", f"sort: {sort}", base64.urlsafe_b64encode(text.encode()).decode())
    assert error["extensions"] == {"code": "INVALID_INPUT", "field": "after"}


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ('departmentId: "x"', "departmentId"),
        (f'departmentId: "{global_id("Doctor", 1)}"', "departmentId"),
        (f'doctorId: "{global_id("Department", 1)}"', "doctorId"),
        ('patientId: ""', "patientId"),
        (f'patientId: "{global_id("Patient", 2**63)}"', "patientId"),
        ('number: ""', "number"),
        ('number: "  "', "number"),
        ('number: "\\u0000"', "number"),
        (f'number: "{"9" * 21}"', "number"),
    ],
)
@pytest.mark.parametrize("list_", TWO_LISTS)
def test_a_wrong_filter_names_itself(reader: Reader, list_: str, arguments: str, field: str) -> None:
    assert reader.page(list_, arguments)["extensions"] == {"code": "INVALID_INPUT", "field": field}


@pytest.mark.parametrize("amount", ['"12.3"', '"1e3"', "12", "12.30", '"¥1.00"', '"1234567890123.00"'])
def test_what_is_no_money_is_a_mistake_of_the_document(reader: Reader, amount: str) -> None:
    assert "Money is yuan" in reader.page("orders", f"minAmount: {amount}")["message"]


def test_nobody_filters_into_anothers_rows(hospital: RunningHospital, reader: Reader) -> None:
    outsiders(hospital)
    arguments = chosen(hospital, "orders")["patient"][0]
    assert reader.all("orders", arguments)
    strangers = (
        Someone(hospital, Role.PATIENT, "patient-nobody"),
        Stranger(hospital, Role.FINANCE, "finance-99"),
        Someone(hospital, Role.PHARMACIST, "pharmacist-01"),
    )
    for someone in strangers:
        other = Reader(someone, reader.road)
        assert (other.all("orders", arguments), other.count("orders", arguments)) == ([], 0)


def test_what_is_not_there_leaves_nothing(hospital: RunningHospital, reader: Reader) -> None:
    nobody = global_id("Doctor", 999_999)
    for arguments in (f'doctorId: "{nobody}"', 'number: "nobody"', 'minAmount: "999999999999.00"'):
        assert reader.all("orders", arguments) == []
        assert reader.count("orders", arguments) == 0
