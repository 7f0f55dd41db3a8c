"""Files as a client gets them: asked for over the graph, waited for, fetched by their link, and read."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4
from xml.etree import ElementTree

from tests.fixtures.hospital import RunningHospital, Someone, until

EXPORT = """id kind format sort state rowsDone rowsTotal progress sizeBytes createdAt finishedAt expiresAt
    problem { __typename code message } download { name url expiresAt }"""
LOOK = f"query($id: ID!) {{ node(id: $id) {{ ... on ReportExport {{ {EXPORT} }} }} }}"
PATIENCE = 60.0
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
ZERO = datetime(1899, 12, 30)  # noqa: DTZ001  # spreadsheets know no zones


def ask(someone: Someone, kind: str, format_: str, **more: Any) -> Any:
    """The answer of reportExport, whatever it is."""
    input_ = {"kind": kind, "format": format_, "idempotencyKey": uuid4().hex} | more
    return someone.do("reportExport", input_, f"... on ReportExportPayload {{ export {{ {EXPORT} }} }}")


def look(someone: Someone, export: Any) -> Any:
    return someone.ask(LOOK, {"id": export["id"]})["node"]


def done(someone: Someone, export: Any) -> Any:
    """The export when it has ended well."""

    def ended() -> Any:
        seen = look(someone, export)
        return seen if seen["state"] in ("DONE", "FAILED") else None

    seen = until(ended, "the export's end", PATIENCE)
    assert seen["state"] == "DONE", seen
    return seen


def fetch(hospital: RunningHospital, export: Any) -> bytes:
    answer = hospital.http.get(export["download"]["url"])
    assert answer.status_code == 200, answer.text
    assert int(answer.headers["content-length"]) == len(answer.content) == export["sizeBytes"]
    assert export["download"]["name"] in answer.headers["content-disposition"]
    return answer.content


@dataclass(frozen=True)
class Read:
    """A file: its rows by their headings, and the lines of the second sheet, where it has one."""

    rows: list[dict[str, Any]]
    about: dict[str, Any]

    def sum(self, heading: str) -> int:
        """In fen."""
        return sum(fen(row[heading]) for row in self.rows)


def fen(cell: Any) -> int:
    return round(float(cell or 0) * 100)


def exported(hospital: RunningHospital, someone: Someone, kind: str, format_: str = "CSV", **more: Any) -> Read:
    """Ask, wait, fetch, read."""
    answer = ask(someone, kind, format_, **more)
    assert "export" in answer, answer
    content = fetch(hospital, done(someone, answer["export"]))
    return of_csv(content) if format_ == "CSV" else of_xlsx(content)


def of_csv(content: bytes) -> Read:
    assert content.startswith(b"\xef\xbb\xbf")
    return Read(list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))), {})


def of_xlsx(content: bytes) -> Read:
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        sheets = [_sheet(book, number) for number in (1, 2)]
        assert not [name for name in book.namelist() if re.search(r"sheet3|vba", name)]
    headings, *rows = sheets[0]
    told = [dict(zip(headings, row + [None] * len(headings), strict=False)) for row in rows]
    return Read(told, {line[0]: line[1] for line in sheets[1]})


def _sheet(book: zipfile.ZipFile, number: int) -> list[list[Any]]:
    tree = ElementTree.fromstring(book.read(f"xl/worksheets/sheet{number}.xml"))
    strings = []
    if "xl/sharedStrings.xml" in book.namelist():
        shared = ElementTree.fromstring(book.read("xl/sharedStrings.xml"))
        strings = ["".join(each.itertext()) for each in shared.iter(f"{MAIN}si")]
    assert list(tree.iter(f"{MAIN}f")) == [], "a formula"
    return [_row(row, strings) for row in tree.iter(f"{MAIN}row")]


def _row(row: Any, strings: list[str]) -> list[Any]:
    cells: list[Any] = []
    for cell in row.iter(f"{MAIN}c"):
        place = _place(cell.get("r"))
        cells += [None] * (place - len(cells)) + [_value(cell, strings)]
    return cells


def _place(reference: str) -> int:
    place = 0
    for letter in re.sub(r"\d", "", reference):
        place = place * 26 + ord(letter) - ord("A") + 1
    return place - 1


def _value(cell: Any, strings: list[str]) -> Any:
    text = "".join(cell.itertext())
    if cell.get("t") == "s":
        return strings[int(text)]
    return text if cell.get("t") else float(text)


def moment(days: float) -> datetime:
    """A spreadsheet's number as the moment on a clock in Asia/Shanghai."""
    return ZERO + timedelta(seconds=round(days * 86400))
