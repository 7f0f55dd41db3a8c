from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tortoise import Tortoise

from app.database import APP_LABEL
from app.exports.columns import TABLES, Column, Form
from app.exports.reading import Statements
from app.exports.words import FILTERS, WORDS
from app.exports.writing import WRITERS, Sheet, harmless
from app.models import ExportFormat, ExportKind, ListSort, OrderState, PayKind, SettlementState
from tests.graph.exported import moment, of_csv, of_xlsx

Tortoise.init_models(["app.models"], APP_LABEL)
HARMFUL = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1", "－1", "＋1", "＠x", '=HYPERLINK("http://x")']
HARMLESS = ["1=1", "a-b", '"quoted", and\nbroken', "汉字", " =1", "'=1", "", "{=1}"]
COLUMNS = (
    Column(("文字", "Text"), "t"),
    Column(("金额", "Amount"), "m", Form.MONEY),
    Column(("时间", "At"), "a", Form.MOMENT),
    Column(("状态", "State"), "s", Form.WORD),
)
AT = datetime(2026, 1, 1, 16, 0, 30, tzinfo=UTC)


def written(path: Path, format_: ExportFormat, rows: list[tuple[Any, ...]], language: int = 0) -> Any:
    writer = WRITERS[format_](path, Sheet(COLUMNS, language))
    for row in rows:
        writer.row(row)
    writer.close([("行数", len(rows))])
    return (of_csv if format_ is ExportFormat.CSV else of_xlsx)(path.read_bytes())


@pytest.mark.parametrize("text", HARMFUL)
def test_a_text_that_would_be_a_formula_is_none(text: str) -> None:
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("text", HARMLESS)
def test_any_other_text_stays_as_it_is(text: str) -> None:
    assert harmless(text) == text


@pytest.mark.parametrize("format_", ExportFormat)
def test_texts_come_back_as_they_were(tmp_path: Path, format_: ExportFormat) -> None:
    texts = [*HARMLESS, *(each for each in HARMFUL if "\r" not in each)]
    told = written(tmp_path / "file", format_, [(text, None, None, None) for text in texts])
    shown = [harmless(text) if format_ is ExportFormat.CSV else text for text in texts]
    assert [row["文字"] or "" for row in told.rows] == shown


@pytest.mark.parametrize("fen", [0, 1, -1, 100, -12345, 12_345_678_901_234])
def test_amounts_are_numbers_with_two_decimals(tmp_path: Path, fen: int) -> None:
    row = ("x", fen, AT, "SETTLED")
    (csv,) = written(tmp_path / "csv", ExportFormat.CSV, [row]).rows
    (xlsx,) = written(tmp_path / "xlsx", ExportFormat.XLSX, [row]).rows
    assert csv["金额"].replace(".", "").lstrip("-").isdigit()
    assert csv["金额"][-3] == "."
    assert round(float(csv["金额"]) * 100) == round(xlsx["金额"] * 100) == fen
    assert csv["时间"] == "2026-01-02 00:00:30"
    assert f"{moment(xlsx['时间']):%Y-%m-%d %H:%M:%S}" == csv["时间"]
    assert csv["状态"] == xlsx["状态"] == "已结算"


def test_what_is_not_known_is_an_empty_cell(tmp_path: Path) -> None:
    for format_, nothing in ((ExportFormat.CSV, ""), (ExportFormat.XLSX, None)):
        (row,) = written(tmp_path / format_, format_, [("x", None, None, None)]).rows
        assert (row["金额"], row["时间"], row["状态"]) == (nothing, nothing, nothing)


def test_a_word_of_tomorrow_stays_as_it_is(tmp_path: Path) -> None:
    (row,) = written(tmp_path / "file", ExportFormat.CSV, [("x", 1, AT, "A_STATE_OF_TOMORROW")], language=1).rows
    assert row["State"] == "A_STATE_OF_TOMORROW"


@pytest.mark.parametrize("enum", [OrderState, SettlementState, PayKind, ListSort, ExportKind])
def test_every_value_has_its_word(enum: Any) -> None:
    assert {each.value for each in enum} <= WORDS.keys()


@pytest.mark.parametrize("kind", ExportKind)
def test_every_filter_has_its_name_and_its_condition(kind: ExportKind) -> None:
    table = TABLES[kind]
    assert table.filters.keys() <= FILTERS.keys()
    days = {"since": "2026-01-01", "until": "2026-01-31"}
    asked = Statements(kind, ListSort.AMOUNT_DESC, 7, dict.fromkeys(table.filters, 5) | days)
    assert asked.values[0] == 7
    for place, _ in enumerate(asked.values, start=1):
        assert f"${place}" in asked.rows
        assert f"${place}" in asked.totals
    assert "sealed" not in asked.rows
