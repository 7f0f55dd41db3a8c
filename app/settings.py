"""Every setting, from the environment (`YIQIAO_…`, nested names joined by `__`) or from the file in YIQIAO_ENV_FILE.

Bad configuration stops the start, with all its errors at once: `yiqiao check-settings` prints them.
"""

from __future__ import annotations

import base64
import os
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, RedisDsn, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.sign_in import Terminal
from clients.authorization.client import AuthorizationSettings
from clients.carriers.kuaidi100.wire import Kuaidi100Settings
from clients.circulation.settings import EPCSettings, FSISettings
from clients.face_sign_in.wire import FaceSignInSettings
from clients.his.client import HISSettings
from clients.insurance.core.client import CoreSettings
from clients.insurance.payment.client import PaymentSettings
from clients.receipts.settings import BosiSettings
from clients.wechat_pay.mixed import MixedPaymentSettings
from clients.wechat_pay.settings import WeChatPaySettings
from clients.wechat_shipping.wire import WeChatShippingSettings


def _key(value: SecretStr) -> SecretStr:
    if len(base64.b64decode(value.get_secret_value(), validate=True)) != 32:
        raise ValueError("a key is 32 bytes in Base64 (for instance: openssl rand -base64 32)")
    return value


Key = Annotated[SecretStr, AfterValidator(_key)]


def _seconds(value: object) -> object:
    """A bare number in the environment is a text; pydantic takes only real numbers for seconds."""
    return float(value) if isinstance(value, str) and value.replace(".", "", 1).isdecimal() else value


Duration = Annotated[timedelta, BeforeValidator(_seconds)]


class Sealing(BaseModel):
    """Keys for data at rest: `keys` by key id, the `active` one seals, all of them open; the index key is separate."""

    keys: dict[str, Key]
    active: str
    index_key: Key

    @model_validator(mode="after")
    def _active_is_known(self) -> Sealing:
        if self.active not in self.keys:
            raise ValueError(f"active: there is no key {self.active!r} among keys")
        return self


class Tokens(BaseModel):
    """Whose bearer tokens are believed: keys from a JWKS address or file, this issuer and this audience.

    `dev_key_file` (a private Ed25519 key in PEM) makes `yiqiao token` work; it is refused in production.
    """

    jwks_url: str | None = None
    jwks_file: str | None = None
    dev_key_file: str | None = None
    issuer: str = "yiqiao"
    audience: str = "yiqiao"

    @model_validator(mode="after")
    def _one_source(self) -> Tokens:
        if not (self.jwks_url or self.jwks_file or self.dev_key_file):
            raise ValueError("one of jwks_url, jwks_file, dev_key_file is needed")
        return self


class Timing(BaseModel):
    """How long to wait for what. Durations are seconds, or ISO 8601 (`PT15M`)."""

    lease: Duration = timedelta(seconds=45)
    heartbeat: Duration = timedelta(seconds=12)
    checkout: Duration = timedelta(minutes=15)
    overdue: Duration = timedelta(hours=2)
    order: Duration = timedelta(hours=24)
    consent: Duration = timedelta(minutes=15)
    authorization: Duration = timedelta(minutes=15)
    link: Annotated[Duration, Field(ge=timedelta(seconds=1))] = timedelta(minutes=10)
    export: Duration = timedelta(hours=24)
    poll_first: Duration = timedelta(seconds=2)
    poll_longest: Duration = timedelta(seconds=60)
    parcel_apart: Duration = timedelta(minutes=15)
    parcel_poll: Duration = timedelta(hours=2)
    parcel_life: Duration = timedelta(days=60)
    inquiry_tries: Annotated[int, Field(ge=1)] = 8
    send_tries: Annotated[int, Field(ge=1)] = 8

    def distance(self, tries: int, at_most: float | None = None) -> timedelta:
        """The growing distance before the next try; `at_most` seconds, but never less than a tenth of a second."""
        seconds = min(self.poll_first.total_seconds() * 1.5 ** min(tries, 30), self.poll_longest.total_seconds())
        return timedelta(seconds=max(0.1, seconds if at_most is None else min(seconds, at_most + 0.1)))


class HospitalSettings(BaseModel):
    """How one hospital reaches its platforms. A platform that may be None is one that it does not have."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    sign_in: Terminal
    insurance_core: CoreSettings
    insurance_payment: PaymentSettings
    his: HISSettings
    receipts: BosiSettings
    face_sign_in: FaceSignInSettings | None = None
    wechat_pay: WeChatPaySettings | None = None
    mixed_payment: MixedPaymentSettings | None = None
    authorization: AuthorizationSettings | None = None
    kuaidi100: Kuaidi100Settings | None = None
    wechat_shipping: WeChatShippingSettings | None = None
    circulation: Annotated[EPCSettings | FSISettings, Field(discriminator="channel")] | None = None
    benefit_check: bool = True

    @model_validator(mode="after")
    def _mixed_needs_cash(self) -> HospitalSettings:
        if self.mixed_payment is not None and self.wechat_pay is None:
            raise ValueError("mixed_payment needs wechat_pay, through which its cash part goes")
        return self

    @property
    def code(self) -> str:
        """The institution code (定点医药机构编号), by which `hospital.code` finds these settings."""
        return self.insurance_core.institution_code

    @property
    def slowest(self) -> float:
        """The longest timeout of its platforms, in seconds."""
        sections = (getattr(self, name) for name in HospitalSettings.model_fields)
        return max(float(section.timeout) for section in sections if hasattr(section, "timeout"))


class Settings(HospitalSettings, BaseSettings):
    """One installation: its processes, its own hospital, and the further `hospitals` by institution code."""

    model_config = SettingsConfigDict(env_prefix="YIQIAO_", env_nested_delimiter="__", extra="forbid", frozen=True)

    environment: Literal["development", "production"] = "production"
    database_url: Annotated[str, Field(repr=False)]
    database_pool: Annotated[int, Field(ge=1, le=200)] = 10
    reader_connections: Annotated[int, Field(ge=1, le=100)] = 8
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    public_url: Annotated[str, Field(pattern="^https?://")]
    sandbox_url: str | None = None
    tokens: Tokens
    sealing: Sealing
    timing: Timing = Timing()
    cache_url: RedisDsn | None = None
    hospitals: dict[str, HospitalSettings] = {}

    @property
    def every_hospital(self) -> tuple[HospitalSettings, ...]:
        """The installation's own hospital first, then the further ones."""
        return (self, *self.hospitals.values())

    @model_validator(mode="after")
    def _safe_in_production(self) -> Settings:
        if self.environment == "production":
            unsafe = {"tokens.dev_key_file": self.tokens.dev_key_file, "sandbox_url": self.sandbox_url}
            wrong = [name for name, value in unsafe.items() if value]
            if wrong:
                raise ValueError(f"not in production: {', '.join(wrong)}")
        return self

    @model_validator(mode="after")
    def _lease_outlives_calls(self) -> Settings:
        slowest = max(each.slowest for each in self.every_hospital)
        if self.timing.lease.total_seconds() <= slowest:
            raise ValueError(f"timing.lease must be longer than the slowest platform's timeout ({slowest} s)")
        return self

    @model_validator(mode="after")
    def _hospitals_are_several(self) -> Settings:
        """A name in the environment may have lost its case; the code inside is the truth, and none may come twice."""
        wrong = [name for name, each in self.hospitals.items() if name.upper() != each.code]
        if wrong:
            raise ValueError(f"hospitals: {', '.join(wrong)} is not the institution_code inside")
        codes = [each.code for each in self.every_hospital]
        if len(set(codes)) < len(codes):
            raise ValueError("hospitals: an institution_code may come only once, the installation's own included")
        return self


def load() -> Settings:
    """The settings of this process. Raises pydantic's ValidationError with every error in it."""
    return Settings(_env_file=os.environ.get("YIQIAO_ENV_FILE"))  # type: ignore[call-arg]
