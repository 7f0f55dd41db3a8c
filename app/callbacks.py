"""What platforms post to us (通过医保流水号获取医保结算结果, tender 19).

A callback is verified, stored raw, answered, and then only a hint: it never decides anything, it hastens the query
that does. The body is stored sealed under its own digest before anything else happens, so a repeated one is
recognised; one that cannot be verified is kept as evidence and refused.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from tortoise.expressions import F
from tortoise.transactions import in_transaction

from app import clock, jobs, metrics
from app.installation import Installations, Platforms
from app.models import Callback, Settlement, Shipment
from app.shipments import running
from clients.carriers.messages import Push
from clients.errors import Garbled
from clients.http import digest
from clients.wechat_pay.notices import Notice

log = structlog.get_logger()
LARGEST_BODY = 64 * 1024
UNVERIFIED = b"unverified\n"

N = TypeVar("N")
Endpoint = Callable[[Request], Awaitable[Response]]


def insurance_settlements(installations: Installations) -> Endpoint:
    """`POST /callbacks/insurance/settlements`: 6302 结算结果通知 (mobile-payment.md 3.4)."""
    client = installations.first.platforms.insurance_payment

    async def receive(request: Request) -> Response:
        body = await _body(request)
        if body is None:
            return JSONResponse(client.notice_answer(False, "报文过大"), status_code=413)
        told = _told(installations, lambda platforms: platforms.insurance_payment.read_notice(body))
        if isinstance(told, Garbled):
            await _forged(installations, "insurance.payment", body, told)
            return JSONResponse(client.notice_answer(False, "验签失败"), status_code=400)
        notice, hospitals = told
        settlement = await Settlement.get_or_none(
            number=notice.order_number, pay_order_id=notice.pay_order_id, hospital__code__in=hospitals
        )
        await _believed(installations, "insurance.payment", body, [settlement] if settlement else [])
        known = settlement is not None
        return JSONResponse(client.notice_answer(known, "成功" if known else "订单不存在"))

    return receive


def self_pay_notices(installations: Installations) -> Endpoint:
    """`POST /callbacks/self-pay`: payment and refund notices of the self-pay providers."""

    async def receive(request: Request) -> Response:
        if all(each.platforms.self_pay is None for each in installations):
            return JSONResponse({"code": "FAIL", "message": "not accepted"}, status_code=404)
        body = await _body(request)
        if body is None:
            return JSONResponse({"code": "FAIL", "message": "报文过大"}, status_code=413)
        headers = dict(request.headers)

        def read(platforms: Platforms) -> Notice | None:
            return platforms.self_pay.read_notice(headers, body) if platforms.self_pay else None

        told: tuple[Notice, list[str]] | Garbled = _told(installations, read)
        if isinstance(told, Garbled):
            await _forged(installations, "wechat_pay", body, told)
            return JSONResponse({"code": "FAIL", "message": "验签失败"}, status_code=401)
        notice, hospitals = told
        settlement = await Settlement.get_or_none(number=notice.trade_number, hospital__code__in=hospitals)
        await _believed(installations, "wechat_pay", body, [settlement] if settlement else [])
        return Response(status_code=204)

    return receive


def shipment_pushes(installations: Installations) -> Endpoint:
    """`POST /callbacks/shipments/kuaidi100`: a carrier's news. The parcel is asked for as soon as it may be again."""

    async def receive(request: Request) -> Response:
        carrier = next((each.platforms.carrier for each in installations if each.platforms.carrier), None)
        if carrier is None:
            return JSONResponse({"message": "not accepted"}, status_code=404)
        body = await _body(request)
        if body is None:
            return JSONResponse(carrier.push_answer(False, "报文过大"), status_code=413)
        told: tuple[Push, list[str]] | Garbled = _told(
            installations, lambda platforms: platforms.carrier.read_push(body) if platforms.carrier else None
        )
        if isinstance(told, Garbled):
            await _forged(installations, "kuaidi100", body, told)
            return JSONResponse(carrier.push_answer(False, "验签失败"), status_code=400)
        await _believed(installations, "kuaidi100", body, await _parcels(*told))
        return JSONResponse(carrier.push_answer(True, "成功"))

    return receive


async def _parcels(push: Push, hospitals: list[str]) -> list[Shipment]:
    """Whose news it is, at every hospital for which it holds; what the provider gave up is subscribed again."""
    found = Shipment.filter(
        carrier=push.company or "", waybill_number=push.waybill_number, hospital__code__in=hospitals
    )
    shipments = await found.order_by("id")
    if push.given_up:
        await Shipment.filter(id__in=[each.id for each in shipments]).update(subscribed_at=None)
    return shipments


def _told(installations: Installations, read: Callable[[Platforms], N | None]) -> tuple[N, list[str]] | Garbled:
    """What was told, and the hospitals whose keys it holds for: all of them are called at one address."""
    told: dict[str, N] = {}
    doubts: list[Garbled] = []
    for each in installations:
        try:
            notice = read(each.platforms)
        except Garbled as doubt:
            doubts.append(doubt)
            continue
        if notice is not None:
            told[each.settings.code] = notice
    return (next(iter(told.values())), list(told)) if told else doubts[0]


async def _forged(installations: Installations, platform: str, body: bytes, why: Garbled) -> None:
    await _keep(installations, platform, body, [], verified=False)
    metrics.CALLBACKS.labels(platform, "forged").inc()
    log.warning("callback.garbled", platform=platform, why=why.message)


async def _believed(
    installations: Installations, platform: str, body: bytes, about: Sequence[Settlement | Shipment]
) -> None:
    await _keep(installations, platform, body, about, verified=True)
    metrics.CALLBACKS.labels(platform, "accepted" if about else "unknown").inc()


async def _body(request: Request) -> bytes | None:
    """The body, read no further than the largest that is taken; None for a larger one."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > LARGEST_BODY:
            return None
    return bytes(body)


async def _keep(
    installations: Installations, platform: str, body: bytes, about: Sequence[Settlement | Shipment], *, verified: bool
) -> None:
    """Store a body once, and hasten what it is about, in one transaction; a repeat is counted.

    A body that could not be verified is another row than the same body verified: where the signature is in the
    headers, a forgery may be a copy.
    """
    key = digest(body if verified else UNVERIFIED + body)
    text = body.decode("utf-8", "backslashreplace")
    first = about[0] if about else None
    async with in_transaction() as connection:
        row, new = await Callback.get_or_create(
            {
                "verified": verified,
                "settlement_id": first.id if isinstance(first, Settlement) else None,
                "shipment_id": first.id if isinstance(first, Shipment) else None,
                "raw_sealed": installations.first.sealer.seal(text, f"callback.raw:{platform}:{key}"),
                "received_at": clock.now(),
            },
            using_db=connection,
            platform=platform,
            key=key,
        )
        if not new:
            await Callback.filter(id=row.id).using_db(connection).update(repeats=F("repeats") + 1)
        for each in about:
            if isinstance(each, Settlement):
                await jobs.enqueue(connection, jobs.ADVANCE_SETTLEMENT, each.id)
            elif new:
                await running.hasten(connection, each, installations.first.timing.parcel_apart)
