"""Both ends of the core wire over real HTTP, one invented person, and valid requests to start from."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from clients.http import Exchange
from clients.insurance.book import InsuranceBook
from clients.insurance.core.advice import Advise, AdvisedDiagnosis, AdvisedItem
from clients.insurance.core.benefits import CheckBenefits
from clients.insurance.core.client import CoreSettings, InsuranceCoreClient
from clients.insurance.core.consultations import RecordedDiagnosis, RecordedDrug, UploadConsultation
from clients.insurance.core.messages import (
    CancelRegistration,
    Diagnosis,
    QueryPerson,
    QueryVisits,
    Register,
    SignIn,
    UploadVisit,
)
from clients.insurance.core.sandbox import CoreSandboxSettings, InsuranceCoreSandbox
from clients.insurance.core.staff import QueryStaff
from clients.insurance.core.wire import message_id
from tests.fixtures.serving import served

INSTITUTION = "H35020000001"
BEGAN = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
PERSON = {
    "person_number": "P0001",
    "id_type": "01",
    "id_number": "350200190001010000",
    "name": "测试甲",
    "gender": "1",
    "birth_date": "1990-01-01",
    "area": "350200",
    "insurances": [
        {"insurance_type": "310", "person_type": "11", "status": "1", "balance_fen": 12345},
        {"insurance_type": "390", "person_type": "14", "status": "4", "balance_fen": 0},
    ],
    "tokens": ["TOKEN-EXAMPLE"],
    "card_number": "CARD-0001",
}

DOCTOR = {
    "code": "D350200000001",
    "name": "测试医师",
    "begins": "2024-01-01 00:00:00",
    "id_number": "350200197001010000",
}

_numbers = count(1)


def fresh_id() -> str:
    return message_id(INSTITUTION, BEGAN, next(_numbers))


def settings(base_url: str, **changes: Any) -> CoreSettings:
    told: dict[str, Any] = {
        "base_url": base_url,
        "paas_id": "EXAMPLE_PAAS",
        "token": "EXAMPLE_PAAS_TOKEN_0001",
        "csb_access_key": "EXAMPLE_AK_0001",
        "csb_secret_key": "EXAMPLE_SK_0001",
        "institution_code": INSTITUTION,
        "institution_name": "示例互联网医院",
        "area": "350200",
        "receiver": "01",
        "operator": "IH01",
        "operator_name": "互联网医院",
        "timeout": 5.0,
    }
    return CoreSettings(**{**told, **changes})


def query_person(**changes: Any) -> QueryPerson:
    told = {
        "certificate_type": "01",
        "certificate_number": "TOKEN-EXAMPLE",
        "id_type": "01",
        "id_number": "350200190001010000",
        "name": "测试甲",
    }
    return QueryPerson(**{**told, **changes})


def check_benefits(**changes: Any) -> CheckBenefits:
    told: dict[str, Any] = {
        "insured_area": "350200",
        "person_number": "P0001",
        "insurance_type": "310",
        "institution_code": INSTITUTION,
        "medical_type": "11",
        "began_at": BEGAN,
    }
    return CheckBenefits(**{**told, **changes})


def register(**changes: Any) -> Register:
    told: dict[str, Any] = {
        "insured_area": "350200",
        "person_number": "P0001",
        "insurance_type": "310",
        "began_at": BEGAN,
        "certificate_type": "01",
        "certificate_number": "TOKEN-EXAMPLE",
        "visit_number": "V0001",
        "doctor_code": "D350200000001",
        "doctor_name": "测试医师",
        "department_code": "0301",
        "department_name": "全科",
        "department_category": "A03",
    }
    return Register(**{**told, **changes})


def upload_visit(visit_id: str, **changes: Any) -> UploadVisit:
    diagnosis = Diagnosis(
        order=1,
        code="J00.x00",
        name="急性鼻咽炎",
        department="全科",
        doctor_code="D350200000001",
        doctor_name="测试医师",
        diagnosed_at=BEGAN,
    )
    told: dict[str, Any] = {
        "insured_area": "350200",
        "visit_id": visit_id,
        "person_number": "P0001",
        "medical_type": "11",
        "began_at": BEGAN,
        "complaint": "咳嗽",
        "diagnoses": (diagnosis,),
    }
    return UploadVisit(**{**told, **changes})


def cancel(visit_id: str, **changes: Any) -> CancelRegistration:
    told = {"insured_area": "350200", "person_number": "P0001", "visit_id": visit_id, "visit_number": "V0001"}
    return CancelRegistration(**{**told, **changes})


def query_visits(**changes: Any) -> QueryVisits:
    told: dict[str, Any] = {
        "insured_area": "350200",
        "person_number": "P0001",
        "begins_at": BEGAN - timedelta(hours=1),
        "ends_at": BEGAN + timedelta(hours=1),
        "medical_type": "11",
    }
    return QueryVisits(**{**told, **changes})


def query_staff(**changes: Any) -> QueryStaff:
    return QueryStaff(**{"staff_type": "1", "code": "D350200000001", **changes})


def advised_item(**changes: Any) -> AdvisedItem:
    told: dict[str, Any] = {
        "serial": "1",
        "prescription_number": "P0001",
        "list_type": "101",
        "charge_type": "09",
        "insurance_code": "XJ01CAA040A00101010",
        "item_code": "D0001",
        "name": "示例胶囊",
        "dosage_form": "胶囊剂",
        "level": "1",
        "price": Decimal("12.345678"),
        "quantity": Decimal(2),
        "amount": Decimal("24.69"),
        "own_amount": Decimal(0),
        "first_amount": Decimal(0),
        "spec": "0.25g*24",
        "unit": "盒",
        "begins_at": BEGAN,
    }
    return AdvisedItem(**{**told, **changes})


def advise(**changes: Any) -> Advise:
    told: dict[str, Any] = {
        "task": "T0001",
        "insured_area": "350200",
        "person_number": "P0001",
        "patient_name": "测试甲",
        "gender": "1",
        "birth_date": date(1990, 1, 1),
        "insurance_type": "310",
        "visit_number": "V0001",
        "institution_code": INSTITUTION,
        "institution_name": "示例互联网医院",
        "institution_area": "350200",
        "visited_at": BEGAN,
        "medical_type": "11",
        "doctor_code": "D350200000001",
        "doctor_name": "测试医师",
        "doctor_title": "231",
        "department_code": "0301",
        "department_name": "全科",
        "diagnoses": (AdvisedDiagnosis(order=1, code="J00.x00", name="急性鼻咽炎", main=True, diagnosed_at=BEGAN),),
        "items": (advised_item(),),
    }
    return Advise(**{**told, **changes})


def upload_consultation(visit_id: str, **changes: Any) -> UploadConsultation:
    drug = RecordedDrug(
        prescription_number="P0001",
        prescribed_at=BEGAN,
        item_type="11",
        item_type_name="西药",
        item_code="D0001",
        name="示例胶囊",
        dosage_form="胶囊剂",
        spec="0.25g*24",
        frequency_code="13",
        quantity=Decimal(2),
        dose=Decimal("0.5"),
        dose_unit="g",
        way_code="1",
        way_name="口服",
        begins_at=BEGAN,
        days=3,
    )
    told: dict[str, Any] = {
        "insured_area": "350200",
        "serial": "V0001",
        "visit_id": visit_id,
        "person_number": "P0001",
        "began_at": BEGAN,
        "first": False,
        "complaint": "咳嗽",
        "history": "三天",
        "advice": "多饮水",
        "department_code": "0301",
        "department_name": "全科",
        "diagnoses": (RecordedDiagnosis(code="J00.x00", name="急性鼻咽炎", main=True),),
        "drugs": (drug,),
    }
    return UploadConsultation(**{**told, **changes})


def sign_in() -> SignIn:
    return SignIn(operator="IH01", mac_address="00-00-5E-00-53-01", ip_address="192.0.2.1")


@dataclass
class Ends:
    """Both ends of one wire, and what the journal saw."""

    client: InsuranceCoreClient
    sandbox: InsuranceCoreSandbox
    url: str
    exchanges: list[Exchange]


@contextlib.asynccontextmanager
async def both_ends(
    sandbox_settings: CoreSandboxSettings | None = None, book: InsuranceBook | None = None, **client: Any
) -> AsyncIterator[Ends]:
    sandbox = InsuranceCoreSandbox(book or InsuranceBook(), sandbox_settings)
    sandbox.load({"persons": [PERSON], "staff": [DOCTOR]})
    exchanges: list[Exchange] = []

    async def journal(exchange: Exchange) -> None:
        exchanges.append(exchange)

    with served(sandbox.app) as url:
        speaker = InsuranceCoreClient(settings(url, **client), journal)
        try:
            yield Ends(speaker, sandbox, url, exchanges)
        finally:
            await speaker.close()
