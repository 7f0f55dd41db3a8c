"""DataLoaders, made of the declared relations: one statement for each relation of a whole page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from strawberry.dataloader import DataLoader
from tortoise.models import Model

from app.tokens import Viewer
from resolvers.reads import Many, One, relation
from resolvers.scopes import SCOPES, visible

BY_ID = ""  # no relation is called so


class Loaders:
    """The loaders of one request; a relation's loader is made when it is first needed."""

    def __init__(self) -> None:
        self._made: dict[tuple[type[Model], str], DataLoader[int, Any]] = {}

    def forget(self) -> None:
        """Read again: a subscription's next event must not show what the last one loaded."""
        self._made.clear()

    async def load(self, viewer: Viewer, row: Model, name: str) -> Any:
        """The related row or rows of `row`, within the viewer's scope."""
        declared = relation(row, name)
        loader = self._made.get((type(row), name))
        if loader is None:
            loader = self._made[type(row), name] = DataLoader(_batch(viewer, declared))
        forward = isinstance(declared, One) and not declared.back
        key = getattr(row, declared.through) if forward else row.pk
        return None if key is None else await loader.load(key)

    async def row(self, viewer: Viewer, model: type[Model], row_id: int | None) -> Any:
        """A row that something which is no row names by its id, within the viewer's scope."""
        if row_id is None:
            return None
        loader = self._made.get((model, BY_ID))
        if loader is None:
            loader = self._made[model, BY_ID] = DataLoader(_batch(viewer, One(model, "id")))
        return await loader.load(row_id)


def _batch(viewer: Viewer, declared: One | Many) -> Any:
    if isinstance(declared, Many):
        return lambda keys: _many(viewer, declared, keys)
    if declared.back:
        return lambda keys: _newest(viewer, declared, keys)
    return lambda keys: _forward(viewer, declared, keys)


def _rows(viewer: Viewer, model: type[Model]) -> Any:
    """Rows in scope; a model without a scope is reached only through a parent that has one."""
    return visible(model, viewer) if model in SCOPES else model.all()


async def _forward(viewer: Viewer, declared: One, keys: Sequence[int]) -> list[Any]:
    found = {row.pk: row for row in await _rows(viewer, declared.model).filter(id__in=set(keys))}
    return [found.get(key) for key in keys]


async def _newest(viewer: Viewer, declared: One, keys: Sequence[int]) -> list[Any]:
    grouped = await _many(viewer, declared, keys)
    return [rows[0] if rows else None for rows in grouped]


async def _many(viewer: Viewer, declared: One | Many, keys: Sequence[int]) -> list[list[Any]]:
    grouped: dict[int, list[Any]] = defaultdict(list)
    rows = _rows(viewer, declared.model).filter(**{f"{declared.through}__in": set(keys)})
    for row in await rows.order_by(declared.order, "id"):
        grouped[getattr(row, declared.through)].append(row)
    return [grouped[key] for key in keys]
