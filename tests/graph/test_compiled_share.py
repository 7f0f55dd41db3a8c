"""Which of the clients' documents are compiled: all that read, but for these."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest
from graphql import OperationType, get_operation_ast, parse

from app.tokens import Role, Viewer
from resolvers.compiled import Fallback, Plans
from schema import schema
from schema.documents import MOST_TOKENS, VALIDATION_RULES
from tests.fixtures.hospital import RunningHospital
from tests.graph.roads import Roads, global_id
from tests.graph.test_operations import OPERATIONS, document

# A platform is asked, the HIS or the provider of self-payments: there are no rows to read.
NOT_COMPILED = {
    "PayablePrescriptions": "Query.payablePrescriptions",
    "SelfPayReconciliation": "Query.selfPayReconciliation",
}
DAYS = {"from": str(date(2026, 1, 1)), "to": str(date(2026, 1, 1) + timedelta(days=700))}
SAMPLES: dict[str, dict[str, Any]] = {
    "$settlementId": {"settlementId": global_id("Settlement", 1)},
    "$exportId": {"exportId": global_id("ReportExport", 1)},
    "$day": {"day": DAYS["from"]},
    "$patientId": {"patientId": global_id("Patient", 1)},
    "$shipmentId": {"shipmentId": global_id("Shipment", 1)},
    "$prescriptionId": {"prescriptionId": global_id("Prescription", 1)},
    "$input": {"input": DAYS | {"bucket": "MONTH", "groupBy": ["DEPARTMENT", "DOCTOR"]}},
    "$first": {"first": 50},
}
READS = [
    path.stem
    for path in OPERATIONS
    if (asked := get_operation_ast(parse(path.read_text(encoding="utf-8")))) and asked.operation.value != "mutation"
]


@pytest.mark.parametrize("name", READS)
def test_a_document_that_reads_is_compiled(roads: Roads, name: str) -> None:
    plans = Plans(schema._schema, VALIDATION_RULES, MOST_TOKENS)
    text = document(name)
    asked = get_operation_ast(parse(text))
    assert asked
    variables: dict[str, Any] = {}
    for variable, sample in SAMPLES.items():
        variables |= sample if f"{variable}:" in text else {}
    why = None
    try:
        viewer = Viewer(subject="s", role=Role.FINANCE, hospital_id=1)
        plans.plan(text, None, variables, viewer, OperationType(asked.operation.value))
    except Fallback as reason:
        why = str(reason)
    assert why == NOT_COMPILED.get(name)


def test_what_a_journey_reads_is_compiled(hospital: RunningHospital) -> None:
    before = ordinary(hospital)
    patient = hospital.patient()
    settled = patient.settle()
    patient.until(settled, "COMPLETED")
    assert set(ordinary(hospital) - before) <= {"operation", *NOT_COMPILED.values()}


def ordinary(hospital: RunningHospital) -> Counter[str]:
    """How many requests took the ordinary road, by why; a mutation is the `operation` that no plan is for."""
    lines = hospital.http.get(f"{hospital.server_url}/metrics").text.splitlines()
    told = [line for line in lines if line.startswith('yiqiao_reads_total{road="ordinary"')]
    return Counter({line.partition('why="')[2].partition('"')[0]: int(float(line.split()[-1])) for line in told})
