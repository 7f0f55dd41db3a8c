from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLUnionType,
    build_schema,
    is_introspection_type,
    is_required_input_field,
    is_specified_scalar_type,
)

from schema import schema

FILE = Path(__file__).parents[2] / "schema" / "schema.graphql"
GRAPH = build_schema(schema.as_str())
CHINESE = re.compile(r"[一-鿿]")
SO_FAR = {1, 2, 3, 4, 11, 12, 13, 14, 15, 16, 17, 18, 23, 24, 25, 26, 27, 28, 29}

SETTLEMENT = """id: ID!  number: String!  order: Order!  payKind: PayKind!  state: SettlementState!
    totalAmount: Money!  fundAmount: Money  accountAmount: Money  cashAmount: Money  checkoutUrl: String
    platformSerial: String  steps: [SettlementStep!]!  invoice: Invoice  createdAt: DateTime!  settledAt: DateTime"""
STEP = """kind: StepKind!  state: StepState!  transaction: String  attempts: Int!  startedAt: DateTime
    finishedAt: DateTime  platformSerial: String  problem: Problem"""
PROBLEM = "code: String!  message: String!"
ENUMS = {
    "PayKind": "INSURANCE SELF_PAY",
    "SettlementState": "OPENING AWAITING_PAYMENT COMPLETING COMPLETED REVERSING REVERSED FAILED ATTENTION",
    "StepKind": """REGISTRATION FEE_DETAILS PREVIEW CHECKOUT RESULT HIS_CONFIRMATION INVOICE REVERSE_REGISTRATION
        REVERSE_FEE_DETAILS REVERSE_SETTLEMENT HIS_CANCELLATION RED_INVOICE""",
    "StepState": "PENDING SENDING DONE REFUSED UNKNOWN SKIPPED",
}
ROOTS = {
    "Query": {
        "node": "(id: ID!): Node",
        "nodes": "(ids: [ID!]!): [Node]!",
        "viewer": "(): Viewer",
        "payablePrescriptions": "(patientId: ID!): PayablePrescriptions!",
    },
    "Mutation": {
        "doctorIdentityVerify": "(input: DoctorIdentityVerifyInput!): DoctorIdentityVerifyResult!",
        "doctorFaceSignInStart": "(input: DoctorFaceSignInStartInput!): DoctorFaceSignInStartResult!",
        "doctorFaceSignInRefresh": "(input: DoctorFaceSignInRefreshInput!): DoctorFaceSignInRefreshResult!",
        "doctorPrescribingRightVerify": (
            "(input: DoctorPrescribingRightVerifyInput!): DoctorPrescribingRightVerifyResult!"
        ),
        "orderCreate": "(input: OrderCreateInput!): OrderCreateResult!",
        "settlementStart": "(input: SettlementStartInput!): SettlementStartResult!",
        "settlementRefresh": "(input: SettlementRefreshInput!): SettlementRefreshResult!",
        "settlementReverse": "(input: SettlementReverseInput!): SettlementReverseResult!",
        "settlementResume": "(input: SettlementResumeInput!): SettlementResumeResult!",
        "invoiceIssue": "(input: InvoiceIssueInput!): InvoiceIssueResult!",
        "refundRequest": "(input: RefundRequestInput!): RefundRequestResult!",
        "refundApprove": "(input: RefundApproveInput!): RefundApproveResult!",
        "refundReject": "(input: RefundRejectInput!): RefundRejectResult!",
    },
    "Subscription": {"settlementChanged": "(settlementId: ID!): Settlement!"},
}
INPUTS = {
    "SettlementStartInput": "orderId: ID!  payKind: PayKind!  idempotencyKey: String!",
    "SettlementReverseInput": "settlementId: ID!  reason: String!  idempotencyKey: String!",
    "SettlementResumeInput": "settlementId: ID!",
    "SettlementRefreshInput": "settlementId: ID!",
}


def test_the_file_equals_the_code() -> None:
    assert FILE.read_text(encoding="utf-8") == schema.as_str() + "\n", "run: yiqiao export-schema"


def ours() -> list[GraphQLNamedType]:
    return [
        each
        for each in GRAPH.type_map.values()
        if not is_introspection_type(each) and not is_specified_scalar_type(each)
    ]


def described() -> Iterator[tuple[str, str]]:
    """Every place that needs a description, with the one that it has."""
    for type_ in ours():
        yield type_.name, type_.description or ""
        if isinstance(type_, GraphQLEnumType):
            yield from ((f"{type_.name}.{name}", value.description or "") for name, value in type_.values.items())
        elif isinstance(type_, GraphQLInputObjectType):
            yield from ((f"{type_.name}.{name}", field.description or "") for name, field in type_.fields.items())
        elif isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            for name, field in type_.fields.items():
                yield f"{type_.name}.{name}", field.description or ""
                arguments = field.args.items()
                yield from ((f"{type_.name}.{name}({key}:)", of.description or "") for key, of in arguments)


def test_everything_is_described() -> None:
    assert [place for place, told in described() if not told.strip()] == []


def test_every_type_tells_its_chinese_term() -> None:
    names = {type_.name for type_ in ours()}
    assert [place for place, told in described() if place in names and not CHINESE.search(told)] == []


def test_the_tenders_numbers_are_told() -> None:
    told = {int(number) for _, text in described() for list_ in re.findall(r"Tender ([\d, ]+)", text)
            for number in re.findall(r"\d+", list_)}  # fmt: skip
    assert told >= SO_FAR
    assert told <= set(range(1, 30))


@pytest.mark.parametrize(
    ("type_", "contract"), [("Settlement", SETTLEMENT), ("SettlementStep", STEP), ("Problem", PROBLEM)]
)
def test_the_contracts_fields_are_exact(type_: str, contract: str) -> None:
    fields = GRAPH.type_map[type_].fields  # type: ignore[attr-defined]
    wanted = dict(re.findall(r"(\w+): (\S+)", contract))
    assert {name: str(fields[name].type) for name in wanted} == wanted


@pytest.mark.parametrize("name", ENUMS)
def test_the_contracts_enums_are_exact(name: str) -> None:
    enum = GRAPH.type_map[name]
    assert isinstance(enum, GraphQLEnumType)
    assert list(enum.values) == ENUMS[name].split()


@pytest.mark.parametrize(("root", "name"), [(root, name) for root, fields in ROOTS.items() for name in fields])
def test_the_contracts_roots_are_exact(root: str, name: str) -> None:
    field = GRAPH.type_map[root].fields[name]  # type: ignore[attr-defined]
    arguments = ", ".join(f"{key}: {of.type}" for key, of in field.args.items())
    assert f"({arguments}): {field.type}" == ROOTS[root][name]


@pytest.mark.parametrize("name", INPUTS)
def test_the_contracts_inputs_are_exact(name: str) -> None:
    fields = GRAPH.type_map[name].fields  # type: ignore[attr-defined]
    contract = dict(re.findall(r"(\w+): (\S+)", INPUTS[name]))
    assert {key: str(fields[key].type) for key in contract} == contract
    assert [key for key, of in fields.items() if key not in contract and is_required_input_field(of)] == []


def test_every_mutation_answers_with_one_payload_or_a_problem() -> None:
    results = [field.type.of_type for field in GRAPH.type_map["Mutation"].fields.values()]  # type: ignore[attr-defined]
    assert len(results) >= 6
    for union in results:
        assert isinstance(union, GraphQLUnionType)
        payloads = [each.name for each in union.types if "Problem" not in {of.name for of in each.interfaces}]
        assert len(payloads) == 1, union.name
        assert payloads[0].endswith("Payload")


def test_every_mutation_that_moves_money_takes_an_idempotency_key() -> None:
    orders = ("OrderCreateInput", "SettlementStartInput", "SettlementReverseInput", "InvoiceIssueInput")
    for name in (*orders, "RefundRequestInput", "RefundApproveInput", "RefundRejectInput"):
        assert str(GRAPH.type_map[name].fields["idempotencyKey"].type) == "String!"  # type: ignore[attr-defined]
