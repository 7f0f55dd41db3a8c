"""The product's source files as trees, for tests that read them."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("app", "schema", "resolvers", "clients")


def python_files(*rooms: str) -> Iterator[Path]:
    """Every module of these rooms, relative to the root; migrations are generated and not among them."""
    for room in rooms:
        for path in sorted((ROOT / room).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path.relative_to(ROOT)


@cache
def tree(path: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse((ROOT / path).read_text(encoding="utf-8"), str(path))


@cache
def repository_files() -> tuple[Path, ...]:
    """What git keeps or would keep: nothing ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return tuple(path for name in listed.split("\0") if name and (path := ROOT / name).is_file())


def text_of(path: Path) -> str:
    """A file's text; empty for what is no text."""
    raw = path.read_bytes()
    return "" if b"\0" in raw else raw.decode("utf-8", "replace")
