"""What one running process has at hand: its settings, its keys and a client for every platform."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

from app.cache import Cache
from app.links import Links
from app.sealing import Sealer
from app.settings import Settings, Timing
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
from clients.wechat_shipping.client import WeChatShippingClient


@dataclass(frozen=True, slots=True, kw_only=True)
class Platforms:
    """A client for each platform; one that may be None is not set up at this hospital."""

    insurance_core: InsuranceCoreClient
    insurance_payment: InsurancePaymentClient
    his: HISGateway
    receipts: ReceiptGateway
    self_pay: SelfPayGateway | None = None
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
    """Everything that a process of the hospital needs; made once by the composition root."""

    settings: Settings = field(repr=False)
    sealer: Sealer = field(repr=False)
    platforms: Platforms
    sign_in: SignIn
    links: Links
    cache: Cache = field(default_factory=Cache)

    @property
    def timing(self) -> Timing:
        """How long to wait for what."""
        return self.settings.timing
