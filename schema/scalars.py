"""Money, moments and days as the graph writes them."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, datetime
from typing import NewType

import strawberry
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition

from app import clock
from app.money import YUAN_TEXT

Money = NewType("Money", str)


def _money(text: object) -> Money:
    if not isinstance(text, str) or not YUAN_TEXT.fullmatch(text):
        raise GraphQLError('Money is yuan as a string with exactly two decimals, for instance "12.30"')
    return Money(text)


def _parse_day(text: object) -> date:
    try:
        return clock.day(str(text))
    except ValueError:
        raise GraphQLError(
            f"Date is a day between {clock.FIRST_DAY} and {clock.LAST_DAY}, for instance 2026-01-02"
        ) from None


def _parse_moment(text: object) -> datetime:
    moment = None
    with suppress(ValueError):
        clock.day(str(text)[:10])
        moment = datetime.fromisoformat(str(text))
    if moment is None or moment.tzinfo is None:
        raise GraphQLError("DateTime is a moment with its offset, for instance 2026-01-02T03:04:05+08:00")
    return moment


SCALARS: dict[object, ScalarDefinition] = {
    Money: strawberry.scalar(
        name="Money",
        description='An amount in yuan (金额，元) as a string with exactly two decimals: "12.30".',
        serialize=str,
        parse_value=_money,
    ),
    date: strawberry.scalar(
        name="Date",
        description="A day (日期) in Asia/Shanghai, as 2026-01-02.",
        serialize=date.isoformat,
        parse_value=_parse_day,
    ),
    datetime: strawberry.scalar(
        name="DateTime",
        description="A moment (时间) in RFC 3339 with its offset; always written in +08:00.",
        serialize=clock.text,
        parse_value=_parse_moment,
    ),
}
