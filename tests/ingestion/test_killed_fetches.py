"""A run killed while it fetches, anywhere: what the far machine said is there once, whatever was asked again."""

import os
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from faulty_server import Ask, Far, Reply, far_server, rows_reply
from forks import FORKS
from made_inbox import RAW, Inbox

pytestmark = pytest.mark.enable_socket
SHORT, LONG = 6, 50
PAGE = 5


class Growing:
    """A far machine that tells every change of its records in order, a page at a time, and not at once."""

    def __init__(self, far: Far) -> None:
        self.changes: list[dict[str, Any]] = []
        far.answers = self.answer

    def change(self, count: int) -> None:
        """Let so many changes come to pass, of ten records."""
        for number in range(len(self.changes), len(self.changes) + count):
            row = {"code": f"c{number % 10}", "title": f"第{number}次", "amount": number}
            self.changes.append({**row, "changed": f"2026-{number:06}"})

    def answer(self, ask: Ask) -> Reply:
        time.sleep(0.02)
        newer = [row for row in self.changes if row["changed"] > ask.query["since"]]
        start = int(ask.query["offset"])
        return rows_reply({"rows": newer[start : start + PAGE]})

    @property
    def standing(self) -> dict[str, str]:
        """Return the title of each record as it is now."""
        return {row["code"]: row["title"] for row in self.changes}


def declared(far: Far) -> dict[str, Any]:
    """Return what is declared of the feed."""
    source = {
        "connector": "http_api", "url": f"{far.url}/changes", "rows_at": "rows",
        "pages": {"by": "offset", "parameter": "offset"},
        "since": {"field": "changed", "parameter": "since", "first": "2026"},
    }  # fmt: skip
    return {"mode": "changes", "source": source}


def take_in(home: Path, changes: dict[str, Any], day: int) -> None:
    """Take in what there is, in a process that may be killed."""
    Inbox(home, **changes).ingest_all(day)


@pytest.fixture
def far() -> Iterator[Far]:
    with far_server() as server:
        yield server


@pytest.mark.dear
@pytest.mark.timeout(600)
@pytest.mark.parametrize("kills", [SHORT, pytest.param(LONG, marks=pytest.mark.long)])
def test_a_run_killed_while_it_fetches_or_takes_in_loses_no_change_and_doubles_none(
    far: Far, tmp_path: Path, kills: int
) -> None:
    drawn = random.Random(int(os.environ["TEST_SEED"]))
    machine, declaration = Growing(far), declared(far)
    inbox = Inbox(tmp_path / "city", **declaration)
    live = 0
    for _ in range(kills):
        machine.change(drawn.randint(1, 4 * PAGE))
        run = FORKS.Process(target=take_in, args=(tmp_path / "city", declaration, 2))
        run.start()
        run.join(drawn.uniform(0.1, 1.5))
        live += run.is_alive()
        run.kill()
        run.join()
    machine.change(3)
    inbox.ingest_all(day=3)
    inbox.ingest_all(day=3)
    assert live > kills / 4, "most kills must strike while something is done"
    assert dict(inbox.rows("code", "title")) == machine.standing
    taken = sorted(int(amount) for (amount,) in inbox.rows("amount", table=RAW))
    assert taken == list(range(len(machine.changes)))
    assert sum(one["rows_received"] for one in inbox.deliveries()) == len(machine.changes)
    assert {one["state"] for one in inbox.deliveries()} == {"loaded"}
