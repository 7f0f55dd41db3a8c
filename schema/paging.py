"""Connections after Relay, with keyset cursors."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

import strawberry

from resolvers import paging

T = TypeVar("T")


@strawberry.type(description="Where a page ends (分页信息).")
class PageInfo:
    """Only forward: lists grow at their front."""

    has_next_page: bool = strawberry.field(description="Whether there are more rows (是否有下一页).")
    end_cursor: str | None = strawberry.field(description="Give this as `after` for the next page (末尾游标).")


@strawberry.type(description="One row of a list (列表项).")
class Edge(Generic[T]):
    """A row and its place."""

    cursor: str = strawberry.field(description="The row's place in the list (游标).")
    node: T = strawberry.field(description="The row (数据).")


@strawberry.type(description="A page of a list (分页列表).")
class Connection(Generic[T]):
    """Built of a `resolvers.paging.Page`."""

    page: strawberry.Private[paging.Page]

    @strawberry.field(description="The rows with their places (列表项).")
    def edges(self) -> list[Edge[T]]:
        """Each row of the page."""
        return [Edge(cursor=self.page.sorting.cursor(row), node=row) for row in self.page.rows]

    @strawberry.field(description="Where this page ends (分页信息).")
    def page_info(self) -> PageInfo:
        """For the next page."""
        rows: list[Any] = self.page.rows
        end = self.page.sorting.cursor(rows[-1]) if rows else None
        return PageInfo(has_next_page=self.page.has_next_page, end_cursor=end)

    @strawberry.field(description="How many rows there are in all (总数); counted only when it is asked for.")
    async def total_count(self) -> int:
        """One more statement."""
        return await self.page.total_count()
