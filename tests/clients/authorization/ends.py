"""Both ends of the authorisation wire over real HTTP, and two invented persons."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx

from clients.authorization.client import AuthorizationClient, AuthorizationSettings
from clients.authorization.sandbox import AuthorizationSandbox, Partner
from clients.http import Exchange
from clients.insurance.book import InsuranceBook
from tests.clients.insurance_core.ends import PERSON
from tests.fixtures.serving import served

CERTIFICATE = "abc/Def+1="
PATIENT, PAYER = "350200190001010000", "350200190001020000"
PERSONS = [PERSON, PERSON | {"person_number": "P0002", "id_number": PAYER, "name": "测试乙", "tokens": []}]


def settings(base_url: str, /, **changes: Any) -> AuthorizationSettings:
    told: dict[str, Any] = {
        "base_url": base_url,
        "partner_id": "EXAMPLE_PARTNER",
        "partner_secret": "EXAMPLE_PARTNER_SECRET",
        "institution_code": "H35020000001",
        "app_id": "APP 1",
        "city_code": "350200",
        "channel": "EXAMPLE",
        "channel_certificate": CERTIFICATE,
        "page_base": f"{base_url}/",
        "timeout": 1.0,
    }
    return AuthorizationSettings(**{**told, **changes})


PARTNER = Partner(
    partner_id="EXAMPLE_PARTNER",
    partner_secret="EXAMPLE_PARTNER_SECRET",
    institution_code="H35020000001",
    app_id="APP 1",
    city_code="350200",
    channel="EXAMPLE",
    channel_certificate=CERTIFICATE,
)


def fresh_id() -> str:
    return uuid4().hex


@dataclass
class Ends:
    client: AuthorizationClient
    sandbox: AuthorizationSandbox
    book: InsuranceBook
    url: str
    http: httpx.AsyncClient
    exchanges: list[Exchange]
    seconds: list[float]

    async def consent(self, id_number: str = PATIENT, payer: str = "", action: str = "agree") -> httpx.Response:
        """Post the page's form."""
        form = {"id_number": id_number, "payer_id_number": payer, "action": action}
        return await self.http.post(self.client.page(), data=form)

    async def code(self, id_number: str = PATIENT, payer: str = "") -> str:
        page = await self.consent(id_number, payer)
        found = re.search(r'id="auth-code">([^<]+)<', page.text)
        assert found, page.text
        return found[1]


@contextlib.asynccontextmanager
async def both_ends(**client: Any) -> AsyncIterator[Ends]:

    book, seconds, exchanges = InsuranceBook(), [0.0], []
    book.load({"persons": PERSONS})
    sandbox = AuthorizationSandbox(PARTNER, book, clock=lambda: time.time() + seconds[0])

    async def journal(exchange: Exchange) -> None:
        exchanges.append(exchange)

    with served(sandbox.app) as url:
        speaker = AuthorizationClient(settings(url, **client), journal)
        async with httpx.AsyncClient(trust_env=False) as http:
            yield Ends(speaker, sandbox, book, url, http, exchanges, seconds)
        await speaker.close()
