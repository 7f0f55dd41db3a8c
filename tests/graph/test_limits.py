from __future__ import annotations

import time
from random import Random

import pytest
from graphql import parse, validate
from strawberry.extensions import MaxAliasesLimiter, QueryDepthLimiter

from schema import limits, schema
from schema.limits import DEEPEST, MOST_ALIASES, MOST_NESTED, LimitsRule
from tests.graph.arguments import Pools
from tests.graph.documents import Writer

POOLS = Pools({"Order": ("T3JkZXI6MQ==",)}, ("x",), {"CREATED_DESC": ("OTk6MQ==",)}, ("cashier",))


def problems(document: str) -> list[str]:
    return [error.message for error in validate(schema._schema, parse(document), (LimitsRule,))]


def deep(objects: int) -> str:
    """A document with so many objects inside one another, an odd number from five on."""
    pairs = (objects - 3) // 2
    return "{ orders { edges { node { " + "settlement { order { " * pairs + "number" + " } }" * pairs + " } } } }"


def chain(fragments: int, times: int = 1) -> str:
    """Fragments inside one another, each spread so many times."""
    links = [f"fragment F{n} on Viewer {{ {f'...F{n + 1} ' * times} }}" for n in range(1, fragments)]
    return " ".join(["{ viewer { ...F1 } }", *links, f"fragment F{fragments} on Viewer {{ role }}"])


def test_the_deepest_document_is_allowed_and_a_deeper_one_is_not() -> None:
    assert problems(deep(DEEPEST - 1)) == []
    assert problems(deep(DEEPEST + 1)) == [f"'anonymous' exceeds maximum operation depth of {DEEPEST}"]


def test_aliases_are_counted_wherever_their_fragment_is_spread() -> None:
    fragment = "fragment F on Viewer { " + " ".join(f"a{n}: role" for n in range(MOST_ALIASES // 2)) + " }"
    assert problems("{ viewer { ...F ...F } } " + fragment) == []
    assert problems("{ viewer { ...F ...F one: role } } " + fragment) == [
        f"{MOST_ALIASES + 1} aliases found. Allowed: {MOST_ALIASES}"
    ]


def test_fragments_are_nested_only_so_far() -> None:
    assert problems(chain(MOST_NESTED)) == []
    assert problems(chain(MOST_NESTED + 1)) == [f"'anonymous' has more than {MOST_NESTED} fragments inside one another"]
    assert problems(chain(400))[:1] == [f"'anonymous' has more than {MOST_NESTED} fragments inside one another"]


def test_a_document_of_doubling_fragments_is_measured_in_no_time() -> None:
    begun = time.process_time()
    assert problems(chain(MOST_NESTED, times=2)) == []
    assert time.process_time() - begun < 2


def test_unknown_and_circular_fragments_are_left_to_other_rules() -> None:
    assert problems("{ viewer { ...Nothing } }") == []
    assert problems("{ viewer { ...F } } fragment F on Viewer { role ...F }") == []


def test_the_limits_are_those_of_strawberrys_own_limiters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "DEEPEST", 3)
    monkeypatch.setattr(limits, "MOST_ALIASES", 2)
    theirs = (*QueryDepthLimiter(3).validation_rules, *MaxAliasesLimiter(2).validation_rules)
    refused = 0
    for number in range(300):
        document = parse(Writer(Random(number), schema._schema, POOLS, plain=True, left=16).case().document)
        ours = {error.message for error in validate(schema._schema, document, (LimitsRule,))}
        assert ours == {error.message for error in validate(schema._schema, document, theirs)}
        refused += bool(ours)
    assert 30 < refused < 290
