"""What one running process has at hand: its settings, its keys and a client for every platform."""

from __future__ import annotations

from dataclasses import dataclass, field

from app.sealing import Sealer
from app.settings import Settings, Timing
from app.sign_in import SignIn
from clients.his.gateway import HISGateway
from clients.insurance.core.client import InsuranceCoreClient
from clients.insurance.payment.client import InsurancePaymentClient
from clients.receipts.gateway import ReceiptGateway
from clients.wechat_pay.gateway import SelfPayGateway


@dataclass(frozen=True, slots=True, kw_only=True)
class Platforms:
    """A client for each platform; `self_pay` is None where the hospital has not set up a provider."""

    insurance_core: InsuranceCoreClient
    insurance_payment: InsurancePaymentClient
    his: HISGateway
    receipts: ReceiptGateway
    self_pay: SelfPayGateway | None = None

    async def close(self) -> None:
        """Give all connections back."""
        for client in (self.insurance_core, self.insurance_payment, self.his, self.receipts, self.self_pay):
            if client is not None:
                await client.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """Everything that a process of the hospital needs; made once by the composition root."""

    settings: Settings = field(repr=False)
    sealer: Sealer = field(repr=False)
    platforms: Platforms
    sign_in: SignIn

    @property
    def timing(self) -> Timing:
        """How long to wait for what."""
        return self.settings.timing
