"""Where the patient pays, and who opens that place: what `settlementStart` is told of it, and how it is kept.

`PAGE` is a web page: the insurance's cashier, or the self-pay provider's. `MINI_PROGRAM` is wx.requestPayment with
signed parameters. `MIXED` is wx.requestMedicalInsurancePay: an insured settlement whose cash part goes through the
self-pay provider in the same act (mobile-payment.md 6).
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field
from ipaddress import ip_address

import orjson

from app.installation import Installation
from app.models import CheckoutKind, Patient, PayKind
from app.problems import Problem
from app.settlement.work import Work
from clients.wechat_pay.mixed import CARD_TYPES

OPEN_ID = re.compile(r"[0-9A-Za-z_-]{1,128}")
PAYS = {CheckoutKind.MINI_PROGRAM: PayKind.SELF_PAY, CheckoutKind.MIXED: PayKind.INSURANCE}
NOT_OPEN = {
    CheckoutKind.PAGE: "未开通自费支付 (no self-pay provider)",
    CheckoutKind.MINI_PROGRAM: "未开通自费支付 (no self-pay provider)",
    CheckoutKind.MIXED: "未开通医保自费混合支付 (no mixed payment)",
}
ANYWHERE = "127.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkout:
    """The kind of place, the WeChat user who opens it, and from which address."""

    kind: CheckoutKind = CheckoutKind.PAGE
    open_id: str | None = field(default=None, repr=False)
    client_ip: str | None = field(default=None, repr=False)

    def check(self, pay_kind: PayKind) -> None:
        """Raises Problem naming the input that is wrong or missing."""
        if PAYS.get(self.kind, pay_kind) is not pay_kind:
            raise Problem("INVALID_INPUT", field="checkout", reason=f"{self.kind.value} / {pay_kind.value}")
        if self.kind is not CheckoutKind.PAGE and self.open_id is None:
            raise Problem("INVALID_INPUT", field="openId", reason="不能为空 (needed in a mini-program)")
        if self.open_id is not None and not OPEN_ID.fullmatch(self.open_id):
            raise Problem("INVALID_INPUT", field="openId", reason="1–128 个字母、数字、_、- (letters, digits, _, -)")
        if self.client_ip is not None and not _is_address(self.client_ip):
            raise Problem("INVALID_INPUT", field="clientIp", reason="不是 IP 地址 (not an IP address)")

    def allow(self, installation: Installation, patient: Patient, pay_kind: PayKind) -> None:
        """Raises Problem PAY_KIND_NOT_ALLOWED where nobody takes this patient's cash."""
        platforms = installation.platforms
        taker = platforms.mixed if self.kind is CheckoutKind.MIXED else platforms.self_pay
        cash = pay_kind is PayKind.SELF_PAY or self.kind is CheckoutKind.MIXED
        if cash and (platforms.self_pay is None or taker is None):
            raise Problem("PAY_KIND_NOT_ALLOWED", reason=NOT_OPEN[self.kind])
        if self.kind is CheckoutKind.MIXED and patient.id_type not in CARD_TYPES:
            raise Problem("PAY_KIND_NOT_ALLOWED", reason="该证件类型不支持混合支付 (not with this kind of card)")

    def sealed(self, installation: Installation, number: str) -> bytes:
        """Who pays and from where, for the settlement of this number."""
        return installation.sealer.seal(orjson.dumps(asdict(self)).decode(), f"settlement.payer:{number}")


def opened(work: Work) -> Checkout:
    """What was sealed when the settlement began."""
    if work.settlement.payer_sealed is None:
        return Checkout(kind=work.settlement.checkout_kind)
    told = orjson.loads(work.opened("payer"))
    return Checkout(**told | {"kind": CheckoutKind(told["kind"])})


def _is_address(text: str) -> bool:
    try:
        return bool(ip_address(text))
    except ValueError:
        return False
