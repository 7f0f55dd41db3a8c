"""What the platforms told of a prescription: hints, the signature, the review, what became of the drugs."""

from __future__ import annotations

from typing import Any

from tortoise import fields
from tortoise.models import Model

from app.models.circulation_states import CirculationState, DrugUse, ReviewVerdict
from app.models.hospitals import Severity
from app.models.prescriptions import Prescription


class PrescriptionHint(Model):
    """What the platform remarked before the prescription was uploaded (事前提醒, 3101); the newest advice alone."""

    id = fields.BigIntField(primary_key=True)
    prescription: fields.ForeignKeyRelation[Prescription] = fields.ForeignKeyField(
        "models.Prescription", related_name="hints", on_delete=fields.OnDelete.RESTRICT
    )
    prescription_id: int
    number = fields.CharField(50)
    rule_code = fields.CharField(50)
    rule_name = fields.CharField(200)
    content = fields.CharField(500)
    severity = fields.CharEnumField(Severity, max_length=16)
    severity_code = fields.CharField(3)
    evidence = fields.CharField(500, null=True)
    amount_fen = fields.BigIntField(null=True)
    blocking = fields.BooleanField()
    serials: Any = fields.JSONField(default=list)

    class Meta:
        table = "prescription_hint"
        indexes = (("prescription_id", "id"),)


class PrescriptionSignature(Model):
    """The signed prescription (医保电子签名, D002) until it is uploaded; `document_sealed` is the signed PDF."""

    id = fields.BigIntField(primary_key=True)
    prescription: fields.OneToOneRelation[Prescription] = fields.OneToOneField(
        "models.Prescription", related_name="signature", on_delete=fields.OnDelete.RESTRICT
    )
    prescription_id: int
    document_sealed = fields.BinaryField()
    digest = fields.TextField()
    certificate_serial = fields.CharField(200)
    certificate_subject = fields.CharField(500)
    signed_at = fields.DatetimeField()

    class Meta:
        table = "prescription_signature"


class PrescriptionReview(Model):
    """What the platform's pharmacist said (审方结果, D006), at `checked_at`; no verdict: nobody reviewed it yet."""

    id = fields.BigIntField(primary_key=True)
    prescription: fields.OneToOneRelation[Prescription] = fields.OneToOneField(
        "models.Prescription", related_name="review", on_delete=fields.OnDelete.RESTRICT
    )
    prescription_id: int
    verdict = fields.CharEnumField(ReviewVerdict, max_length=16, null=True)
    opinion = fields.CharField(2000, null=True)
    pharmacist_code = fields.CharField(20, null=True)
    pharmacist_name = fields.CharField(50, null=True)
    reviewed_at = fields.DatetimeField(null=True)
    checked_at = fields.DatetimeField()

    class Meta:
        table = "prescription_review"


class PrescriptionTaking(Model):
    """What became of a prescription at the pharmacies (取药结果, D007), at `checked_at`."""

    id = fields.BigIntField(primary_key=True)
    prescription: fields.OneToOneRelation[Prescription] = fields.OneToOneField(
        "models.Prescription", related_name="taking", on_delete=fields.OnDelete.RESTRICT
    )
    prescription_id: int
    state = fields.CharEnumField(CirculationState, max_length=16)
    use = fields.CharEnumField(DrugUse, max_length=16)
    use_name = fields.CharField(50)
    settled_at = fields.DatetimeField(null=True)
    drugs: Any = fields.JSONField(default=list)
    checked_at = fields.DatetimeField()

    class Meta:
        table = "prescription_taking"
