"""The hospital, its departments and doctors."""

from __future__ import annotations

from app import models
from schema.fields import Node, related, row_of, stored
from schema.standings import FaceSignIn, InsuranceStanding, PrescribingRight


@row_of(models.Hospital, "A designated institution (定点医药机构).")
class Hospital(Node):
    """A row of `hospital`."""

    code: str = stored("National institution code (定点医药机构编号).")
    name: str = stored("Name (名称).")
    area: str = stored("Region code (就医地医保区划).")


@row_of(models.Department, "A department (科室).")
class Department(Node):
    """A row of `department`."""

    code: str = stored("Department code (科室编码).")
    name: str = stored("Name (科室名称).")


@row_of(models.Doctor, "A doctor (医师).")
class Doctor(Node):
    """A row of `doctor`."""

    code: str = stored("National doctor code (国家医保医师代码).")
    name: str = stored("Name (姓名).")
    title: str = stored("Professional title (职称).")
    department: Department = related("The doctor's department (所属科室).")
    insurance_standing: InsuranceStanding | None = related("Standing with the insurance (医保医师身份). Tender 1.")
    face_sign_in: FaceSignIn | None = related("The doctor's face sign-in (人脸签到). Tender 3.")
    prescribing_right: PrescribingRight | None = related("What the doctor may prescribe (处方权). Tender 4.")
