"""How the mobile-payment centre writes paths, times and numbers, and the identities that its amounts obey.

Source: mobile-payment.md 2 and 3, insurance.md 4.3. The envelope itself is `clients/insurance/envelope.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from clients.money import yuan_or_none

PATHS = {
    "6201": "uldFeeInfo",
    "6202": "pay_order",
    "6203": "refund_Order",
    "6301": "query_order_info",
    "6401": "revoke_order",
}
JSON_HEADERS = {"content-type": "application/json; charset=utf-8"}
NO_DISEASE = {"diseCodg": "", "diseName": ""}
PLATFORM_TIME = ZoneInfo("Asia/Shanghai")


class AccountProfile(StrEnum):
    """Whether a province counts the personal account into the fund's payment (insurance.md 4.3)."""

    OUTSIDE_FUND = "account_outside_fund"
    INSIDE_FUND = "account_inside_fund"


class BrokenSum(ValueError):
    """Amounts of one answer that contradict each other (insurance.md 4.3); they are never repaired."""


def of_institution(code: str) -> dict[str, str]:
    """The member by which every request but 6203 names its hospital."""
    return {"orgCodg": code}


def timestamp(at: datetime | None = None) -> str:
    """`yyyyMMddHHmmss` of an aware time (now, if none), as the platform's wall clock shows it. Raises ValueError."""
    return _wall(at or datetime.now(PLATFORM_TIME)).strftime("%Y%m%d%H%M%S")


def moment(at: datetime) -> str:
    """`yyyy-MM-dd HH:mm:ss` of an aware time, on the platform's wall clock. Raises ValueError."""
    return _wall(at).strftime("%Y-%m-%d %H:%M:%S")


def figures(value: Decimal, places: int) -> str:
    """A quantity or unit price in fixed decimals: it is never rounded here. Raises ValueError."""
    if value != round(value, places):
        raise ValueError(f"more than {places} decimals: {value}")
    return f"{value:.{places}f}"


def plain(value: object) -> str | None:
    """A scalar as text; absent, null and empty are not told. Raises ValueError for an object or a list."""
    if isinstance(value, Mapping | list):
        raise ValueError("a scalar is expected")
    return None if value is None or value == "" else str(value)


def demanded(data: Mapping[str, Any], name: str) -> str:
    """A scalar that must be told. Raises ValueError naming the field."""
    told = plain(data.get(name))
    if told is None:
        raise ValueError(f"{name} is missing")
    return told


_FUND_PARTS = ("hifp_pay", "cvlserv_pay", "hifes_pay", "hifmi_pay", "hifob_pay", "maf_pay", "oth_pay")
_LINES = "setldetail"

# name → the whole, and the ways in which its parts may be told; it is checked once the first way is told in full.
_SHARED: dict[str, tuple[str, Sequence[Sequence[str]]]] = {
    "I1": ("medfee_sumamt", (("fulamt_ownpay_amt", "overlmt_selfpay", "preselfpay_amt", "inscp_scp_amt"),)),
    "I2": ("psn_part_amt", (("acct_pay", "psn_cash_pay"), ("acct_pay", "psn_cash_pay", "acct_mulaid_pay"))),
}
_BY_PROFILE: dict[AccountProfile, dict[str, tuple[str, Sequence[Sequence[str]]]]] = {
    AccountProfile.OUTSIDE_FUND: {
        "I3": ("medfee_sumamt", (("fund_pay_sumamt", "psn_part_amt", "hosp_part_amt"),)),
        "I4": (
            "medfee_sumamt",
            (
                ("fund_pay_sumamt", "acct_pay", "psn_cash_pay", "hosp_part_amt"),
                ("fund_pay_sumamt", "acct_pay", "psn_cash_pay", "hosp_part_amt", "acct_mulaid_pay"),
            ),
        ),
        "I5": (
            _LINES,
            (
                ("fund_pay_sumamt", "hosp_part_amt", "acct_pay"),
                ("fund_pay_sumamt", "hosp_part_amt", "acct_pay", "acct_mulaid_pay"),
            ),
        ),
        "I6": ("fund_pay_sumamt", (_FUND_PARTS, (*_FUND_PARTS, "hifdm_pay"))),
    },
    AccountProfile.INSIDE_FUND: {
        "I3": ("medfee_sumamt", (("fund_pay_sumamt", "psn_cash_pay", "hosp_part_amt"),)),
        "I5": (_LINES, (("fund_pay_sumamt", "hosp_part_amt"),)),
        "I6": ("fund_pay_sumamt", ((*_FUND_PARTS, "acct_pay"), (*_FUND_PARTS, "hifdm_pay", "acct_pay"))),
    },
}
IDENTITIES = frozenset({"I1", "I2", "I3", "I4", "I5", "I6"})


def broken_identities(settlement: Mapping[str, Any], profile: AccountProfile) -> list[str]:
    """The identities I1–I6 (insurance.md 4.3) that an FSI settlement breaks, each as "I1 (…)"; to the fen.

    Only what is told is checked. Raises ValueError for an amount that is none.
    """
    amounts = _amounts(settlement)
    table = {**_SHARED, **_BY_PROFILE[profile]}
    return [f"{name} ({whole})" for name, (whole, ways) in table.items() if not _holds(amounts, whole, ways)]


def _holds(amounts: Mapping[str, Decimal], whole: str, ways: Sequence[Sequence[str]]) -> bool:
    told = [way for way in ways if all(part in amounts for part in way)]
    if whole not in amounts or ways[0] not in told:
        return True
    return any(amounts[whole] == sum(amounts[part] for part in way) for way in told)


def _amounts(settlement: Mapping[str, Any]) -> dict[str, Decimal]:
    names = {name for table in (_SHARED, *_BY_PROFILE.values()) for whole, ways in table.values() for name in (whole,)}
    names |= {
        p for table in (_SHARED, *_BY_PROFILE.values()) for _, ways in table.values() for way in ways for p in way
    }
    told = {name: yuan_or_none(settlement.get(name)) for name in names - {_LINES}}
    amounts = {name: amount for name, amount in told.items() if amount is not None}
    if lines := settlement.get(_LINES):
        amounts[_LINES] = sum((yuan_or_none(line.get("fund_payamt")) or Decimal(0) for line in lines), Decimal(0))
    return amounts


def _wall(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError("a time without its zone")
    return at.astimezone(PLATFORM_TIME)
