"""Notices that WeChat Pay posts to us. Source: public v3 documentation (支付成功回调通知, 退款结果通知)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from clients.wechat_pay import wire
from clients.wechat_pay.messages import PaymentNotice, RefundNotice
from clients.wechat_pay.mixed import MixedNotice
from clients.wechat_pay.settings import WeChatPaySettings

Notice = PaymentNotice | RefundNotice | MixedNotice

READERS: dict[str, Callable[[str, dict[str, Any]], Notice]] = {
    "TRANSACTION.SUCCESS": PaymentNotice.from_wire,
    "REFUND.SUCCESS": RefundNotice.from_wire,
    "REFUND.ABNORMAL": RefundNotice.from_wire,
    "REFUND.CLOSED": RefundNotice.from_wire,
    "MEDICAL_INSURANCE.SUCCESS": MixedNotice.from_wire,
}
# Whom a resource must name: the merchant (a refund's does not name the app), or for a mixed payment's the app.
MUST_NAME = {"MEDICAL_INSURANCE.SUCCESS": "appid"}


def read(
    settings: WeChatPaySettings, key: RSAPublicKey, headers: Mapping[str, str], body: bytes, now: datetime
) -> Notice:
    """The notice in a request that was posted to us. Raises ValueError, KeyError, TypeError saying what is wrong."""
    lower = {name.lower(): value for name, value in headers.items()}
    wire.check_answer(lower, body, serial=settings.platform_serial, key=key, now=now)
    notice_id, event, resource = wire.open_notice(settings.api_v3_key, body)
    if event not in READERS:
        raise ValueError(f"a notice that nobody asked for: {event!r}")
    ours = wire.parties(app_id=settings.app_id, merchant_id=settings.merchant_id)
    must = MUST_NAME.get(event, "mchid")
    wire.check_same(resource, {name: value for name, value in ours.items() if name in resource or name == must})
    return READERS[event](notice_id, resource)
