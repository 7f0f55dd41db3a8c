"""The chapters: what each person does, in the order of a day. A chapter's number is the tender's."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import uuid4

from app.demo.formulary import DRUGS
from app.demo.story import WRITTEN, Chapter, Story, key
from app.journey import Journey
from app.models import PrescriptionKind
from app.tokens import Role
from app.traveller import JourneyFailed
from clients.carriers.kuaidi100 import demo as kuaidi100
from clients.his.sandbox_visits import CatalogueItem, prescription

CARRIER = "ZTO"
LITTLE = 100  # fen in the personal account, so that there is something to pay in cash
PARCEL = """query($id: ID!) { node(id: $id) { ... on Shipment { state nodes { text }
  uploads { target toldState problem { code message } } } } }"""
GIVEN = "query($id: ID!) { node(id: $id) { ... on Refund { state problem { code message } } } }"


async def doctor(story: Story) -> str:
    """1–4: who the doctor is, today's face, what may be prescribed."""
    told = await story.traveller.ask("{ viewer { doctor { id name } } }", who=Role.DOCTOR)
    mine = {"doctorId": told["viewer"]["doctor"]["id"]}
    known = "... on DoctorPayload { doctor { prescribingRight { allowed } } }"
    await story.do("doctorIdentityVerify", mine | key(), known, Role.DOCTOR)
    page = await story.do(
        "doctorFaceSignInStart", mine | key(), "... on DoctorFaceSignInStartPayload { url }", Role.DOCTOR
    )
    await story.traveller.press(page["url"], "sign")
    await story.do("doctorFaceSignInRefresh", mine, known, Role.DOCTOR)
    right = await story.do("doctorPrescribingRightVerify", mine | key(), known, Role.DOCTOR)
    if not right["doctor"]["prescribingRight"]["allowed"]:
        raise JourneyFailed(f"the doctor may not prescribe: {right}")
    return str(told["viewer"]["doctor"]["name"])


async def patient(story: Story) -> str:
    """9, 10: the insurance tells of the patient, who consents."""
    row = story.person.at_the_insurance()
    row["insurances"][0]["balance_fen"] = LITTLE
    await story.traveller.control("load", {"insurance-core": {"persons": [row]}})
    told = await story.traveller.ask("{ viewer { patient { id } } }")
    mine = {"patientId": told["viewer"]["patient"]["id"]}
    insured = await story.do(
        "patientInsuranceVerify", mine | key(), "... on PatientPayload { patient { insurance { insuranceType } } }"
    )
    page = await story.do("patientAuthorizationStart", mine | key(), "... on PatientAuthorizationStartPayload { url }")
    agreed = await story.traveller.press(page["url"], "agree", id_number=story.person.id_number, payer_id_number="")
    code = agreed.partition('id="auth-code">')[2].partition("<")[0]
    consent = mine | {"authCode": code, "openId": "o-story"} | key()
    known = "... on PatientPayload { patient { authorization { authorized } } }"
    await story.do("patientAuthorizationRefresh", consent, known)
    return f"insurance {insured['patient']['insurance']['insuranceType']}"


async def consultation(story: Story) -> str:
    """11–19, 23, 24, 26, 27: the fee is paid by insurance on the cashier's page, the receipt fetched."""
    journey = Journey(traveller=story.traveller)
    story.visit = await journey.visit()
    open_ = await story.start("consultation", await journey.order(story.visit), payKind="INSURANCE")
    await story.traveller.press(open_["checkoutUrl"])
    done = await story.reaches("consultation", "COMPLETED")
    receipt = await story.traveller.http.get(done["invoice"]["download"]["url"], follow_redirects=True)
    if receipt.status_code >= 400:
        raise JourneyFailed(f"the receipt answered {receipt.status_code}")
    return f"{done['number']} {done['totalAmount']}, receipt {done['invoice']['number']}"


async def prescribing(story: Story) -> str:
    """5–8, 20: written, advised, approved in the house, uploaded, reviewed by the platform."""
    told = await story.traveller.ask(
        """query($id: ID!) { node(id: $id) { ... on Settlement { order { consultation { id } } } } }""",
        {"id": story.settlements["consultation"]},
    )
    visit = {"consultationId": told["node"]["order"]["consultation"]["id"]}
    payload = "... on PrescriptionPayload { prescription { id number state } }"
    written = await story.do("prescriptionCreate", visit | PRESCRIPTION | key(), payload, Role.DOCTOR)
    mine = {"prescriptionId": written["prescription"]["id"]}
    await story.do("prescriptionAdvise", mine | key(), payload, Role.DOCTOR)
    await story.do("prescriptionUpload", mine | key(), payload, Role.DOCTOR)
    await story.do("prescriptionApprove", mine | key(), payload, Role.PHARMACIST)
    ends = ("UPLOADED", "REFUSED", "ATTENTION")
    seen = await story.traveller.until(
        WRITTEN, mine["prescriptionId"], lambda row: row["state"] in ends, who=Role.DOCTOR
    )
    if seen["state"] != "UPLOADED":
        raise JourneyFailed(f"the prescription was not uploaded: {seen}")
    record = "... on ConsultationUploadPayload { consultation { upload { state } } }"
    await story.do("consultationUpload", visit | key(), record, Role.DOCTOR)
    await story.traveller.desk("circulation/desk", number=seen["insuranceNumber"], action="approve")
    reviewed = "... on PrescriptionPayload { prescription { review { verdict } } }"
    review = await story.do("prescriptionReviewRefresh", mine, reviewed, Role.DOCTOR)
    verdict = review["prescription"]["review"]["verdict"]
    if verdict != "APPROVED":
        raise JourneyFailed(f"the platform's pharmacist said {verdict}")
    story.ids["prescription"], story.ids["number"] = seen["id"], seen["number"]
    return f"{seen['number']} → {seen['insuranceNumber']}"


async def medicine(story: Story) -> str:
    """医保自费混合支付, 25: insurance and cash in one act; the HIS says that it is paid."""
    assert story.visit is not None  # noqa: S101  # the chapter before
    item_code, insurance_code, name, _, _, spec, unit, price, _ = DRUGS[PrescriptionKind.WESTERN][1]
    drug = CatalogueItem(item_code, insurance_code, name, spec, unit, Decimal(price))
    row = prescription(story.visit, story.ids["number"], "WESTERN", ((drug, 2),))
    await story.traveller.control("load", {"his": {"prescriptions": [row]}})
    order = await Journey(traveller=story.traveller).order(story.visit)
    mixed = {"payKind": "INSURANCE", "checkout": "MIXED", "openId": "oSTORY-user_0001"}
    open_ = await story.start("medicine", order, **mixed)
    url = f"{story.traveller.sandbox_url}/wechat-pay/med-ins/pay/{open_['mixTradeNo']}"
    await story.traveller.press(url)
    done = await story.reaches("medicine", "COMPLETED")
    asked = {"prescriptionId": done["order"]["prescriptions"][0]["id"]}
    paid = await story.do(
        "prescriptionPaymentRefresh",
        asked,
        "... on PrescriptionPaymentPayload { prescription { payment { state } } }",
    )
    state = paid["prescription"]["payment"]["state"]
    if state != "PAID":
        raise JourneyFailed(f"the HIS says {state}")
    story.ids["order"] = order["id"]
    return f"{done['number']} {done['totalAmount']}, of it cash {done['cashAmount']}"


async def parcel(story: Story) -> str:
    """21, 22: handed to a carrier, told to the insurance, signed for."""
    number = f"ZT{uuid4().int % 10**13:013d}"
    await story.traveller.control("load", {"kuaidi100": kuaidi100.handed_in(number)})
    handed = {"orderId": story.ids["order"], "carrier": CARRIER, "waybillNumber": number} | key()
    made = await story.do("shipmentCreate", handed, "... on ShipmentPayload { shipment { id } }", Role.CASHIER)
    id_ = made["shipment"]["id"]
    await story.do(
        "shipmentUpload", {"shipmentId": id_} | key(), "... on ShipmentPayload { shipment { id } }", Role.CASHIER
    )
    await story.traveller.control("load", {"kuaidi100": kuaidi100.delivered(number)})

    def signed(seen: Any) -> bool:
        told = [each["toldState"] for each in seen["uploads"] if each["target"] == "INSURANCE"]
        return bool(seen["state"] == "SIGNED" and told and set(told) == {"SIGNED"})

    seen = await story.traveller.until(PARCEL, id_, signed, who=Role.CASHIER)
    return f"{number}, {len(seen['nodes'])} nodes"


async def self_paid(story: Story) -> str:
    """统一支付: another visit, paid by WeChat; a part is given back, decided by another person."""
    journey = Journey(traveller=story.traveller)
    visit = await journey.visit()
    drug = CatalogueItem("D0102", "XN02BEB028A001010103912", "对乙酰氨基酚片", "0.5g*12片", "盒", Decimal("6.50"))
    row = prescription(visit, f"{visit.number}-X", "WESTERN", ((drug, 2),))
    await story.traveller.control("load", {"his": {"prescriptions": [row]}})
    open_ = await story.start("self-paid", await journey.order(visit), payKind="SELF_PAY")
    await story.traveller.press(open_["checkoutUrl"])
    done = await story.reaches("self-paid", "COMPLETED")
    line = next(each for each in done["order"]["feeDetails"] if each["amount"] == "13.00")
    asked = {
        "settlementId": done["id"],
        "lines": [{"serial": line["serial"]}],
        "reason": "药品未发出，申请退药",
    }
    refund = (await story.do("refundRequest", asked | key(), "... on RefundPayload { refund { id amount } }"))["refund"]
    decided = {"refundId": refund["id"]} | key()
    await story.do("refundApprove", decided, "... on RefundPayload { refund { id } }", Role.FINANCE)
    ends = ("DONE", "FAILED", "ATTENTION", "REJECTED")
    seen = await story.traveller.until(GIVEN, refund["id"], lambda row: row["state"] in ends)
    if seen["state"] != "DONE":
        raise JourneyFailed(f"the refund ended {seen}")
    after = await story.reaches("self-paid", "COMPLETED")
    return f"{after['number']} {after['totalAmount']}, given back {after['refundedAmount']}"


async def reversal(story: Story) -> str:
    """12, 15, 17: the consultation's settlement is undone."""
    undone = {"settlementId": story.settlements["consultation"], "reason": "演示冲销"} | key()
    await story.do("settlementReverse", undone, "... on SettlementPayload { settlement { id } }", Role.CASHIER)
    seen = await story.reaches("consultation", "REVERSED")
    return f"{seen['number']} given back {seen['refundedAmount']}"


PRESCRIPTION = {
    "kind": "WESTERN",
    "diagnoses": [{"code": "J00.x00", "name": "急性鼻咽炎", "main": True}],
    "items": [
        {
            "itemCode": "D0002",
            "quantity": "2",
            "dose": "0.5",
            "doseUnit": "g",
            "days": 3,
            "wayCode": "1",
            "wayName": "口服",
            "frequencyCode": "13",
            "frequencyName": "每日三次",
        }
    ],
}
CHAPTERS: tuple[tuple[str, Chapter], ...] = (
    ("doctor signs in", doctor),
    ("patient consents", patient),
    ("consultation is settled", consultation),
    ("prescription is uploaded", prescribing),
    ("medicine is paid, mixed", medicine),
    ("parcel is signed for", parcel),
    ("self-paid, a part refunded", self_paid),
    ("consultation is reversed", reversal),
)
