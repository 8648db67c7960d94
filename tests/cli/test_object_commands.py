"""Objects are listed without names and put out to who may have them, recorded; paper is followed until digitised."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from object_city import CERTIFICATES, CITIZEN, FIRST, HOLDER, PAPER, SECOND, UNPLANNED, build_city, released
from reporting_city import AS_OF
from typer.testing import CliRunner, Result

from audit.record import AccessRecord
from audit.search import search
from audit.selection import Selection
from casework.state import open_state
from cli.main import app
from ingestion.ingest import ingest_resource
from ingestion.objects import kept_objects
from lake import Lake
from lake.releases import current_release
from reporting.catalogue_coverage import catalogue_coverage
from reporting.digitisation import paper_lines
from reporting.page import rendered
from reporting.report_figures import gather
from resource_catalogue.deployment import Deployment
from resource_catalogue.errors import DeliveryError, NotFoundError, NotPermitted, SettingError
from resource_catalogue.promise import promise_of

Asked = Callable[..., Result]
PROVIDER, AUTHORITY, OTHER = "market/data_officer", "bureau/quality_officer", "labour/data_officer"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    return build_city(tmp_path_factory.mktemp("objects") / "city")


@pytest.fixture
def asked(built: Deployment) -> Asked:
    def ask(*arguments: str) -> Result:
        return CliRunner().invoke(app, [*arguments, "--home", str(built.home)])

    return ask


def saved(asked: Asked, folder: Path, *keys: str, actor: str = PROVIDER, entry: str = CERTIFICATES) -> Result:
    return asked("objects", "save", entry, *keys, "--to", str(folder), "--as", actor, "--purpose", "核验原件")


def records(built: Deployment) -> list[dict[str, Any]]:
    """Return the accesses that were recorded."""
    found = search(AccessRecord.open(built), Lake.of(built), Selection(action="export"))
    return sorted(found, key=lambda one: one["sequence"])


@pytest.mark.requirement("S-03")
def test_objects_are_listed_by_hash_form_and_place_and_never_by_name(asked: Asked) -> None:
    result = asked("objects", "list", CERTIFICATES, "--json")
    listed = json.loads(result.stdout)
    assert [(one["sha256"], one["media_type"], one["size_bytes"], one["line"]) for one in listed] == [
        (hashlib.sha256(SECOND).hexdigest(), "application/pdf", len(SECOND), 1),
        (hashlib.sha256(FIRST).hexdigest(), "application/pdf", len(FIRST), 2),
    ]
    shown = asked("objects", "list", CERTIFICATES)
    assert listed[0]["sha256"] in shown.stdout
    for text in (result.stdout, shown.stdout):
        assert HOLDER not in text
        assert CITIZEN not in text
    assert asked("objects", "list", CERTIFICATES, "--delivery", "none").exit_code == 0


@pytest.mark.requirement("S-03")
@pytest.mark.parametrize("by", ["hash", "business key", "subject", "row key"])
def test_an_object_is_put_out_by_any_of_its_keys_and_that_is_recorded(
    built: Deployment, asked: Asked, tmp_path: Path, by: str
) -> None:
    lake = Lake.of(built)
    row = next(
        one for one in kept_objects(lake, current_release(lake).resource(CERTIFICATES)) if one.line == 2
    )
    key = {"hash": row.sha256, "business key": "A1", "subject": CITIZEN, "row key": row.row_key}[by]
    before = len(records(built))
    result = saved(asked, tmp_path / "out", key)
    assert result.exception is None, result.exception
    (path,) = (tmp_path / "out").iterdir()
    assert (path.name, path.read_bytes()) == (f"{row.sha256}.pdf", FIRST)
    (entry,) = records(built)[before:]
    assert (entry["entry"], entry["agency_id"], entry["post"]) == (CERTIFICATES, "market", "data_officer")
    assert (entry["result"], entry["rows"], entry["bytes"]) == ("answered", 1, len(FIRST))
    assert (entry["subject_key"], entry["purpose"]) == (row.row_key, "核验原件")
    assert CITIZEN not in str(entry)


def test_a_row_of_an_object_is_traced_to_its_delivery_and_number_and_no_name_is_shown(asked: Asked) -> None:
    (line,) = json.loads(asked("trace", "standard.market__certificates", "A1", "--json").stdout)
    assert (line["line"], line["sheet"], line["row_number"]) == (2, "", 2)
    assert line["file_name"].endswith("certificates_1.zip")
    assert HOLDER not in str(line)


def test_an_agency_may_try_its_archive_before_it_sends_it(built: Deployment, asked: Asked) -> None:
    archive = built.inbox / "2026-03-16" / "market" / "certificates_1.zip"
    told = asked("feeds", "validate", str(archive), "--resource", CERTIFICATES)
    assert told.exit_code == 1, told.output
    assert "清单所列的文件没有随附" in told.stdout


def test_several_objects_are_put_out_at_once_and_again_without_harm(
    built: Deployment, asked: Asked, tmp_path: Path
) -> None:
    for _ in range(2):
        assert saved(asked, tmp_path / "out", "A1", "A2", "A1", actor=AUTHORITY).exception is None
    assert sorted(path.read_bytes() for path in (tmp_path / "out").iterdir()) == sorted([FIRST, SECOND])


def test_who_does_not_answer_for_the_data_gets_nothing_and_is_recorded(
    built: Deployment, asked: Asked, tmp_path: Path
) -> None:
    before = len(records(built))
    assert isinstance(saved(asked, tmp_path / "out", "A1", actor=OTHER).exception, NotPermitted)
    assert isinstance(saved(asked, tmp_path / "out", "A1", actor="market/nobody").exception, NotPermitted)
    assert not (tmp_path / "out").exists()
    assert [(one["agency_id"], one["result"]) for one in records(built)[before:]] == [
        ("labour", "not_permitted")
    ]


def test_what_is_not_there_is_told_without_repeating_it(
    built: Deployment, asked: Asked, tmp_path: Path
) -> None:
    unknown = saved(asked, tmp_path / "out", "A1", f"{HOLDER}9").exception
    assert isinstance(unknown, NotFoundError)
    assert HOLDER not in str(unknown)
    assert "第 2 个标识" in unknown.where
    assert isinstance(saved(asked, tmp_path / "out", "A1", entry="market.none").exception, SettingError)
    assert not (tmp_path / "out").exists()


def test_bytes_that_are_not_those_that_came_are_not_put_out(tmp_path: Path) -> None:
    deployment = build_city(tmp_path / "city")
    lake = Lake.of(deployment)
    delivery = kept_objects(lake, current_release(lake).resource(CERTIFICATES))[0].delivery_id
    (landed,) = (deployment.landing / CERTIFICATES / delivery).iterdir()
    landed.write_bytes(landed.read_bytes().replace(b"first", b"FIRST"))

    def ask(*arguments: str) -> Result:
        return CliRunner().invoke(app, [*arguments, "--home", str(deployment.home)])

    assert isinstance(saved(ask, tmp_path / "out", "A1").exception, DeliveryError)
    assert not (tmp_path / "out").exists()


@pytest.mark.requirement("K-11")
def test_paper_is_listed_with_volume_plan_and_how_late_it_is(built: Deployment, asked: Asked) -> None:
    listed = json.loads(asked("catalogue", "non-digital", "--json").stdout)
    assert [one["resource_id"] for one in listed] == [PAPER, UNPLANNED]
    assert (listed[0]["due_on"], listed[0]["is_late"], listed[0]["working_days"]) == ("2026-03-20", True, 3)
    assert (listed[1]["due_on"], listed[1]["standing"]) == (None, "—")
    shown = asked("catalogue", "non-digital").stdout
    assert "逾期 3 个工作日" in shown
    assert "12,000 页、3.5 延米" in shown
    earlier = asked("catalogue", "non-digital", "--as-of", "2026-03-18T09:00:00+08:00").stdout
    assert "剩余 2 个工作日" in earlier


@pytest.mark.requirement("K-11")
def test_paper_owes_no_delivery_and_stands_in_the_report_until_the_entry_has_another_form(
    tmp_path: Path,
) -> None:
    deployment = build_city(tmp_path / "city")
    lake = Lake.of(deployment)
    release = current_release(lake)
    coverage = catalogue_coverage(release, lake).total
    assert (coverage.on_paper, coverage.without_data) == ((PAPER, UNPLANNED), ())
    assert coverage.attachment_rate == 1
    assert promise_of(release.resource(PAPER)) is None
    state = open_state(deployment.casework_url)
    page = rendered(gather(deployment, lake, state, release, AS_OF))
    assert page.count('id="on-paper"') == 1
    assert "逾期 3 个工作日" in page
    digital = released(lake, form_of_paper="document")
    assert [line.resource_id for line in paper_lines(digital, AS_OF.date())] == [UNPLANNED]
    assert promise_of(digital.resource(PAPER)) is not None
    assert catalogue_coverage(digital, lake).total.without_data == (PAPER,)
    ingest_resource(lake, deployment, digital, CERTIFICATES, AS_OF)
    state.close()
