"""How a column becomes JSON in the text emitter: in SQL, and where there are many rows, begun in SQL and finished here.

Money and moments of a page, and the money of a report, are finished by the server. It takes as long there as it saves
in PostgreSQL, but there may be many servers, and only one PostgreSQL. The bytes are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from graphql import GraphQLBoolean

from app import clock
from app.money import negative_yuan_text, yuan_text
from resolvers.compiled.tree import Convert

BETWEEN = "\x1f"  # between the rows of a column; no JSON has it
Finish = Callable[[str | None], list[str]]  # the rows of a column, joined, as the JSON of each


@dataclass(frozen=True, slots=True)
class Form:
    """SQL around a column's name, whose value is in quotation marks or not.

    With `finish`, rows of a page are written by `begun` instead, and null is nothing.
    """

    sql: str
    quoted: bool = True
    begun: str = ""
    finish: Finish | None = None


def rows(joined: str | None) -> list[str]:
    """The rows of a column that PostgreSQL has finished; None: there are none."""
    return [] if joined is None else joined.split(BETWEEN)


def yuan(joined: str | None) -> list[str]:
    """Fen as yuan: two digits behind a point. Less than a yuan, less than nothing, and nothing at all are rare."""
    told = rows(joined)
    if joined and "-" not in joined and len(min(told, key=len)) > 2:
        return [f'"{fen[:-2]}.{fen[-2:]}"' for fen in told]
    return [f'"{yuan_text(int(fen))}"' if fen else "null" for fen in told]


def moments(joined: str | None) -> list[str]:
    """Moments to the millisecond; PostgreSQL's JSON has six digits of it, or fewer where they end in noughts."""
    told = rows(joined)
    if not joined or joined.count(ZONE) < len(told):
        return [f'"{clock.text(datetime.fromisoformat(moment[1:-1]))}"' if moment else "null" for moment in told]
    if len(min(told, key=len)) >= EXACT + len(ZONE):
        return [f"{moment[:EXACT]}{ZONE}" for moment in told]
    return [f"{_padded(moment.removesuffix(ZONE))}{ZONE}" for moment in told]


def _padded(moment: str) -> str:
    return f"{moment:0<{EXACT}.{EXACT}}" if "." in moment else f"{moment}.000"


ZONE, EXACT = '+08:00"', len('"2026-11-24T03:16:07.725')
AS_IT_IS, IN_QUOTES, ESCAPED = Form("{}", quoted=False), Form("{}"), Form("to_json({})", quoted=False)

# By the functions that the rows emitter calls. A moment is written in the time zone of the connection (reader.py).
FORMS: Mapping[Convert, Form] = {
    int: AS_IT_IS,
    str: IN_QUOTES,  # of decimals
    yuan_text: Form("{} * 0.01", begun="{}", finish=yuan),
    negative_yuan_text: Form("{} * -0.01"),
    clock.text: Form("to_char({}, 'YYYY-MM-DD\"T\"HH24:MI:SS.MSTZH:TZM')", begun="to_json({})", finish=moments),
    date.isoformat: IN_QUOTES,
    GraphQLBoolean.serialize: Form("{}::text", quoted=False),
}
