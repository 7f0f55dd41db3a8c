"""Rows that a demonstration has not: everything null that may be, every problem, a second hospital, borders crossed.

`OWNER` has some of each; `FOREIGN` is the other hospital's code. They are the newest rows of all, but for those that
point across the border: a page of the newest does without these.
"""

from __future__ import annotations

import itertools
import json
from datetime import date, datetime, timedelta
from typing import Any

from app import clock, models
from app.models import (
    CheckoutKind,
    Direction,
    DispenseState,
    ExportFormat,
    ExportKind,
    ExportState,
    InvoiceState,
    PayKind,
    PaymentState,
    PrescriptionKind,
    RefundState,
    SettlementState,
    ShipmentState,
    StepKind,
    StepState,
    UploadTarget,
)
from app.problems import NEXT_STEPS, PLATFORM_NAMES
from app.sealing import Sealer

OWNER, FOREIGN, FOREIGN_OWNER = "patient-03", "H99999999999", "patient-far"
STEP_PROBLEMS: tuple[tuple[str, str | None, str | None], ...] = (
    *(("PLATFORM_REFUSED", platform, "E-1") for platform in PLATFORM_NAMES),
    ("PLATFORM_REFUSED", None, None),
    ("PLATFORM_UNAVAILABLE", "his", None),
    ("OUTCOME_UNKNOWN", "insurance.payment", None),
    ("ANSWER_GARBLED", "receipts", None),
    ("AMOUNTS_DIFFER", None, None),
    ("PAYMENT_EXPIRED", None, None),
    ("PAYMENT_FAILED", None, None),
    ("NOT_INSURED", None, None),
    ("PAY_KIND_NOT_ALLOWED", None, None),
    ("A_CODE_OF_TOMORROW", "wechat_pay", None),
)
LONG_AGO = timedelta(days=4000)


class Rows:
    """Makes rows with numbers of their own; `moment` moves on with each."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._moment = clock.now() - timedelta(hours=6)

    def number(self, prefix: str) -> str:
        return f"{prefix}X{next(self._numbers):06d}"

    def moment(self) -> datetime:
        self._moment += timedelta(minutes=7, microseconds=123_457)
        return self._moment

    async def order(self, patient: models.Patient, doctor: models.Doctor, **more: Any) -> models.Order:
        moment = self.moment()
        told = {"hospital_id": patient.hospital_id, "patient_id": patient.id, "doctor_id": doctor.id} | more
        visit = await models.Consultation.create(
            **{name: told[name] for name in ("hospital_id", "patient_id", "doctor_id")},
            department_id=doctor.department_id,
            visit_number=self.number("V"),
            began_at=moment,
        )
        columns = {
            "number": self.number("O"),
            "consultation_id": visit.id,
            "department_id": doctor.department_id,
            "total_fen": 1230,
            "created_at": moment,
            "expires_at": moment + timedelta(days=1),
        }
        return await models.Order.create(**columns | told)

    async def settlement(self, order: models.Order, state: SettlementState, **more: Any) -> models.Settlement:
        columns = {
            "number": self.number("S"),
            "hospital_id": order.hospital_id,
            "patient_id": order.patient_id,
            "order_id": order.id,
            "pay_kind": PayKind.INSURANCE,
            "state": state,
            "total_fen": order.total_fen,
            "created_at": order.created_at,
        }
        return await models.Settlement.create(**columns | more)

    async def invoice(self, settlement: models.Settlement, state: InvoiceState, **more: Any) -> models.Invoice:
        columns = {
            "hospital_id": settlement.hospital_id,
            "patient_id": settlement.patient_id,
            "settlement_id": settlement.id,
            "business_number": self.number("REG"),
            "state": state,
            "total_fen": settlement.total_fen,
            "created_at": settlement.created_at,
        }
        return await models.Invoice.create(**columns | more)


async def special_rows(sealer: Sealer) -> None:
    """All of them, into a seeded database; what is sealed opens with this sealer."""
    rows = Rows()
    patient = await models.Patient.get(subject=OWNER)
    doctor = await models.Doctor.filter(hospital_id=patient.hospital_id).order_by("id").first()
    far_patient, far_doctor = await _far_hospital()
    assert doctor is not None
    await _doctors([doctor, *await models.Doctor.filter(hospital_id=doctor.hospital_id, id__gt=doctor.id), far_doctor])
    await _problems(rows, await rows.order(patient, doctor))
    await _tried_twice(rows, await rows.order(patient, doctor))
    await _checkouts(rows, sealer, patient, doctor)
    await _receipts(rows, patient, doctor)
    await _medicine(rows, await rows.order(patient, doctor, total_fen=100_000_00))
    await _refunds(rows, await rows.order(patient, doctor))
    await _refunds(rows, await rows.order(far_patient, far_doctor))
    for who, whose in ((patient, doctor), (patient, doctor), (far_patient, far_doctor)):
        await _missing(rows, await rows.order(who, whose))
    await _parcels(rows, await rows.order(patient, doctor))
    await _parcels(rows, await rows.order(far_patient, far_doctor))
    await _problems(rows, await rows.order(far_patient, far_doctor))
    await _borders(rows, patient, doctor, far_patient, far_doctor)
    await _exports(patient.hospital_id)


async def _far_hospital() -> tuple[models.Patient, models.Doctor]:
    hospital = await models.Hospital.create(code=FOREIGN, name="别的医院", area="350100")
    department = await models.Department.create(hospital_id=hospital.id, code="A01", name="外科", category="A01")
    doctor = await models.Doctor.create(
        hospital_id=hospital.id, department_id=department.id, code="D9", name="别的医师"
    )
    patient = await models.Patient.create(
        hospital_id=hospital.id,
        subject=FOREIGN_OWNER,
        his_patient_id="P9",
        name_sealed=b"1",
        name_masked='远"*',
        id_number_sealed=b"1",
        id_number_masked="3501**********0000",
        id_number_index="9",
        phone_sealed=b"1",
        phone_masked="100****0000",
        gender="1",
        birth_date=date(1990, 1, 1),
        insurance_type="310",
        insured_area="350100",
        insurance_status="4",
        insurance_balance_fen=-5,
        insurance_checked_at=clock.now(),
        person_number_masked='350"****\n9',
        benefit_enjoyed=False,
        benefit_reason='等待期 "内"',
        benefit_checked_at=clock.now(),
        authorization_expires_at=clock.now() - timedelta(days=1),
    )
    return patient, doctor


async def _doctors(doctors: list[models.Doctor]) -> None:
    """Whatever can be known of a doctor: good, refused, never told; reasons not to prescribe; of one nothing."""
    reasons = [None, *NEXT_STEPS]
    problems = [(None, None, None), *STEP_PROBLEMS, ("DOCTOR_NOT_LISTED", None, None)]
    for place, doctor in enumerate(doctors[:-2] + doctors[-1:]):
        code, platform, platform_code = problems[-place]
        await models.InsuranceStanding.create(
            doctor_id=doctor.id,
            insurance_doctor=(True, False, None)[place % 3],
            valid_from=clock.now() if place % 2 else None,
            checked_at=clock.now() if place else None,
            problem_code=code,
            problem_message="原因" if code else None,
            problem_platform=platform,
            problem_platform_code=platform_code,
        )
        signed: dict[str, Any] = {"signed_at": clock.now(), "valid_until": clock.now()} if place % 2 else {}
        await models.FaceSignIn.create(doctor_id=doctor.id, signed=bool(signed), checked_at=clock.now(), **signed)
        await models.PrescribingRight.create(
            doctor_id=doctor.id,
            allowed=place == 0,
            classes=",".join(list(models.DrugClass)[: place * 2]),
            reason_code=reasons[place],
            checked_at=clock.now(),
        )


async def _exports(hospital_id: int) -> None:
    """Files of two people: to be written, half written, written, gone, and never."""
    later, earlier = clock.now() + timedelta(days=1), clock.now() - timedelta(days=1)
    states: tuple[dict[str, Any], ...] = (
        {"state": ExportState.QUEUED},
        {"state": ExportState.RUNNING, "rows_done": 1, "rows_total": 3},
        {"state": ExportState.RUNNING, "rows_total": 0},
        {"state": ExportState.DONE, "rows_done": 3, "rows_total": 3, "size_bytes": 77, "expires_at": later},
        {"state": ExportState.DONE, "expires_at": earlier, "finished_at": earlier, "language": 1},
        {"state": ExportState.FAILED, "problem_code": "EXPORT_TOO_LARGE"},
    )
    for subject, role in (("auditor-01", "auditor"), ("finance-01", "finance")):
        for place, told in enumerate(states):
            await models.ReportExport.create(
                hospital_id=hospital_id,
                subject=subject,
                role=role,
                kind=list(ExportKind)[place % 3],
                format=list(ExportFormat)[place % 2],
                created_at=clock.now(),
                **told,
            )


async def _problems(rows: Rows, order: models.Order) -> None:
    """A step for every problem that a step may have, and one without."""
    settlement = await rows.settlement(order, SettlementState.ATTENTION, checkout_url="https://pay.example/?a=1&b=<2>")
    kinds = itertools.cycle(StepKind)
    for position, (code, platform, platform_code) in enumerate([(None, None, None), *STEP_PROBLEMS], start=1):
        await models.SettlementStep.create(
            settlement_id=settlement.id,
            position=position,
            kind=next(kinds),
            direction=Direction.SETTLE,
            transaction="6201" if position % 2 else None,
            attempts=position,
            problem_code=code,
            problem_message=f'原因 "{position}"\n' if code else None,
            problem_platform=platform,
            problem_platform_code=platform_code,
        )


async def _tried_twice(rows: Rows, order: models.Order) -> None:
    """Two settlements of one moment; neither has a receipt, nor amounts."""
    await rows.settlement(order, SettlementState.FAILED)
    await rows.settlement(order, SettlementState.OPENING, pay_kind=PayKind.SELF_PAY)


async def _checkouts(rows: Rows, sealer: Sealer, patient: models.Patient, doctor: models.Doctor) -> None:
    """Parameters of a mini-program in every state; a number of mixed payment."""
    names = ("app_id", "time_stamp", "nonce_str", "package", "sign_type", "pay_sign")
    told = json.dumps({name: f'{name} "1"' for name in names})
    for state in SettlementState:
        number = rows.number("S")
        await rows.settlement(
            await rows.order(patient, doctor),
            state,
            number=number,
            pay_kind=PayKind.SELF_PAY,
            checkout_kind=CheckoutKind.MINI_PROGRAM,
            checkout_parameters_sealed=sealer.seal(told, f"settlement.checkout_parameters:{number}"),
        )
    mixed = {"checkout_kind": CheckoutKind.MIXED, "mix_trade_number": "mix<1>"}
    await rows.settlement(await rows.order(patient, doctor), SettlementState.AWAITING_PAYMENT, **mixed)


async def _receipts(rows: Rows, patient: models.Patient, doctor: models.Doctor) -> None:
    """No number yet; a red one and the one after it; one with an address."""
    first = await rows.settlement(await rows.order(patient, doctor), SettlementState.COMPLETING)
    await rows.invoice(first, InvoiceState.ISSUING)
    second = await rows.settlement(await rows.order(patient, doctor), SettlementState.COMPLETED)
    issued = {"number": "0001", "public_url": "https://receipts.example/票据?x=1"}
    await rows.invoice(second, InvoiceState.RED, **issued, red_number="0002", red_batch_code="R", red_at=clock.now())
    await rows.invoice(second, InvoiceState.ISSUED, **issued, batch_code="B", check_code="c")


async def _medicine(rows: Rows, order: models.Order) -> None:
    """Prescriptions of all kinds, one without a line; quantities of all shapes."""
    quantities = ("10", "0.5", "1.2500", "100000", "0.0001")
    for place, kind in enumerate(PrescriptionKind):
        prescription = await models.Prescription.create(
            hospital_id=order.hospital_id,
            consultation_id=order.consultation_id,
            patient_id=order.patient_id,
            doctor_id=order.doctor_id,
            order_id=order.id,
            number=rows.number("F"),
            kind=kind,
            total_fen=place,
            fee_digest="d",
            issued_at=order.created_at,
            created_at=order.created_at,
            **_told_of_payment(place),
        )
        for line, quantity in enumerate(quantities[: place + 1] if place else ()):
            await models.PrescriptionItem.create(
                prescription_id=prescription.id,
                serial=str(line),
                item_code="i",
                insurance_code="c",
                name="药\u2028\t",
                price="0.1",
                quantity=quantity,
                amount_fen=line,
                usage="口服" if line % 2 else None,
            )
    for line, quantity in enumerate(reversed(quantities)):
        await models.FeeDetail.create(
            order_id=order.id,
            line_number=10 - line,
            serial=str(line),
            prescription_number="F",
            item_code="i",
            insurance_code="c",
            charge_code="09",
            name="药",
            quantity=quantity,
            price="12.345678",
            amount_fen=line,
        )


def _told_of_payment(place: int) -> dict[str, Any]:
    """Of every second prescription the HIS was asked."""
    if place % 2:
        return {}
    states = list(PaymentState)
    return {
        "payment_state": states[place % len(states)],
        "payment_paid_at": clock.now() if place else None,
        "payment_dispense_state": DispenseState.DISPENSED,
        "payment_fees_changed": bool(place),
        "payment_checked_at": clock.now(),
    }


async def _refunds(rows: Rows, order: models.Order) -> None:
    """A refund in every state; a whole line, some of one, some of its money; one that failed says why."""
    settlement = await rows.settlement(order, SettlementState.COMPLETED, paid_fen=1230)
    line = await models.FeeDetail.create(
        order_id=order.id,
        line_number=1,
        serial="1",
        prescription_number="F",
        item_code="i",
        insurance_code="c",
        charge_code="09",
        name="药",
        quantity="2.5",
        price="4.92",
        amount_fen=1230,
    )
    problems = itertools.cycle(STEP_PROBLEMS)
    for place, state in enumerate(RefundState):
        code, platform, platform_code = next(problems) if state is RefundState.FAILED else (None, None, None)
        refund = await models.Refund.create(
            number=rows.number("R"),
            hospital_id=order.hospital_id,
            patient_id=order.patient_id,
            settlement_id=settlement.id if state is not RefundState.ATTENTION else (await _another(rows, order)).id,
            state=state,
            amount_fen=10 + place,
            reason='退 "药"\n',
            by_patient=bool(place % 2),
            requested_by="somebody",
            rejection_reason="已发出" if state is RefundState.REJECTED else None,
            problem_code=code,
            problem_message="原因" if code else None,
            problem_platform=platform,
            problem_platform_code=platform_code,
            created_at=order.created_at,
            decided_at=order.created_at if place else None,
        )
        if place % 3:
            quantity = ("0", "1.25", "2.5")[place % 3]
            told = {"refund_id": refund.id, "fee_detail_id": line.id, "quantity": quantity, "amount_fen": place}
            await models.RefundLine.create(**told)


async def _another(rows: Rows, order: models.Order) -> models.Settlement:
    return await rows.settlement(order, SettlementState.REVERSED)


async def _missing(rows: Rows, order: models.Order) -> None:
    """A paid settlement whose receipt was refused."""
    settlement = await rows.settlement(order, SettlementState.ATTENTION, paid_fen=1230, settled_at=order.created_at)
    await models.SettlementStep.create(
        settlement_id=settlement.id,
        position=1,
        kind=StepKind.INVOICE,
        direction=Direction.SETTLE,
        state=StepState.REFUSED,
        problem_code="PLATFORM_REFUSED",
        problem_message="额度不足",
        problem_platform="receipts",
        problem_platform_code="E1",
    )


async def _uploads(shipment: models.Shipment, state: ShipmentState) -> None:
    """Somebody was told, of this state or of none; and every reason why not."""
    problems = [(None, None, None), *STEP_PROBLEMS]
    for place, target in enumerate(UploadTarget):
        code, platform, platform_code = problems[(shipment.id + place) % len(problems)]
        await models.ShipmentUpload.create(
            shipment_id=shipment.id,
            target=target,
            number=f"{target}{shipment.id}",
            shipment_state=state if place else None,
            told_state=None if place else state,
            finished_at=None if place else clock.now(),
            attempts=place,
            problem_code=code,
            problem_message=f'原因 "{place}"' if code else None,
            problem_platform=platform,
            problem_platform_code=platform_code,
        )


async def _parcels(rows: Rows, order: models.Order) -> None:
    """Parcels in every state; events of one moment."""
    for state in ShipmentState:
        shipment = await models.Shipment.create(
            hospital_id=order.hospital_id,
            order_id=order.id,
            carrier="sf",
            waybill_number=rows.number("W"),
            state=state,
            created_at=order.created_at,
            checked_at=None if state is ShipmentState.CREATED else order.created_at,
            problem_code="PLATFORM_REFUSED" if state is ShipmentState.EXCEPTION else None,
            problem_message="单号不存在" if state is ShipmentState.EXCEPTION else None,
            problem_platform="kuaidi100" if state is ShipmentState.EXCEPTION else None,
        )
        if state is not ShipmentState.CREATED:
            await _uploads(shipment, state)
        for place in range(len(state.value) % 4):
            at = order.created_at - timedelta(hours=place // 2)
            told: dict[str, Any] = {
                "raw_code": str(place),
                "text": f"已到 {place}",
                "location": None if place % 2 else "厦门",
            }
            await models.ShipmentNode.create(shipment_id=shipment.id, at=at, state=state, **told)


async def _borders(
    rows: Rows, patient: models.Patient, doctor: models.Doctor, far_patient: models.Patient, far_doctor: models.Doctor
) -> None:
    """References across hospitals and across patients, in both directions."""
    old = {"created_at": clock.now() - LONG_AGO}
    other = await models.Patient.filter(hospital_id=patient.hospital_id).order_by("-id").first()
    assert other is not None
    await rows.order(patient, far_doctor, **old)
    await rows.order(far_patient, doctor, hospital_id=patient.hospital_id, **old)
    far = await rows.order(far_patient, far_doctor, **old)
    near = await rows.order(patient, doctor, **old)
    theirs = await rows.settlement(
        far, SettlementState.COMPLETED, hospital_id=patient.hospital_id, patient_id=patient.id
    )
    await rows.invoice(theirs, InvoiceState.ISSUED, number="1", hospital_id=far_patient.hospital_id)
    await rows.settlement(near, SettlementState.COMPLETED, patient_id=other.id)
    await models.Shipment.create(
        hospital_id=far.hospital_id, order_id=near.id, carrier="sf", waybill_number="FAR", created_at=clock.now()
    )
