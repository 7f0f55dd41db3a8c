"""Mutations that answer twice with the same answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from tortoise.models import Model

from app import idempotency
from app.problems import Problem
from resolvers.context import Context

M = TypeVar("M", bound=Model)


async def answer_once(
    context: Context,
    model: type[M],
    operation: str,
    key: str,
    input_: Any,
    act: Callable[[idempotency.Once], Awaitable[int]],
) -> M:
    """`act` once for a key and an input; its object is the answer now and every later time.

    Raises Problem as `act` does, or for a key that was used with another input.
    """
    once = idempotency.once(context.viewer.hospital_id, context.viewer.subject, operation, key, input_)
    answered = await once.answered()
    if answered is None:
        try:
            answered = await act(once)
        except (idempotency.Twice, Problem):
            answered = await once.answered()
            if answered is None:
                raise
    return await model.get(id=answered)
