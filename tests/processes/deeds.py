"""Every mutation as a deed upon somebody's things: who may do it at home, and with what.

`@Order` in an input stands for the id of that object. A mutation that is not here, or an id of an input that no deed
names, fails tests/processes/test_two_hospitals.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from app.tokens import Role
from tests.fixtures.prescribing import DIAGNOSES, WESTERN_ITEM

SENDERS = (Role.PHARMACIST, Role.CASHIER, Role.ADMIN)
VERIFIERS = (Role.DOCTOR, Role.CASHIER, Role.ADMIN)
LOOKERS = (Role.DOCTOR, Role.PHARMACIST, Role.CASHIER, Role.ADMIN)
STAFF = (Role.CASHIER, Role.FINANCE, Role.AUDITOR, Role.ADMIN)
DECIDERS = (Role.CASHIER, Role.FINANCE, Role.ADMIN)
PAYERS = (Role.PATIENT, Role.CASHIER)
CLERKS = (Role.CASHIER, Role.FINANCE)
WRITTEN = {"kind": "WESTERN", "diagnoses": DIAGNOSES, "items": [WESTERN_ITEM]}
PARCEL = {"carrier": "ZTO", "waybillNumber": "ZT9000000000001"}
REASON = {"reason": "测试"}


@dataclass(frozen=True)
class Deed:
    """One way to use a mutation; `own` names objects of whoever asks, put in the place of those of the same type."""

    mutation: str
    roles: tuple[Role, ...]
    input: dict[str, Any]
    own: tuple[str, ...] = ()

    def filled(self, objects: dict[str, str], own: dict[str, str] | None = None) -> dict[str, Any]:
        """The input with ids in their places and a fresh key where it takes one."""
        known = objects | {name: own[name] for name in self.own if own}
        told = {name: known[value[1:]] if str(value).startswith("@") else value for name, value in self.input.items()}
        return told | ({} if self.mutation in WITHOUT_KEY else {"idempotencyKey": uuid4().hex})


WITHOUT_KEY = (
    "doctorFaceSignInRefresh",
    "prescriptionReviewRefresh",
    "prescriptionTakingRefresh",
    "prescriptionPaymentRefresh",
    "settlementRefresh",
    "settlementResume",
    "shipmentRefresh",
)
DEEDS = (
    Deed("doctorIdentityVerify", VERIFIERS, {"doctorId": "@Doctor"}),
    Deed("doctorFaceSignInStart", (Role.DOCTOR,), {"doctorId": "@Doctor"}),
    Deed("doctorFaceSignInRefresh", VERIFIERS, {"doctorId": "@Doctor"}),
    Deed("doctorPrescribingRightVerify", VERIFIERS, {"doctorId": "@Doctor"}),
    Deed("patientInsuranceVerify", (Role.PATIENT, Role.DOCTOR, Role.CASHIER), {"patientId": "@Patient"}),
    Deed("patientAuthorizationStart", (Role.PATIENT,), {"patientId": "@Patient"}),
    Deed("patientAuthorizationRefresh", (Role.PATIENT,), {"patientId": "@Patient", "authCode": "C1"}),
    Deed("consultationUpload", VERIFIERS, {"consultationId": "@Consultation"}),
    Deed("prescriptionCreate", (Role.DOCTOR,), {"consultationId": "@Consultation", **WRITTEN}),
    Deed(
        "prescriptionCreate",
        (Role.DOCTOR,),
        {"consultationId": "@Consultation", "replacesId": "@Prescription", **WRITTEN},
        own=("Consultation",),
    ),
    Deed("prescriptionAdvise", (Role.DOCTOR,), {"prescriptionId": "@Prescription"}),
    Deed("prescriptionApprove", (Role.PHARMACIST,), {"prescriptionId": "@Prescription"}),
    Deed("prescriptionReject", (Role.PHARMACIST,), {"prescriptionId": "@Prescription"} | REASON),
    Deed("prescriptionUpload", (Role.DOCTOR,), {"prescriptionId": "@Prescription"}),
    Deed("prescriptionUploadCancel", (Role.DOCTOR,), {"prescriptionId": "@Uploaded"} | REASON),
    Deed("prescriptionReviewRefresh", LOOKERS, {"prescriptionId": "@Uploaded"}),
    Deed("prescriptionTakingRefresh", LOOKERS, {"prescriptionId": "@Uploaded"}),
    Deed(
        "prescriptionPaymentRefresh",
        (Role.PATIENT, Role.DOCTOR, Role.CASHIER, Role.FINANCE),
        {"prescriptionId": "@Uploaded"},
    ),
    Deed("orderCreate", PAYERS, {"patientId": "@Patient", "prescriptions": [{"number": "x", "feeDigest": None}]}),
    Deed("settlementStart", PAYERS, {"orderId": "@Order", "payKind": "SELF_PAY"}),
    Deed("settlementRefresh", (Role.PATIENT, *STAFF), {"settlementId": "@Settlement"}),
    Deed("settlementReverse", CLERKS, {"settlementId": "@Settlement"} | REASON),
    Deed("settlementResume", CLERKS, {"settlementId": "@Settlement"}),
    Deed("invoiceIssue", CLERKS, {"settlementId": "@Settlement"}),
    Deed("refundRequest", PAYERS, {"settlementId": "@Settlement", "lines": [{"serial": "x"}]} | REASON),
    Deed("refundApprove", DECIDERS, {"refundId": "@Refund"}),
    Deed("refundReject", DECIDERS, {"refundId": "@Refund"} | REASON),
    Deed("shipmentCreate", SENDERS, {"prescriptionId": "@Medicine"} | PARCEL),
    Deed("shipmentCreate", (Role.CASHIER, Role.ADMIN), {"orderId": "@Order"} | PARCEL),
    Deed(
        "shipmentCreate",
        (Role.CASHIER, Role.ADMIN),
        {"orderId": "@Order", "prescriptionId": "@Medicine"} | PARCEL,
        own=("Order",),
    ),
    Deed("shipmentUpload", SENDERS, {"shipmentId": "@Shipment"}),
    Deed("shipmentRefresh", (Role.PATIENT, Role.PHARMACIST, *STAFF), {"shipmentId": "@Shipment"}),
)
# Its ids only narrow what is exported of the hospital's own.
FILTERING = ("reportExport",)
