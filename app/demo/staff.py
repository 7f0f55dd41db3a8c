"""The invented doctors: what the hospital grants them, and what the platforms know of them.

doctor-05 is a herbalist; doctor-04 is no insurance doctor; doctor-03 has no grant at all. The pharmacists review what
they prescribe.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.models import Department, Doctor, DoctorGrant, DrugClass, Hospital, Pharmacist

DOCTORS = (
    ("D350200000001", "示例医师甲", "主任医师", 0),
    ("D350200000002", "示例医师乙", "副主任医师", 0),
    ("D350200000003", "示例医师丙", "主治医师", 1),
    ("D350200000004", "示例医师丁", "主治医师", 1),
    ("D350200000005", "示例医师戊", "主任医师", 2),
)
PHARMACISTS = (("Y350200000001", "示例药师甲", "主管药师"), ("Y350200000002", "示例药师乙", "药师"))
PLAIN = (DrugClass.ORDINARY, DrugClass.ANTIBACTERIAL_UNRESTRICTED, DrugClass.ANTIBACTERIAL_RESTRICTED)
GRANTS: tuple[tuple[DrugClass, ...], ...] = (
    (*PLAIN, DrugClass.ANTIBACTERIAL_SPECIAL, DrugClass.NARCOTIC_PSYCHOTROPIC),
    PLAIN,
    (),
    PLAIN,
    (DrugClass.ORDINARY, DrugClass.HERBAL),
)


def subject(number: int) -> str:
    """The subject of this doctor's token."""
    return f"doctor-{number:02d}"


def pharmacist_subject(number: int) -> str:
    """The subject of this pharmacist's token."""
    return f"pharmacist-{number:02d}"


def id_number(number: int) -> str:
    """The invented identity number of a doctor."""
    return f"35020019700101{number:03d}0"


async def employ_pharmacists(hospital: Hospital, department: Department, prefix: str) -> None:
    """All of them, in one department."""
    for number, (code, name, title) in enumerate(PHARMACISTS, start=1):
        await Pharmacist.create(
            hospital_id=hospital.id,
            department_id=department.id,
            subject=prefix + pharmacist_subject(number),
            code=code,
            name=name,
            title=title,
            licence=f"EXAMPLE{number:06d}",
        )


async def grant(doctors: Sequence[Doctor]) -> None:
    """The hospital's grants, in the order of `DOCTORS`."""
    for doctor, classes in zip(doctors, GRANTS, strict=True):
        await DoctorGrant.bulk_create([DoctorGrant(doctor_id=doctor.id, drug_class=each) for each in classes])


def at_the_insurance() -> list[dict[str, Any]]:
    """The rows of the insurance sandbox (5102), in its own words."""
    begins = {"begins": "2024-01-01 00:00:00"}
    doctors = [
        {"code": code, "name": name, "flag": "0" if number == 4 else "1", "id_number": id_number(number)} | begins
        for number, (code, name, _, _) in enumerate(DOCTORS, start=1)
    ]
    pharmacists = [
        {"code": code, "name": name, "type": "2", "flag": "0", "id_number": f"35020019800101{number:03d}0"} | begins
        for number, (code, name, _) in enumerate(PHARMACISTS, start=1)
    ]
    return doctors + pharmacists


def at_the_face_sign_in() -> list[dict[str, str]]:
    """The doctors whose faces the sandbox of the face sign-in knows."""
    return [{"code": code, "name": name} for code, name, _, _ in DOCTORS]
