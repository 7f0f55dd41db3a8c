"""The prescription as a document (处方笺): a PDF of A5 pages with its Chinese font embedded.

Its parts are those of 处方管理办法: head, Rp, signatures. The same prescription gives the same bytes, so that an
attempt after `Unanswered` sends what was sent. Fonts: Noto Serif SC (SIL OFL 1.1), of which only the glyphs in use are
embedded.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Final

from fpdf import FPDF
from fpdf.enums import XPos, YPos
from fpdf.fonts import TTFFont
from pylopdf_fonts_zh_cn import serif_path

from clients.circulation.prescription import (
    PLATFORM_TIME,
    Approval,
    Decoction,
    Item,
    Patient,
    Prescription,
    PrescriptionKind,
)

A5: Final = (148.0, 210.0)  # millimetres
MARGIN, LINE = 12.0, 6.0
KINDS: Final = {
    PrescriptionKind.WESTERN: "西药处方",
    PrescriptionKind.CHINESE_PATENT: "中成药处方",
    PrescriptionKind.HERBAL: "中药饮片处方",
}
GENDERS: Final = {"1": "男", "2": "女"}
INFANCY: Final = 3  # years below which the age is told in months
_FONT = "NotoSerifSC"


def render(prescription: Prescription, approval: Approval, *, hospital: str) -> bytes:
    """The PDF; about a second of work, so a server calls it in a thread.

    Raises ValueError for a character that the font does not have: a name is never printed with a hole in it.
    """
    page = _Page(f"{hospital} {prescription.number}", prescription.prescribed_at)
    _head(page, prescription, hospital)
    page.rule()
    page.text("Rp", size=14)
    for line in _body(prescription):
        page.text(line)
    page.text("(以下空白)", size=8, align="C")
    page.rule()
    _foot(page, prescription, approval)
    return page.bytes()


class _Page:
    """Lines of Chinese text on A5 pages."""

    def __init__(self, title: str, at: datetime) -> None:
        self._pdf = FPDF(format=A5)
        self._pdf.set_margin(MARGIN)
        self._pdf.set_auto_page_break(True, MARGIN)
        self._pdf.set_creation_date(at.astimezone(PLATFORM_TIME))
        self._pdf.set_title(title)
        self._pdf.set_lang("zh-CN")
        self._pdf.add_font(_FONT, fname=str(serif_path()))
        font = self._pdf.fonts[_FONT.lower()]
        self._known = font.cmap if isinstance(font, TTFFont) else {}
        self._pdf.add_page()

    def text(self, line: str, *, size: float = 10, align: str = "L") -> None:
        """A paragraph over the whole width. Raises ValueError for what cannot be printed."""
        if missing := [each for each in line if ord(each) not in self._known]:
            raise ValueError(f"not in the font: {''.join(missing)!r}")
        self._pdf.set_font(_FONT, size=size)
        height = LINE * max(1.0, size / 10)
        self._pdf.multi_cell(0, height, line, align=align, new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def rule(self) -> None:
        """A line across."""
        y = self._pdf.get_y() + LINE / 4
        self._pdf.line(MARGIN, y, A5[0] - MARGIN, y)
        self._pdf.ln(LINE / 2)

    def bytes(self) -> bytes:
        """The finished document."""
        return bytes(self._pdf.output())


def _head(page: _Page, rx: Prescription, hospital: str) -> None:
    page.text(hospital, size=14, align="C")
    page.text("处方笺", size=16, align="C")
    page.text(KINDS[rx.kind], size=9, align="R")
    page.text(_spaced(f"处方编号:{rx.number}", f"开具日期:{_day(rx.prescribed_at)}"))
    gender = GENDERS.get(rx.patient.gender, "未说明")
    age = _age(rx.patient, rx.prescribed_at)
    page.text(_spaced(f"姓名:{rx.patient.name}", f"性别:{gender}", f"年龄:{age}"))
    page.text(_spaced(f"门诊号:{rx.visit.number}", f"科室:{rx.doctor.department.name}"))
    page.text(f"临床诊断:{'、'.join(each.name for each in rx.diagnoses)}")
    page.text(f"过敏史:{rx.patient.allergies or '未述'}")


def _foot(page: _Page, rx: Prescription, approval: Approval) -> None:
    title = f"({rx.doctor.title.name})" if rx.doctor.title else ""
    page.text(_spaced(f"医师:{rx.doctor.name}{title}", f"审方药师:{approval.pharmacist.name}"))
    page.text(_spaced(f"审方时间:{_minute(approval.approved_at)}", f"药品金额:{rx.total:.2f}元"))
    page.text(f"有效期至:{_minute(rx.valid_until)}")


def _body(rx: Prescription) -> Iterable[str]:
    if rx.decoction:
        return [*_pieces(rx.items), _taken(rx.decoction)]
    return [line for place, item in enumerate(rx.items, start=1) for line in _drug(place, item)]


def _drug(place: int, item: Item) -> tuple[str, str]:
    trade = f"({item.trade_name})" if item.trade_name else ""
    route, frequency = (term.name if term else "" for term in (item.route, item.frequency))
    dose = f"每次{_number(item.dose)}{item.dose_unit}"
    return (
        _spaced(f"{place}. {item.name}{trade}", item.spec, f"×{_number(item.quantity)}{item.unit}"),
        _spaced("    用法:", route, dose, frequency, f"共{_number(item.days)}天"),
    )


def _pieces(items: Iterable[Item]) -> Iterable[str]:
    told = [f"{item.name} {_number(item.dose)}{item.dose_unit}{_note(item)}" for item in items]
    return [_spaced(*told[first : first + 3]) for first in range(0, len(told), 3)]


def _note(item: Item) -> str:
    return f"({item.footnote})" if item.footnote else ""


def _taken(decoction: Decoction) -> str:
    each = f"每次{_number(decoction.dose)}{decoction.dose_unit}"
    whole = (f"共{decoction.doses}剂", decoction.usage.name, decoction.frequency.name, each, decoction.instruction)
    return _spaced(*whole)


def _age(patient: Patient, at: datetime) -> str:
    years = patient.age(at)
    return f"{int(years)}岁" if years >= INFANCY else f"{int(years * 12)}个月"


def _number(value: Decimal) -> str:
    return f"{value.normalize():f}"


def _day(at: datetime) -> str:
    return f"{at.astimezone(PLATFORM_TIME):%Y-%m-%d}"


def _minute(at: datetime) -> str:
    return f"{at.astimezone(PLATFORM_TIME):%Y-%m-%d %H:%M}"


def _spaced(*parts: str) -> str:
    return "    ".join(part for part in parts if part)
