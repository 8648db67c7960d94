"""The doors: whatever somebody commits acts on the next question, and an answer is not older than its second."""

import asyncio
import datetime as dt
from collections.abc import Iterator

import pytest

from benchmarks.serving_city import AS_OF, LOOKED_UP, ServingCity
from casework.actors import Actor
from casework.credentials import revoke_tokens
from casework.recipients import resume, suspend
from casework.state import State, open_state
from serving.doors import CaseworkDoors

OFFICER = Actor("data_centre", "data_officer")


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> ServingCity:
    made = ServingCity(tmp_path_factory.mktemp("doors") / "city")
    made.grant(LOOKED_UP, ("credit_code",), "table")
    return made


@pytest.fixture
def state(city: ServingCity) -> Iterator[State]:
    """Open the state as a command beside the server does."""
    opened = open_state(city.deployment.casework_url)
    yield opened
    opened.close()


@pytest.fixture
def doors(city: ServingCity) -> Iterator[CaseworkDoors]:
    opened = open_state(city.deployment.casework_url)
    yield CaseworkDoors(opened)
    opened.close()


def test_a_suspension_in_the_same_second_acts_on_the_next_question(
    city: ServingCity, state: State, doors: CaseworkDoors
) -> None:
    async def sees() -> list[bool]:
        found = [await doors.permit("reader", AS_OF) is not None for _ in range(2)]
        suspend(state, city.release, "reader", OFFICER, "超范围使用", AS_OF)
        found.append(await doors.permit("reader", AS_OF) is not None)
        resume(state, city.release, "reader", OFFICER, "已整改", AS_OF)
        return [*found, await doors.permit("reader", AS_OF) is not None]

    assert asyncio.run(sees()) == [True, True, False, True]


def test_a_token_ends_at_its_second_though_nobody_commits(city: ServingCity, doors: CaseworkDoors) -> None:
    days = city.deployment.settings.serving.token_days

    async def holds(after: dt.timedelta) -> bool:
        return await doors.bearer(city.token, AS_OF + after) is not None

    async def held() -> list[bool]:
        second = dt.timedelta(seconds=1)
        life = dt.timedelta(days=days)
        return [await holds(after) for after in (life - second, life - second, life)]

    assert asyncio.run(held()) == [True, True, False]


def test_a_question_that_was_asked_again_is_not_read_again_until_somebody_commits(
    city: ServingCity, state: State, doors: CaseworkDoors, monkeypatch: pytest.MonkeyPatch
) -> None:
    from serving import doors as module

    asked: list[str] = []
    real = module.permit

    def counted(*arguments: object) -> object:
        asked.append("permit")
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "permit", counted)

    async def ask_often() -> None:
        for _ in range(5):
            await doors.permit("reader", AS_OF)

    asyncio.run(ask_often())
    assert len(asked) == 1
    revoke_tokens(state, city.release, "reader", OFFICER, "令牌外泄", AS_OF)
    asyncio.run(ask_often())
    assert len(asked) == 2
