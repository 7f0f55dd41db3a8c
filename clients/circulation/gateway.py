"""What the hospital asks of a circulation platform (处方流转平台): tender 7, 8 and 20.

Two channels stand behind it: the prescription centre (D001–D007) and the older FSI numbering (7101–7105). They do not
offer the same steps, so a process reads `steps` before it takes one; a channel without a counterpart says no to the
step (`Refused`, reason `NOT_OFFERED`, nothing is sent) instead of acting it.

| step | D00x | 7xxx | after `Unanswered` |
|---|---|---|---|
| verify 上传预核验 | D001 | none | REPEAT: nothing counts before the upload; the number and trace code are the same |
| sign 医保电子签名 | D002 | none | REPEAT: signing again changes nothing |
| upload 处方上传 | D003 | 7101 | D003: ASK by `status`; refused `NOT_FOUND`: send it again. 7101: REPEAT, see below |
| cancel 处方撤销 | D004 | 7104 | D004: ASK by `status`; REVOKED: done. 7104: REPEAT; `ALREADY_CANCELLED`: done |
| status 处方信息查询 | D005 | none | REPEAT |
| review 审核结果查询 | D006 | none | REPEAT |
| taking 取药结果查询 | D007 | none | REPEAT |
| report_review 处方审核 | none | 7102 | REPEAT: the centre keeps the last |
| report_payment 处方支付状态 | none | 7105 | REPEAT: the centre keeps the last |

7101 has no query. Repeating it with the same prescription number is safe, since a number is uploaded once: the centre
answers the first number again, or refuses `DUPLICATE`; then it is uploaded, and only the centre's staff can tell its
number: a person must ask.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from clients.circulation.prescription import Approval, Doctor, Patient, Prescription, Visit


class Step(StrEnum):
    """What can be asked of a circulation platform."""

    VERIFY = "VERIFY"
    SIGN = "SIGN"
    UPLOAD = "UPLOAD"
    CANCEL = "CANCEL"
    STATUS = "STATUS"
    REVIEW = "REVIEW"
    TAKING = "TAKING"
    REPORT_REVIEW = "REPORT_REVIEW"
    REPORT_PAYMENT = "REPORT_PAYMENT"


class Remedy(StrEnum):
    """What to do after `Unanswered`: make the same call again, or ask `status` first."""

    REPEAT = "REPEAT"
    ASK = "ASK"


class State(StrEnum):
    """处方状态: may be used, lapsed, revoked by the hospital, voided by the platform."""

    VALID = "VALID"
    EXPIRED = "EXPIRED"
    REVOKED = "REVOKED"
    VOIDED = "VOIDED"


class Use(StrEnum):
    """处方使用状态: whether its drugs were taken."""

    UNUSED = "UNUSED"
    PARTLY_USED = "PARTLY_USED"
    USED = "USED"


class Verdict(StrEnum):
    """处方审核状态: what a pharmacist found."""

    APPROVED = "APPROVED"
    REJECTED = "REJECTED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """By what the patient is known (就诊凭证): `type` 01 e-voucher token, 02 identity card, 03 insurance card.

    `identity_check` is the serial of the online identity check (电子凭证线上身份核验流水号), demanded of an online
    consultation with type 01; `card_serial_number` of type 03.
    """

    type: str = "01"
    number: str = field(repr=False)
    card_serial_number: str = field(default="", repr=False)
    identity_check: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verify:
    """上传预核验: may this be uploaded?"""

    prescription: Prescription
    credential: Credential


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """Yes: `trace_code` (处方追溯码) serves one upload, `number` (医保处方编号) names it from here on."""

    trace_code: str
    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """医保电子签名: have the platform sign the prescription and its `document`, a PDF."""

    prescription: Prescription
    approval: Approval
    verified: Verified
    document: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """The signed PDF, the `digest` that the upload repeats, and whose certificate signed."""

    document: bytes = field(repr=False)
    digest: str = field(repr=False)
    certificate_serial: str
    certificate_subject: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """处方上传: `verified` and `signed` where the channel offers those steps, else `document` alone, the PDF.

    The prescription centre wants both: ValueError without them.
    """

    prescription: Prescription
    approval: Approval
    document: bytes = field(repr=False)
    verified: Verified | None = None
    signed: Signed | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Uploaded:
    """It is on the platform; `number` is 医保处方编号. `state` is None where the channel does not tell it."""

    number: str
    state: State | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancel:
    """处方撤销: `doctor` (with id number) takes it back, `reason` in at most 200 characters."""

    number: str
    doctor: Doctor
    reason: str
    cancelled_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Which prescription the queries mean; `number` is 医保处方编号."""

    number: str
    visit: Visit
    patient: Patient


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """处方信息查询: how it stands. `use_name` is the platform's own word for `use`."""

    number: str
    state: State
    use: Use
    use_name: str
    valid_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """审核结果: what the platform's pharmacist found (tender 20). Once REJECTED it is not dispensed."""

    number: str
    verdict: Verdict
    opinion: str
    pharmacist_code: str
    pharmacist_name: str
    reviewed_at: datetime
    state: State


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenItem:
    """A drug that was handed out; `batch` is 批号, empty where the pharmacy told none."""

    catalogue_code: str
    name: str
    spec: str
    quantity: Decimal
    batch: str
    taken: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Taking:
    """取药结果: whether and when it was settled and taken; `settled_at` is None and `items` empty until then."""

    number: str
    state: State
    use: Use
    use_name: str
    settled_at: datetime | None
    items: tuple[TakenItem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportReview:
    """处方审核 upload: our own pharmacists' review, `second` (复核药师, with id number) having checked it again."""

    number: str
    approval: Approval
    second_name: str
    second_id_type: str = "01"
    second_id_number: str = field(repr=False)
    verdict: Verdict = Verdict.APPROVED
    opinion: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportPayment:
    """处方支付状态: the patient has paid it."""

    number: str
    prescription_number: str
    paid_at: datetime


class PrescriptionCirculation(Protocol):
    """The circulation platform of one hospital.

    Every method takes the `message_id` of the committed intent (`SignIn.message_id` fits both channels) and raises
    `Refused` (with a `refusals.Reason`), `NotSent`, `Unanswered` or `Garbled`. What a platform would refuse for its
    form is `Refused` with `FORM` before anything is sent.
    """

    @property
    def steps(self) -> Mapping[Step, Remedy]:
        """The steps that this channel offers, and what to do when one is not answered."""
        ...

    async def verify(self, request: Verify, *, message_id: str) -> Verified:
        """Let the platform check the prescription before anything is signed."""
        ...

    async def sign(self, request: Sign, *, message_id: str) -> Signed:
        """Let the platform sign what it verified. The hospital's own review comes before."""
        ...

    async def upload(self, request: Upload, *, message_id: str) -> Uploaded:
        """Make the prescription usable outside."""
        ...

    async def cancel(self, request: Cancel, *, message_id: str) -> State | None:
        """Take it back while nobody has used it; the state it then has, None where the channel does not tell it."""
        ...

    async def status(self, request: Ask, *, message_id: str) -> Status:
        """The truth about a prescription. `NOT_FOUND`: it was never uploaded."""
        ...

    async def review(self, request: Ask, *, message_id: str) -> Review | None:
        """What the platform's pharmacist found; None: nobody has reviewed it yet."""
        ...

    async def taking(self, request: Ask, *, message_id: str) -> Taking:
        """Whether its drugs were taken."""
        ...

    async def report_review(self, request: ReportReview, *, message_id: str) -> None:
        """Tell the platform of our own pharmacists' review of an uploaded prescription."""
        ...

    async def report_payment(self, request: ReportPayment, *, message_id: str) -> None:
        """Tell the platform that an uploaded prescription is paid."""
        ...

    async def close(self) -> None:
        """Give the connections back."""
        ...
