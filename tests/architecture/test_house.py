from __future__ import annotations

import importlib.metadata
import importlib.util
import re
from pathlib import Path

import pytest

from tests.architecture.sources import ROOMS, ROOT, python_files, repository_files, text_of

LONGEST = 300
NAMES_THAT_SAY_NOTHING = frozenset(
    {"utils", "util", "helpers", "helper", "common", "manager", "misc", "base", "core_utils"}
)
KEY_MATERIAL = {
    "private key": re.compile(r"-{5}BEGIN [A-Z ]*PRIVATE KEY-{5}"),
    "JSON web token": re.compile(r"\beyJ[\w-]{10,}\.[\w-]{10,}\."),
    "cloud key": re.compile(r"\bAKIA[0-9A-Z]{16}\b"),
    "forge token": re.compile(r"\b(?:gh[pousr]_\w{20,}|glpat-[\w-]{20,}|pypi-[\w-]{20,})"),
    "password in an address": re.compile(
        r"\b(?:postgres(?:ql)?|redis|https?)://[^\s:/@'\"{]+:(?!password@|secret@|hunter2@)[^\s@/'\"{$<]{4,}@"
    ),
}
MACHINE_PATH = re.compile(r"(?<![\w.}])/(?:home|root|Users|work|tmp|mnt)/\w")
# A one-pixel PNG (iVBOR…) is no secret.
LONG_SECRET = re.compile(r"['\"](?:[0-9a-fA-F]{32,}|(?!iVBOR)[A-Za-z0-9+/]{40,}={1,2})['\"]")
GENERATED = {"uv.lock"}


def ours() -> list[Path]:
    return [p for p in repository_files() if p.name not in GENERATED and "vendor" not in p.parts]


@pytest.mark.parametrize("room", ROOMS)
def test_top_level_package_is_ours_and_nobody_elses(room: str) -> None:
    spec = importlib.util.find_spec(room)
    assert spec is not None
    assert spec.origin is not None
    assert Path(spec.origin).is_relative_to(ROOT)
    others = {
        distribution.metadata["Name"]
        for distribution in importlib.metadata.distributions()
        for file in distribution.files or ()
        if file.parts[0] in (room, f"{room}.py")
    }
    assert others <= {"yiqiao"}


def test_top_level_is_the_fixed_one() -> None:
    folders = {path.relative_to(ROOT).parts[0] for path in repository_files() if path.parent != ROOT}
    python = {folder for folder in folders if any((ROOT / folder).rglob("*.py"))}
    assert python == {*ROOMS, "tests"}


def test_every_file_name_says_something() -> None:
    assert [p for p in python_files(*ROOMS, "tests") if p.stem in NAMES_THAT_SAY_NOTHING] == []


def test_no_file_is_too_long_to_read() -> None:
    lengths = {str(p): len((ROOT / p).read_text(encoding="utf-8").splitlines()) for p in python_files(*ROOMS)}
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST} == {}


@pytest.mark.parametrize("kind", KEY_MATERIAL)
def test_repository_holds_no_key_material(kind: str) -> None:
    assert [p for p in ours() if KEY_MATERIAL[kind].search(text_of(p))] == []


def test_product_holds_nothing_that_looks_like_a_secret() -> None:
    product = [ROOT / p for p in python_files(*ROOMS)]
    assert {p: found[0] for p in product if (found := LONG_SECRET.search(text_of(p)))} == {}


def test_repository_names_no_path_of_a_machine() -> None:
    assert {p: found[0] for p in ours() if (found := MACHINE_PATH.search(text_of(p)))} == {}
