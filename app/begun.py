"""Something awaitable that is begun before anybody awaits it: most sendings end where they are begun."""

from __future__ import annotations

from collections.abc import Awaitable, Generator
from typing import Any


class Begun(Generator[Any, Any, None]):
    """A sending that is begun where it is wanted, and awaited only if it does not end there."""

    def __init__(self, sending: Awaitable[None]) -> None:
        self._steps: Any = sending.__await__()
        self._waits_for: Any = None

    def ended(self) -> bool:
        """Go as far as it goes without waiting. Raises what the sending raises."""
        try:
            self._waits_for = next(self._steps)
        except StopIteration:
            return True
        return False

    def __await__(self) -> Begun:
        return self

    def send(self, value: Any) -> Any:
        """What it waits for: first that which it met at once."""
        waits_for, self._waits_for = self._waits_for, None
        return self._steps.send(value) if waits_for is None else waits_for

    def throw(self, *error: Any) -> Any:
        """What became of that, or that nobody waits any more, is for the sending to hear."""
        return self._steps.throw(*error)
