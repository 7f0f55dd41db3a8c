"""All sandboxes under one roof: the real wires of every platform on one port, and a control desk beside them.

| address | what |
|---|---|
| `/insurance-core`, `/his`, `/wechat-pay` … | the platforms by their names, pages included |
| `GET /control/books` | what every platform holds, in integer fen |
| `POST /control/load` | `{name: data}`: demonstration data, in the platform's own words |
| `POST /control/faults` | `{platform, transaction, kind, times, seconds, text}`: misbehave (clients/faults.py) |
| `DELETE /control/faults` | behave again |
| `POST /control/settings` | `{callback_url, page_seconds, profile, notify}`: what the platforms do |
| `POST /control/reset` | forget everything |

The desk has no lock: it is for demonstrations, tests and training, on a loopback address.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from clients.authorization.sandbox import AuthorizationSandbox, Partner
from clients.carriers.kuaidi100.sandbox import Kuaidi100Sandbox
from clients.circulation.epc.sandbox import EPCSandbox, EPCSandboxSettings
from clients.face_sign_in.sandbox import FaceSignInSandbox
from clients.faults import Faults
from clients.his.sandbox import HISSandbox
from clients.insurance.book import InsuranceBook, Profile
from clients.insurance.core.sandbox import CoreSandboxSettings, InsuranceCoreSandbox
from clients.insurance.core.sandbox_gateway import GatewayRules
from clients.insurance.payment.sandbox import InsurancePaymentSandbox, PaymentSandboxSettings
from clients.receipts.sandbox import BosiSandbox
from clients.sandbox_mixed import InsuranceBehindWeChat
from clients.wechat_pay.sandbox import WeChatPaySandbox
from clients.wechat_shipping.sandbox import PaidOrder, WeChatShippingSandbox


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxKeys:
    """The platforms' ends of every channel; all of it is generated for one demo or one test run."""

    public_url: str
    callback_url: str | None
    profile: Profile = Profile.TENDER
    institution_code: str
    area: str
    paas_id: str
    paas_token: str = field(repr=False)
    sign_in_required: bool = True
    payment_app_id: str
    payment_app_secret: str = field(repr=False)
    payment_platform_private_key: str = field(repr=False)
    payment_channel_public_key: str
    authorization_partner_id: str
    authorization_secret: str = field(repr=False)
    authorization_channel_certificate: str
    his_app_id: str
    his_secret: str = field(repr=False)
    his_hospital_id: str
    receipts_app_id: str
    receipts_key: str = field(repr=False)
    receipts_place_code: str
    face_app_id: str
    face_secret: str = field(repr=False)
    kuaidi100_customer: str
    kuaidi100_key: str = field(repr=False)
    wechat_app_id: str
    wechat_app_secret: str = field(repr=False)
    wechat_merchant_id: str
    wechat_merchant_serial: str
    wechat_merchant_public_key: str
    wechat_platform_serial: str
    wechat_platform_private_key: str = field(repr=False)
    wechat_api_v3_key: str = field(repr=False)
    circulation_app_id: str
    circulation_app_secret: str = field(repr=False)
    circulation_platform_private_key: str = field(repr=False)
    circulation_channel_public_key: str


class Sandbox(Protocol):
    """What every platform's sandbox offers."""

    name: str
    faults: Faults
    app: Starlette

    def books(self) -> dict[str, object]:
        """Everything open and done, amounts in integer fen."""
        ...

    def load(self, data: dict[str, Any]) -> None:
        """Demonstration data in the platform's own words."""
        ...

    def reset(self) -> None:
        """Forget everything."""
        ...


class Sandboxes:
    """The platforms together. The two halves of the insurance platform share one memory."""

    def __init__(self, keys: SandboxKeys) -> None:
        self.keys = keys
        self.book = InsuranceBook(keys.profile)
        self.core = InsuranceCoreSandbox(self.book, _core(keys))
        self.payment = InsurancePaymentSandbox(self.book, settings=_payment(keys))
        self.wechat_pay = _wechat_pay(keys)
        self.circulation = EPCSandbox(self.book, settings=_circulation(keys))
        self.wechat_pay.mixed.insurance = InsuranceBehindWeChat(self.payment, self.book)
        self.all: Mapping[str, Sandbox] = {
            "insurance-core": self.core,
            "insurance-payment": self.payment,
            "authorization": AuthorizationSandbox(_partner(keys), self.book),
            "his": HISSandbox(app_id=keys.his_app_id, secret=keys.his_secret, hospital_id=keys.his_hospital_id),
            "receipts": BosiSandbox(
                app_id=keys.receipts_app_id,
                key=keys.receipts_key,
                place_codes=[keys.receipts_place_code],
                public_url=f"{keys.public_url}/receipts",
            ),
            "face-sign-in": _face_sign_in(keys),
            "wechat-pay": self.wechat_pay,
            "kuaidi100": Kuaidi100Sandbox(customer=keys.kuaidi100_customer, key=keys.kuaidi100_key),
            "wechat-shipping": WeChatShippingSandbox(
                app_id=keys.wechat_app_id,
                app_secret=keys.wechat_app_secret,
                merchant_id=keys.wechat_merchant_id,
                payments=self._paid_in_mini_program,
            ),
            "circulation": self.circulation,
        }
        self.book.knows_prescription = self._known_prescription
        self.app = Starlette(routes=[Mount("/control", routes=self._desk()), *self._platforms()])

    def books(self) -> dict[str, dict[str, object]]:
        """The books of every platform by its name."""
        return {name: sandbox.books() for name, sandbox in self.all.items()}

    def load(self, data: Mapping[str, dict[str, Any]]) -> None:
        """Data for several platforms at once. Raises ValueError, or KeyError for a platform that is none."""
        for name, told in data.items():
            self.all[name].load(told)

    def reset(self) -> None:
        """Forget everything, everywhere."""
        for sandbox in self.all.values():
            sandbox.reset()

    def _paid_in_mini_program(self, trade_number: str) -> PaidOrder | None:
        """A payment as WeChat's other half knows it."""
        told = self.wechat_pay.paid_in_mini_program(trade_number)
        return None if told is None else PaidOrder(transaction_id=told[0], open_id=told[1], refunded=told[2])

    def _known_prescription(self, number: str) -> bool:
        """医保处方编号 that the centre has given out, or that was loaded."""
        return number in self.book.prescriptions or number in self.circulation.centre.prescriptions

    def _platforms(self) -> list[Mount]:
        return [Mount(f"/{name}", app=sandbox.app) for name, sandbox in self.all.items()]

    def _desk(self) -> list[Route]:
        return [
            Route("/books", self._books),
            Route("/load", self._load, methods=["POST"]),
            Route("/faults", self._add_fault, methods=["POST"]),
            Route("/faults", self._clear_faults, methods=["DELETE"]),
            Route("/settings", self._settings, methods=["POST"]),
            Route("/reset", self._reset, methods=["POST"]),
        ]

    async def _books(self, request: Request) -> Response:
        return JSONResponse(self.books())

    async def _load(self, request: Request) -> Response:
        try:
            self.load(await request.json())
        except (ValueError, KeyError, TypeError) as error:
            return JSONResponse({"error": str(error)}, status_code=400)
        return JSONResponse({"loaded": True})

    async def _add_fault(self, request: Request) -> Response:
        told = await request.json()
        sandbox = self.all.get(told.pop("platform", ""))
        if sandbox is None:
            return JSONResponse({"error": f"platform is one of {', '.join(self.all)}"}, status_code=400)
        try:
            sandbox.faults.add(told.pop("transaction"), told.pop("kind"), **told)
        except (ValueError, KeyError, TypeError) as error:
            return JSONResponse({"error": str(error)}, status_code=400)
        return JSONResponse({"waiting": True})

    async def _clear_faults(self, request: Request) -> Response:
        for sandbox in self.all.values():
            sandbox.faults.clear()
        return JSONResponse({"waiting": False})

    async def _settings(self, request: Request) -> Response:
        told = await request.json()
        if "profile" in told:
            self.book.profile = Profile(told.pop("profile"))
        if "notify" in told:
            self.wechat_pay.notify = bool(told.pop("notify"))
        self.payment.settings = replace(self.payment.settings, **told)
        return JSONResponse({"set": True})

    async def _reset(self, request: Request) -> Response:
        self.reset()
        return JSONResponse({"reset": True})


def _core(keys: SandboxKeys) -> CoreSandboxSettings:
    gateway = GatewayRules(paas_id=keys.paas_id, token=keys.paas_token)
    return CoreSandboxSettings(gateway=gateway, area=keys.area, sign_in_required=keys.sign_in_required)


def _payment(keys: SandboxKeys) -> PaymentSandboxSettings:
    return PaymentSandboxSettings(
        app_id=keys.payment_app_id,
        app_secret=keys.payment_app_secret,
        platform_private_key=keys.payment_platform_private_key,
        channel_public_key=keys.payment_channel_public_key,
        institution_code=keys.institution_code,
        public_url=f"{keys.public_url}/insurance-payment",
        callback_url=keys.callback_url,
    )


def _circulation(keys: SandboxKeys) -> EPCSandboxSettings:
    return EPCSandboxSettings(
        app_id=keys.circulation_app_id,
        app_secret=keys.circulation_app_secret,
        platform_private_key=keys.circulation_platform_private_key,
        channel_public_key=keys.circulation_channel_public_key,
        institution_code=keys.institution_code,
    )


def _face_sign_in(keys: SandboxKeys) -> FaceSignInSandbox:
    return FaceSignInSandbox(
        app_id=keys.face_app_id, secret=keys.face_secret, public_url=f"{keys.public_url}/face-sign-in"
    )


def _partner(keys: SandboxKeys) -> Partner:
    return Partner(
        partner_id=keys.authorization_partner_id,
        partner_secret=keys.authorization_secret,
        institution_code=keys.institution_code,
        app_id=keys.payment_app_id,
        city_code=keys.area,
        channel="DEMO",
        channel_certificate=keys.authorization_channel_certificate,
    )


def _wechat_pay(keys: SandboxKeys) -> WeChatPaySandbox:
    return WeChatPaySandbox(
        app_id=keys.wechat_app_id,
        merchant_id=keys.wechat_merchant_id,
        merchant_serial=keys.wechat_merchant_serial,
        merchant_public_key=keys.wechat_merchant_public_key,
        platform_serial=keys.wechat_platform_serial,
        platform_private_key=keys.wechat_platform_private_key,
        api_v3_key=keys.wechat_api_v3_key,
        public_url=f"{keys.public_url}/wechat-pay",
    )
