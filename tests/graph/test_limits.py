from __future__ import annotations

import contextlib
import cProfile
import pstats
from collections.abc import Iterator
from random import Random

import pytest
from graphql import parse, validate
from strawberry.extensions import MaxAliasesLimiter, QueryDepthLimiter

from schema import limits, schema
from schema.documents import MOST_TOKENS, VALIDATION_RULES
from schema.limits import DEEPEST, MOST_ALIASES, MOST_FIELDS, MOST_NESTED, MOST_SAME, LimitsRule
from tests.graph.arguments import Pools
from tests.graph.documents import Writer

POOLS = Pools({"Order": ("T3JkZXI6MQ==",)}, ("x",), {"CREATED_DESC": ("OTk6MQ==",)}, ("cashier",))


def problems(document: str) -> list[str]:
    return [error.message for error in validate(schema._schema, parse(document), (LimitsRule,))]


@contextlib.contextmanager
def few_calls() -> Iterator[None]:
    """The block takes some ten thousand calls of functions. Fields that are compared in pairs take millions."""
    with cProfile.Profile() as profile:
        yield
    calls = pstats.Stats(profile).total_calls  # type: ignore[attr-defined]  # typeshed leaves it out
    assert calls < 500_000


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
    with few_calls():
        assert problems(chain(MOST_NESTED, times=2)) == []


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


def test_a_field_is_selected_only_so_often_in_one_place() -> None:
    assert problems("{ viewer { " + "role " * MOST_SAME + "} }") == []
    told = [f"'role' is selected {MOST_SAME + 1} times in one place. Allowed: {MOST_SAME}"]
    assert problems("{ viewer { " + "role " * (MOST_SAME + 1) + "} }") == told
    assert problems("{ " + "viewer { role } " * MOST_SAME + "...F } fragment F on Query { viewer { role } }") != []
    pairs = "viewer { role role } " * (MOST_SAME // 2 - 1)
    nested = "{ viewer { ...F ... { role } } " + pairs + "viewer { ...F role } }"
    assert problems(nested + " fragment F on Viewer { role }") == told


def test_a_fragment_counts_once_in_a_place() -> None:
    assert problems("{ viewer { " + "...F " * 1000 + "} } fragment F on Viewer { role }") == []


def test_fields_are_only_so_many_with_every_fragment_in_its_places() -> None:
    pairs = [f"fragment F{n} on Order {{ a: settlement {{ order {{ ...F{n + 1} }} }} b: id }}" for n in range(3)]
    assert problems(" ".join(["{ orders { edges { node { ...F0 } } } }", *pairs, "fragment F3 on Order { id }"])) == []
    around = "fragment F on Order { settlement { order { ...F settlements { order { ...F } } } } }"
    told = [f"more than {MOST_FIELDS} fields, with every fragment in its places"]
    assert problems("{ orders { edges { node { ...F } } } } " + around) == told


@pytest.mark.parametrize(
    "document",
    [
        "{ " + "viewer { role } " * 990 + "}",
        "{ orders { edges { node { " + "settlement { id state steps { kind } } " * 400 + "} } } }",
        "{ "
        + "...A ...B " * 400
        + "} "
        + " ".join(f"fragment {name} on Query {{ {'viewer { role } ' * 200} }}" for name in "AB"),
    ],
)
def test_no_document_of_so_many_tokens_is_long_to_refuse(document: str) -> None:
    parsed = parse(document, max_tokens=MOST_TOKENS)
    with few_calls():
        assert validate(schema._schema, parsed, VALIDATION_RULES)
