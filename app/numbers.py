"""Numbers that people read aloud and platforms dedupe on.

They come from database sequences, so no two processes share one.
"""

from __future__ import annotations

from tortoise import Tortoise

from app import clock

ORDER, SETTLEMENT, REFUND = "D", "S", "R"
PRESCRIPTION, VISIT = "P", "V"


async def _next(sequence: str) -> int:
    rows = await Tortoise.get_connection("default").execute_query_dict("SELECT nextval($1::regclass) AS n", [sequence])
    return int(rows[0]["n"])


async def business_number(prefix: str) -> str:
    """A number of at most 20 characters: a letter, the day in Asia/Shanghai, a running number."""
    return f"{prefix}{clock.day_of(clock.now()):%y%m%d}{await _next('business_number'):010d}"


async def message_sequence() -> int:
    """The next message number; a platform's message id is made of it."""
    return await _next("message_number")
