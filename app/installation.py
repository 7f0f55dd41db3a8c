"""What one running process has at hand for each of its hospitals: settings, keys and a client for every platform."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields

from app.cache import Cache
from app.links import Links
from app.models import Hospital
from app.problems import Problem
from app.sealing import Sealer
from app.settings import HospitalSettings, Timing
from app.sign_in import SignIn
from clients.authorization.gateway import AuthorizationGateway
from clients.carriers.gateway import Carrier
from clients.circulation.gateway import PrescriptionCirculation
from clients.face_sign_in.gateway import DoctorFaceSignIn
from clients.his.gateway import HISGateway
from clients.insurance.core.client import InsuranceCoreClient
from clients.insurance.payment.client import InsurancePaymentClient
from clients.receipts.gateway import ReceiptGateway
from clients.wechat_pay.gateway import SelfPayGateway
from clients.wechat_pay.mixed_client import MixedPaymentGateway
from clients.wechat_shipping.client import WeChatShippingClient


@dataclass(frozen=True, slots=True, kw_only=True)
class Platforms:
    """A client for each platform; one that may be None is not set up at this hospital."""

    insurance_core: InsuranceCoreClient
    insurance_payment: InsurancePaymentClient
    his: HISGateway
    receipts: ReceiptGateway
    self_pay: SelfPayGateway | None = None
    mixed: MixedPaymentGateway | None = None
    face_sign_in: DoctorFaceSignIn | None = None
    authorization: AuthorizationGateway | None = None
    carrier: Carrier | None = None
    shipping: WeChatShippingClient | None = None
    circulation: PrescriptionCirculation | None = None

    async def close(self) -> None:
        """Give all connections back."""
        for each in fields(self):
            client = getattr(self, each.name)
            if client is not None:
                await client.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """Everything that a process needs to act for one hospital; made once by the composition root."""

    settings: HospitalSettings = field(repr=False)
    timing: Timing = field(default_factory=Timing)
    sealer: Sealer = field(repr=False)
    platforms: Platforms
    sign_in: SignIn
    links: Links
    cache: Cache = field(default_factory=Cache)


class Installations:
    """The hospitals for which this process can act. A hospital's settings are found by its institution code."""

    def __init__(self, each: Iterable[Installation]) -> None:
        self._by_code = {one.settings.code: one for one in each}
        self._by_id: dict[int, Installation] = {}

    def __iter__(self) -> Iterator[Installation]:
        return iter(self._by_code.values())

    @property
    def first(self) -> Installation:
        """The one whose keys and times all of them share."""
        return next(iter(self))

    def known(self, hospital_id: int) -> Installation:
        """The hospital that `of` found before. Raises Problem: its platforms are not set up here."""
        found = self._by_id.get(hospital_id)
        if found is None:
            raise Problem("HOSPITAL_NOT_SET_UP")
        return found

    async def of(self, hospital_id: int) -> Installation | None:
        """The hospital's, or None: its platforms are not set up here."""
        if hospital_id not in self._by_id:
            row = await Hospital.get_or_none(id=hospital_id)
            if row is None or row.code not in self._by_code:
                return None
            self._by_id[hospital_id] = self._by_code[row.code]
        return self._by_id[hospital_id]
