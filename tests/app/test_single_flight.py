from __future__ import annotations

import asyncio

import pytest

from app.single_flight import SingleFlight


class Answers:
    """Something slow, and how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.go = asyncio.Event()

    async def answer(self) -> int:
        self.asked += 1
        await self.go.wait()
        return self.asked

    async def fail(self) -> int:
        await self.answer()
        raise ValueError("no answer")


def test_equal_questions_at_the_same_time_are_one() -> None:
    async def run() -> None:
        flights, answers = SingleFlight(), Answers()
        asking = [asyncio.create_task(flights.ask("same", answers.answer)) for _ in range(10)]
        other = asyncio.create_task(flights.ask("other", answers.answer))
        await asyncio.sleep(0)
        answers.go.set()
        await asyncio.gather(*asking, other)
        assert answers.asked == 2

    asyncio.run(run())


def test_a_later_question_is_asked_again() -> None:
    async def run() -> None:
        flights, answers = SingleFlight(), Answers()
        answers.go.set()
        assert [await flights.ask("same", answers.answer) for _ in range(3)] == [1, 2, 3]
        assert not flights._flights

    asyncio.run(run())


def test_whoever_leaves_takes_the_answer_from_nobody() -> None:
    async def run() -> None:
        flights, answers = SingleFlight(), Answers()
        first, second = (asyncio.create_task(flights.ask("same", answers.answer)) for _ in range(2))
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.sleep(0)
        answers.go.set()
        assert await second == 1
        assert first.cancelled()

    asyncio.run(run())


def test_a_failure_is_everybodys_and_not_kept() -> None:
    async def run() -> None:
        flights, answers = SingleFlight(), Answers()
        asking = [asyncio.create_task(flights.ask("same", answers.fail)) for _ in range(3)]
        await asyncio.sleep(0)
        answers.go.set()
        for each in asking:
            with pytest.raises(ValueError, match="no answer"):
                await each
        assert await flights.ask("same", answers.answer) == 2

    asyncio.run(run())
