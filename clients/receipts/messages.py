"""What is said to and heard from the e-receipt platform, but for the issue itself (`issue.py`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from clients.receipts import wire
from clients.receipts.issue import Channel, Charge, Detail, IssueReceipt
from clients.receipts.settings import BosiSettings

__all__ = [
    "Channel",
    "Charge",
    "Detail",
    "Download",
    "FindReceipt",
    "IssueReceipt",
    "Pending",
    "Receipt",
    "ReceiptState",
    "ReceiptStatus",
    "RedReceipt",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class FindReceipt:
    """getEBillByBusNo 根据业务流水号获取电子票据: by the number and the moment that the issue was asked with."""

    business_number: str
    issued_at: datetime

    def to_wire(self) -> dict[str, object]:
        """The business object. Raises ValueError for a moment without its zone."""
        return {"busNo": self.business_number, "busDateTime": wire.moment(self.issued_at)}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptStatus:
    """getEBillStatesByBillInfo 电子票据状态查询."""

    batch_code: str
    number: str

    def to_wire(self) -> dict[str, object]:
        """The business object."""
        return {"billBatchCode": self.batch_code, "billNo": self.number}


@dataclass(frozen=True, slots=True, kw_only=True)
class RedReceipt:
    """writeOffEBill 电子票据冲红: the whole receipt, always; a part is a write-off and a new issue under a new number.

    `operator` is the name of the member of staff (经办人).
    """

    batch_code: str
    number: str
    reason: str
    operator: str
    red_at: datetime

    def to_wire(self, settings: BosiSettings) -> dict[str, object]:
        """The business object. Raises ValueError for a moment without its zone."""
        return {
            "billBatchCode": self.batch_code,
            "billNo": self.number,
            "reason": self.reason,
            "operator": self.operator,
            "busDateTime": wire.moment(self.red_at),
            "placeCode": settings.place_code,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """The platform has taken the request and has no number yet: ask again with `FindReceipt`."""

    business_number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """电子票据: 票据代码, 票据号码, 校验码, and where it can be seen.

    `public_url` is the page on the Internet (外网H5页面). `inner_url` works only inside the hospital's network and is
    never given to a patient. `qr_code` is a PNG in Base64. What the platform does not tell is None: a look-up by
    business number is known to tell the first three only.
    """

    batch_code: str
    number: str
    check_code: str
    created_at: datetime | None = None
    public_url: str | None = None
    inner_url: str | None = field(default=None, repr=False)
    qr_code: str | None = field(default=None, repr=False)

    @classmethod
    def from_wire(cls, told: Mapping[str, Any]) -> Receipt:
        """A receipt as issued or found. Raises ValueError."""
        return cls._read(told, "billBatchCode", "billNo", "random")

    @classmethod
    def from_red_wire(cls, told: Mapping[str, Any]) -> Receipt:
        """The red receipt (电子红票) of a write-off. Raises ValueError."""
        return cls._read(told, "eScarletBillBatchCode", "eScarletBillNo", "eScarletRandom")

    @classmethod
    def from_wire_or_pending(cls, told: Mapping[str, Any], business_number: str) -> Receipt | Pending:
        """As `from_wire`, but success with an empty `billNo` means that there is no number yet.

        Bosi answers at once, so its documents know no such answer; this shape is our own choice for installations
        that issue asynchronously.
        """
        if told.get("billNo") == "":
            return Pending(business_number=business_number)
        return cls.from_wire(told)

    @classmethod
    def _read(cls, told: Mapping[str, Any], batch: str, number: str, check: str) -> Receipt:
        created = wire.text_or_none(told, "createTime")
        return cls(
            batch_code=wire.text_of(told, batch),
            number=wire.text_of(told, number),
            check_code=wire.text_of(told, check),
            created_at=wire.read_moment(created) if created else None,
            public_url=wire.text_or_none(told, "pictureNetUrl"),
            inner_url=wire.text_or_none(told, "pictureUrl"),
            qr_code=wire.text_or_none(told, "billQRCode"),
        )


_STATES: Mapping[str, Literal["NORMAL", "VOID"]] = {"1": "NORMAL", "2": "VOID"}
_RED: Mapping[str, bool] = {"0": False, "1": True}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptState:
    """票据状态 (state) and 是否已开红票 (isScarlet): two answers; whether it was written off is told by `red`."""

    state: Literal["NORMAL", "VOID"]
    red: bool

    @classmethod
    def from_wire(cls, told: Mapping[str, Any]) -> ReceiptState:
        """Raises ValueError for codes that the protocol does not name."""
        state, red = wire.text_of(told, "state"), wire.text_of(told, "isScarlet")
        if state not in _STATES or red not in _RED:
            raise ValueError("state or isScarlet is not a known code")
        return cls(state=_STATES[state], red=_RED[red])


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """Where a patient gets the receipt: a page to open, or a file. `expires_at` is None when it does not expire."""

    kind: Literal["H5_URL", "PDF", "OFD"]
    url: str
    expires_at: datetime | None = None
