"""What people see of personal data by default."""

from __future__ import annotations


def name(full: str) -> str:
    """张三丰 → 张**."""
    return full[:1] + "*" * max(1, len(full) - 1)


def id_number(full: str) -> str:
    """Eighteen digits → 3502**********1234."""
    return full[:4] + "*" * max(1, len(full) - 8) + full[-4:] if len(full) > 8 else "*" * len(full)


def phone(full: str) -> str:
    """Eleven digits → 138****0001."""
    return full[:3] + "****" + full[-4:] if len(full) > 7 else "*" * len(full)
