"""What our clients send of any prescription passes the tables, the rules and the envelope of either channel."""

from __future__ import annotations

import json
from collections.abc import Mapping

from hypothesis import given

from clients.circulation.epc import answers, messages
from clients.circulation.epc.sandbox import CODES, TABLES
from clients.circulation.epc.sandbox_centre import Centre
from clients.circulation.fsi import messages as older
from clients.circulation.gateway import Ask, Cancel, ReportPayment, ReportReview, Sign, State, Upload, Use, Verify
from clients.circulation.settings import FSISettings
from clients.fields import check, check_node
from clients.insurance.core import wire
from clients.insurance.core.nodes import Request
from clients.insurance.core.sandbox import CODES as CORE_CODES
from clients.insurance.core.sandbox import TABLES as CORE_TABLES
from clients.insurance.core.sandbox_prescriptions import Prescriptions
from clients.insurance.envelope import dumps
from clients.insurance.sm import PrivateKey
from tests.clients.circulation.examples import PDF, PLATFORM_KEY, channel_settings, sandbox_settings
from tests.clients.circulation.generated import NOW, Case, cases
from tests.clients.circulation.test_tables import OWN
from tests.fixtures.forms import GENERATED

HOSPITAL_END = channel_settings("").envelope()
CENTRE_END = sandbox_settings().envelope(PLATFORM_KEY)
KEY = PrivateKey.read(PLATFORM_KEY)
USES = channel_settings("").uses
FSI = FSISettings()


def sent(centre: Centre, transaction: str, data: Mapping[str, object]) -> dict[str, object]:
    """Through tables, envelope and rules of the centre, and back."""
    assert check_node(TABLES[transaction]["in"], "data", data, CODES) == []
    wire_object = HOSPITAL_END.seal(data, timestamp="20260101120000")
    opened = CENTRE_END.open(json.loads(dumps(wire_object)))
    assert opened == data
    return centre.deeds[transaction](opened)


@GENERATED
@given(cases())
def test_any_prescription_goes_through_the_centre(case: Case) -> None:
    rx, centre = case.prescription, Centre(case.book(), KEY, lambda: NOW)
    verify = Verify(prescription=rx, credential=case.credential)
    verified = answers.verified(sent(centre, "D001", messages.verify(verify, OWN)))
    sign = Sign(prescription=rx, approval=case.approval, verified=verified, document=PDF)
    signed = answers.signed(sent(centre, "D002", messages.sign(sign, OWN)))
    upload = Upload(prescription=rx, approval=case.approval, document=PDF, verified=verified, signed=signed)
    told = sent(centre, "D003", messages.upload(upload, verified, signed, OWN))
    assert answers.uploaded(told, verified.number).state is State.VALID
    ask = messages.ask(Ask(number=verified.number, visit=rx.visit, patient=rx.patient), OWN)
    whole = sent(centre, "D005", ask)
    assert check_node(TABLES["D005"]["out"], "data", whole, CODES) == []
    assert answers.status(whole, verified.number, USES).use is Use.UNUSED
    assert answers.taking(sent(centre, "D007", ask), verified.number, USES).items == ()
    cancel = Cancel(number=verified.number, doctor=rx.doctor, reason=case.reason, cancelled_at=NOW)
    assert answers.cancelled(sent(centre, "D004", messages.cancel(cancel, OWN)), verified.number) is State.REVOKED


def through_the_core(prescriptions: Prescriptions, request: Request) -> object:
    """Through the tables and the rules of the core."""
    content = json.loads(wire.dump(request.to_wire()))
    assert check(CORE_TABLES[request.transaction]["in"], content, CORE_CODES) == []
    return prescriptions.transactions[request.transaction](content)


@GENERATED
@given(cases(places=2))
def test_any_prescription_goes_through_the_older_channel(case: Case) -> None:
    rx, prescriptions = case.prescription, Prescriptions(case.book(), lambda: NOW)
    upload = Upload(prescription=rx, approval=case.approval, document=PDF)
    told = through_the_core(prescriptions, older.UploadPrescription(asked=upload, settings=FSI, sign_number=""))
    assert isinstance(told, dict)
    number = told["hi_rxno"]
    review = ReportReview(
        number=number,
        approval=case.approval,
        second_name=case.approval.pharmacist.name[:-1] + "Q",
        second_id_number="350200198101010000",
        opinion=case.reason,
    )
    payment = ReportPayment(number=number, prescription_number=rx.number, paid_at=NOW)
    cancel = Cancel(number=number, doctor=rx.doctor, reason=case.reason, cancelled_at=NOW)
    for request in (
        older.UploadReview(asked=review, settings=FSI, institution=(OWN.code, OWN.name), sign_number=""),
        older.UploadPayment(asked=payment, settings=FSI, sign_number=""),
        older.RevokePrescription(asked=cancel, sign_number=""),
    ):
        through_the_core(prescriptions, request)
    assert [(row["state"], row["paid"]) for row in prescriptions.told()] == [("REVOKED", True)]
