"""`python -m tests.soak` (`make soak`): what takes longer than a test run may.

First 2,000 generated requests of every transaction against its sandbox (the property tests of tests/clients): none may
be refused for its form. Then random documents on both roads of the graph (tests/graph/test_equality.py), 200,000 of
them unless told otherwise: an hour and a quarter on one core. It prints how many were compiled, and ends with exit code
1 and the smallest request or document that it found wrong.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click
import pytest

TESTS = Path(__file__).parents[1]
EQUALITY = TESTS / "graph" / "test_equality.py"


@click.command()
@click.option("--documents", default=200_000, show_default=True, help="How many random documents.")
@click.option("--forms", default=2_000, show_default=True, help="How many requests of each transaction; 0 for none.")
def main(documents: int, forms: int) -> None:
    """Send many generated requests, then compare the roads on many random documents."""
    os.environ |= {"YIQIAO_FORMS": str(forms), "YIQIAO_SOAK": str(documents)}
    wrong = pytest.main([str(TESTS / "clients"), "-q", "-m", "hypothesis"]) if forms else 0
    sys.exit(wrong or (pytest.main([str(EQUALITY), "-s", "-x", "--durations=2"]) if documents else 0))


main()
