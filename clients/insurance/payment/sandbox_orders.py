"""The orders of the simulated mobile-payment centre: what they hold, how they are priced, how they are shown.

Amounts are integer fen here. Source: mobile-payment.md 3; the prices are invented (a share by insurance type).
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from clients.insurance.sandbox_envelope import Rejection

SAVED, PRICED, PAYING, SETTLED, REVOKED = "0", "1", "2", "6", "12"
# (insurance parts are back, all cash is back, some cash is back) → state, by 3.7.
AFTER_REFUND = {
    (True, True, True): "7",
    (True, False, False): "8",
    (False, True, True): "9",
    (False, False, True): "10",
    (True, False, True): "11",
}
FUND_PERCENT = {"310": 70, "340": 95, "390": 50}
_OTHER_PERCENT = 50


@dataclass(slots=True, kw_only=True)
class Order:
    """One fee order. `upload` is the 6201 that opened it; `fee_details` is open, settled or revoked."""

    pay_order_id: str
    pay_token: str = field(repr=False)
    page_token: str = field(repr=False)
    page_until: float
    upload: dict[str, Any] = field(repr=False)
    total: int
    state: str = SAVED
    fund: int = 0
    account: int = 0
    cash: int = 0
    fee_details: str = "open"
    presettlement: dict[str, str] | None = field(default=None, repr=False)
    platform_serial: str = ""
    reverse_token: str = field(default="", repr=False)
    traced_at: str = ""
    shown_from: float = 0.0
    insurance_refunded: bool = False
    cash_refunded: int = 0

    @property
    def settled(self) -> bool:
        """Whether it was ever paid."""
        return bool(self.platform_serial)

    @property
    def refunded(self) -> int:
        """Fen that went back."""
        return self.cash_refunded + (self.fund + self.account if self.insurance_refunded else 0)

    @property
    def live(self) -> bool:
        """Whether the insurance still pays for it: settled, and neither its insurance parts nor all given back."""
        return self.settled and not self.insurance_refunded and self.refunded < self.total

    @property
    def shown_state(self) -> str:
        """What 6301 says: the settlement may be seen later than it happened."""
        return PAYING if self.state == SETTLED and time.monotonic() < self.shown_from else self.state

    def amounts(self) -> dict[str, str]:
        """The four parts, as 6202, 6301 and 6302 tell them."""
        return {
            "feeSumamt": yuan(self.total),
            "ownPayAmt": yuan(self.cash),
            "psnAcctPay": yuan(self.account),
            "fundPay": yuan(self.fund),
        }

    def settlement(self) -> dict[str, str]:
        """What 6301 and 6302 add once the order is paid."""
        return {
            "setlType": "HI" if not self.cash else "ALL" if self.fund + self.account else "CASH",
            "callType": "02",
            "medOrgOrd": self.upload["medOrgOrd"],
            "traceTime": self.traced_at,
            "revsToken": self.reverse_token,
            "hiChrgTime": self.traced_at,
            "hiDocSn": self.platform_serial,
        }

    def row(self) -> dict[str, object]:
        """Its line in the books."""
        return {
            "pay_order_id": self.pay_order_id,
            "order_number": self.upload["medOrgOrd"],
            "state": self.state,
            "total_fen": self.total,
            "fund_fen": self.fund,
            "account_fen": self.account,
            "cash_fen": self.cash,
            "refunded_fen": self.refunded,
            "fee_details": self.fee_details,
        }


def price(order: Order, balance: int, use_account: bool, inside_fund: bool) -> None:
    """Share the total between fund, personal account and cash, and write the pre-settlement that says so."""
    unapproved = [line for line in order.upload["feedetailList"] if str(line["hospApprFlag"]) == "2"]
    own = sum(fen(line["detItemFeeSumamt"]) for line in unapproved)
    percent = FUND_PERCENT.get(str(order.upload["insutype"]), _OTHER_PERCENT)
    order.fund = (order.total - own) * percent // 100
    order.account = min(balance, order.total - order.fund) if use_account else 0
    order.cash = order.total - order.fund - order.account
    order.presettlement = _presettlement(order, own, balance, inside_fund)
    order.state = PRICED


def _presettlement(order: Order, own: int, balance: int, inside_fund: bool) -> dict[str, str]:
    fund = order.fund + (order.account if inside_fund else 0)
    parts = {
        "medfee_sumamt": order.total,
        "fulamt_ownpay_amt": own,
        "overlmt_selfpay": 0,
        "preselfpay_amt": 0,
        "inscp_scp_amt": order.total - own,
        "hifp_pay": order.fund,
        **dict.fromkeys(("cvlserv_pay", "hifes_pay", "hifmi_pay", "hifob_pay", "hifdm_pay", "maf_pay", "oth_pay"), 0),
        "fund_pay_sumamt": fund,
        "psn_part_amt": order.account + order.cash,
        "acct_pay": order.account,
        "psn_cash_pay": order.cash,
        "hosp_part_amt": 0,
        "balc": balance - order.account,
        "acct_mulaid_pay": 0,
    }
    upload = order.upload
    known = {"psn_no": "psnNo", "mdtrt_id": "mdtrtId", "insutype": "insutype", "med_type": "medType"}
    return {name: str(upload[twin]) for name, twin in known.items()} | {n: yuan(v) for n, v in parts.items()}


def fen(value: object) -> int:
    """Yuan from the wire (text or number) in fen; absent is 0. The tables have checked its form."""
    return int(Decimal(str(value)) * 100) if value not in (None, "") else 0


def yuan(amount: int) -> str:
    """Fen as yuan with two decimals."""
    return f"{amount // 100}.{amount % 100:02d}"


def check_sums(upload: Mapping[str, Any]) -> None:
    """The sums of 3.1: each line, the lines against the total, and the scopes if all are told."""
    total = fen(upload["medfeeSumamt"])
    if total <= 0:
        raise Rejection("SIM-AMOUNTS medfeeSumamt: 医疗费总额须大于零")
    for number, line in enumerate(upload["feedetailList"]):
        product = Decimal(str(line["cnt"])) * Decimal(str(line["pric"]))
        if abs(product - Decimal(str(line["detItemFeeSumamt"]))) >= Decimal("0.01"):
            raise Rejection(f"SIM-AMOUNTS feedetailList[{number}].detItemFeeSumamt: 金额不等于数量×单价")
    if sum(fen(line["detItemFeeSumamt"]) for line in upload["feedetailList"]) != total:
        raise Rejection("SIM-AMOUNTS medfeeSumamt: 医疗费总额不等于费用明细合计金额")
    scopes = [upload.get(name) for name in ("fulamtOwnpayAmt", "preselfpayAmt", "inscpScpAmt")]
    if None not in scopes and sum(fen(scope) for scope in scopes) != total:
        raise Rejection("SIM-AMOUNTS inscpScpAmt: 全自费、先行自付、符合范围金额之和不等于总额")
