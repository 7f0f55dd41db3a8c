"""Which steps an upload has, and what the prescription is called while each of them is next."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from app.models import PrescriptionState, PrescriptionStepKind, StepState
from clients.circulation.gateway import Step

K, S = PrescriptionStepKind, PrescriptionState

# The step, and what its channel must offer for it; the older channel neither pre-checks nor signs.
UPLOAD: tuple[tuple[PrescriptionStepKind, Step | None], ...] = (
    (K.VISIT, None),
    (K.CHECK, Step.VERIFY),
    (K.REVIEW, None),
    (K.SIGNATURE, Step.SIGN),
    (K.UPLOAD, Step.UPLOAD),
)

STATE_BEFORE: Mapping[PrescriptionStepKind, PrescriptionState] = {
    K.VISIT: S.CHECKING,
    K.CHECK: S.CHECKING,
    K.REVIEW: S.IN_REVIEW,
    K.SIGNATURE: S.UPLOADING,
    K.UPLOAD: S.UPLOADING,
    K.CANCELLATION: S.CANCELLING,
}
STATE_AT_END: Mapping[PrescriptionStepKind, PrescriptionState] = {K.UPLOAD: S.UPLOADED, K.CANCELLATION: S.CANCELLED}
# A refused cancellation leaves the prescription where it is: on the platform.
STATE_REFUSED: Mapping[PrescriptionStepKind, PrescriptionState] = {
    **dict.fromkeys(K, S.REFUSED),
    K.REVIEW: S.REJECTED,
    K.CANCELLATION: S.UPLOADED,
}

MOVING = frozenset({S.CHECKING, S.IN_REVIEW, S.UPLOADING, S.CANCELLING})
SETTLED = (StepState.DONE, StepState.SKIPPED)

ADVISABLE = frozenset({S.WRITTEN, S.APPROVED, S.IN_REVIEW, S.REFUSED})
REVIEWABLE = frozenset({S.WRITTEN, S.CHECKING, S.IN_REVIEW, S.REFUSED})
UPLOADABLE = frozenset({S.WRITTEN, S.APPROVED, S.REFUSED, S.ATTENTION})
# Before the upload nothing counts on the platform (a pre-check only checks), so taking back is ours alone.
WITHDRAWABLE = frozenset({S.WRITTEN, S.APPROVED, S.IN_REVIEW, S.REFUSED})


def upload(offered: Collection[Step]) -> list[PrescriptionStepKind]:
    """The steps of an upload on a channel that offers these."""
    return [kind for kind, needed in UPLOAD if needed is None or needed in offered]
