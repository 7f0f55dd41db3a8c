"""The words of the enums of prescriptions."""

from __future__ import annotations

from app import models
from app.prescribing.written import DiagnosisKind
from schema.enums import described

PRESCRIPTION_ENUMS = (
    described(
        models.PrescriptionState,
        "Where a prescription that was written here stands (处方状态).",
        {
            "WRITTEN": "Written; nobody was told (已开立).",
            "CHECKING": "Being pre-checked by the platform (预核验中).",
            "IN_REVIEW": "Waits for the hospital's pharmacist (待审方).",
            "APPROVED": "Approved by the pharmacist, to be uploaded by the doctor (审方通过).",
            "REJECTED": "Sent back by the pharmacist; the doctor writes another (审方退回).",
            "UPLOADING": "Being signed and uploaded (上传中).",
            "UPLOADED": "On the platform (已上传).",
            "REFUSED": "The platform did not take it; the steps say why (平台拒绝).",
            "CANCELLING": "Being taken back (撤销中).",
            "CANCELLED": "Taken back (已撤销).",
            "ATTENTION": "A person must look; the steps say why (需人工处理).",
        },
    ),
    described(
        models.PrescriptionStepKind,
        "A step of an upload (上传步骤).",
        {
            "VISIT": "The consultation is registered with the insurance: 2201 (医保就诊登记).",
            "CHECK": "The platform checks the prescription: D001 (上传预核验).",
            "REVIEW": "The hospital's pharmacist reviews it (院内审方).",
            "SIGNATURE": "The platform signs it: D002 (医保电子签名).",
            "UPLOAD": "It is uploaded: D003 or 7101 (处方上传).",
            "CANCELLATION": "It is taken back: D004 or 7104 (处方撤销).",
        },
    ),
    described(
        models.Severity,
        "How bad a hint is (严重程度), the worst first.",
        {
            "VIOLATION": "A rule is broken (明确违规).",
            "SUSPECT": "Highly suspect (高度可疑).",
            "NOTICE": "To be noted (轻度可疑).",
            "UNKNOWN": "A code that is not mapped; it counts as the worst (未知).",
        },
    ),
    described(
        models.ReviewVerdict,
        "What the platform's pharmacist found (审核结果).",
        {"APPROVED": "Approved (审核通过).", "REJECTED": "Rejected: it is not dispensed (审核不通过)."},
    ),
    described(
        models.CirculationState,
        "How a prescription stands on the platform (平台处方状态).",
        {
            "VALID": "Valid (有效).",
            "EXPIRED": "Lapsed (已失效).",
            "REVOKED": "Taken back by the hospital (已撤销).",
            "VOIDED": "Voided by the platform (已作废).",
        },
    ),
    described(
        models.DrugUse,
        "Whether the drugs were taken (使用状态).",
        {"UNUSED": "Not taken (未使用).", "PARTLY_USED": "Partly (部分使用).", "USED": "Taken (已使用)."},
    ),
    described(
        DiagnosisKind,
        "What medicine a diagnosis is of (诊断类别).",
        {
            "WESTERN": "Western medicine (西医).",
            "DISEASE": "Main disease of Chinese medicine (中医主病).",
            "SYNDROME": "Main syndrome of Chinese medicine (中医主证).",
        },
    ),
)
