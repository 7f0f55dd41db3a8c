"""Both ends of both channels, an invented patient, doctor and pharmacist, and a prescription of each kind."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import httpx

from clients.circulation.epc.client import EPCClient
from clients.circulation.epc.sandbox import EPCSandbox, EPCSandboxSettings
from clients.circulation.epc.wire import PATHS, timestamp
from clients.circulation.fsi.client import FSICirculation
from clients.circulation.gateway import (
    Ask,
    Cancel,
    Credential,
    ReportPayment,
    ReportReview,
    Sign,
    Signed,
    Upload,
    Verified,
    Verify,
)
from clients.circulation.prescription import (
    Approval,
    Decoction,
    Diagnosis,
    Doctor,
    Item,
    Patient,
    Pharmacist,
    Prescription,
    PrescriptionKind,
    Term,
    Visit,
)
from clients.circulation.settings import EPCSettings, FSISettings
from clients.http import Exchange
from clients.insurance.book import InsuranceBook, VisitRow
from clients.insurance.core.client import InsuranceCoreClient
from clients.insurance.core.sandbox import InsuranceCoreSandbox
from clients.insurance.envelope import dumps, loads
from clients.insurance.sm import PrivateKey
from tests.clients.insurance_core import ends as core
from tests.fixtures.serving import served

APP_ID, APP_SECRET = "1SIMAPP000000000000000000000EPC1", "1SIMSEC000000000000000000000EPC1"
HOSPITAL_KEY = "3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8"
PLATFORM_KEY = "211fee8c3c5fee2fad3dc926fc9403366d2def02cdd0bb5bd683ca015d99db7f"
HOSPITAL_PUBLIC, PLATFORM_PUBLIC = (PrivateKey.read(key).public.point.hex() for key in (HOSPITAL_KEY, PLATFORM_KEY))
INSTITUTION, HOSPITAL = core.INSTITUTION, "示例互联网医院"
TOKEN, VISIT = "AUTH350200202601010000000001", "MDT0001"
AT = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
PDF = b"%PDF-1.3 an invented prescription"

PERSON = core.PERSON | {"tokens": [TOKEN]}
DOCTOR = core.DOCTOR
PHARMACIST = {
    "code": "Y350200000001",
    "name": "测试药师",
    "type": "3",
    "flag": "0",
    "begins": "2024-01-01 00:00:00",
    "id_number": "350200198001010000",
}

_LOCAL: dict[str, Any] = {"trust_env": False, "verify": False}  # no certificates to load


def patient(**changed: Any) -> Patient:
    told: dict[str, Any] = {
        "name": "测试甲",
        "id_number": "350200190001010000",
        "gender": "1",
        "birth_date": date(1990, 1, 1),
        "person_number": "P0001",
        "insured_area": "350200",
        "insurance_type": "310",
        "allergies": "青霉素过敏",
        "weight": Decimal("61.50"),
    }
    return Patient(**told | changed)


def doctor(**changed: Any) -> Doctor:
    told: dict[str, Any] = {
        "code": DOCTOR["code"],
        "name": DOCTOR["name"],
        "id_number": DOCTOR["id_number"],
        "title": Term("231", "主任医师"),
        "department": Term("0301", "呼吸内科"),
        "department_category": "A03",
    }
    return Doctor(**told | changed)


def approval(**changed: Any) -> Approval:
    told: dict[str, Any] = {
        "code": PHARMACIST["code"],
        "name": PHARMACIST["name"],
        "id_number": PHARMACIST["id_number"],
        "department": Term("0901", "药学部"),
        "title": Term("241", "主任药师"),
        "licence": "YS0001",
    }
    return Approval(pharmacist=Pharmacist(**told | changed), approved_at=AT + timedelta(minutes=5))


def visit(**changed: Any) -> Visit:
    told: dict[str, Any] = {
        "id": VISIT,
        "number": "OP0001",
        "began_at": AT - timedelta(minutes=20),
        "condition": "咳嗽三天",
    }
    return Visit(**told | changed)


def diagnosis(**changed: Any) -> Diagnosis:
    told: dict[str, Any] = {"code": "J06.900", "name": "急性上呼吸道感染", "main": True, "diagnosed_at": AT}
    return Diagnosis(**told | changed)


def tablet(**changed: Any) -> Item:
    told: dict[str, Any] = {
        "catalogue_code": "XJ01CAA040A001010100001",
        "item_code": "D0001",
        "name": "阿莫西林胶囊",
        "form": "胶囊剂",
        "spec": "0.25g*24粒",
        "maker": "示例制药",
        "quantity": Decimal(2),
        "unit": "盒",
        "price": Decimal("12.50"),
        "amount": Decimal("25.00"),
        "dose": Decimal("0.5"),
        "dose_unit": "g",
        "route": Term("1", "口服"),
        "frequency": Term("13", "每日三次"),
        "begins_at": AT,
        "days": Decimal(7),
    }
    return Item(**told | changed)


def patent(**changed: Any) -> Item:
    told: dict[str, Any] = {"catalogue_code": "ZA01BAL0079010101234", "name": "连花清瘟胶囊", "spec": "0.35g*36粒"}
    return tablet(**told | changed)


def piece(name: str = "黄芪", grams: int = 15, **changed: Any) -> Item:
    told: dict[str, Any] = {
        "catalogue_code": f"T00170{grams:04d}",
        "name": name,
        "form": "饮片",
        "spec": "1g",
        "quantity": Decimal(grams * 7),
        "unit": "g",
        "price": Decimal("0.1"),
        "amount": Decimal(grams * 7) / 10,
        "dose": Decimal(grams),
        "dose_unit": "g",
        "route": None,
        "frequency": None,
        "footnote": "先煎" if name == "附子" else "",
    }
    return tablet(**told | changed)


DECOCTION = Decoction(
    doses=7,
    usage=Term("101", "水煎服"),
    frequency=Term("12", "每日两次"),
    dose=Decimal(200),
    dose_unit="ml",
    instruction="饭后温服",
)
KINDS: dict[PrescriptionKind, dict[str, Any]] = {
    PrescriptionKind.WESTERN: {"items": (tablet(), tablet(catalogue_code="XR05CBA178A001010100002", name="氨溴索片"))},
    PrescriptionKind.CHINESE_PATENT: {"items": (patent(),)},
    PrescriptionKind.HERBAL: {
        "items": (piece(), piece("附子", 9), piece("炙甘草", 6)),
        "decoction": DECOCTION,
        "diagnoses": (
            diagnosis(
                kind="2",
                code="A01.03.15",
                name="感冒病",
                disease=Term("A01.03.15", "感冒病"),
                syndrome=Term("B01", "风寒束表证"),
            ),
        ),
    },
}


def prescription(kind: PrescriptionKind = PrescriptionKind.WESTERN, **changed: Any) -> Prescription:
    told: dict[str, Any] = {
        "number": "RX0001",
        "kind": kind,
        "patient": patient(),
        "doctor": doctor(),
        "visit": visit(),
        "diagnoses": (diagnosis(),),
        "prescribed_at": AT,
    }
    return Prescription(**told | KINDS[kind] | changed)


def credential(**changed: Any) -> Credential:
    return Credential(**{"number": TOKEN, "identity_check": TOKEN} | changed)


def ask(number: str, **changed: Any) -> Ask:
    told: dict[str, Any] = {"number": number, "visit": visit(), "patient": patient()}
    return Ask(**told | changed)


def cancel(number: str, **changed: Any) -> Cancel:
    told: dict[str, Any] = {"number": number, "doctor": doctor(), "reason": "患者要求", "cancelled_at": AT}
    return Cancel(**told | changed)


def report_review(number: str, **changed: Any) -> ReportReview:
    told: dict[str, Any] = {
        "number": number,
        "approval": approval(),
        "second_name": "复核药师",
        "second_id_number": "350200198101010000",
    }
    return ReportReview(**told | changed)


def report_payment(number: str, **changed: Any) -> ReportPayment:
    told: dict[str, Any] = {"number": number, "prescription_number": "RX0001", "paid_at": AT}
    return ReportPayment(**told | changed)


@dataclass
class Clock:
    """The platform's time: that of the examples, and `ahead` seconds."""

    ahead: float = 600.0

    def __call__(self) -> float:
        return AT.timestamp() + self.ahead


def book() -> InsuranceBook:
    """What the insurance knows: a person, a visit, a doctor and a pharmacist."""
    known = InsuranceBook()
    known.load({"persons": [PERSON], "staff": [DOCTOR, PHARMACIST]})
    known.visits[VISIT] = VisitRow(
        visit_id=VISIT,
        person_number="P0001",
        visit_number="OP0001",
        insurance_type="310",
        area="350200",
        began_at="2026-11-23 08:40:00",
    )
    return known


def channel_settings(url: str, **changed: Any) -> EPCSettings:
    told: dict[str, Any] = {
        "base_url": url,
        "app_id": APP_ID,
        "app_secret": APP_SECRET,
        "private_key": HOSPITAL_KEY,
        "platform_public_key": PLATFORM_PUBLIC,
        "institution_code": INSTITUTION,
        "institution_name": HOSPITAL,
        "timeout": 5.0,
    }
    return EPCSettings(**told | changed)


def sandbox_settings(**changed: Any) -> EPCSandboxSettings:
    told: dict[str, Any] = {
        "app_id": APP_ID,
        "app_secret": APP_SECRET,
        "platform_private_key": PLATFORM_KEY,
        "channel_public_key": HOSPITAL_PUBLIC,
        "institution_code": INSTITUTION,
    }
    return EPCSandboxSettings(**told | changed)


@dataclass
class Centre:
    """Both ends of the prescription centre's wire, and what the journal saw."""

    client: EPCClient
    sandbox: EPCSandbox
    url: str
    clock: Clock
    exchanges: list[Exchange]

    async def verified(self, rx: Prescription) -> Verified:
        return await self.client.verify(Verify(prescription=rx, credential=credential()), message_id=uuid4().hex)

    async def signed(self, rx: Prescription, verified: Verified) -> Signed:
        request = Sign(prescription=rx, approval=approval(), verified=verified, document=PDF)
        return await self.client.sign(request, message_id=uuid4().hex)

    async def ready(self, rx: Prescription) -> Upload:
        """Verified and signed."""
        verified = await self.verified(rx)
        signed = await self.signed(rx, verified)
        return Upload(prescription=rx, approval=approval(), document=PDF, verified=verified, signed=signed)

    async def uploaded(self, rx: Prescription | None = None) -> str:
        """The number of a prescription that went the whole way."""
        request = await self.ready(rx or prescription())
        return (await self.client.upload(request, message_id=uuid4().hex)).number

    def page(self) -> str:
        return httpx.get(f"{self.url}/desk", **_LOCAL).text

    def desk(self, number: str, action: str, **more: str) -> httpx.Response:
        return httpx.post(f"{self.url}/desk", data={"number": number, "action": action, **more}, **_LOCAL)

    def say(self, transaction: str, data: dict[str, Any], **outer: Any) -> dict[str, Any]:
        """Post a sealed `data`, however odd, and return the bare reply."""
        sealed = channel_settings(self.url).envelope().seal(data, timestamp=timestamp()) | outer
        return self.post(transaction, dumps(sealed).encode())

    def post(self, transaction: str, body: bytes) -> dict[str, Any]:
        answer = httpx.post(f"{self.url}/epc/api/{PATHS[transaction]}", content=body, **_LOCAL)
        told: dict[str, Any] = loads(answer.content)
        return told


@contextlib.asynccontextmanager
async def centre(**changed: Any) -> AsyncIterator[Centre]:
    clock, exchanges = Clock(), list[Exchange]()
    sandbox = EPCSandbox(book(), settings=sandbox_settings(), clock=clock)

    async def journal(exchange: Exchange) -> None:
        exchanges.append(exchange)

    with served(sandbox.app) as url:
        client = EPCClient(channel_settings(url, **changed), journal)
        try:
            yield Centre(client, sandbox, url, clock, exchanges)
        finally:
            await client.close()


class SignedIn:
    """A sign-in that counts how often it was forgotten."""

    def __init__(self, number: str = "") -> None:
        self.present, self.forgotten = number, 0

    async def number(self) -> str:
        return self.present

    def forget(self) -> None:
        self.forgotten += 1


@dataclass
class Core:
    """Both ends of the older channel."""

    client: FSICirculation
    sandbox: InsuranceCoreSandbox
    url: str
    sign_in: SignedIn
    exchanges: list[Exchange]

    async def uploaded(self, rx: Prescription | None = None) -> str:
        request = Upload(prescription=rx or prescription(), approval=approval(), document=PDF)
        return (await self.client.upload(request, message_id=core.fresh_id())).number

    def post(self, transaction: str, content: dict[str, Any]) -> dict[str, Any]:
        """A sound envelope around `content`, however odd, past a gateway that is not there."""
        from clients.insurance.core import gateway, wire

        body = wire.envelope(
            core.settings(self.url),
            transaction=transaction,
            message_id=core.fresh_id(),
            at=AT,
            insured_area="350200",
            sign_number="",
            content=content,
        )
        headers = gateway.tif_headers(
            paas_id="EXAMPLE_PAAS", token="EXAMPLE_PAAS_TOKEN_0001", seconds=int(time.time()), nonce=uuid4().hex
        )
        answer = httpx.post(f"{self.url}/fsi/{transaction}", content=body, headers=headers, **_LOCAL)
        told: dict[str, Any] = json.loads(answer.content)
        return told


@contextlib.asynccontextmanager
async def older(sandbox_changes: Any = None, **changed: Any) -> AsyncIterator[Core]:
    exchanges, sign_in = list[Exchange](), SignedIn()
    sandbox = InsuranceCoreSandbox(book(), sandbox_changes)

    async def journal(exchange: Exchange) -> None:
        exchanges.append(exchange)

    with served(sandbox.app) as url:
        speaker = InsuranceCoreClient(core.settings(url, **changed), journal)
        try:
            client = FSICirculation(FSISettings(), speaker, sign_in, (INSTITUTION, HOSPITAL))
            yield Core(client, sandbox, url, sign_in, exchanges)
        finally:
            await speaker.close()
