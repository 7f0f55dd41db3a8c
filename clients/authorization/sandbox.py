"""A strict authorisation platform: the page where a patient consents, and userQuery behind its signature.

Source: protocols/insurance.md 3.6, mobile-payment.md 5. Where they are silent: a code works once, for `code_seconds`;
a timestamp may be five minutes off and a request id is taken once; refusals have codes of our own; what the page is
told must be right to the letter, and the channel certificate must come unencoded, as the real page wants it.
"""

from __future__ import annotations

import hmac
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from clients import fields
from clients.authorization import sandbox_page, wire
from clients.faults import Faults

USER_QUERY = "userQuery"
REFUSED = "refused"  # nothing is done, `text` is the platform's word
WRAPPED = "wrapped"  # the answer comes inside two wrappers
TWO_NUMBERS = "two_numbers"  # an own and a family number at once
NO_NUMBER = "no_number"  # yes, but no number
SKEW = 300.0
CODES = {"FORM": 1001, "CODE": 1002, "REFUSED": 1003}


class Person(Protocol):
    """Somebody who is insured; `tokens` are what stands for the person on the insurance platform."""

    id_number: str
    name: str
    tokens: set[str]


class Register(Protocol):
    """The insured, as the insurance platform has them."""

    def person_by_id_number(self, id_number: str) -> Any:
        """A `Person`, or None."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Partner:
    """Who may ask, and what the page must be told."""

    partner_id: str
    partner_secret: str
    institution_code: str
    app_id: str
    city_code: str
    channel: str
    channel_certificate: str

    def page_query(self) -> dict[str, str]:
        """The page's parameters, the certificate left out: it is looked for as it was written."""
        return {
            "openType": wire.OPEN_TYPE,
            "bizType": wire.BUSINESS_TYPE,
            "cityCode": self.city_code,
            "channel": self.channel,
            "orgCodg": self.institution_code,
            "orgAppId": self.app_id,
        }


@dataclass(frozen=True, slots=True)
class Consent:
    """What a code stands for: the patient, and who pays."""

    person: Person
    payer: Person
    until: float


class AuthorizationSandbox:
    """Knows, besides the faults of the wire, those above, for the transaction `userQuery`; `clock` gives seconds."""

    name = "authorization"

    def __init__(
        self,
        partner: Partner,
        register: Register,
        *,
        code_seconds: float = 300.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.faults = Faults(REFUSED, WRAPPED, TWO_NUMBERS, NO_NUMBER)
        self.faults.serves(USER_QUERY)
        self._partner = partner
        self._register = register
        self._code_seconds = code_seconds
        self._clock = clock
        self._codes: dict[str, Consent] = {}
        self._used: set[str] = set()
        self._given = 0
        page = f"/{wire.PAGE}"
        self.app = Starlette(
            routes=[
                Route(page, self._page, methods=["GET"]),
                Route(page, self._act, methods=["POST"]),
                Route("/api/mipuserquery/userQuery/{partner_id}", self._serve, methods=["POST"]),
            ]
        )

    def books(self) -> dict[str, object]:
        """How many codes wait to be redeemed, and how many authorisations were given."""
        return {"codes": len(self._codes), "authorizations": self._given}

    def load(self, data: dict[str, Any]) -> None:
        """The insurance platform has the persons; there is nothing to load here. Raises ValueError for anything."""
        if data:
            raise ValueError("persons are loaded into insurance-core")

    def reset(self) -> None:
        """Forget codes, request ids and faults."""
        self.faults.clear()
        self._codes.clear()
        self._used.clear()
        self._given = 0

    # -- the page

    async def _page(self, request: Request) -> Response:
        wrong = self._wrong_page(request)
        return sandbox_page.told(wrong, 400) if wrong else sandbox_page.consent(self._partner.institution_code)

    async def _act(self, request: Request) -> Response:
        wrong = self._wrong_page(request)
        if wrong:
            return sandbox_page.told(wrong, 400)
        form = {
            name: values[-1].strip()
            for name, values in parse_qs((await request.body()).decode("utf-8", "replace")).items()
        }
        if form.get("action") != "agree":
            return sandbox_page.told("您未同意授权")
        person = self._register.person_by_id_number(form.get("id_number", ""))
        payer = self._register.person_by_id_number(form.get("payer_id_number", "")) or person
        if person is None:
            return sandbox_page.told("未查询到参保信息", 404)
        return sandbox_page.code_given(self._new_code(person, payer))

    def _wrong_page(self, request: Request) -> str:
        given = request.query_params
        wrong = [name for name, value in self._partner.page_query().items() if given.get(name) != value]
        written = request.url.query.split("&")
        if f"orgChnlCrtfCodg={self._partner.channel_certificate}" not in written:
            wrong.append("orgChnlCrtfCodg")
        return f"参数不正确：{'、'.join(wrong)}" if wrong else ""

    def _new_code(self, person: Person, payer: Person) -> str:
        code = secrets.token_hex(12)
        self._codes[code] = Consent(person, payer, self._clock() + self._code_seconds)
        return code

    # -- userQuery

    async def _serve(self, request: Request) -> Response:
        turned_away = self._turned_away(request)
        if turned_away:
            return JSONResponse({"code": 401, "message": turned_away}, status_code=401)
        body = await request.body()

        async def effect() -> Response:
            return JSONResponse(self._shaped(self._answer(body)))

        return await self.faults.serve(USER_QUERY, request, effect)

    def _turned_away(self, request: Request) -> str:
        timestamp, message_id = (request.headers.get(name, "") for name in (wire.TIMESTAMP, wire.REQUEST_ID))
        own = wire.signature(self._partner.partner_id, self._partner.partner_secret, timestamp)
        if request.path_params["partner_id"] != self._partner.partner_id:
            return "合作方不存在"
        if not hmac.compare_digest(own.encode(), request.headers.get(wire.SIGNATURE, "").encode()):
            return "签名不正确"
        if not re.fullmatch(r"[0-9]{13}", timestamp) or abs(int(timestamp) / 1000 - self._clock()) > SKEW:
            return "时间戳超出范围"
        if not re.fullmatch(r"[0-9a-f]{32}", message_id.replace("-", "").lower()) or message_id in self._used:
            return "请求标识不正确或重复"
        self._used.add(message_id)
        return ""

    def _answer(self, body: bytes) -> dict[str, object]:
        refused = self.faults.take(USER_QUERY, REFUSED)
        if refused is not None:
            return _no("REFUSED", refused.text)
        try:
            asked = wire.parse(body, numbers=float)
        except ValueError:
            return _no("FORM", "报文应为 JSON 对象")
        violations = fields.check_node(wire.TABLES[USER_QUERY]["in"], "query", asked, {})
        if violations:
            return _no("FORM", "；".join(map(str, violations)))
        consent = self._codes.pop(asked["qrcode"], None)
        if consent is None or consent.until < self._clock():
            return _no("CODE", "授权码无效、已使用或已过期")
        return self._authorized(consent)

    def _authorized(self, consent: Consent) -> dict[str, object]:
        number = f"AUTH{secrets.token_hex(14).upper()}"
        consent.person.tokens.add(number)
        self._given += 1
        own = consent.payer is consent.person
        return {
            "code": 0,
            "message": "success",
            "pay_auth_no": number if own else "",
            "family_pay_auth_no": "" if own else number,
            "user_name": consent.payer.name,
            "user_card_no": consent.payer.id_number,
        }

    def _shaped(self, answer: dict[str, object]) -> dict[str, object]:
        if self.faults.take(USER_QUERY, TWO_NUMBERS):
            answer = answer | {"pay_auth_no": "AUTH1", "family_pay_auth_no": "AUTH2"}
        if self.faults.take(USER_QUERY, NO_NUMBER):
            answer = answer | {"pay_auth_no": None, "family_pay_auth_no": None}
        if self.faults.take(USER_QUERY, WRAPPED):
            answer = {"code": 0, "message": "success", "data": {"body": answer}}
        return answer


def _no(code: str, text: str) -> dict[str, object]:
    return {"code": CODES[code], "message": text}
