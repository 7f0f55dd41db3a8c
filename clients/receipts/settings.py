"""How one hospital is known to its Bosi installation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from clients.receipts.wire import DateFormat, Seal

# receipts.md A.4, payChannelDetail: the platform's list, and 11 医保 as OpenHIS sends it.
PAY_CHANNEL_CODES: Mapping[str, str] = MappingProxyType(
    {
        "INSURANCE_FUND": "11",
        "INSURANCE_ACCOUNT": "11",
        "POS": "01",
        "CASH": "02",
        "TRANSFER": "03",
        "ALIPAY": "04",
        "WECHAT": "05",
        "CHEQUE": "06",
        "CARD": "07",
        "UNIONPAY": "08",
        "SELF_SERVICE": "09",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BosiSettings:
    """The installation, and the words of the receipt's face that are the hospital's own.

    `date_format` is that of 就诊日期, on which sources differ. `pay_channel_codes` maps our channel kinds to the codes
    configured for this hospital. `timeout` is in seconds, for the whole answer; 30 is what known clients use.
    """

    base_url: str
    app_id: str
    key: str = field(repr=False)
    place_code: str
    payee: str
    author: str
    checker: str
    medical_institution: str
    service: str = "medical-web"
    date_format: DateFormat = "yyyyMMdd"
    pay_channel_codes: Mapping[str, str] = field(default_factory=lambda: PAY_CHANNEL_CODES)
    may_circulate: bool = True
    timeout: float = 30.0
    version: str = "1.0"

    @property
    def seal(self) -> Seal:
        """What requests are signed and answers verified with."""
        return Seal(self.app_id, self.key, self.version)
