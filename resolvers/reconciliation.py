"""Reconciliation: our books of a day against a platform's, for finance and auditors."""

from __future__ import annotations

from datetime import date

from app import reconciliation
from app.reconciliation import Reconciliation
from app.tokens import Role
from resolvers.context import Context


async def self_pay(context: Context, day: date) -> Reconciliation:
    """The viewer's hospital against its self-pay provider."""
    context.allow(Role.FINANCE, Role.AUDITOR)
    return await reconciliation.self_pay(context.installation, context.viewer.hospital_id, day)
