"""What the client sends, for any valid request, passes the field tables."""

from __future__ import annotations

import json
from datetime import date, datetime

from hypothesis import given
from hypothesis import strategies as st

from clients import fields
from clients.insurance.core import messages, wire
from clients.insurance.core.advice import Advise, AdvisedDiagnosis, AdvisedItem
from clients.insurance.core.benefits import CheckBenefits
from clients.insurance.core.consultations import RecordedDiagnosis, RecordedDrug, UploadConsultation
from clients.insurance.core.sandbox import CODES, ENVELOPE, TABLES
from clients.insurance.core.staff import QueryStaff
from tests.clients.insurance_core.ends import INSTITUTION, settings
from tests.fixtures.forms import GENERATED


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
YUAN = st.decimals(0, 99_999_999, places=2)
ITEMS = st.builds(
    AdvisedItem,
    serial=text(50),
    prescription_number=text(20),
    list_type=text(3),
    charge_type=text(3),
    insurance_code=text(20),
    item_code=text(20),
    name=text(200),
    dosage_form=text(20),
    level=text(3),
    price=st.decimals(0, 9_999_999, places=6),
    quantity=st.decimals(0, 9999, places=2),
    amount=YUAN,
    own_amount=YUAN,
    first_amount=YUAN,
    spec=text(100),
    unit=text(20),
    begins_at=MOMENTS,
    current=st.booleans(),
)
ADVISED = st.builds(
    AdvisedDiagnosis, order=st.integers(1, 99), code=text(20), name=text(200), main=st.just(True), diagnosed_at=MOMENTS
)
RECORDED = st.builds(
    RecordedDiagnosis, kind=st.sampled_from(CODES["diag_type"]), code=text(20), name=text(300), main=st.booleans()
)
DRUGS = st.builds(
    RecordedDrug,
    prescription_number=text(30),
    prescribed_at=MOMENTS,
    item_type=text(30),
    item_type_name=text(100),
    item_code=text(30),
    name=text(200),
    dosage_form=text(200),
    spec=text(255),
    frequency_code=text(30),
    quantity=st.decimals(0, 99_999_999, places=4),
    dose=st.decimals(0, 99_999_999, places=4),
    dose_unit=text(30),
    way_code=text(30),
    way_name=text(100),
    begins_at=st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.timezones()),  # noqa: DTZ001
    days=st.integers(1, 365),
    footnote=st.just("") | text(200),
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
    st.builds(
        Advise,
        task=text(30),
        insured_area=AREAS,
        person_number=text(30),
        patient_name=text(50),
        gender=st.sampled_from(CODES["gend"]),
        birth_date=st.dates(date(1900, 1, 1)),
        insurance_type=st.sampled_from(CODES["insutype"]),
        visit_number=text(50),
        institution_code=text(12),
        institution_name=text(200),
        institution_area=AREAS,
        visited_at=MOMENTS,
        medical_type=text(3),
        doctor_code=text(20),
        doctor_name=text(50),
        doctor_title=st.sampled_from(CODES["drord_dr_profttl"]),
        department_code=text(20),
        department_name=text(100),
        diagnoses=st.lists(ADVISED, min_size=1, max_size=3).map(tuple),
        items=st.lists(ITEMS, min_size=1, max_size=3).map(tuple),
        sign_number=SIGN_NUMBERS,
    ),
    st.builds(
        UploadConsultation,
        insured_area=AREAS,
        serial=text(30),
        visit_id=text(30),
        person_number=text(30),
        began_at=MOMENTS,
        first=st.booleans(),
        complaint=text(1000),
        history=st.just("") | text(3000),
        advice=st.just("") | text(3000),
        department_code=text(30),
        department_name=text(100),
        diagnoses=st.lists(RECORDED, min_size=1, max_size=3).map(tuple),
        drugs=st.lists(DRUGS, max_size=3).map(tuple),
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


@GENERATED
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
