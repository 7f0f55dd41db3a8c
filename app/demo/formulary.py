"""The invented hospital's formulary: a few drugs of each kind and class."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from app.models import Drug, DrugClass, Hospital, PrescriptionKind

WESTERN, PATENT, HERBAL = PrescriptionKind.WESTERN, PrescriptionKind.CHINESE_PATENT, PrescriptionKind.HERBAL
ORDINARY, PIECES = DrugClass.ORDINARY, DrugClass.HERBAL
FREE, RESTRICTED = DrugClass.ANTIBACTERIAL_UNRESTRICTED, DrugClass.ANTIBACTERIAL_RESTRICTED
SPECIAL, NARCOTIC = DrugClass.ANTIBACTERIAL_SPECIAL, DrugClass.NARCOTIC_PSYCHOTROPIC

# Code, national code, name, class, form, specification, unit, price; what more there is to say.
Line = tuple[str, str, str, DrugClass, str, str, str, str, dict[str, Any]]
SECOND = {"level": "2", "self_pay_ratio": Decimal("0.1")}
LIMITED = SECOND | {"limited": True}
DRUGS: dict[PrescriptionKind, tuple[Line, ...]] = {
    WESTERN: (
        ("D0001", "XJ01CAA040A00101010", "阿莫西林胶囊", FREE, "胶囊剂", "0.25g*24粒", "盒", "8.60", {}),
        ("D0002", "XN02BEB008A00101020", "对乙酰氨基酚片", ORDINARY, "片剂", "0.5g*12片", "盒", "3.25", {}),
        ("D0003", "XC09CAX021A00101030", "缬沙坦胶囊", ORDINARY, "胶囊剂", "80mg*7粒", "盒", "21.90", SECOND),
        ("D0004", "XJ01MAZ099A00101040", "莫西沙星片", RESTRICTED, "片剂", "0.4g*3片", "盒", "52.3", LIMITED),
        ("D0005", "XJ01DHM028B00101050", "美罗培南", SPECIAL, "粉针剂", "0.5g", "支", "68.00", LIMITED),
        ("D0006", "XN02AAM054A00101060", "硫酸吗啡片", NARCOTIC, "片剂", "10mg*20片", "盒", "66.18", SECOND),
        ("D0007", "XA11GAW020A00101070", "维生素C片", ORDINARY, "片剂", "0.1g*100片", "瓶", "2.15", {"level": "3"}),
    ),
    PATENT: (
        ("P0001", "ZA03AAL0237010100080", "连花清瘟胶囊", ORDINARY, "胶囊剂", "0.35g*24粒", "盒", "14.5", SECOND),
        ("P0002", "ZA06CAG0054010100090", "复方丹参滴丸", ORDINARY, "滴丸剂", "27mg*180丸", "盒", "28.32", {}),
    ),
    HERBAL: (
        ("H0001", "T000100001", "黄芪", PIECES, "饮片", "统货", "g", "0.085", {}),
        ("H0002", "T000100002", "甘草", PIECES, "饮片", "统货", "g", "0.0625", {}),
        ("H0003", "T000100003", "薄荷", PIECES, "饮片", "统货", "g", "0.032", {}),
    ),
}
LIST_TYPES = {WESTERN: "101", PATENT: "101", HERBAL: "102"}


async def stock(hospital: Hospital) -> None:
    """Put all of them on the hospital's list."""
    await Drug.bulk_create([_drug(hospital, kind, line) for kind, lines in DRUGS.items() for line in lines])


def _drug(hospital: Hospital, kind: PrescriptionKind, line: Line) -> Drug:
    item_code, insurance_code, name, drug_class, form, spec, unit, price, more = line
    told = {"list_type": LIST_TYPES[kind], "level": "1", "producer": "示例药业"} | more
    return Drug(
        hospital_id=hospital.id,
        item_code=item_code,
        insurance_code=insurance_code,
        name=name,
        kind=kind,
        drug_class=drug_class,
        dosage_form=form,
        spec=spec,
        unit=unit,
        price=Decimal(price),
        **told,
    )
