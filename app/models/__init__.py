"""The hospital's own state: one table a class, a module a subject. Tables know no platform and no process."""

from app.models.audit import AuditEntry, Callback, Exchange, IdempotencyKey
from app.models.circulation import PrescriptionHint, PrescriptionReview, PrescriptionSignature, PrescriptionTaking
from app.models.circulation_states import CirculationState, DrugUse, ReviewVerdict
from app.models.consultations import (
    Consultation,
    ConsultationMessage,
    ConsultationUpload,
    InsuranceVisit,
    Speaker,
)
from app.models.doctors import DoctorGrant, DrugClass, FaceSignIn, FaceSignInTicket, InsuranceStanding, PrescribingRight
from app.models.drugs import Drug
from app.models.exports import ExportFormat, ExportKind, ExportState, ReportExport, ReportExportChunk
from app.models.hospitals import Department, Doctor, Hospital, Pharmacist, ReversalProfile, Severity
from app.models.invoices import Invoice, InvoiceState, MissingInvoice
from app.models.lists import ListSort
from app.models.orders import FeeDetail, Order, OrderState
from app.models.patients import Patient
from app.models.prescriptions import (
    DispenseState,
    PaymentState,
    Prescription,
    PrescriptionItem,
    PrescriptionKind,
    PrescriptionState,
    PrescriptionStep,
    PrescriptionStepKind,
)
from app.models.refunds import Refund, RefundLine, RefundState
from app.models.settlements import (
    CheckoutKind,
    Direction,
    PayKind,
    Settlement,
    SettlementState,
    SettlementStep,
    StepKind,
    Way,
)
from app.models.shipments import Shipment, ShipmentNode, ShipmentState, ShipmentUpload, UploadTarget
from app.models.steps import StepState

__all__ = [
    "AuditEntry",
    "Callback",
    "CheckoutKind",
    "CirculationState",
    "Consultation",
    "ConsultationMessage",
    "ConsultationUpload",
    "Department",
    "Direction",
    "DispenseState",
    "Doctor",
    "DoctorGrant",
    "Drug",
    "DrugClass",
    "DrugUse",
    "Exchange",
    "ExportFormat",
    "ExportKind",
    "ExportState",
    "FaceSignIn",
    "FaceSignInTicket",
    "FeeDetail",
    "Hospital",
    "IdempotencyKey",
    "InsuranceStanding",
    "InsuranceVisit",
    "Invoice",
    "InvoiceState",
    "ListSort",
    "MissingInvoice",
    "Order",
    "OrderState",
    "Patient",
    "PayKind",
    "PaymentState",
    "Pharmacist",
    "PrescribingRight",
    "Prescription",
    "PrescriptionHint",
    "PrescriptionItem",
    "PrescriptionKind",
    "PrescriptionReview",
    "PrescriptionSignature",
    "PrescriptionState",
    "PrescriptionStep",
    "PrescriptionStepKind",
    "PrescriptionTaking",
    "Refund",
    "RefundLine",
    "RefundState",
    "ReportExport",
    "ReportExportChunk",
    "ReversalProfile",
    "ReviewVerdict",
    "Settlement",
    "SettlementState",
    "SettlementStep",
    "Severity",
    "Shipment",
    "ShipmentNode",
    "ShipmentState",
    "ShipmentUpload",
    "Speaker",
    "StepKind",
    "StepState",
    "UploadTarget",
    "Way",
]
