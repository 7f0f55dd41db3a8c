"""What is read of prescriptions; a part of resolvers/reads.py."""

from __future__ import annotations

from app import models
from resolvers.read_shapes import PROBLEM, Column, Many, One, ReadType, fen, parsed

DECOCTION = (
    "doses",
    "way_code",
    "way_name",
    "frequency_code",
    "frequency_name",
    "dose",
    "dose_unit",
    "instructions",
)
PRESCRIPTION_PAYMENT = (
    "payment_state",
    "payment_paid_at",
    "payment_dispense_state",
    "payment_fees_changed",
    "payment_checked_at",
)

PRESCRIPTION_TYPES: tuple[ReadType, ...] = (
    ReadType(
        name="Prescription",
        model=models.Prescription,
        fields={"total_amount": fen("total_fen")},
        relations={
            "patient": One(models.Patient, "patient_id"),
            "doctor": One(models.Doctor, "doctor_id"),
            "consultation": One(models.Consultation, "consultation_id"),
            "order": One(models.Order, "order_id"),
            "items": Many(models.PrescriptionItem, "prescription_id", "id"),
            "replaces": One(models.Prescription, "replaces_id"),
            "hints": Many(models.PrescriptionHint, "prescription_id", "id"),
            "pharmacist": One(models.Pharmacist, "pharmacist_id"),
            "steps": Many(models.PrescriptionStep, "prescription_id", "position"),
            "review": One(models.PrescriptionReview, "prescription_id", back=True),
            "taking": One(models.PrescriptionTaking, "prescription_id", back=True),
        },
        computed={"diagnoses": ("diagnoses",), "decoction": DECOCTION, "payment": PRESCRIPTION_PAYMENT},
    ),
    ReadType(
        name="PrescriptionHint",
        model=models.PrescriptionHint,
        fields={"amount": fen("amount_fen"), "serials": Column("serials", parsed)},
    ),
    ReadType(name="PrescriptionStep", model=models.PrescriptionStep, computed={"problem": PROBLEM}),
    ReadType(name="PrescriptionReview", model=models.PrescriptionReview),
    ReadType(name="PrescriptionTaking", model=models.PrescriptionTaking, computed={"drugs": ("drugs",)}),
    ReadType(name="PrescriptionItem", model=models.PrescriptionItem, fields={"amount": fen("amount_fen")}),
)
