"""Waiting answers share one sync; each of them hears of a failure."""

import asyncio
import datetime as dt
import os

import pytest
from audited_city import Audited, an_access

from audit.group_writer import GroupWriter
from audit.journal import RecordNotWritten


def test_waiting_answers_share_a_sync_and_all_are_recorded(
    empty: Audited, monkeypatch: pytest.MonkeyPatch
) -> None:
    syncs, sync = [], os.fsync
    monkeypatch.setattr("audit.journal.os.fsync", lambda descriptor: (syncs.append(1), sync(descriptor))[1])

    async def run() -> None:
        writer = GroupWriter(empty.record)
        await asyncio.gather(*(writer.write(an_access(request_id=str(number))) for number in range(500)))
        await writer.close()

    asyncio.run(run())
    assert {record["request_id"] for record in empty.records()} == {str(number) for number in range(500)}
    assert len(syncs) < 50
    assert empty.record.verify(empty.lake).intact


def test_a_write_returns_only_after_its_line_is_in_the_journal(empty: Audited) -> None:
    async def run() -> None:
        writer = GroupWriter(empty.record)

        async def one(number: int) -> None:
            await asyncio.sleep(number % 7 / 1000)
            await writer.write(an_access(request_id=f"<{number}>"))
            assert f"<{number}>".encode() in empty.page("2026-03-16").read_bytes()

        await asyncio.gather(*map(one, range(60)))
        await writer.close()

    asyncio.run(run())


def test_a_refusing_disk_reaches_every_waiter_and_the_next_write_is_tried_again(
    empty: Audited, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: int) -> None:
        raise OSError(5, "input/output error")

    async def run() -> list[BaseException | None]:
        writer = GroupWriter(empty.record)
        with monkeypatch.context() as broken:
            broken.setattr("audit.journal.os.fsync", refuse)
            told = await asyncio.gather(
                *(writer.write(an_access()) for _ in range(20)), return_exceptions=True
            )
        await writer.write(an_access(request_id="after"))
        await writer.close()
        return told

    told = asyncio.run(run())
    assert [type(one) for one in told] == [RecordNotWritten] * 20
    assert len({id(one) for one in told}) == 20
    assert [record["request_id"] for record in empty.records()] == ["after"]


def test_an_access_that_cannot_be_recorded_fails_alone(empty: Audited) -> None:
    async def run() -> list[BaseException | None]:
        writer = GroupWriter(empty.record)
        wrong = an_access(at=dt.datetime(2026, 3, 16))
        told = await asyncio.gather(
            writer.write(an_access()), writer.write(wrong), writer.write(an_access()), return_exceptions=True
        )
        await writer.close()
        return told

    told = asyncio.run(run())
    assert [type(one) for one in told] == [type(None), TypeError, type(None)]
    assert len(empty.records()) == 2


def test_a_reader_that_goes_away_is_recorded_and_does_not_disturb_the_others(empty: Audited) -> None:
    async def run() -> None:
        writer = GroupWriter(empty.record)
        gone = asyncio.create_task(writer.write(an_access(request_id="gone")))
        stays = asyncio.create_task(writer.write(an_access(request_id="stays")))
        await asyncio.sleep(0)
        gone.cancel()
        await stays
        await writer.close()

    asyncio.run(run())
    assert {record["request_id"] for record in empty.records()} == {"gone", "stays"}
