from __future__ import annotations

import re
from string import Formatter

import pytest

from app.problems import CHINESE, ENGLISH, NOUNS, PLATFORM_NAMES, SENTENCES, Problem, checked, sentence
from resolvers.reads import TYPES
from resolvers.scopes import SCOPES
from schema.problems import BY_CODE, REFUSALS, answer

HAN = re.compile(r"[一-鿿]")


def words(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("code", SENTENCES)
def test_both_languages_say_the_same_words(code: str) -> None:
    chinese, english = SENTENCES[code]
    assert words(chinese) == words(english)
    assert not HAN.search(english)
    assert HAN.search(chinese) or chinese == "{text}"


@pytest.mark.parametrize("code", BY_CODE)
def test_every_answer_has_its_sentence_and_its_type(code: str) -> None:
    assert code in SENTENCES
    told = dict.fromkeys(words(SENTENCES[code][CHINESE]) - {"field"}, "…")
    failure = Problem(code, field="orderId", **told)
    for language in (CHINESE, ENGLISH):
        shown = answer(failure, language)
        assert (type(shown), shown.code) == (BY_CODE[code], code)
        assert "{" not in shown.message


def test_every_platform_has_a_name_and_a_refusal() -> None:
    assert set(PLATFORM_NAMES) == set(REFUSALS)
    for platform, names in PLATFORM_NAMES.items():
        assert names[CHINESE] in sentence("PLATFORM_UNAVAILABLE", {"platform": platform}, CHINESE)
        assert names[ENGLISH] in sentence("PLATFORM_UNAVAILABLE", {"platform": platform}, ENGLISH)


@pytest.mark.parametrize("name", [each.name for each in TYPES if each.model in SCOPES])
def test_every_object_is_called_by_its_noun(name: str) -> None:
    failure = Problem("NOT_FOUND", subject=name)
    assert failure.message(CHINESE) == f"没有找到{NOUNS[name][CHINESE]}"
    assert failure.message(ENGLISH) == f"{NOUNS[name][ENGLISH]} was not found"
    assert HAN.search(failure.message(CHINESE).removeprefix("没有找到"))
    assert not re.search(r"[A-Za-z]", failure.message(CHINESE))


@pytest.mark.parametrize("text", ["x", " x ", "x" * 10, "两个\n字"])
def test_a_text_that_people_give_loses_its_outer_blanks(text: str) -> None:
    assert checked(text, field="reason", longest=10) == text.strip()


@pytest.mark.parametrize("text", ["", " ", "\t\n", "x" * 11, " " * 10 + "x", "a\0b"])
def test_an_empty_an_overlong_and_an_unstorable_text_are_refused(text: str) -> None:
    with pytest.raises(Problem) as refused:
        checked(text, field="reason", longest=10)
    assert (refused.value.code, refused.value.field) == ("INVALID_INPUT", "reason")
