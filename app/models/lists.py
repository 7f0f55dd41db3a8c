"""In which order a list is read."""

from __future__ import annotations

from enum import StrEnum


class ListSort(StrEnum):
    """In which order a list is read; rows that are equal in it follow their ids, in the same direction."""

    CREATED_DESC = "CREATED_DESC"
    CREATED_ASC = "CREATED_ASC"
    AMOUNT_DESC = "AMOUNT_DESC"
    AMOUNT_ASC = "AMOUNT_ASC"

    @property
    def by_amount(self) -> bool:
        """By the amount, else by the moment at which a row was made."""
        return self in (ListSort.AMOUNT_DESC, ListSort.AMOUNT_ASC)

    @property
    def descending(self) -> bool:
        """The newest or the highest first."""
        return self in (ListSort.CREATED_DESC, ListSort.AMOUNT_DESC)
