"""What the prescription centre tells us. An answer that cannot be one is a ValueError, LookupError or TypeError."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clients.circulation.codes import STATES
from clients.circulation.epc.wire import demanded, moment_of, moment_or_none, number, plain
from clients.circulation.gateway import (
    Review,
    Signed,
    State,
    Status,
    TakenItem,
    Taking,
    Uploaded,
    Use,
    Verdict,
    Verified,
)
from clients.circulation.wire import unpacked

Data = Mapping[str, Any]
Uses = Mapping[str, Use]
Verdicts = Mapping[str, Verdict | None]
_TAKEN = "1"


def verified(data: Data) -> Verified:
    """D001, answer."""
    return Verified(trace_code=demanded(data, "rxTraceCode"), number=demanded(data, "hiRxno"))


def signed(data: Data) -> Signed:
    """D002, answer."""
    return Signed(
        document=unpacked(demanded(data, "rxFile")),
        digest=demanded(data, "signDigest"),
        certificate_serial=demanded(data, "signCertSn"),
        certificate_subject=demanded(data, "signCertDn"),
    )


def uploaded(data: Data, asked: str) -> Uploaded:
    """D003, answer: of the prescription that was `asked` about."""
    return Uploaded(number=_same(data, asked), state=_state(data))


def cancelled(data: Data, asked: str) -> State:
    """D004, answer."""
    _same(data, asked)
    return _state(data)


def status(data: Data, asked: str, uses: Uses) -> Status:
    """D005, answer: of the whole prescription that it repeats, only how it stands is read."""
    return Status(
        number=_same(data, asked),
        state=_state(data),
        use=uses[demanded(data, "rxUsedStasCodg")],
        use_name=demanded(data, "rxUsedStasName"),
        valid_until=moment_or_none(data.get("valiEndTime")),
    )


def review(data: Data, asked: str, verdicts: Verdicts) -> Review | None:
    """D006, answer; None when it says that nobody has reviewed."""
    _same(data, asked)
    verdict = verdicts[demanded(data, "rxChkStasCodg")]
    if verdict is None:
        return None
    return Review(
        number=asked,
        verdict=verdict,
        opinion=plain(data.get("rxChkOpnn")) or "",
        pharmacist_code=plain(data.get("pharCode")) or "",
        pharmacist_name=demanded(data, "pharName"),
        reviewed_at=moment_of(data["rxChkTime"]),
        state=_state(data),
    )


def taking(data: Data, asked: str, uses: Uses) -> Taking:
    """D007, answer."""
    return Taking(
        number=_same(data, asked),
        state=_state(data),
        use=uses[demanded(data, "rxUsedStasCodg")],
        use_name=demanded(data, "rxUsedStasName"),
        settled_at=moment_or_none(data.get("setlTime")),
        items=tuple(map(_taken, data.get("seltdelts") or ())),
    )


def _taken(row: Data) -> TakenItem:
    return TakenItem(
        catalogue_code=demanded(row, "medListCodg"),
        name=demanded(row, "drugGenname"),
        spec=plain(row.get("drugSpec")) or "",
        quantity=number(row["cnt"]),
        batch=plain(row.get("manuLotnum")) or plain(row.get("bchno")) or "",
        taken=demanded(row, "takeDrugFlag") == _TAKEN,
    )


def _state(data: Data) -> State:
    return STATES[demanded(data, "rxStasCodg")]


def _same(data: Data, asked: str) -> str:
    if demanded(data, "hiRxno") != asked:
        raise ValueError("the answer speaks of another prescription")
    return asked
