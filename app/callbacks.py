"""What platforms post to us (通过医保流水号获取医保结算结果, tender 19).

A callback is verified, stored raw, answered, and then only a hint: it never decides anything, it hastens the query
that does. The body is stored sealed under its own digest before anything else happens, so a repeated one is
recognised; one that cannot be verified is kept as evidence and refused.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from tortoise.expressions import F
from tortoise.transactions import in_transaction

from app import clock, jobs, metrics
from app.installation import Installation
from app.models import Callback, Settlement
from clients.errors import Garbled
from clients.http import digest

log = structlog.get_logger()
LARGEST_BODY = 64 * 1024
UNVERIFIED = b"unverified\n"

Endpoint = Callable[[Request], Awaitable[Response]]


def insurance_settlements(installation: Installation) -> Endpoint:
    """`POST /callbacks/insurance/settlements`: 6302 结算结果通知 (mobile-payment.md 3.4)."""
    client = installation.platforms.insurance_payment

    async def receive(request: Request) -> Response:
        body = await _body(request)
        if body is None:
            return JSONResponse(client.notice_answer(False, "报文过大"), status_code=413)
        try:
            notice = client.read_notice(body)
        except Garbled as error:
            await _keep(installation, "insurance.payment", body, None, verified=False)
            metrics.CALLBACKS.labels("insurance.payment", "forged").inc()
            log.warning("callback.garbled", platform="insurance.payment", why=error.message)
            return JSONResponse(client.notice_answer(False, "验签失败"), status_code=400)
        settlement = await Settlement.get_or_none(number=notice.order_number, pay_order_id=notice.pay_order_id)
        await _keep(installation, "insurance.payment", body, settlement, verified=True)
        known = settlement is not None
        metrics.CALLBACKS.labels("insurance.payment", "accepted" if known else "unknown").inc()
        return JSONResponse(client.notice_answer(known, "成功" if known else "订单不存在"))

    return receive


def self_pay_notices(installation: Installation) -> Endpoint:
    """`POST /callbacks/self-pay`: payment and refund notices of the self-pay provider."""

    async def receive(request: Request) -> Response:
        provider = installation.platforms.self_pay
        if provider is None:
            return JSONResponse({"code": "FAIL", "message": "not accepted"}, status_code=404)
        body = await _body(request)
        if body is None:
            return JSONResponse({"code": "FAIL", "message": "报文过大"}, status_code=413)
        try:
            notice = provider.read_notice(dict(request.headers), body)
        except Garbled as error:
            await _keep(installation, "wechat_pay", body, None, verified=False)
            metrics.CALLBACKS.labels("wechat_pay", "forged").inc()
            log.warning("callback.garbled", platform="wechat_pay", why=error.message)
            return JSONResponse({"code": "FAIL", "message": "验签失败"}, status_code=401)
        settlement = await Settlement.get_or_none(number=notice.trade_number)
        await _keep(installation, "wechat_pay", body, settlement, verified=True)
        metrics.CALLBACKS.labels("wechat_pay", "accepted" if settlement else "unknown").inc()
        return Response(status_code=204)

    return receive


async def _body(request: Request) -> bytes | None:
    """The body, read no further than the largest that is taken; None for a larger one."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > LARGEST_BODY:
            return None
    return bytes(body)


async def _keep(
    installation: Installation, platform: str, body: bytes, settlement: Settlement | None, *, verified: bool
) -> None:
    """Store a body once, and hasten its settlement, in one transaction; a repeat is counted and hastens again.

    A body that could not be verified is another row than the same body verified: where the signature is in the
    headers, a forgery may be a copy.
    """
    key = digest(body if verified else UNVERIFIED + body)
    text = body.decode("utf-8", "backslashreplace")
    async with in_transaction() as connection:
        row, new = await Callback.get_or_create(
            {
                "verified": verified,
                "settlement_id": settlement.id if settlement else None,
                "raw_sealed": installation.sealer.seal(text, f"callback.raw:{platform}:{key}"),
                "received_at": clock.now(),
            },
            using_db=connection,
            platform=platform,
            key=key,
        )
        if not new:
            await Callback.filter(id=row.id).using_db(connection).update(repeats=F("repeats") + 1)
        if verified and settlement is not None:
            await jobs.enqueue(connection, jobs.ADVANCE_SETTLEMENT, settlement.id)
