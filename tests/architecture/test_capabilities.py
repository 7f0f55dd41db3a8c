"""The README's table of the 29 is true: each is in the graph, on a sandbox's wire, and proved by a test."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

import pytest
from graphql import GraphQLEnumType, GraphQLObjectType

from app.demo import configuration
from clients.sandboxes import Sandboxes
from schema import schema
from tests.architecture.sources import ROOT, text_of, tree

NAME = re.compile(r"`([^`]+)`")
GRAPH = schema._schema
READMES = ("README.md", "README.zh-CN.md")


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    number: int
    words: str
    graph: str
    transactions: tuple[str, ...]
    sandbox: str
    proof: str


def table(readme: str) -> list[Row]:
    """The rows of the second section."""
    section = re.split(r"^## ", text_of(ROOT / readme), flags=re.M)[2]
    rows = re.findall(r"^\| (\d+) \|(.+)\|$", section, re.M)
    found = []
    for number, rest in rows:
        words, graph, transactions, sandbox, proof = (cell.strip() for cell in rest.split("|"))
        named = tuple(each.strip() for each in transactions.split(",") if each.strip() != "–")
        found.append(Row(int(number), words, graph, named, sandbox.strip("`"), proof.strip("`")))
    return found


ROWS = table("README.md")


@pytest.fixture(scope="module")
def sandboxes(tmp_path_factory: pytest.TempPathFactory) -> Sandboxes:
    """The platforms with keys of a moment."""
    keys = tmp_path_factory.mktemp("keys")
    configuration.generate(keys, database_url="", server_url="http://127.0.0.1:1", sandbox_url="http://127.0.0.1:2")
    return Sandboxes(configuration.sandbox_keys(keys / "sandbox.json"))


def in_the_graph(name: str) -> bool:
    """Whether a field of the roots, a field of a type, or a step is called so; or an address is served."""
    if name.startswith("POST "):
        return name.removeprefix("POST ") in text_of(ROOT / "app" / "server.py")
    steps = GRAPH.type_map["StepKind"]
    assert isinstance(steps, GraphQLEnumType)
    owner, _, field = name.rpartition(".")
    owners = [GRAPH.type_map[owner]] if owner else [GRAPH.query_type, GRAPH.mutation_type]
    fields = {each for kind in owners if isinstance(kind, GraphQLObjectType) for each in kind.fields}
    return field in fields or name in steps.values


def test_all_of_them_are_there_once() -> None:
    assert [row.number for row in ROWS] == list(range(1, 30))


def test_both_languages_say_the_same() -> None:
    assert table(READMES[1]) == ROWS


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row.number))
def test_it_is_in_the_graph(row: Row) -> None:
    names = NAME.findall(row.graph)
    assert names
    assert [name for name in names if not in_the_graph(name)] == []


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row.number))
def test_a_test_proves_it(row: Row) -> None:
    path, _, name = row.proof.partition("::")
    functions = {each.name for each in ast.walk(tree(ROOT / path)) if isinstance(each, ast.FunctionDef)}
    assert name in functions


@pytest.mark.parametrize("row", [row for row in ROWS if row.transactions], ids=lambda row: str(row.number))
def test_a_sandbox_speaks_its_transactions(row: Row, sandboxes: Sandboxes) -> None:
    spoken = sandboxes.all[row.sandbox].faults.transactions
    assert set(row.transactions) <= spoken
