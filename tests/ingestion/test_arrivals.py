"""Which files have arrived, when, and of which slice."""

import datetime as dt
import os

import pytest
from made_inbox import Inbox, at

from ingestion.connectors.folder import arrivals, unclaimed_files
from ingestion.seen_files import SeenFiles
from resource_catalogue.deployment import Deployment


def _with_arrival(inbox: Inbox, arrival: str) -> Deployment:
    settings = inbox.deployment.settings
    changed = settings.model_copy(
        update={"ingestion": settings.ingestion.model_copy(update={"arrival": arrival})}
    )
    return Deployment(inbox.deployment.home, changed)


def test_the_first_folder_is_the_day_of_arrival_in_the_deployments_zone(inbox: Inbox) -> None:
    inbox.send("x", day=3)
    (one,) = arrivals(inbox.resource, inbox.deployment, at(28))
    assert one.arrived_at == dt.datetime(2026, 3, 2, 16, tzinfo=dt.UTC)
    assert one.file_name == "2026-03-03/bureau/feed.csv"


def test_a_file_arrives_when_a_run_first_sees_it(inbox: Inbox) -> None:
    inbox.declare(source={"path": "*/bureau/*.csv"})
    inbox.send("x")
    (one,) = arrivals(inbox.resource, _with_arrival(inbox, "run"), at(5))
    assert one.arrived_at == at(5)


def test_a_file_arrives_at_its_own_time(inbox: Inbox) -> None:
    inbox.declare(source={"path": "*/bureau/*.csv"})
    path = inbox.send("x")
    os.utime(path, (at(7).timestamp(), at(7).timestamp()))
    deployment = _with_arrival(inbox, "file")
    assert arrivals(inbox.resource, deployment, at(6)) == []
    assert [one.arrived_at for one in arrivals(inbox.resource, deployment, at(8))] == [at(7)]


def test_a_file_of_the_very_second_of_the_run_has_arrived(inbox: Inbox) -> None:
    inbox.declare(source={"path": "*/bureau/*.csv"})
    path = inbox.send("x")
    os.utime(path, (at(7).timestamp() + 0.9, at(7).timestamp() + 0.9))
    assert [one.arrived_at for one in arrivals(inbox.resource, _with_arrival(inbox, "file"), at(7))] == [
        at(7)
    ]


def test_a_file_that_no_resource_claims_is_named(inbox: Inbox) -> None:
    inbox.send("x")
    folder = inbox.deployment.inbox / "2026-03-01"
    (folder / "unknown.dat").write_text("x", encoding="utf-8")
    (folder / "bureau" / "gone.csv").symlink_to("nowhere")
    found = unclaimed_files(inbox.deployment, [inbox.resource], at(28))
    assert found == ["2026-03-01/bureau/gone.csv", "2026-03-01/unknown.dat"]


def test_the_declared_issue_date_orders_deliveries_before_their_arrival(inbox: Inbox) -> None:
    inbox.declare(source={"issued": r"_(\d{4}-?\d{2}-?\d{2})\."})
    for name, day in (("a_20260301.csv", 9), ("b_2026-02-01.csv", 10), ("c_20269999.csv", 2)):
        inbox.send(name, name, day)
    found = arrivals(inbox.resource, inbox.deployment, at(28))
    assert [(one.path.name[0], str(one.issued_on)) for one in found] == [
        ("b", "2026-02-01"), ("a", "2026-03-01"), ("c", "None"),
    ]  # fmt: skip


def test_a_slice_is_named_by_the_groups_of_its_pattern(inbox: Inbox) -> None:
    inbox.declare(source={"slice": r"(?P<year>\d{4})_(?P<place>\w+)\.csv$"})
    inbox.send("x", "2002_西藏.csv")
    inbox.send("x", "readme.csv")
    assert [one.slice for one in arrivals(inbox.resource, inbox.deployment, at(28))] == ["2002/西藏", "all"]


def test_a_changed_file_is_hashed_anew_and_an_unchanged_one_is_not_read(inbox: Inbox) -> None:
    path = inbox.send("one")
    cache = inbox.deployment.landing / "seen.json"
    seen = SeenFiles(cache)
    first = seen.hash_of(path)
    seen.save()
    before = path.stat()
    path.write_bytes(b"two")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert SeenFiles(cache).hash_of(path) == first
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + 1))
    assert SeenFiles(cache).hash_of(path) != first


@pytest.mark.parametrize("content", ["", "not json"])
def test_a_spoilt_cache_is_made_anew(inbox: Inbox, content: str) -> None:
    path = inbox.send("one")
    cache = inbox.deployment.landing / "seen.json"
    cache.parent.mkdir(parents=True)
    cache.write_text(content, encoding="utf-8")
    assert len(SeenFiles(cache).hash_of(path)) == 64
