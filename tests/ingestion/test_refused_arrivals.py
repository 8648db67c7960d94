"""What is no longer taken, or not a second time, is on record with what to do instead."""

from dataclasses import replace
from pathlib import Path

import pytest

from ingestion.deliveries import deliveries_of
from ingestion.ingest import ingest_resource
from ingestion.refused_arrivals import refuse_arrivals
from resource_catalogue.catalogue import Catalogue
from resource_catalogue.release import Release
from tests.ingestion.made_inbox import ID, Inbox, a_resource, at

NEW = "bureau.register"
ROWS = "代码,名称,数量\nA,甲,1\n"


def retired(inbox: Inbox, path: str = "bureau/register*") -> Release:
    """Publish the release in which a register has taken the place of the feed."""
    successor = a_resource(id=NEW, source={"path": path})
    old = inbox.resource.model_copy(update={"replaced_by": NEW})
    catalogue = Catalogue(resources={ID: old, NEW: successor})
    return replace(inbox.release, number=2, catalogue=catalogue, states={ID: "retired", NEW: "listed"})


@pytest.mark.requirement("H-34")
def test_a_delivery_to_a_retired_resource_is_refused_and_names_the_successor(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "city")
    inbox.send(ROWS)
    inbox.ingest_all()
    release = retired(inbox)
    inbox.send(ROWS.replace("1", "2"), "feed_2.csv", day=5)
    assert refuse_arrivals(inbox.lake, inbox.deployment, release, at(28)) == 1
    first, second = inbox.deliveries()
    assert (first["state"], second["state"], second["file_name"]) == (
        "loaded", "unreadable", "2026-03-05/bureau/feed_2.csv"
    )  # fmt: skip
    assert "send it as bureau.register" in second["reason"]
    # Told once, and nothing of it has landed.
    assert refuse_arrivals(inbox.lake, inbox.deployment, release, at(28)) == 0
    assert second["rows_loaded"] == 0


@pytest.mark.requirement("H-34")
def test_the_successors_files_in_the_same_folder_are_not_refused(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "city")
    release = retired(inbox, "bureau/*")
    inbox.send(ROWS)
    assert refuse_arrivals(inbox.lake, inbox.deployment, release, at(28)) == 0
    ingest_resource(inbox.lake, inbox.deployment, release, NEW, at(28))
    assert deliveries_of(inbox.lake)["resource_id"].to_list() == [NEW]


def test_a_city_without_retired_resources_refuses_nothing(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "city")
    inbox.send(ROWS)
    assert refuse_arrivals(inbox.lake, inbox.deployment, inbox.release, at(28)) == 0


@pytest.mark.requirement("G-03")
def test_a_second_report_beside_the_upper_tiers_is_refused_and_doubles_nothing(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "city", reported_by="upper")
    inbox.send(ROWS)
    inbox.ingest_all()
    only = inbox.delivery()
    assert (only["state"], only["rows_received"]) == ("unreadable", 0)
    assert "no second report" in only["reason"]
    inbox.ingest_all()
    assert inbox.deliveries() == [only]
    # Corrected, the same file counts.
    inbox.declare(number=2)
    inbox.ingest_all()
    assert sorted(one["state"] for one in inbox.deliveries()) == ["loaded", "unreadable"]


@pytest.mark.requirement("G-03")
def test_what_the_upper_tier_itself_sends_down_is_taken(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "city", reported_by="upper", source={"submitted_by": "region"})
    inbox.send(ROWS)
    inbox.ingest_all()
    assert (inbox.delivery()["state"], inbox.delivery()["submitted_by"]) == ("loaded", "region")


@pytest.mark.requirement("G-03")
def test_what_was_taken_before_the_upper_tier_reported_stays_and_is_not_refused_anew(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "city")
    inbox.send(ROWS)
    inbox.ingest_all()
    inbox.declare(number=2, reported_by="upper")
    inbox.ingest_all()
    assert [one["state"] for one in inbox.deliveries()] == ["loaded"]
