"""The composition root of every process: settings in, the hospitals' `Installations` out."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime

from app import clock, journal
from app.cache import Cache
from app.database import connected
from app.installation import Installation, Installations, Platforms
from app.links import Links
from app.sealing import Sealer
from app.settings import HospitalSettings, Sealing, Settings, Timing
from app.sign_in import SignIn
from clients.authorization.client import AuthorizationClient
from clients.carriers.kuaidi100.client import Kuaidi100Client
from clients.circulation.epc.client import EPCClient
from clients.circulation.fsi.client import FSICirculation
from clients.circulation.gateway import PrescriptionCirculation
from clients.circulation.settings import EPCSettings
from clients.face_sign_in.client import FaceSignInClient
from clients.his.client import HISClient
from clients.http import Journal
from clients.insurance.core.client import InsuranceCoreClient
from clients.insurance.payment.client import InsurancePaymentClient
from clients.receipts.client import BosiClient
from clients.wechat_pay.client import WeChatPayClient
from clients.wechat_pay.mixed_client import MixedPaymentClient
from clients.wechat_shipping.client import WeChatShippingClient


def sealer(sealing: Sealing) -> Sealer:
    """The keys for data at rest."""
    keys = {key_id: base64.b64decode(key.get_secret_value()) for key_id, key in sealing.keys.items()}
    return Sealer(keys, sealing.active, base64.b64decode(sealing.index_key.get_secret_value()))


def links(settings: Settings, now: Callable[[], datetime] = clock.now) -> Links:
    """Links to files; their key is derived from the index key, the one that never changes."""
    secret = base64.b64decode(settings.sealing.index_key.get_secret_value())
    return Links(secret, settings.public_url, settings.timing.link, now)


def platforms(settings: HospitalSettings, keep: Journal) -> Platforms:
    """A client for every platform of a hospital; each exchange goes into the journal."""
    self_pay = WeChatPayClient(settings.wechat_pay, keep) if settings.wechat_pay else None
    mixed = settings.mixed_payment
    return Platforms(
        insurance_core=InsuranceCoreClient(settings.insurance_core, keep),
        insurance_payment=InsurancePaymentClient(settings.insurance_payment, keep),
        his=HISClient(settings.his, keep),
        receipts=BosiClient(settings.receipts, keep),
        face_sign_in=FaceSignInClient(settings.face_sign_in, keep) if settings.face_sign_in else None,
        self_pay=self_pay,
        mixed=MixedPaymentClient(mixed, self_pay.line) if mixed and self_pay else None,
        authorization=AuthorizationClient(settings.authorization, keep) if settings.authorization else None,
        carrier=Kuaidi100Client(settings.kuaidi100, keep) if settings.kuaidi100 else None,
        shipping=WeChatShippingClient(settings.wechat_shipping, keep) if settings.wechat_shipping else None,
    )


def circulation(
    settings: HospitalSettings, core: InsuranceCoreClient, sign_in: SignIn, keep: Journal
) -> PrescriptionCirculation | None:
    """The channel of the hospital's prescriptions; the older one runs through the core and its sign-in."""
    if settings.circulation is None:
        return None
    if isinstance(settings.circulation, EPCSettings):
        return EPCClient(settings.circulation, keep)
    own = settings.insurance_core
    return FSICirculation(settings.circulation, core, sign_in, (own.institution_code, own.institution_name))


@asynccontextmanager
async def installed(settings: Settings) -> AsyncIterator[Installations]:
    """The hospitals with their database, for as long as the block runs."""
    seal, cache = sealer(settings.sealing), Cache(settings.cache_url)
    shared = links(settings)
    hospitals = Installations(
        _installation(each, settings.timing, seal, shared, cache) for each in settings.every_hospital
    )
    async with connected(settings.database_url, settings.database_pool):
        try:
            yield hospitals
        finally:
            for hospital in hospitals:
                await hospital.platforms.close()
            await cache.close()


def _installation(settings: HospitalSettings, timing: Timing, seal: Sealer, links: Links, cache: Cache) -> Installation:
    keep = journal.keeper(seal)
    clients = platforms(settings, keep)
    core = settings.insurance_core
    sign_in = SignIn(clients.insurance_core, core.institution_code, settings.sign_in, required=core.sign_in_required)
    clients = replace(clients, circulation=circulation(settings, clients.insurance_core, sign_in, keep))
    return Installation(
        settings=settings, timing=timing, sealer=seal, platforms=clients, sign_in=sign_in, links=links, cache=cache
    )
