"""Whom sandboxes trust when they call the hospital back."""

from __future__ import annotations

import functools
import ssl


@functools.cache
def trusted() -> ssl.SSLContext:
    """The system's certificates, read once: to read them takes longer than twenty notices."""
    return ssl.create_default_context()
