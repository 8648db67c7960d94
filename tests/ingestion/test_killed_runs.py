"""A run that is killed between two stores is made whole by the next: equal tables, each row once."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from made_inbox import Inbox, table

from lake import Lake
from lake.tables import DELIVERIES, REJECTED_ROWS, REPLACED_ROWS
from resource_catalogue.words import TableName


class Killed(BaseException):
    """Ends a run as a kill would: nothing may catch it."""


FIRST = table("1,甲,1", ",乙,2", "3,丙,3,多", "4,丁,4")
SECOND = table("1,甲,1", "2,乙,2", "3,丙,3", "4,丁,4,多")
WRITES = ("append", "overwrite", "replace_where", "merge")


def killing(monkeypatch: pytest.MonkeyPatch, after: int, is_done: bool) -> None:
    """Kill the run at its n-th commit, before or after the commit is made."""
    done = 0

    def wrapped(write: Callable[..., int]) -> Callable[..., int]:
        def write_or_die(self: Lake, name: TableName, *args: Any, **kwargs: Any) -> int:
            nonlocal done
            if nested:
                return write(self, name, *args, **kwargs)
            done += 1
            if done == after and not is_done:
                raise Killed
            nested.append(name)
            try:
                version = write(self, name, *args, **kwargs)
            finally:
                nested.pop()
            if done == after:
                raise Killed
            return version

        return write_or_die

    nested: list[TableName] = []
    for method in WRITES:
        monkeypatch.setattr(Lake, method, wrapped(getattr(Lake, method)))


def whole(home: Path, inbox: Inbox) -> dict[str, str]:
    """Return the tables of a run that was never killed, under the same keys."""
    other = Inbox(home)
    keys = other.deployment.var / "keys"
    keys.mkdir(parents=True)
    keys.joinpath("row.key").write_bytes(inbox.deployment.key("row"))
    other.send(FIRST, day=1)
    other.send(SECOND, day=2)
    other.ingest_all()
    return other.hashes()


@pytest.mark.parametrize("is_done", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("after", range(1, 6))
def test_a_run_killed_between_stores_is_made_whole_by_the_next(
    inbox: Inbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int, is_done: bool
) -> None:
    inbox.send(FIRST, day=1)
    inbox.ingest()
    inbox.send(SECOND, day=2)
    with monkeypatch.context() as killer:
        killing(killer, after, is_done)
        with pytest.raises(Killed):
            inbox.ingest()
    inbox.ingest_all()
    expected = whole(tmp_path / "never_killed", inbox)
    assert inbox.hashes() == expected
    assert {str(DELIVERIES), str(REJECTED_ROWS), str(REPLACED_ROWS)} <= set(expected)


@pytest.mark.parametrize("target", ["ingestion.taking.land", "ingestion.taking.write_receipt"])
def test_a_run_killed_beside_the_landing_is_made_whole_by_the_next(
    inbox: Inbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    def die(*_: object) -> None:
        raise Killed

    inbox.send(FIRST, day=1)
    inbox.send(SECOND, day=2)
    with monkeypatch.context() as killer:
        killer.setattr(target, die)
        with pytest.raises(Killed):
            inbox.ingest()
    inbox.ingest_all()
    assert inbox.hashes() == whole(tmp_path / "never_killed", inbox)
