"""What is asked: the documents of the study on this schema, and their variables, the same ones for everybody."""

from __future__ import annotations

import base64
import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from resolvers.paging import LARGEST_PAGE, cursor_of
from tests.bench.seed import DAYS, END

VARIETY = 256
WINDOW = 30

ORDER = """id number state totalAmount createdAt
  patient { name idNumber phone } doctor { name title }
  prescriptions { number kind items { name spec quantity amount } }
  settlement { number payKind state totalAmount fundAmount accountAmount cashAmount
    invoice { number state totalAmount issuedAt } }
  shipments { carrier waybillNumber state }"""
PAGE = "($first: Int!, $after: String, $state: {state}, $since: Date, $until: Date)"
ARGUMENTS = "(first: $first, after: $after, state: $state, since: $since, until: $until)"


@dataclass(frozen=True, slots=True)
class Question:
    """A document with the sizes that make its variables; `state` names the type of its state filter."""

    name: str
    title: str
    document: str
    first: int = 0
    state: str = ""
    connections: tuple[int, ...] = (32,)
    slow: bool = False  # seconds an answer, for one of the contestants

    @property
    def for_mercurius(self) -> str:
        """The same document: its schema has no enums for states, and another root for the daily rows."""
        if self.name == "Q3R":
            return self.document.replace("settlementReport(", "settlementReport: dailyReport(")
        return self.document.replace(f"$state: {self.state}", "$state: String") if self.state else self.document


def _list(root: str, state: str, selection: str) -> str:
    head = PAGE.replace("{state}", state)
    page = f"edges {{ node {{ {selection} }} }} pageInfo {{ hasNextPage endCursor }}"
    return f"query{head} {{ {root}{ARGUMENTS} {{ {page} }} }}"


NESTED = _list("orders", "OrderState", ORDER)
FLAT = _list("settlements", "SettlementState", "id number payKind state totalAmount fundAmount cashAmount createdAt")
REPORT_ROW = "from payKind count begunCount totalAmount fundAmount accountAmount cashAmount refundedAmount"
REPORT = f"""query($from: Date!, $to: Date!) {{
  settlementReport(input: {{ from: $from, to: $to, bucket: DAY, groupBy: [PAY_KIND] }}) {{
    ... on SettlementReport {{ rows {{ {REPORT_ROW} }} }} }} }}"""

QUESTIONS: tuple[Question, ...] = (
    Question("Q0", "`{__typename}`", "{ __typename }"),
    Question(
        "Q1",
        "one order, nested",
        f"query($id: ID!) {{ node(id: $id) {{ ... on Order {{ {ORDER} }} }} }}",
        connections=(32, 1),
    ),
    Question("Q2", "50 orders, nested", NESTED, 50, "OrderState", (32, 1)),
    Question("Q2L", f"{LARGEST_PAGE} orders, nested", NESTED, LARGEST_PAGE, "OrderState"),
    Question("Q4", f"{LARGEST_PAGE} flat rows of 8 fields", FLAT, LARGEST_PAGE, "SettlementState", (32, 1)),
    Question("Q3", "two years by day; peers: GROUP BY of the rows", REPORT, connections=(4,), slow=True),
    Question("Q3R", "two years by day; peers: our daily rows", REPORT, connections=(4,)),
)


def variables(question: Question, orders: int) -> list[dict[str, Any]]:
    """The variables of many requests; the same ones every time."""
    dice = random.Random(question.name)
    if question.name == "Q1":
        return [{"id": global_id("Order", dice.randint(1, orders))} for _ in range(VARIETY)]
    if question.document == REPORT:
        end = datetime.fromisoformat(END).date()
        return [{"from": (end - timedelta(days=DAYS - day)).isoformat(), "to": end.isoformat()} for day in range(30)]
    if question.first:
        return [_page(question, dice) for _ in range(VARIETY)]
    return [{}]


def _page(question: Question, dice: random.Random) -> dict[str, Any]:
    """A page somewhere in a month: behind a cursor that stands in the newest fifth of that month."""
    end = datetime.fromisoformat(END)
    age = dice.randrange(0, DAYS - WINDOW)
    last = end.date() - timedelta(days=age + 1)
    return {
        "first": question.first,
        "after": cursor_of(end - timedelta(days=age + WINDOW * 0.2 * dice.random()), 0),
        "state": "COMPLETED" if question.state == "SettlementState" else "SETTLED",
        "since": (last - timedelta(days=WINDOW - 1)).isoformat(),
        "until": last.isoformat(),
    }


def global_id(kind: str, number: int) -> str:
    """A global id of the product."""
    return base64.urlsafe_b64encode(f"{kind}:{number}".encode()).decode()
