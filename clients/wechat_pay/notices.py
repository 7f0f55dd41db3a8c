"""Notices that WeChat Pay posts to us. Source: public v3 documentation (支付成功回调通知, 退款结果通知)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from clients.wechat_pay import wire
from clients.wechat_pay.messages import PaymentNotice, RefundNotice
from clients.wechat_pay.settings import WeChatPaySettings

Notice = PaymentNotice | RefundNotice

READERS: dict[str, Callable[[str, dict[str, Any]], Notice]] = {
    "TRANSACTION.SUCCESS": PaymentNotice.from_wire,
    "REFUND.SUCCESS": RefundNotice.from_wire,
    "REFUND.ABNORMAL": RefundNotice.from_wire,
    "REFUND.CLOSED": RefundNotice.from_wire,
}


def read(
    settings: WeChatPaySettings, key: RSAPublicKey, headers: Mapping[str, str], body: bytes, now: datetime
) -> Notice:
    """The notice in a request that was posted to us. Raises ValueError, KeyError, TypeError saying what is wrong."""
    lower = {name.lower(): value for name, value in headers.items()}
    wire.check_answer(lower, body, serial=settings.platform_serial, key=key, now=now)
    envelope = wire.load(body)
    event = envelope["event_type"]
    if event not in READERS:
        raise ValueError(f"a notice that nobody asked for: {event!r}")
    resource = _open(settings.api_v3_key, envelope["resource"])
    _check_ours(settings, resource)
    return READERS[event](wire.text(envelope["id"]), resource)


def _open(api_v3_key: str, sealed: Mapping[str, str]) -> dict[str, Any]:
    if sealed["algorithm"] != wire.ALGORITHM:
        raise ValueError(f"an unknown algorithm: {sealed['algorithm']!r}")
    associated = sealed.get("associated_data") or ""
    return wire.load(wire.decrypt(api_v3_key, sealed["nonce"], associated, sealed["ciphertext"]))


def _check_ours(settings: WeChatPaySettings, resource: Mapping[str, Any]) -> None:
    if resource["mchid"] != settings.merchant_id:
        raise ValueError("a notice for another merchant")
    if resource.get("appid", settings.app_id) != settings.app_id:
        raise ValueError("a notice for another app")
