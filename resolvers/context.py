"""What a resolver is given: who asks, in which language, and the hospitals."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from uuid import uuid4

from app.audit import Actor
from app.events import Hub
from app.installation import Installation, Installations
from app.problems import CHINESE, ENGLISH, Problem
from app.tokens import Role, Viewer
from resolvers.loaders import Loaders

LANGUAGES = {"zh": CHINESE, "en": ENGLISH}
WEIGHT = re.compile(r"q=(0(\.[0-9]{0,3})?|1(\.0{0,3})?)")


@lru_cache(maxsize=500)
def language_of(header: str | None) -> int:
    """The one of ours that Accept-Language weighs most, of equal ones the first; Chinese where it names none."""
    best, chosen = 0.0, CHINESE
    for part in (header or "").lower().split(","):
        tag, *parameters = (each.strip() for each in part.split(";"))
        language, weight = LANGUAGES.get(tag.partition("-")[0]), _weight(parameters)
        if language is not None and weight > best:
            best, chosen = weight, language
    return chosen


def _weight(parameters: list[str]) -> float:
    """1 unless told; 0 (not wanted) for what cannot be read."""
    told = next((each for each in parameters if each.startswith("q=")), "q=1")
    return float(told[2:]) if WEIGHT.fullmatch(told) else 0.0


class Unauthenticated(Exception):
    """Nobody is asking: a bearer token is needed."""


@dataclass(slots=True, kw_only=True)
class Context:
    """One request, or one socket: `viewer_or_none` is set by the server, from the header or from connection_init."""

    installations: Installations
    hub: Hub
    viewer_or_none: Viewer | None = None
    language: int = CHINESE
    request_id: str = field(default_factory=lambda: uuid4().hex)
    connection_params: dict[str, Any] | None = None
    loaders: Loaders = field(default_factory=Loaders)

    @property
    def viewer(self) -> Viewer:
        """The person who asks. Raises `Unauthenticated`."""
        if self.viewer_or_none is None:
            raise Unauthenticated
        return self.viewer_or_none

    @property
    def installation(self) -> Installation:
        """The viewer's hospital. Raises `Unauthenticated`, or Problem: its platforms are not set up here."""
        return self.installations.known(self.viewer.hospital_id)

    @property
    def actor(self) -> Actor:
        """The same person, for the audit."""
        viewer = self.viewer
        return Actor(subject=viewer.subject, role=viewer.role.value, hospital_id=viewer.hospital_id)

    def allow(self, *roles: Role) -> None:
        """Raises Problem FORBIDDEN for any other role."""
        if self.viewer.role not in roles:
            raise Problem("FORBIDDEN")
