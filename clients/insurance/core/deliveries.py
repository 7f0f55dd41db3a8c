"""7205 配送信息上传: where a parcel with prescribed medicine is. Source: protocols/insurance.md 2.2, logistics.md C.1.

Its number and its states are the region's: `CoreSettings.delivery_transaction` and `delivery_states`. The dictionary of
`delv_stas_codg` was found nowhere, so the codes are ours until a region tells its own; the names are those of
logistics.md C.4. No transaction asks for a delivery: one whose answer was lost is sent again with the same
`delivery_number` and content, which tells the platform nothing new. Courier, address and position are optional, nobody
tells them to us, and so they are not sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from clients.insurance.core.wire import CoreSettings, wall


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadDelivery:
    """What a parcel became. `delivery_number` (配送业务编号) is the waybill's, the same in every upload of a parcel.

    `state` is a name among `CoreSettings.delivery_states`; `at` is when the parcel became it.
    """

    prescription_number: str
    delivery_number: str
    carrier_code: str
    carrier_name: str
    state: str
    at: datetime
    sign_number: str = ""


@dataclass(frozen=True, slots=True)
class RegionalDelivery:
    """7205 as the region wants it, under the number that it has there."""

    upload: UploadDelivery
    settings: CoreSettings
    insured_area: str = ""

    @property
    def transaction(self) -> str:
        """交易编号."""
        return self.settings.delivery_transaction

    @property
    def sign_number(self) -> str:
        """签到编号."""
        return self.upload.sign_number

    def to_wire(self) -> dict[str, object]:
        """Node data. Raises KeyError for a state that the region has no code for."""
        told = self.upload
        code, name = self.settings.delivery_states[told.state]
        return {
            "data": {
                "hi_rxno": told.prescription_number,
                "delv_no": told.delivery_number,
                "delv_entp_no": told.carrier_code,
                "delv_entp_name": told.carrier_name,
                "delv_stas_codg": code,
                "delv_stas_name": name,
                "delv_stas_time": wall(told.at),
            }
        }
