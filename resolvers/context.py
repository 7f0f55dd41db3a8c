"""What a resolver is given: who asks, in which language, and the hospitals."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from app.audit import Actor
from app.events import Hub
from app.installation import Installation, Installations
from app.problems import CHINESE, ENGLISH, Problem
from app.tokens import Role, Viewer
from resolvers.loaders import Loaders


def language_of(header: str | None) -> int:
    """Chinese, unless English is asked for before it (Accept-Language)."""
    wanted = (header or "").lower()
    english, chinese = wanted.find("en"), wanted.find("zh")
    return ENGLISH if english >= 0 and (chinese < 0 or english < chinese) else CHINESE


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
