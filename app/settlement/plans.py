"""The plans: which steps, in which order, and what the settlement is called while each of them is next."""

from __future__ import annotations

from collections.abc import Mapping

from app.models import Direction, ReversalProfile, SettlementState, StepKind, Way
from app.models.orders import OrderState

K = StepKind

AFTER_PRICING = (K.CHECKOUT, K.RESULT, K.HIS_CONFIRMATION, K.INVOICE)
INSURED = (K.REGISTRATION, K.FEE_DETAILS, K.PREVIEW, *AFTER_PRICING)

SETTLE: Mapping[Way, tuple[StepKind, ...]] = {
    Way.INSURANCE: INSURED,
    Way.MIXED: INSURED,
    Way.SELF_PAY: AFTER_PRICING,
}

# The tender wants registration, fee details, settlement; the national interface the opposite (insurance.md 1, A13).
UNDO_INSURED: Mapping[ReversalProfile, tuple[StepKind, ...]] = {
    ReversalProfile.TENDER: (K.REVERSE_REGISTRATION, K.REVERSE_FEE_DETAILS, K.REVERSE_SETTLEMENT),
    ReversalProfile.NATIONAL: (K.REVERSE_SETTLEMENT, K.REVERSE_FEE_DETAILS, K.REVERSE_REGISTRATION),
}
REVERSE: Mapping[tuple[Way, ReversalProfile], tuple[StepKind, ...]] = {
    (way, profile): ((K.REVERSE_SETTLEMENT,) if way is Way.SELF_PAY else undo) + (K.RED_INVOICE, K.HIS_CANCELLATION)
    for way in Way
    for profile, undo in UNDO_INSURED.items()
}

# What takes back an unpaid settlement: the step that may have left something behind, even if it was never answered, and
# the step that undoes it, in the order that every platform accepts.
RELEASE_CASH = ((K.CHECKOUT, K.REVERSE_SETTLEMENT),)
RELEASE_INSURED = ((K.FEE_DETAILS, K.REVERSE_FEE_DETAILS), (K.REGISTRATION, K.REVERSE_REGISTRATION))
RELEASE: Mapping[Way, tuple[tuple[StepKind, StepKind], ...]] = {
    Way.INSURANCE: RELEASE_INSURED,
    Way.SELF_PAY: RELEASE_CASH,
    Way.MIXED: RELEASE_CASH + RELEASE_INSURED,
}

# A part given back (self-pay): what can be refused comes first, the money, which cannot be taken back, after it.
REFUND: tuple[StepKind, ...] = (
    K.HIS_CANCELLATION,
    K.HIS_CONFIRMATION,
    K.REVERSE_SETTLEMENT,
    K.RED_INVOICE,
    K.INVOICE,
)

STATE_BEFORE: Mapping[StepKind, SettlementState] = {
    **dict.fromkeys((K.REGISTRATION, K.FEE_DETAILS, K.PREVIEW, K.CHECKOUT), SettlementState.OPENING),
    K.RESULT: SettlementState.AWAITING_PAYMENT,
    **dict.fromkeys((K.HIS_CONFIRMATION, K.INVOICE), SettlementState.COMPLETING),
    **{kind: SettlementState.REVERSING for kind in K if kind.name.startswith(("REVERSE_", "RED_", "HIS_CANCEL"))},
}

STATE_AT_END: Mapping[Direction, SettlementState] = {
    Direction.SETTLE: SettlementState.COMPLETED,
    Direction.REVERSE: SettlementState.REVERSED,
    Direction.RELEASE: SettlementState.FAILED,
    Direction.REFUND: SettlementState.COMPLETED,
}

ORDER_AT_END: Mapping[Direction, OrderState] = {
    Direction.SETTLE: OrderState.SETTLED,
    Direction.REVERSE: OrderState.REFUNDED,
    Direction.RELEASE: OrderState.OPEN,
    Direction.REFUND: OrderState.SETTLED,
}

# A refund whose first step is refused has moved nothing: it has failed, and the settlement stands as before.
ABANDONED_ON_REFUSAL = REFUND[0]

# A refusal before the payment takes everything back; after it a person must look.
RELEASED_ON_REFUSAL = frozenset({K.REGISTRATION, K.FEE_DETAILS, K.PREVIEW, K.CHECKOUT})

FINAL = frozenset({SettlementState.COMPLETED, SettlementState.REVERSED, SettlementState.FAILED})


def state_before(direction: Direction, kind: StepKind) -> SettlementState:
    """What the settlement is called while this step is next."""
    return SettlementState.REVERSING if direction is Direction.REFUND else STATE_BEFORE[kind]
