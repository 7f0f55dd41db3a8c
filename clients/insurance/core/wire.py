"""The core platform's wire (P1, 医保核心交易): envelope, times, JSON. Source: protocols/insurance.md 2.1, 3.1, 4.1."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal, NoReturn
from zoneinfo import ZoneInfo

from clients.insurance.core.advice_codes import AdviceCodes

SHANGHAI = ZoneInfo("Asia/Shanghai")
SECONDS = "%Y-%m-%d %H:%M:%S"
OK = "0"
FIELDS = Path(__file__).with_name("fields.json")
CODES = Path(__file__).with_name("codes.json")

# 配送状态: our name → the region's code and name (7205). Ours by default: see deliveries.py.
DELIVERY_STATES: Mapping[str, tuple[str, str]] = {
    "CREATED": ("10", "待揽收"),
    "PICKED_UP": ("20", "已揽收"),
    "PICKUP_FAILED": ("90", "异常"),
    "IN_TRANSIT": ("30", "运输中"),
    "OUT_FOR_DELIVERY": ("40", "派送中"),
    "SIGNED": ("50", "已签收"),
    "EXCEPTION": ("90", "异常"),
    "RETURNING": ("60", "退回"),
    "RETURNED": ("60", "退回"),
    "CANCELLED": ("70", "已取消"),
}

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
_RESULT = re.compile(r"-?\d{1,4}")


@dataclass(frozen=True, slots=True, kw_only=True)
class CoreSettings:
    """How one institution reaches the core platform (insurance.md 3.1–3.3).

    `path` may hold `{infno}`; regions with one address leave it out. `gateway` says who checks the signature: `x-tif`
    (`paas_id`, `token`), `csb` (the `csb_…` members) or `none`. `hex_case` is the case of the x-tif signature.
    `institution_code` has 12 characters; `area` is the place of treatment (就医地, 350200 is Xiamen); `receiver` is
    assigned by the platform. For an unattended service `operator` is a terminal number. `timeout` is in seconds
    (regions use 20 to 180). With `sign_in_required` a request without a sign number is refused before it is sent.
    `doctor_type` is the region's code of a doctor among 执业人员分类 (5102). `delivery_transaction` is its number of
    7205, `delivery_states` its code (at most 6 characters) and name (20) of each state. Raises ValueError.
    `advice` are its codes for 3101.
    """

    base_url: str
    path: str = "/fsi/{infno}"
    gateway: Literal["x-tif", "csb", "none"] = "x-tif"
    paas_id: str = ""
    token: str = field(default="", repr=False)
    hex_case: Literal["lower", "upper"] = "lower"
    csb_access_key: str = ""
    csb_secret_key: str = field(default="", repr=False)
    csb_api_name: str = "hssServives"
    csb_api_version: str = "1.0.0"
    institution_code: str
    institution_name: str
    area: str
    receiver: str
    operator: str
    operator_name: str
    operator_type: str = "3"
    version: str = "V1.0"
    sign_in_required: bool = False
    doctor_type: str = "1"
    delivery_transaction: str = "7205"
    delivery_states: Mapping[str, tuple[str, str]] = field(default_factory=lambda: DELIVERY_STATES)
    advice: AdviceCodes = field(default_factory=AdviceCodes)
    timeout: float = 20.0

    def __post_init__(self) -> None:
        told = self.delivery_states
        if not 1 <= len(self.delivery_transaction) <= 5:
            raise ValueError("delivery_transaction: 1 to 5 characters")
        if told.keys() != DELIVERY_STATES.keys():
            raise ValueError(f"delivery_states: exactly {', '.join(DELIVERY_STATES)}")
        if not all(1 <= len(code) <= 6 and 1 <= len(name) <= 20 for code, name in told.values()):
            raise ValueError("delivery_states: a code of 1 to 6 and a name of 1 to 20 characters")


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply envelope: `code` 0 is yes, anything else no; `output` is already JSON, whatever dress it came in."""

    code: str
    text: str
    output: object

    @property
    def accepted(self) -> bool:
        """Whether the platform said yes."""
        return self.code == OK


def message_id(institution_code: str, at: datetime, sequence: int) -> str:
    """发送方报文ID: institution code (12), Shanghai time to the second (14), sequence modulo 10000 (4). ValueError."""
    if len(institution_code) != 12:
        raise ValueError("an institution code has 12 characters")
    return f"{institution_code}{_local(at):%Y%m%d%H%M%S}{sequence % 10000:04d}"


def wall(at: datetime) -> str:
    """An aware moment as the platform's clock shows it: `yyyy-MM-dd HH:mm:ss`. ValueError for a naive one."""
    return _local(at).strftime(SECONDS)


def moment(text: object) -> datetime:
    """The aware moment of a `yyyy-MM-dd HH:mm:ss`. ValueError for anything else."""
    if not isinstance(text, str) or not _MOMENT.fullmatch(text):
        raise ValueError("not a time of the form yyyy-MM-dd HH:mm:ss")
    return datetime.strptime(text, SECONDS).replace(tzinfo=SHANGHAI)


def moment_or_none(text: object) -> datetime | None:
    """As `moment`; absent, null and empty mean not given."""
    return None if text is None or text == "" else moment(text)


def day_or_none(text: object) -> date | None:
    """The day of a `yyyy-MM-dd`; absent, null and empty mean not given. ValueError for anything else."""
    if text is None or text == "":
        return None
    if not isinstance(text, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        raise ValueError("not a day of the form yyyy-MM-dd")
    return date.fromisoformat(text)


def envelope(
    settings: CoreSettings,
    *,
    transaction: str,
    message_id: str,
    at: datetime,
    insured_area: str,
    sign_number: str,
    content: Mapping[str, object],
) -> bytes:
    """A request as sent: the public part of 3.1 around `content`. ValueError for a naive `at`."""
    sent = {
        "infno": transaction,
        "msgid": message_id,
        "mdtrtarea_admvs": settings.area,
        "insuplc_admdvs": insured_area,
        "recer_sys_code": settings.receiver,
        "dev_no": "",
        "dev_safe_info": "",
        "cainfo": "",
        "signtype": "",
        "infver": settings.version,
        "opter_type": settings.operator_type,
        "opter": settings.operator,
        "opter_name": settings.operator_name,
        "inf_time": wall(at),
        "fixmedins_code": settings.institution_code,
        "fixmedins_name": settings.institution_name,
        "sign_no": sign_number,
        "input": content,
    }
    return dump(sent)


def read_reply(body: bytes) -> Reply | None:
    """The reply envelope; None for a gateway's own error (`code` and no `infcode`). ValueError for anything else."""
    told = parse(body, numbers=str)
    if not isinstance(told, dict):
        raise ValueError("the reply is not an object")
    if "infcode" not in told and "code" in told:
        return None
    code = str(told.get("infcode")).strip()
    if not _RESULT.fullmatch(code):
        raise ValueError("the reply has no result code")
    return Reply(code, str(told.get("err_msg") or "").strip(), _output(told.get("output")))


def dump(data: object) -> bytes:
    """JSON in UTF-8."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()


def parse(body: bytes | str, *, numbers: Callable[[str], Any]) -> Any:
    """JSON whose numbers become `numbers` of their text, never floats. ValueError for what is not JSON in UTF-8."""
    text = body.decode() if isinstance(body, bytes) else body
    try:
        return json.loads(text, parse_float=numbers, parse_int=numbers, parse_constant=_no_constant)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _output(told: object) -> object:
    return (parse(told, numbers=str) if told.strip() else None) if isinstance(told, str) else told


def _local(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError("a moment needs its time zone")
    return at.astimezone(SHANGHAI)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
