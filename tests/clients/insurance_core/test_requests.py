"""What the client sends, for any valid request, passes the field tables."""

from __future__ import annotations

import json
from datetime import datetime

from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from clients import fields
from clients.insurance.core import messages, wire
from clients.insurance.core.benefits import CheckBenefits
from clients.insurance.core.sandbox import CODES, ENVELOPE, TABLES
from clients.insurance.core.staff import QueryStaff
from tests.clients.insurance_core.ends import INSTITUTION, settings


def text(size: int) -> st.SearchStrategy[str]:
    return st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=size)


MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.timezones())  # noqa: DTZ001
AREAS = st.from_regex(r"[0-9]{6}", fullmatch=True)
CERTIFICATES = st.sampled_from(CODES["mdtrt_cert_type"])
SIGN_NUMBERS = st.just("") | text(30)
DIAGNOSES = st.builds(
    messages.Diagnosis,
    kind=st.sampled_from(CODES["diag_type"]),
    order=st.integers(1, 99),
    code=text(20),
    name=text(100),
    department=text(50),
    doctor_code=text(30),
    doctor_name=text(50),
    diagnosed_at=MOMENTS,
)
REQUESTS: st.SearchStrategy[messages.Request] = st.one_of(
    st.builds(messages.SignIn, operator=text(20), mac_address=text(20), ip_address=text(20)),
    st.builds(
        messages.QueryPerson,
        certificate_type=CERTIFICATES,
        certificate_number=text(50),
        id_type=st.sampled_from(CODES["psn_cert_type"]),
        id_number=text(50),
        name=text(50),
        card_serial_number=text(32),
        sign_number=SIGN_NUMBERS,
    ),
    st.builds(
        CheckBenefits,
        insured_area=AREAS,
        person_number=text(30),
        insurance_type=st.sampled_from(CODES["insutype"]),
        institution_code=text(12),
        medical_type=text(6),
        began_at=MOMENTS,
        sign_number=SIGN_NUMBERS,
    ),
    st.builds(
        messages.Register,
        insured_area=AREAS,
        person_number=text(30),
        insurance_type=st.sampled_from(CODES["insutype"]),
        began_at=MOMENTS,
        certificate_type=CERTIFICATES,
        certificate_number=text(50),
        visit_number=text(30),
        doctor_code=text(30),
        doctor_name=text(50),
        department_code=text(30),
        department_name=text(100),
        department_category=text(6),
        sign_number=SIGN_NUMBERS,
    ),
    st.builds(
        messages.UploadVisit,
        insured_area=AREAS,
        visit_id=text(30),
        person_number=text(30),
        medical_type=text(6),
        began_at=MOMENTS,
        complaint=text(1000),
        diagnoses=st.lists(DIAGNOSES, min_size=1, max_size=3).map(tuple),
        sign_number=SIGN_NUMBERS,
    ),
    st.builds(
        messages.CancelRegistration,
        insured_area=AREAS,
        person_number=text(30),
        visit_id=text(30),
        visit_number=text(30),
        sign_number=SIGN_NUMBERS,
    ),
    st.builds(QueryStaff, staff_type=text(6), code=text(20), sign_number=SIGN_NUMBERS),
    st.builds(
        messages.QueryVisits,
        insured_area=AREAS,
        person_number=text(30),
        begins_at=MOMENTS,
        ends_at=MOMENTS,
        medical_type=text(6),
        sign_number=SIGN_NUMBERS,
    ),
)


@hypothesis_settings(max_examples=200, deadline=None)
@given(request=REQUESTS, at=MOMENTS, sequence=st.integers(0, 1_000_000))
def test_what_the_client_sends_always_passes_the_tables(request: messages.Request, at: datetime, sequence: int) -> None:
    body = wire.envelope(
        settings("http://127.0.0.1"),
        transaction=request.transaction,
        message_id=wire.message_id(INSTITUTION, at, sequence),
        at=at,
        insured_area=request.insured_area,
        sign_number=request.sign_number,
        content=request.to_wire(),
    )
    sent = json.loads(body)
    assert fields.check_node(ENVELOPE["in"], "request", sent, CODES) == []
    assert fields.check(TABLES[request.transaction]["in"], sent["input"], CODES) == []
