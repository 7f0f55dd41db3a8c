"""The sandbox's no: its codes with what may follow them. Source: protocols/his.md B.3."""

from __future__ import annotations

from collections.abc import Mapping

_RETRY: Mapping[str, str] = {
    "HIS-3005": "refetch",
    "HIS-3006": "refetch",
    "HIS-3010": "later",
    "HIS-5001": "same_key",
    "HIS-5002": "query_first",
}


class Refuse(Exception):
    """The sandbox answers no; `data` is what the code adds."""

    def __init__(self, code: str, message: str, data: Mapping[str, object] | None = None) -> None:
        super().__init__(f"{code} {message}")
        self.code = code
        self.message = message
        self.data = data

    @property
    def status(self) -> int:
        """HTTP 401 for authentication, 200 for every business answer."""
        return 401 if self.code.startswith("HIS-1") else 200

    @property
    def retry(self) -> str:
        """The protocol's word for what may follow."""
        return _RETRY.get(self.code, "never")
