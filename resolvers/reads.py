"""What the graph's types are made of: model, columns and relations of each, declared once.

Only what differs from the obvious is said: a field named like its column needs no line. The ordinary resolvers draw
from here through `value` and `relation`; whoever compiles reads draws from the same declaration.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tortoise.models import Model

from app import models
from resolvers.read_prescriptions import PRESCRIPTION_TYPES
from resolvers.read_shapes import PROBLEM as PROBLEM
from resolvers.read_shapes import Column as Column
from resolvers.read_shapes import Convert as Convert
from resolvers.read_shapes import Many as Many
from resolvers.read_shapes import One as One
from resolvers.read_shapes import ReadType as ReadType
from resolvers.read_shapes import fen as fen
from resolvers.read_shapes import parsed as parsed
from resolvers.read_shapes import words as words

PATIENT_INSURANCE = (
    "person_number_masked",
    "insurance_type",
    "insured_area",
    "insurance_status",
    "insurance_balance_fen",
    "insurance_checked_at",
    "benefit_enjoyed",
    "benefit_reason",
    "benefit_checked_at",
)
PATIENT_AUTHORIZATION = ("authorization_expires_at", "authorization_checked_at")


TYPES: tuple[ReadType, ...] = (
    ReadType(name="Hospital", model=models.Hospital),
    ReadType(name="Department", model=models.Department),
    ReadType(
        name="Doctor",
        model=models.Doctor,
        relations={
            "department": One(models.Department, "department_id"),
            "insurance_standing": One(models.InsuranceStanding, "doctor_id", back=True),
            "face_sign_in": One(models.FaceSignIn, "doctor_id", back=True),
            "prescribing_right": One(models.PrescribingRight, "doctor_id", back=True),
        },
    ),
    ReadType(
        name="InsuranceStanding",
        model=models.InsuranceStanding,
        computed={"problem": PROBLEM},
    ),
    ReadType(name="FaceSignIn", model=models.FaceSignIn),
    ReadType(
        name="PrescribingRight",
        model=models.PrescribingRight,
        fields={"classes": Column("classes", words)},
        computed={"reason": ("reason_code",)},
    ),
    ReadType(
        name="Patient",
        model=models.Patient,
        fields={
            "name": Column("name_masked"),
            "id_number": Column("id_number_masked"),
            "phone": Column("phone_masked"),
        },
        computed={"insurance": PATIENT_INSURANCE, "authorization": PATIENT_AUTHORIZATION},
    ),
    ReadType(name="Pharmacist", model=models.Pharmacist),
    ReadType(
        name="Consultation",
        model=models.Consultation,
        relations={
            "patient": One(models.Patient, "patient_id"),
            "doctor": One(models.Doctor, "doctor_id"),
            "department": One(models.Department, "department_id"),
            "prescriptions": Many(models.Prescription, "consultation_id", "id"),
            "upload": One(models.ConsultationUpload, "consultation_id", back=True),
        },
    ),
    ReadType(name="ConsultationUpload", model=models.ConsultationUpload, computed={"problem": PROBLEM}),
    ReadType(
        name="Order",
        model=models.Order,
        fields={"total_amount": fen("total_fen"), "refunded_amount": fen("refunded_fen")},
        relations={
            "patient": One(models.Patient, "patient_id"),
            "doctor": One(models.Doctor, "doctor_id"),
            "department": One(models.Department, "department_id"),
            "consultation": One(models.Consultation, "consultation_id"),
            "prescriptions": Many(models.Prescription, "order_id", "id"),
            "fee_details": Many(models.FeeDetail, "order_id", "line_number"),
            "settlements": Many(models.Settlement, "order_id", "id"),
            "settlement": One(models.Settlement, "order_id", back=True),
            "shipments": Many(models.Shipment, "order_id", "id"),
        },
    ),
    ReadType(name="FeeDetail", model=models.FeeDetail, fields={"amount": fen("amount_fen")}),
    *PRESCRIPTION_TYPES,
    ReadType(
        name="Settlement",
        model=models.Settlement,
        fields={
            "total_amount": fen("total_fen"),
            "fund_amount": fen("fund_fen"),
            "account_amount": fen("account_fen"),
            "cash_amount": fen("cash_fen"),
            "refunded_amount": fen("refunded_fen"),
            "checkout": Column("checkout_kind"),
        },
        relations={
            "order": One(models.Order, "order_id"),
            "patient": One(models.Patient, "patient_id"),
            "steps": Many(models.SettlementStep, "settlement_id", "position"),
            "invoice": One(models.Invoice, "settlement_id", back=True),
            "refunds": Many(models.Refund, "settlement_id", "id"),
        },
        computed={"checkout_parameters": ("number", "state", "checkout_parameters_sealed")},
    ),
    ReadType(name="SettlementStep", model=models.SettlementStep, computed={"problem": PROBLEM}),
    ReadType(
        name="Refund",
        model=models.Refund,
        fields={"amount": fen("amount_fen")},
        relations={
            "settlement": One(models.Settlement, "settlement_id"),
            "patient": One(models.Patient, "patient_id"),
            "lines": Many(models.RefundLine, "refund_id", "id"),
        },
        computed={"problem": PROBLEM},
    ),
    ReadType(
        name="RefundLine",
        model=models.RefundLine,
        fields={"amount": fen("amount_fen")},
        relations={"fee_detail": One(models.FeeDetail, "fee_detail_id")},
    ),
    ReadType(
        name="Invoice",
        model=models.Invoice,
        fields={"total_amount": fen("total_fen")},
        relations={"settlement": One(models.Settlement, "settlement_id"), "patient": One(models.Patient, "patient_id")},
        computed={"download": ("id", "number", "batch_code", "check_code", "public_url")},
    ),
    ReadType(
        name="MissingInvoice",
        model=models.MissingInvoice,
        fields={"since": Column("created_at")},
        relations={"settlement": One(models.Settlement, "settlement_id")},
        computed={"problem": PROBLEM},
    ),
    ReadType(
        name="Shipment",
        model=models.Shipment,
        relations={
            "order": One(models.Order, "order_id"),
            "prescription": One(models.Prescription, "prescription_id"),
            "nodes": Many(models.ShipmentNode, "shipment_id", "at"),
            "uploads": Many(models.ShipmentUpload, "shipment_id", "id"),
        },
        computed={"problem": PROBLEM},
    ),
    ReadType(name="ShipmentNode", model=models.ShipmentNode),
    ReadType(
        name="ReportExport",
        model=models.ReportExport,
        computed={
            "progress": ("state", "rows_done", "rows_total"),
            "problem": ("problem_code",),
            "download": ("id", "kind", "format", "state", "created_at", "expires_at"),
        },
    ),
    ReadType(name="ShipmentUpload", model=models.ShipmentUpload, computed={"problem": PROBLEM}),
)


# What can be watched: the argument that names the row, and its type.
WATCHED: Mapping[str, tuple[str, str]] = {
    "settlementChanged": ("settlementId", "Settlement"),
    "reportExportChanged": ("exportId", "ReportExport"),
    "prescriptionChanged": ("prescriptionId", "Prescription"),
    "shipmentChanged": ("shipmentId", "Shipment"),
}

BY_MODEL: Mapping[type, ReadType] = {each.model: each for each in TYPES}
BY_NAME: Mapping[str, ReadType] = {each.name: each for each in TYPES}


def value(row: Any, name: str) -> Any:
    """The value of a plain field, for any object that a resolver returned."""
    declared = BY_MODEL.get(type(row))
    column = declared.fields.get(name) if declared else None
    return column.of(row) if column else getattr(row, name)


def relation(row: Model, name: str) -> One | Many:
    """The declared relation of a row."""
    return BY_MODEL[type(row)].relations[name]
