"""``catalogue export``, ``import`` and ``coverage`` on a deployment: what they say, write and refuse."""

import json
import shutil
from pathlib import Path

import openpyxl
from typer.testing import CliRunner, Result

from cli.main import app
from lake import Lake
from lake.releases import publish
from resource_catalogue.catalogue import load_draft
from resource_catalogue.deployment import Deployment
from resource_catalogue.errors import CatalogueError, NotFoundError, SettingError
from resource_catalogue.faults import FaultyCatalogue
from resource_catalogue.profile import load_profile


def run(home: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["catalogue", *arguments, "--home", str(home)])


def files(home: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in (home / "catalogue").rglob("*") if path.is_file()}


def exported(home: Path, *options: str) -> Path:
    book = home / "entries.xlsx"
    done = run(home, "export", "--xlsx", str(book), *options)
    assert done.exit_code == 0, done.output
    return book


def changed(book: Path, sheet: str, before: str, after: str) -> Path:
    """Change every cell of a sheet that says one thing."""
    opened = openpyxl.load_workbook(book)
    cells = [cell for row in opened[sheet].iter_rows() for cell in row if cell.value == before]
    assert cells
    for cell in cells:
        cell.value = after
    opened.save(book)
    return book


def test_an_export_of_one_agency_has_its_entries_only(home: Path) -> None:
    done = run(home, "export", "--xlsx", str(home / "police.xlsx"), "--agency", "police")
    assert "2 个条目 / entries" in done.output
    ids = {
        row[0].value for row in openpyxl.load_workbook(home / "police.xlsx")["补充字段"].iter_rows(min_row=2)
    }
    assert ids == {"police.household_registration", "police.residence_permits"}


def test_an_unchanged_workbook_changes_no_file(home: Path) -> None:
    book, before = exported(home, "--agency", "police"), files(home)
    done = run(home, "import", str(book), "--agency", "police")
    assert done.exit_code == 0, done.output
    assert done.output.count("未变 / unchanged") == 2
    assert files(home) == before


def test_a_changed_workbook_changes_its_file_and_says_so(home: Path) -> None:
    book, before = exported(home, "--agency", "police"), files(home)
    changed(book, "信息资源目录", "居住证信息", "居住证登记信息")
    done = run(home, "import", str(book), "--agency", "police")
    path = home / "catalogue" / "resources" / "police" / "residence_permits.yml"
    assert {one for one, content in files(home).items() if before[one] != content} == {path}
    assert "修改 / changed: catalogue/resources/police/residence_permits.yml" in done.output
    assert "civiclake catalogue check" in done.output
    assert (
        load_draft(home / "catalogue").catalogue.resources["police.residence_permits"].name.zh
        == "居住证登记信息"
    )


def test_check_tells_what_would_be_wrong_and_writes_nothing(home: Path) -> None:
    book, before = exported(home, "--agency", "police"), files(home)
    changed(book, "补充字段", "permit_no", "no_such_item")
    done = run(home, "import", str(book), "--agency", "police", "--check")
    assert done.exit_code == CatalogueError.exit_code
    assert "将修改 / would change: catalogue/resources/police/residence_permits.yml" in done.output
    assert str(home / "catalogue" / "resources" / "police" / "residence_permits.yml") in done.output
    assert "no_such_item" in done.output
    assert files(home) == before


def test_check_of_a_right_workbook_ends_well(home: Path) -> None:
    book = exported(home)
    done = run(home, "import", str(book), "--agency", "health", "--check")
    assert done.exit_code == 0, done.output
    assert "0 个错误 errors" in done.output
    assert done.output.count("其他机构的条目") == 15


def test_mistakes_are_all_told_and_nothing_is_written(home: Path) -> None:
    book, before = exported(home, "--agency", "police"), files(home)
    changed(book, "信息资源目录", "2 有条件共享", "看情况")
    changed(book, "补充字段", "2025-04-01", "去年")
    done = run(home, "import", str(book), "--agency", "police")
    assert isinstance(done.exception, FaultyCatalogue)
    assert len(done.exception.faults) == 3
    assert files(home) == before


def test_entries_missing_from_the_workbook_stay_and_are_told(home: Path) -> None:
    book = exported(home, "--agency", "health")
    shutil.copyfile(
        home / "catalogue" / "resources" / "health" / "birth_certificates.yml",
        home / "catalogue" / "resources" / "health" / "more.yml",
    )
    more = home / "catalogue" / "resources" / "health" / "more.yml"
    text = more.read_text(encoding="utf-8").replace("id: health.birth_certificates", "id: health.more")
    more.write_text(text, encoding="utf-8")
    done = run(home, "import", str(book), "--agency", "health")
    assert "仅在目录中，保留 / only in the catalogue, kept: health.more" in done.output
    assert more.read_text(encoding="utf-8") == text


def test_an_unknown_agency_is_refused(home: Path) -> None:
    assert isinstance(
        run(home, "export", "--xlsx", str(home / "x.xlsx"), "--agency", "x").exception, NotFoundError
    )
    book = exported(home)
    assert isinstance(run(home, "import", str(book), "--agency", "x").exception, NotFoundError)


def test_a_workbook_is_not_written_over_and_a_missing_one_is_told(home: Path) -> None:
    exported(home)
    assert isinstance(run(home, "export", "--xlsx", str(home / "entries.xlsx")).exception, SettingError)
    assert isinstance(
        run(home, "import", str(home / "no.xlsx"), "--agency", "police").exception, SettingError
    )


def test_coverage_before_any_data_lists_what_is_missing(home: Path) -> None:
    deployment = Deployment.open(home)
    draft = load_draft(deployment.catalogue)
    posts = ("data_centre/registrar", "data_bureau/reviewer")
    publish(Lake.of(deployment), draft.catalogue, load_profile("yancheng"), deployment.as_of, *posts)
    told = json.loads(run(home, "coverage", "--json").output)
    assert told["release"] == 1
    assert told["total"]["attachment_rate"] == 0.0
    assert len(told["total"]["without_data"]) == told["total"]["listed"] == len(draft.catalogue.resources)
    assert [one["agency_id"] for one in told["agencies"]] == sorted(
        {one.agency for one in draft.catalogue.resources.values()}
    )
    shown = run(home, "coverage").output
    assert "挂接率" in shown
    assert "attachment" in shown
    assert (
        "已发布而无数据 / listed without data: police.residence_permits 居住证信息 / Residence permits"
        in shown
    )


def test_an_export_after_a_release_shows_the_day_of_listing(home: Path) -> None:
    deployment = Deployment.open(home)
    draft = load_draft(deployment.catalogue)
    posts = ("data_centre/registrar", "data_bureau/reviewer")
    publish(Lake.of(deployment), draft.catalogue, load_profile("yancheng"), deployment.as_of, *posts)
    sheet = openpyxl.load_workbook(exported(home))["信息资源目录"]
    assert "2026-03-16" in {cell.value for row in sheet.iter_rows() for cell in row}
