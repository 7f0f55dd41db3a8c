"""What people see of personal data by default."""

from __future__ import annotations


def name(full: str) -> str:
    """张三丰 → 张**."""
    return full[:1] + "*" * max(1, len(full) - 1)


def id_number(full: str) -> str:
    """Eighteen characters → 3502**********1234; of a shorter number (a passport) a quarter at each end at most."""
    shown = min(4, len(full) // 4)
    return full[:shown] + "*" * (len(full) - 2 * shown) + full[len(full) - shown :]


def phone(full: str) -> str:
    """Eleven digits → 138****0001; of a shorter number only the last two."""
    if len(full) >= 11:
        return full[:3] + "*" * (len(full) - 7) + full[-4:]
    return "*" * max(0, len(full) - 2) + full[-2:] if len(full) > 4 else "*" * len(full)
