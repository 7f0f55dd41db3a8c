"""What every mutation does with an input that cannot be used: it names the field, before it looks at anything else.

The cases are read from the schema, so that a new mutation or field is asked too.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    get_named_type,
)

from app.tokens import Role
from schema import schema
from tests.fixtures.hospital import RunningHospital, Someone

MUTATION = schema._schema.mutation_type
assert MUTATION is not None
INPUTS = {name: get_named_type(field.args["input"].type) for name, field in MUTATION.fields.items()}
# Who asks, where it is not the cashier; the others may not, whatever they send.
ASKING: dict[str, tuple[Role, str]] = {
    "doctorFaceSignInStart": (Role.DOCTOR, "doctor-01"),
    "reportExport": (Role.FINANCE, "finance-01"),
    "patientAuthorizationStart": (Role.PATIENT, "patient-01"),
    "patientAuthorizationRefresh": (Role.PATIENT, "patient-01"),
    "prescriptionCreate": (Role.DOCTOR, "doctor-01"),
    "prescriptionAdvise": (Role.DOCTOR, "doctor-01"),
    "prescriptionUpload": (Role.DOCTOR, "doctor-01"),
    "prescriptionUploadCancel": (Role.DOCTOR, "doctor-01"),
    "prescriptionApprove": (Role.PHARMACIST, "pharmacist-01"),
    "prescriptionReject": (Role.PHARMACIST, "pharmacist-01"),
}
# An id is of the type that its field is named after.
SUBJECTS = {"feeDetailId": "FeeDetail", "replacesId": "Prescription"}
TABLES = {"Order": "orders"}
PLAIN: dict[str, Any] = {"String": "测试", "Int": 1, "Money": "1.00", "Boolean": True, "Float": 1.0}
PLAIN |= {"Date": "2026-01-01", "DateTime": "2026-01-01T08:00:00+08:00", "Decimal": "1"}
WORDS = {"returnUrl": "https://example.com/", "idempotencyKey": "", "openId": "o-1", "clientIp": "127.0.0.1"}
WORDS |= {"carrier": "ZTO", "waybillNumber": "ZT0000000000001", "phoneTail": "0001"}
WORDS |= {"quantity": "1", "dose": "1"}
WRONG = {"ID": ("%%%", "of another type"), "String": ("a\0b", "x" * 5_000)}
DEPARTMENT, DOCTOR = (base64.urlsafe_b64encode(each).decode() for each in (b"Department:1", b"Doctor:1"))


def plain(kind: GraphQLInputType) -> Any:
    return kind.of_type if isinstance(kind, GraphQLNonNull) else kind


def leaves(kind: GraphQLInputObjectType, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Each ID and text inside an input, lists and nested inputs too."""
    for name, field in kind.fields.items():
        inner = get_named_type(field.type)
        if isinstance(inner, GraphQLInputObjectType):
            yield from leaves(inner, (*path, name))
        elif inner.name in WRONG:
            yield (*path, name), inner.name


CASES = [
    (mutation, path, wrong)
    for mutation, kind in INPUTS.items()
    if isinstance(kind, GraphQLInputObjectType)
    for path, leaf in leaves(kind)
    for wrong in WRONG[leaf]
]


def _spare(field: GraphQLInputField) -> bool:
    return isinstance(get_named_type(field.type), GraphQLEnumType) and not isinstance(field.type, GraphQLNonNull)


class Filled:
    """Makes inputs whose every field can be used."""

    def __init__(self, hospital: RunningHospital) -> None:
        self.hospital = hospital

    def input(self, kind: GraphQLInputObjectType) -> dict[str, Any]:
        """All fields, but for an enum that may be left out: it may not go with the others."""
        return {name: self.value(name, field) for name, field in kind.fields.items() if not _spare(field)}

    def value(self, name: str, field: GraphQLInputField) -> Any:
        kind = plain(field.type)
        if isinstance(kind, GraphQLList):
            return [self.one(name, plain(kind.of_type))]
        return self.one(name, kind)

    def one(self, name: str, kind: Any) -> Any:
        if isinstance(kind, GraphQLInputObjectType):
            return self.input(kind)
        if isinstance(kind, GraphQLEnumType):
            return next(iter(kind.values))
        if kind.name == "ID":
            return self.identity(name)
        if name == "idempotencyKey":
            return uuid4().hex
        return WORDS.get(name, PLAIN[kind.name])

    def identity(self, name: str) -> str:
        subject = SUBJECTS.get(name) or name.removesuffix("Id")[:1].upper() + name.removesuffix("Id")[1:]
        snake = "".join("_" + c.lower() if c.isupper() else c for c in subject).lstrip("_")
        rows = self.hospital.sql(f"SELECT min(id) AS id FROM {TABLES.get(subject, snake)}")
        return base64.urlsafe_b64encode(f"{subject}:{rows[0]['id'] or 1}".encode()).decode()


def put(told: Any, path: tuple[str, ...], value: str) -> None:
    """Set the value inside nested inputs, the first of a list."""
    for name in path[:-1]:
        told = told[name][0] if isinstance(told[name], list) else told[name]
    told[path[-1]] = [value] if isinstance(told[path[-1]], list) else value


@pytest.mark.parametrize(("mutation", "path", "wrong"), CASES, ids=lambda each: str(each)[:40])
def test_a_field_that_cannot_be_used_is_named(
    hospital: RunningHospital, mutation: str, path: tuple[str, ...], wrong: str
) -> None:
    kind = INPUTS[mutation]
    assert isinstance(kind, GraphQLInputObjectType)
    told = Filled(hospital).input(kind)
    other = DOCTOR if path[-1] == "departmentId" else DEPARTMENT
    put(told, path, other if wrong == "of another type" else wrong)
    role, subject = ASKING.get(mutation, (Role.CASHIER, "cashier-01"))
    answer = Someone(hospital, role, subject).do(mutation, told)
    assert (answer["__typename"], answer["code"]) == ("InputProblem", "INVALID_INPUT"), answer
    assert path[-1] in answer["field"] or path[0] in answer["field"], answer


@pytest.mark.parametrize("mutation", INPUTS)
def test_nobody_is_told_to_sign_in(hospital: RunningHospital, mutation: str) -> None:
    kind = INPUTS[mutation]
    assert isinstance(kind, GraphQLInputObjectType)
    document = f"mutation($input: {kind.name}!) {{ {mutation}(input: $input) {{ __typename }} }}"
    answer = hospital.http.post(
        f"{hospital.server_url}/graphql", json={"query": document, "variables": {"input": Filled(hospital).input(kind)}}
    ).json()
    assert answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
