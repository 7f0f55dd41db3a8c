"""A platform's field names live in `clients`; elsewhere things are called by their English names."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tortoise.models import Model

from app import models
from tests.architecture.sources import ROOT, python_files, tree

WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
# English words in the tables that are not among the words of our own columns.
ENGLISH = frozenset(
    re.findall(
        r"\w+",
        """
        address age answer app at attach author callback card channel checker close company condition context
        count currency cursor customer data day days deposit description digest email envelope filename form
        frequency from headers hospital id in input ip items list main memo merchant notify operator order
        page parameters payee payer payments push query random reason refund remark reply result retry return
        salt schema secret sex shipping sign specification success sum summary time times timestamp to year
        """,
    )
)


def own_words() -> set[str]:
    """The words of our own columns: total_fen → total, fen."""
    tables = [each for each in vars(models).values() if isinstance(each, type) and issubclass(each, Model)]
    return {word for model in tables for column in model._meta.fields_map for word in column.split("_")}


def table_names() -> set[str]:
    """Every node and field of every platform's tables."""
    files = [*(ROOT / "clients").rglob("fields.json"), ROOT / "clients/insurance/core/envelope.json"]
    nodes = [
        (name, node)
        for file in files
        for message in json.loads(file.read_text(encoding="utf-8")).values()
        for direction in message.values()
        for name, node in direction.items()
    ]
    return {name for name, _ in nodes} | {field["name"] for _, node in nodes for field in node["fields"]}


def foreign_names() -> set[str]:
    """The names that nobody would write who does not know the wire."""
    known = own_words() | ENGLISH
    names = {name for name in table_names() if re.fullmatch(r"[A-Za-z]\w*", name)}
    return {name for name in names if not {word.lower() for word in WORD.findall(name)} <= known}


def docstrings(module: ast.Module) -> set[int]:
    owners = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    firsts = [node.body[0] for node in ast.walk(module) if isinstance(node, owners) and node.body]
    return {
        id(first.value) for first in firsts if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    }


def descriptions(path: Path) -> set[int]:
    """The sentences of `schema` are read by people, and may say what a platform calls it; the SDL's names may not."""
    if path.parts[0] != "schema":
        return set()
    return {
        id(node)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value
    }


def names_in(path: Path) -> Iterator[tuple[int, str]]:
    """Identifiers, and the words of texts that are neither docstrings nor descriptions."""
    module = tree(path)
    silent = docstrings(module) | descriptions(path)
    for node in ast.walk(module):
        line = getattr(node, "lineno", 0)
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name) | ast.keyword(arg=str(name)):
                yield line, name
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield line, name
            case ast.Constant(value=str(text)) if id(node) not in silent:
                yield from ((line, word) for word in re.findall(r"[A-Za-z]\w*", text))


@pytest.mark.parametrize(
    "name", ["medOrgOrd", "payOrdId", "feedetailList", "mdtrt_id", "infno", "billBatchCode", "psn_no"]
)
def test_a_wire_name_is_recognised(name: str) -> None:
    assert name in foreign_names()


@pytest.mark.parametrize("room", ["app", "schema", "resolvers"])
def test_wire_names_live_only_in_clients(room: str) -> None:
    foreign = foreign_names()
    assert [
        (f"{path}:{line}", name) for path in python_files(room) for line, name in names_in(path) if name in foreign
    ] == []


def test_the_graph_shows_no_wire_name() -> None:
    from schema import schema

    text = re.sub(r'"""(?:.|\n)*?"""|"[^"\n]*"', "", schema.as_str())
    assert set(re.findall(r"[A-Za-z]\w*", text)) & foreign_names() == set()
