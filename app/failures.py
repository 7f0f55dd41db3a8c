"""A platform's failure as the columns of a problem, in Chinese; the graph tells it in the reader's language."""

from __future__ import annotations

from app.problems import Problem, sentence
from clients.errors import Garbled, NotSent, PlatformError, Refused

COLUMNS = ("problem_code", "problem_message", "problem_platform", "problem_platform_code")
NO_PROBLEM: dict[str, str | None] = dict.fromkeys(COLUMNS)
LONGEST = 500


def columns_of(failure: PlatformError | Problem) -> dict[str, str | None]:
    """Why something did not happen."""
    if isinstance(failure, Problem):
        return _columns(failure.code, failure.message(), None, None)
    if isinstance(failure, Refused):
        return _columns("PLATFORM_REFUSED", failure.message, failure.platform, failure.code)
    code = "PLATFORM_UNAVAILABLE" if isinstance(failure, NotSent) else "OUTCOME_UNKNOWN"
    code = "ANSWER_GARBLED" if isinstance(failure, Garbled) else code
    return _columns(code, sentence(code, {"platform": failure.platform}), failure.platform, None)


def _columns(code: str, message: str, platform: str | None, platform_code: str | None) -> dict[str, str | None]:
    return dict(zip(COLUMNS, (code, message[:LONGEST], platform, platform_code), strict=True))
