"""How the graph's types say what they are: each is one stored row, and each relation is loaded by resolvers/loaders."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import strawberry
from tortoise.models import Model

from resolvers import ids
from resolvers.context import Context

T = TypeVar("T")


@strawberry.interface(description="Anything that has an opaque global id (全局标识).")
class Node:
    """The Relay interface."""

    @strawberry.field(description="Opaque global id (全局标识).")
    def id(self) -> strawberry.ID:
        """The row's id for the outside; `self` is the row."""
        return strawberry.ID(ids.global_id(self))  # type: ignore[arg-type]  # Strawberry passes the row


def stored(description: str, *, name: str | None = None) -> Any:
    """A field that is a column of the row, as resolvers/reads.py declares it; `name` where the graph's is fixed."""
    return strawberry.field(description=description, name=name)


def related(description: str) -> Any:
    """A field that is a relation of the row, as resolvers/reads.py declares it."""

    async def load(root: strawberry.Parent[Any], info: strawberry.Info[Context]) -> Any:
        return await info.context.loaders.load(info.context.viewer, root, info.python_name)

    return strawberry.field(resolver=load, description=description)


def row_of(model: type[Model], description: str) -> Callable[[type[T]], type[T]]:
    """A type whose objects are rows of `model`."""

    def make(cls: type[T]) -> type[T]:
        cls.is_type_of = classmethod(lambda _, row, info: isinstance(row, model))  # type: ignore[attr-defined]
        return strawberry.type(cls, description=description)

    return make
