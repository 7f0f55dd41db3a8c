"""`python -m tests.soak` (`make soak`): what takes longer than a test run may.

Random documents on both roads of the graph (tests/graph/test_equality.py), 200,000 of them unless told otherwise: an
hour and a quarter on one core. It prints how many were compiled, and ends with exit code 1 and the smallest document
that it found where the roads differ.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click
import pytest

EQUALITY = Path(__file__).parents[1] / "graph" / "test_equality.py"


@click.command()
@click.option("--documents", default=200_000, show_default=True, help="How many random documents.")
def main(documents: int) -> None:
    """Compare the roads on many random documents."""
    os.environ["YIQIAO_SOAK"] = str(documents)
    sys.exit(pytest.main([str(EQUALITY), "-s", "-x", "--durations=2"]))


main()
