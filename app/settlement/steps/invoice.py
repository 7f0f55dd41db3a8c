"""开具电子票据 and its red receipt (receipts.md A.4–A.6).

Our business number is the platform's idempotency key: it is stored before anything is sent, and an unknown issue is
looked up by it. A platform that issues later answers "pending", which is an ordinary answer.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal
from uuid import uuid4

from app import clock
from app.models import FeeDetail, Invoice, InvoiceState, PayKind, PrescriptionKind
from app.money import yuan
from app.settlement import ledger
from app.settlement.lines import total_fen
from app.settlement.work import Done, NotExecuted, Outcome, Skip, Wait, Work
from clients.errors import Refused
from clients.receipts.issue import Channel, Charge, Detail, IssueReceipt
from clients.receipts.messages import FindReceipt, Pending, Receipt, ReceiptStatus, RedReceipt

CHARGES = {"02": "诊察费", "09": "西药费", "10": "中药饮片", "11": "中成药费", "14": "其他门诊收费"}
GENDERS = {"1": "男", "2": "女"}
PREFIXES = {"REGISTRATION": "REG", "OUTPATIENT": "OP"}
CARD_TYPE = "1101"


async def issue(work: Work) -> Outcome:
    """One receipt for all that stands of the settlement; the registration form where that is services only."""
    kind = await _kind(work)
    row = await _row(work, kind)
    request = await _request(work, row, kind)
    sent = await ledger.intend(work, _transaction(kind), uuid4().hex, request)
    return await _issued(work, row, await work.platforms.receipts.issue(request, message_id=sent))


async def find(work: Work) -> Outcome:
    """After an unknown issue, or a pending one: by our business number; "no such receipt" may be sent again."""
    row = await _row(work, await _kind(work))
    found = await _found(work, row)
    if found is None:
        return NotExecuted()
    if isinstance(found, Receipt) and found.public_url is None:
        found = await _with_address(work, row, found)
    return await _issued(work, row, found)


async def _found(work: Work, row: Invoice) -> Receipt | Pending | None:
    return await work.platforms.receipts.find(
        FindReceipt(business_number=row.business_number, issued_at=row.created_at), message_id=uuid4().hex
    )


async def _with_address(work: Work, row: Invoice, found: Receipt) -> Receipt | Pending:
    """A look-up tells no address. The receipt exists, so the identical request can only repeat it or be refused."""
    try:
        return await work.platforms.receipts.issue(await _request(work, row, await _kind(work)), message_id=uuid4().hex)
    except Refused:
        return found


async def red(work: Work) -> Outcome:
    """Write the receipt off; where none was issued there is nothing to do."""
    row = await Invoice.filter(settlement_id=work.settlement.id).exclude(state=InvoiceState.RED).first()
    if row is None:
        return Skip("no receipt was issued")
    if row.state is InvoiceState.ISSUING and (missing := await _not_issued(work, row)):
        return missing
    request = RedReceipt(
        batch_code=row.batch_code or "",
        number=row.number or "",
        reason=work.reason,
        operator=work.hospital.name[:60],
        red_at=clock.now(),
    )
    sent = await ledger.intend(work, "writeOffEBill", uuid4().hex, request)
    written = await work.platforms.receipts.red(request, message_id=sent)
    return await _reddened(row, written)


async def _not_issued(work: Work, row: Invoice) -> Outcome | None:
    """Whether a receipt that was asked for and never answered exists after all; None when it does."""
    found = await _found(work, row)
    if found is None:
        return Skip("no receipt was issued")
    issued = await _issued(work, row, found)
    if isinstance(issued, Wait):
        return issued
    await row.refresh_from_db()
    return None


async def find_red(work: Work) -> Outcome:
    """After an unknown write-off: the platform says whether the receipt is red."""
    row = await Invoice.filter(settlement_id=work.settlement.id, state=InvoiceState.ISSUED).first()
    if row is None:
        return Skip("the receipt is red already")
    status = await work.platforms.receipts.status(
        ReceiptStatus(batch_code=row.batch_code or "", number=row.number or ""), message_id=uuid4().hex
    )
    return await _reddened(row, None) if status.red else NotExecuted()


async def _row(work: Work, kind: str) -> Invoice:
    """The invoice that is being issued, made before the first attempt."""
    row = await Invoice.filter(settlement_id=work.settlement.id).exclude(state=InvoiceState.RED).first()
    if row is not None:
        return row
    count = await Invoice.filter(settlement_id=work.settlement.id).count()
    suffix = f"-{count + 1}" if count else ""
    return await Invoice.create(
        hospital_id=work.settlement.hospital_id,
        patient_id=work.settlement.patient_id,
        settlement_id=work.settlement.id,
        business_number=f"{PREFIXES[kind]}{work.settlement.number}{suffix}",
        total_fen=total_fen(await work.lines.standing(work.refund)),
        created_at=clock.now(),
    )


async def _issued(work: Work, row: Invoice, told: Receipt | Pending) -> Outcome:
    if isinstance(told, Pending):
        return Wait(work.installation.timing.distance(work.step.tries))
    await Invoice.filter(id=row.id).update(
        state=InvoiceState.ISSUED,
        batch_code=told.batch_code,
        number=told.number,
        check_code=told.check_code,
        public_url=told.public_url,
        issued_at=clock.now(),
    )
    return Done(serial=told.number)


async def _reddened(row: Invoice, written: Receipt | None) -> Done:
    await Invoice.filter(id=row.id).update(
        state=InvoiceState.RED,
        red_at=clock.now(),
        red_batch_code=written.batch_code if written else None,
        red_number=written.number if written else None,
    )
    return Done(serial=written.number if written else None)


async def _kind(work: Work) -> str:
    prescriptions = await work.lines.prescriptions(work.refund)
    drugs = any(each.kind is not PrescriptionKind.SERVICE for each in prescriptions)
    return "OUTPATIENT" if drugs else "REGISTRATION"


def _transaction(kind: str) -> str:
    return "invoiceEBillOutpatient" if kind == "OUTPATIENT" else "invEBillRegistration"


async def _request(work: Work, row: Invoice, kind: str) -> IssueReceipt:
    settlement, order, patient = work.settlement, work.order, work.patient
    standing = await work.lines.standing(work.refund)
    total, zero = yuan(total_fen(standing)), Decimal("0.00")
    cash = yuan(settlement.cash_fen or 0) if settlement.pay_kind is PayKind.INSURANCE else total
    return IssueReceipt(
        business_number=row.business_number,
        kind=kind,  # type: ignore[arg-type]  # one of the two keys of PREFIXES
        issued_at=row.created_at,
        payer=work.patient_text("name"),
        id_number=work.patient_text("id_number"),
        telephone=work.patient_text("phone"),
        gender=GENDERS.get(patient.gender, "未知"),  # type: ignore[arg-type]  # the literals of the wire
        age=str(_age(patient.birth_date, clock.day_of(row.created_at))),
        card_type=CARD_TYPE,
        card_number=patient.his_patient_id,
        insurance_type=patient.insurance_type if settlement.pay_kind is PayKind.INSURANCE else None,
        insurance_settlement_id=settlement.platform_serial,
        consultation_on=clock.day_of(order.created_at),
        department_code=order.department.code,
        department_name=order.department.name,
        visit_number=order.consultation.visit_number[:30],
        patient_id=patient.his_patient_id,
        record_number=patient.his_patient_id,
        total=total,
        fund=yuan(settlement.fund_fen or 0),
        account=yuan(settlement.account_fen or 0),
        other_fund=yuan(settlement.other_fen),
        own_pay=zero if settlement.pay_kind is PayKind.INSURANCE else cash,
        self_burden=zero,
        self_pay=cash if settlement.pay_kind is PayKind.INSURANCE else zero,
        cash=cash,
        channels=_channels(work, cash),
        charges=_charges(standing),
        details=tuple(_detail(line) for line in standing),
    )


def _channels(work: Work, cash: Decimal) -> tuple[Channel, ...]:
    settlement = work.settlement
    parts = {
        "INSURANCE_FUND": yuan((settlement.fund_fen or 0) + settlement.other_fen),
        "INSURANCE_ACCOUNT": yuan(settlement.account_fen or 0),
        "WECHAT": cash,
    }
    return tuple(Channel(kind=kind, amount=amount) for kind, amount in parts.items() if amount)


def _charges(standing: list[FeeDetail]) -> tuple[Charge, ...]:
    sums: dict[str, int] = defaultdict(int)
    for line in standing:
        sums[line.charge_code] += line.amount_fen
    return tuple(
        Charge(
            code=code,
            name=CHARGES[code],
            unit="项",
            price=yuan(total),
            quantity=Decimal("1.00"),
            amount=yuan(total),
            self_amount=Decimal("0.00"),
        )
        for code, total in sorted(sums.items())
    )


def _detail(line: FeeDetail) -> Detail:
    return Detail(
        serial=line.serial,
        charge_code=line.charge_code,
        charge_name=CHARGES[line.charge_code],
        code=line.item_code[:30],
        name=line.name[:100],
        spec=line.spec or None,
        unit=line.unit or "项",
        price=line.price,
        quantity=line.quantity,
        amount=yuan(line.amount_fen),
        self_amount=Decimal("0.00"),
        insurance_code=line.insurance_code,
        insurance_name=line.name[:100],
        prescription_number=line.prescription_number,
    )


def _age(born: date, today: date) -> int:
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))
