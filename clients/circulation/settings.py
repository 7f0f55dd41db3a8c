"""By which channel a hospital circulates its prescriptions, and how it speaks there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from clients.circulation.codes import KINDS, USES, VERDICTS
from clients.circulation.gateway import Use, Verdict
from clients.circulation.prescription import PrescriptionKind
from clients.insurance.envelope import Form, SmEnvelope
from clients.insurance.sm import DEFAULT_ID, PrivateKey, PublicKey, Signer


@dataclass(frozen=True, slots=True, kw_only=True)
class EPCSettings:
    """The prescription centre (D001–D007). Keys are Base64 or hex; `timeout` is seconds.

    Where the protocol is silent or its sources differ: `business_type` (02 互联网医院问诊), `attribute` (处方附加属性:
    01 双通道, 02 门诊统筹; empty: not told), the code tables `kinds`, `uses` and `verdicts`, `sm2_id` and `form`, as
    for the payment centre. A `signer` takes the place of `private_key`. Raises ValueError for a kind without a code.
    """

    channel: Literal["epc"] = "epc"
    base_url: str
    app_id: str
    app_secret: str = field(repr=False)
    private_key: str = field(default="", repr=False)
    platform_public_key: str
    institution_code: str
    institution_name: str
    path_prefix: str = "/epc/api"
    sm2_id: str = field(default=DEFAULT_ID, repr=False)
    version: str = "1.0.0"
    business_type: str = "02"
    attribute: str = ""
    kinds: Mapping[PrescriptionKind, str] = field(default_factory=lambda: dict(KINDS))
    uses: Mapping[str, Use] = field(default_factory=lambda: dict(USES))
    verdicts: Mapping[str, Verdict | None] = field(default_factory=lambda: dict(VERDICTS))
    timeout: float = 15.0
    form: Form = Form.STRINGS
    signer: Signer | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        _complete(self.kinds)

    def envelope(self) -> SmEnvelope:
        """Our end of the channel. Raises ValueError for a key that is none."""
        return SmEnvelope(
            app_id=self.app_id,
            app_secret=self.app_secret,
            signer=self.signer or PrivateKey.read(self.private_key, self.sm2_id),
            verifier=PublicKey.read(self.platform_public_key, self.sm2_id),
            version=self.version,
            form=self.form,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FSISettings:
    """The older channel (7101–7105) through the core platform, whose own settings say where and how.

    Code tables that no source lists: `kinds` (处方类别代码), `verdicts` (处方审核状态代码) and `paid` (处方支付状态).
    Raises ValueError for a kind or a verdict without a code.
    """

    channel: Literal["fsi"] = "fsi"
    kinds: Mapping[PrescriptionKind, str] = field(default_factory=lambda: dict(KINDS))
    verdicts: Mapping[Verdict, str] = field(
        default_factory=lambda: {verdict: code for code, verdict in VERDICTS.items() if verdict}
    )
    paid: str = "1"

    def __post_init__(self) -> None:
        _complete(self.kinds)
        if missing := [verdict for verdict in Verdict if not self.verdicts.get(verdict)]:
            raise ValueError(f"verdicts: no code for {', '.join(missing)}")


def _complete(kinds: Mapping[PrescriptionKind, str]) -> None:
    if missing := [kind for kind in PrescriptionKind if not kinds.get(kind)]:
        raise ValueError(f"kinds: no code for {', '.join(missing)}")
