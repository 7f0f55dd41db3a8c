from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pypdfium2 as pdfium
import pytest

from app.prescription_pdf import render
from clients.circulation.prescription import Prescription, PrescriptionKind
from tests.clients.circulation.examples import AT, approval, diagnosis, patient, piece, prescription, tablet

HOSPITAL = "示例互联网医院"


def text(rx: Prescription, pages: int = 1) -> str:
    """What the document says, without its spaces and line breaks."""
    document = pdfium.PdfDocument(render(rx, approval(), hospital=HOSPITAL))
    try:
        assert len(document) == pages
        return "".join("".join(page.get_textpage().get_text_bounded().split()) for page in document)
    finally:
        document.close()


@pytest.mark.parametrize("kind", PrescriptionKind)
def test_the_head_and_the_signatures_can_be_read_again(kind: PrescriptionKind) -> None:
    told = text(prescription(kind))
    for part in (
        HOSPITAL,
        "处方笺",
        "处方编号:RX0001",
        "开具日期:2026-11-23",
        "姓名:测试甲性别:男年龄:36岁",
        "门诊号:OP0001科室:呼吸内科",
        "过敏史:青霉素过敏",
        "医师:测试医师(主任医师)审方药师:测试药师",
        "审方时间:2026-11-2309:05",
        "有效期至:2026-11-2609:00",
        "以下空白",
    ):
        assert part in told


def test_western_drugs_are_told_with_spec_quantity_and_use() -> None:
    told = text(prescription())
    assert "西药处方" in told
    assert "1.阿莫西林胶囊0.25g*24粒×2盒用法:口服每次0.5g每日三次共7天" in told
    assert "2.氨溴索片" in told
    assert "药品金额:50.00元" in told


def test_herbal_pieces_are_told_with_grams_doses_and_decoction() -> None:
    told = text(prescription(PrescriptionKind.HERBAL))
    assert "中药饮片处方" in told
    assert "临床诊断:感冒病" in told
    assert "黄芪15g附子9g(先煎)炙甘草6g" in told
    assert "共7剂水煎服每日两次每次200ml饭后温服" in told


def test_every_font_is_embedded() -> None:
    document = pdfium.PdfDocument(render(prescription(), approval(), hospital=HOSPITAL))
    try:
        fonts = [
            each.get_font() for page in document for each in page.get_objects() if isinstance(each, pdfium.PdfTextObj)
        ]
        assert fonts
        assert {font.get_base_name() for font in fonts} == {"MPDFAA+NotoSerifSC"}
        assert all(font.is_embedded for font in fonts)
    finally:
        document.close()


def test_the_same_prescription_is_the_same_document() -> None:
    assert render(prescription(), approval(), hospital=HOSPITAL) == render(
        prescription(), approval(), hospital=HOSPITAL
    )


def test_a_long_prescription_goes_on_on_another_page() -> None:
    items = tuple(tablet(catalogue_code=f"X{n}", name=f"示例药品{n}") for n in range(25))
    assert "25.示例药品24" in text(prescription(items=items), pages=3)


def test_an_infants_age_is_told_in_months() -> None:
    baby = patient(birth_date=(AT - timedelta(days=200)).date())
    assert "年龄:6个月" in text(prescription(patient=baby))


def test_quantities_are_told_without_trailing_zeros() -> None:
    half = replace(piece(), dose=Decimal("7.50"), quantity=Decimal("105.0000"))
    assert "黄芪7.5g" in text(prescription(PrescriptionKind.HERBAL, items=(half,)))


def test_several_diagnoses_are_told() -> None:
    both = (diagnosis(), diagnosis(code="J20.900", name="急性支气管炎", main=False))
    assert "急性上呼吸道感染、急性支气管炎" in text(prescription(diagnoses=both))


def test_a_name_is_never_printed_with_a_hole() -> None:
    with pytest.raises(ValueError, match="not in the font"):
        render(prescription(patient=patient(name="测\U0010ffff")), approval(), hospital=HOSPITAL)
