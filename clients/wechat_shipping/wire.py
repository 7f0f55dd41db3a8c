"""The mini-program server API: JSON over HTTPS, an access token in the query. Source: protocols/logistics.md C.2.

Answers carry no signature: TLS alone vouches for them. `errcode` 0 is yes; some yeses leave it out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from clients.fields import check_node, codes, table

FIELDS = Path(__file__).with_name("fields.json")
CODES = Path(__file__).with_name("codes.json")
SHANGHAI = ZoneInfo("Asia/Shanghai")
TOKEN, UPLOAD, ORDER = "token", "upload", "order"
PATHS: Mapping[str, str] = {
    TOKEN: "/cgi-bin/stable_token",
    UPLOAD: "/wxa/sec/order/upload_shipping_info",
    ORDER: "/wxa/sec/order/get_order",
}
OK = 0
# 发货方式: by a carrier, to the door in the same city, nothing to carry, fetched by the patient.
EXPRESS = 1
UNIFIED = 1
BY_MERCHANT = 1

Wire = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class WeChatShippingSettings:
    """The mini-program in which goods are paid; `timeout` in seconds.

    `companies` are WeChat's codes for carriers by ours (get_delivery_list tells all of them); only SF and ZTO were
    seen in public material, so a hospital names the others that it uses.
    """

    base_url: str = "https://api.weixin.qq.com"
    app_id: str
    app_secret: str = field(repr=False)
    merchant_id: str
    companies: Mapping[str, str] = field(default_factory=lambda: {"SF": "SF", "ZTO": "ZTO"})
    timeout: float = 10.0


def dump(value: object) -> bytes:
    """Compact JSON, Chinese as it is: the platform shows escapes to people."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def load(body: bytes) -> Wire:
    """A JSON object. Raises ValueError."""
    try:
        told = json.loads(body.decode())
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(told, dict):
        raise ValueError("not a JSON object")
    return told


def checked(transaction: str, direction: str, node: str, data: object) -> Wire:
    """The object, once it has passed its table. Raises ValueError naming the field."""
    wrong = check_node(table(FIELDS)[transaction][direction], node, data, codes(CODES))
    if wrong or not isinstance(data, dict):
        raise ValueError("；".join(map(str, wrong)) or f"{node}: 应为对象 (an object is expected)")
    return data


def moment(at: datetime) -> str:
    """RFC 3339 with milliseconds and +08:00."""
    return at.astimezone(SHANGHAI).isoformat(timespec="milliseconds")
