from __future__ import annotations

from typing import Any

import orjson
import pytest

from app.demo.hospital import Person
from tests.fixtures.hospital import RunningHospital, Someone

NUMBER = 8
PERSON = Person(NUMBER)
EVERYTHING = """
fragment Who on Patient { id name idNumber phone gender insuranceType insuredArea insuranceCheckedAt }
fragment Bill on Invoice { businessNumber state totalAmount batchCode number checkCode download { kind url }
    patient { ...Who } }
fragment Way on Settlement { number state platformSerial checkoutUrl steps { kind transaction platformSerial
    problem { code message } } invoice { ...Bill } }
fragment All on Order { number patient { ...Who } doctor { name }
    consultation { visitNumber complaint patient { ...Who } }
    prescriptions { number items { serial name usage } } feeDetails { serial name } settlement { ...Way } }
query($id: ID!) {
  viewer { subject patient { ...Who } }
  orders(first: 200) { edges { node { ...All } } }
  settlements(first: 200) { edges { node { ...Way order { patient { ...Who } } } } }
  invoices(first: 200) { edges { node { ...Bill settlement { number } } } }
  node(id: $id) { ... on Patient { ...Who } }
  payablePrescriptions(patientId: $id) { prescriptions { number doctorName items { name } } }
}"""


@pytest.fixture(scope="module")
def patient(hospital: RunningHospital) -> Someone:
    """Somebody who went the whole road, there and back, and whose HIS answered garbage once."""
    someone = hospital.patient(NUMBER)
    settled = someone.settle()
    hospital.cashier().reverse(settled)
    someone.until(settled, "REVERSED")
    hospital.fault("his", "unpaid", "garbled", times=1)
    someone.do(
        "orderCreate", {"patientId": someone.patient_id, "prescriptions": [{"number": "x"}], "idempotencyKey": "m"}
    )
    return someone


def secrets() -> dict[str, str]:
    return {
        "name": PERSON.name,
        "id number": PERSON.id_number,
        "phone": PERSON.phone,
        "authorisation": PERSON.authorization,
    }


def test_people_are_shown_masked(patient: Someone) -> None:
    told = patient.ask("{ viewer { patient { name idNumber phone } } }")["viewer"]["patient"]
    assert told == {
        "name": PERSON.name[0] + "*",
        "idNumber": PERSON.id_number[:4] + "*" * 10 + PERSON.id_number[-4:],
        "phone": PERSON.phone[:3] + "****" + PERSON.phone[-4:],
    }


def test_no_answer_holds_clear_text(hospital: RunningHospital, patient: Someone) -> None:
    for someone in (patient, hospital.cashier()):
        answer = someone.post(EVERYTHING, {"id": patient.patient_id})
        assert not answer.get("errors"), answer["errors"]
        text = orjson.dumps(answer).decode()
        assert PERSON.name[0] + "*" in text
        assert [what for what, secret in secrets().items() if secret in text] == []


def tables(hospital: RunningHospital) -> list[str]:
    told = hospital.sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
    return [row["tablename"] for row in told]


def test_no_table_holds_clear_text(hospital: RunningHospital, patient: Someone) -> None:
    names = tables(hospital)
    assert {"exchange", "audit_entry", "settlement_step", "callback", "patient", "pgqueuer"} <= set(names)
    found = [(table, what) for table in names for what, secret in secrets().items() if holds(hospital, table, secret)]
    assert found == []


def holds(hospital: RunningHospital, table: str, secret: str) -> bool:
    """The secret as text, or inside bytes (which PostgreSQL writes in hex)."""
    hidden = secret.encode().hex()
    told = hospital.sql(
        f'SELECT count(*) AS n FROM "{table}" t WHERE strpos(t::text, $1) > 0 OR strpos(t::text, $2) > 0',
        secret,
        hidden,
    )
    return bool(told[0]["n"])


def test_the_search_for_clear_text_finds_what_is_there(hospital: RunningHospital, patient: Someone) -> None:
    assert holds(hospital, "patient", PERSON.subject)
    assert holds(hospital, "patient", PERSON.name[0] + "*")


def test_a_garbled_answer_is_kept_sealed(hospital: RunningHospital, patient: Someone) -> None:
    rows: list[dict[str, Any]] = hospital.sql(
        "SELECT * FROM exchange WHERE outcome = 'Garbled' AND transaction = 'unpaid'"
    )
    assert rows
    assert all(row["raw_sealed"] for row in rows)
    assert all(b"prescription" not in bytes(row["raw_sealed"]) for row in rows)
    others = hospital.sql(
        "SELECT count(*) AS n FROM exchange"
        " WHERE outcome NOT IN ('Garbled', 'Contradictory') AND raw_sealed IS NOT NULL"
    )
    assert others == [{"n": 0}]


def test_the_metrics_hold_nothing_personal(hospital: RunningHospital, patient: Someone) -> None:
    text = hospital.http.get(f"{hospital.server_url}/metrics").text
    assert "yiqiao_settlements_total" in text
    assert [what for what, secret in (secrets() | {"subject": PERSON.subject}).items() if secret in text] == []
