"""What was restated of the past is listed by delivery, with columns and numbers, never values."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from made_inbox import AGENCY, ID, MARKER, Inbox, table
from reporting_city import AS_OF, MARKET, City
from typer.testing import CliRunner

from cli.main import app
from reporting.page import rendered
from reporting.report_figures import RestatedLine, gather
from reporting.restated import Restated, restated
from resource_catalogue.model import Label


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    """Return a deployment that was told about a past month twice."""
    inbox = Inbox(tmp_path / "city", source={"slice": r"_(\d{6})\.csv$"})
    for day, title in ((1, "甲"), (2, MARKER)):
        inbox.send(table(f"1,{title},{day}", f"2,{title},1"), name="feed_202601.csv", day=day)
        inbox.ingest()
    return inbox


def test_restatements_are_listed_by_delivery_with_their_columns(inbox: Inbox) -> None:
    (one,) = restated(inbox.lake)
    first, second = inbox.deliveries()
    assert (one.delivery_id, one.replaced_delivery_id) == (second["delivery_id"], first["delivery_id"])
    assert (one.agency_id, one.resource_id, one.slice) == (AGENCY, ID, "202601")
    assert (one.rows_changed, one.rows_added, one.rows_removed) == (2, 0, 0)
    assert one.columns == {"title": 2, "amount": 1}
    assert restated(inbox.lake, agency="another") == []
    assert restated(inbox.lake, resource=ID) == [one]


def test_the_command_lists_them_without_a_value(inbox: Inbox) -> None:
    home = ("--home", str(inbox.deployment.home))
    shown = CliRunner().invoke(app, ["deliveries", "restated", *home])
    assert shown.exception is None
    assert "title: 2" in shown.stdout
    assert MARKER not in shown.stdout
    found = json.loads(CliRunner().invoke(app, ["deliveries", "restated", "--json", *home]).stdout)
    assert found[0]["columns"] == {"title": 2, "amount": 1}
    none = CliRunner().invoke(app, ["deliveries", "restated", "--agency", "another", *home]).stdout
    assert "无 / none" in none


def test_the_report_has_a_block_of_them_and_none_without(
    city: City, has_no_marker: Callable[[str], bool]
) -> None:
    report = gather(city.deployment, city.lake, city.state, city.release, AS_OF)
    assert "对过去数据的改动" not in rendered(report)
    one = Restated("new", "old", "market", MARKET, "2025", "a.csv", 1234, 5, 6, {"entity_name": 1234})
    label = Label(zh="名称", en="name")
    line = RestatedLine(label, label, one, ((label, 1234),))
    page = rendered(replace(report, restated=(line,)))
    block = page.split("对过去数据的改动</span>")[1].split("</table>")[0]
    assert "1,234" in block
    assert "Vanished" in block
    assert has_no_marker(page)
