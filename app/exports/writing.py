"""The files: CSV and XLSX, row by row. No cell is ever a formula; amounts are numbers with two decimals."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

import xlsxwriter

from app import clock
from app.exports import words
from app.exports.columns import Column, Form
from app.models.exports import ExportFormat
from app.money import yuan, yuan_text

# A spreadsheet takes a cell that begins so for a formula; the last four are full-width.
FORMULAS = tuple("=+-@\t\r\n＝＋－＠")
About = Sequence[tuple[str, Any]]  # the lines of the second sheet; an amount is a Decimal


@dataclass(frozen=True, slots=True)
class Sheet:
    """What every file is told at its beginning."""

    columns: tuple[Column, ...]
    language: int

    @property
    def headings(self) -> list[str]:
        """In the language of whoever asked."""
        return [column.headings[self.language] for column in self.columns]

    def word(self, value: str) -> str:
        """A value of an enum; a word of tomorrow stays as it is."""
        return words.WORDS.get(value, (value, value))[self.language]


class Writer(Protocol):
    """A file in the making."""

    def row(self, record: Sequence[Any]) -> None:
        """One more row, as the database told it."""

    def close(self, about: About) -> None:
        """The end; `about` is for whoever has a second sheet."""


def harmless(text: str) -> str:
    """A text that no spreadsheet calculates."""
    return f"'{text}" if text.startswith(FORMULAS) else text


class CSV:
    """UTF-8 with a byte order mark, CRLF: what Excel opens by itself."""

    def __init__(self, path: Path, sheet: Sheet) -> None:
        self._sheet = sheet
        self._file = path.open("w", encoding="utf-8-sig", newline="")
        self._csv = csv.writer(self._file)
        self._csv.writerow(sheet.headings)

    def row(self, record: Sequence[Any]) -> None:
        """One more row."""
        self._csv.writerow([self._cell(*each) for each in zip(self._sheet.columns, record, strict=True)])

    def close(self, about: About) -> None:
        """Rows alone: a program reads them."""
        self._file.close()

    def _cell(self, column: Column, value: Any) -> str:
        if value is None:
            return ""
        if column.form is Form.MONEY:
            return yuan_text(value)
        if column.form is Form.MOMENT:
            return f"{clock.local(value):%Y-%m-%d %H:%M:%S}"
        return harmless(self._sheet.word(value) if column.form is Form.WORD else str(value))


class XLSX:
    """One sheet of rows, written through to disk, and one that says what was asked."""

    def __init__(self, path: Path, sheet: Sheet) -> None:
        self._sheet = sheet
        self._book = xlsxwriter.Workbook(str(path), {"constant_memory": True, "tmpdir": str(path.parent)})
        self._bold = self._book.add_format({"bold": True})
        self._money = self._book.add_format({"num_format": "#,##0.00"})
        self._moment = self._book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self._rows = self._book.add_worksheet(words.ROWS[sheet.language])
        self._rows.freeze_panes(1, 0)
        for place, column in enumerate(sheet.columns):
            self._rows.set_column(place, place, column.width)
        for place, heading in enumerate(sheet.headings):
            self._rows.write_string(0, place, heading, self._bold)
        self._next = 1

    def row(self, record: Sequence[Any]) -> None:
        """One more row."""
        for place, (column, value) in enumerate(zip(self._sheet.columns, record, strict=True)):
            if value is not None:
                self._cell(place, column, value)
        self._next += 1

    def _cell(self, place: int, column: Column, value: Any) -> None:
        if column.form is Form.MONEY:
            self._rows.write_number(self._next, place, yuan(value), self._money)
        elif column.form is Form.MOMENT:
            self._rows.write_datetime(self._next, place, _bare(value), self._moment)
        else:
            text = self._sheet.word(value) if column.form is Form.WORD else str(value)
            self._rows.write_string(self._next, place, text)

    def close(self, about: About) -> None:
        """The second sheet, and the file."""
        sheet = self._book.add_worksheet(words.ABOUT[self._sheet.language])
        sheet.set_column(0, 0, 24)
        sheet.set_column(1, 1, 40)
        for line, (name, value) in enumerate(about):
            sheet.write_string(line, 0, name, self._bold)
            if isinstance(value, Decimal):
                sheet.write_number(line, 1, value, self._money)
            elif isinstance(value, int):
                sheet.write_number(line, 1, value)
            else:
                sheet.write_string(line, 1, str(value))
        self._book.close()


def _bare(moment: datetime) -> datetime:
    """A moment on a clock in Asia/Shanghai; spreadsheets know no zones."""
    return clock.local(moment).replace(tzinfo=None)


WRITERS: dict[ExportFormat, type[CSV] | type[XLSX]] = {ExportFormat.CSV: CSV, ExportFormat.XLSX: XLSX}
