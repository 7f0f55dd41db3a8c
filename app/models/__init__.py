"""The hospital's own state: one table a class, a module a subject. Tables know no platform and no process."""

from app.models.audit import AuditEntry, Callback, Exchange, IdempotencyKey
from app.models.consultations import Consultation
from app.models.doctors import DoctorGrant, DrugClass, FaceSignIn, FaceSignInTicket, InsuranceStanding, PrescribingRight
from app.models.hospitals import Department, Doctor, Hospital, ReversalProfile
from app.models.invoices import Invoice, InvoiceState
from app.models.orders import FeeDetail, Order, OrderState
from app.models.patients import Patient
from app.models.prescriptions import Prescription, PrescriptionItem, PrescriptionKind
from app.models.settlements import (
    Direction,
    PayKind,
    Settlement,
    SettlementState,
    SettlementStep,
    StepKind,
    StepState,
)
from app.models.shipments import Shipment, ShipmentNode, ShipmentState

__all__ = [
    "AuditEntry",
    "Callback",
    "Consultation",
    "Department",
    "Direction",
    "Doctor",
    "DoctorGrant",
    "DrugClass",
    "Exchange",
    "FaceSignIn",
    "FaceSignInTicket",
    "FeeDetail",
    "Hospital",
    "IdempotencyKey",
    "InsuranceStanding",
    "Invoice",
    "InvoiceState",
    "Order",
    "OrderState",
    "Patient",
    "PayKind",
    "PrescribingRight",
    "Prescription",
    "PrescriptionItem",
    "PrescriptionKind",
    "ReversalProfile",
    "Settlement",
    "SettlementState",
    "SettlementStep",
    "Shipment",
    "ShipmentNode",
    "ShipmentState",
    "StepKind",
    "StepState",
]
