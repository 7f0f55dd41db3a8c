"""How the sandbox calls the merchant back: sealed, signed, three tries, and wrongly when asked."""

from __future__ import annotations

import asyncio
import secrets
import time
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from clients.faults import Faults
from clients.sandbox_trust import trusted
from clients.wechat_pay import wire

TRANSACTION = "notice"
PAUSES = (0.0, 0.2, 1.0)  # seconds before each try; the platform's own are 15 s to 6 h
SUMMARIES = {
    "TRANSACTION.SUCCESS": "支付成功",
    "REFUND.SUCCESS": "退款成功",
    "REFUND.ABNORMAL": "退款异常",
    "REFUND.CLOSED": "退款关闭",
    "MEDICAL_INSURANCE.SUCCESS": "医保混合收款成功",
}


class Notices:
    """The notices under way. Fault kinds of the transaction `notice`: notice_never, notice_twice, notice_forged.

    A forged notice has a signature that does not hold, and comes before the true one.
    """

    def __init__(self, *, faults: Faults, key: RSAPrivateKey, serial: str, api_v3_key: str) -> None:
        self._faults = faults
        faults.serves(TRANSACTION)
        self._key = key
        self._serial = serial
        self._api_v3_key = api_v3_key
        self._under_way: set[asyncio.Task[None]] = set()

    def send(self, url: str, event: str, resource: Mapping[str, Any]) -> None:
        """Start telling `url` of an event; returns at once."""
        if self._faults.take(TRANSACTION, "notice_never"):
            return
        body = self._sealed(event, resource)
        copies = 2 if self._faults.take(TRANSACTION, "notice_twice") else 1
        forged = self._faults.take(TRANSACTION, "notice_forged") is not None
        task = asyncio.get_running_loop().create_task(self._deliver(url, body, copies, forged))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    def _sealed(self, event: str, resource: Mapping[str, Any]) -> bytes:
        kind, nonce = event.partition(".")[0].lower(), secrets.token_hex(6)
        sealed = {
            "original_type": kind,
            "algorithm": wire.ALGORITHM,
            "ciphertext": wire.encrypt(self._api_v3_key, nonce, kind, wire.dump(resource)),
            "associated_data": kind,
            "nonce": nonce,
        }
        envelope = {
            "id": str(uuid.uuid4()),
            "create_time": wire.moment(datetime.now(UTC)),
            "resource_type": "encrypt-resource",
            "event_type": event,
            "summary": SUMMARIES[event],
            "resource": sealed,
        }
        return wire.dump(envelope)

    async def _deliver(self, url: str, body: bytes, copies: int, forged: bool) -> None:
        async with httpx.AsyncClient(timeout=5.0, trust_env=False, verify=trusted()) as client:
            if forged:
                await self._post(client, url, body, signed=body + b" ")
            for _ in range(copies):
                await self._insist(client, url, body)

    async def _insist(self, client: httpx.AsyncClient, url: str, body: bytes) -> None:
        for pause in PAUSES:
            await asyncio.sleep(pause)
            if await self._post(client, url, body, signed=body):
                return

    async def _post(self, client: httpx.AsyncClient, url: str, body: bytes, *, signed: bytes) -> bool:
        headers = wire.answer_headers(self._key, self._serial, str(int(time.time())), secrets.token_hex(16), signed)
        try:
            answer = await client.post(url, content=body, headers={**headers, "Content-Type": "application/json"})
        except httpx.HTTPError:
            return False
        return answer.status_code in (200, 204)
