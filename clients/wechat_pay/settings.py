"""Who we are to WeChat Pay, and whom we believe."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class WeChatPaySettings:
    """The development parameters of a direct merchant (普通商户接入参数). Keys are PEM texts; `timeout` in seconds.

    `platform_serial` is the id of the WeChat Pay public key (`PUB_KEY_ID_…`) or the serial of a platform certificate;
    `platform_public_key` is that key or that certificate. `notify_url` takes payment and refund notices; it has no
    query. Raises ValueError for an APIv3 key that is not 32 bytes.
    """

    base_url: str
    app_id: str
    merchant_id: str
    merchant_serial: str
    merchant_private_key: str = field(repr=False)
    platform_serial: str
    platform_public_key: str = field(repr=False)
    api_v3_key: str = field(repr=False)
    notify_url: str
    timeout: float = 15.0

    def __post_init__(self) -> None:
        if len(self.api_v3_key.encode()) != 32:
            raise ValueError("the APIv3 key has 32 bytes")
