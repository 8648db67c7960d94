"""``catalogue draft`` and ``feeds validate`` as a user types them."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from resource_catalogue.errors import DeliveryError, NotFoundError, SettingError

AGENCY = "market_regulation"
SECRET = "秘密值"


@pytest.fixture
def sample(home: Path) -> Path:
    path = home / "inbox" / AGENCY / "licences_2025.csv"
    path.parent.mkdir(parents=True)
    path.write_text(
        f"许可证编号,企业名称,负责人,发证日期\nA1,甲厂,{SECRET},2025/1/2\nA2,乙厂,李*,2025/1/3\n",
        encoding="utf-8",
    )
    return path


def run(home: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, [*arguments, "--home", str(home)])


def drafted(home: Path) -> Path:
    return home / "catalogue" / "resources" / AGENCY / "licences.yml"


def test_a_draft_is_written_and_passes_the_check(home: Path, sample: Path) -> None:
    before = run(home, "catalogue", "check")
    done = run(home, "catalogue", "draft", str(sample), "--agency", AGENCY)
    assert done.exit_code == 0, done.output
    text = drafted(home).read_text(encoding="utf-8")
    assert "# 请确认 / please confirm: " in text
    assert SECRET not in text + done.output
    after = run(home, "catalogue", "check")
    assert (before.exit_code, after.exit_code) == (0, 0), after.output


def test_drafting_again_passes_over_what_has_an_entry(home: Path, sample: Path) -> None:
    assert run(home, "catalogue", "draft", str(sample.parent), "--agency", AGENCY).exit_code == 0
    again = run(home, "catalogue", "draft", str(sample.parent), "--agency", AGENCY)
    assert again.exit_code == 0
    assert "has an entry" in again.output
    assert len([*drafted(home).parent.glob("licences*.yml")]) == 1


def test_a_file_is_never_written_over(home: Path, sample: Path, tmp_path: Path) -> None:
    out = tmp_path / "drafts"
    arguments = ("catalogue", "draft", str(sample), "--agency", AGENCY, "--out", str(out))
    assert run(home, *arguments).exit_code == 0
    assert isinstance(run(home, *arguments).exception, SettingError)


def test_an_unreadable_file_is_told_and_the_others_are_drafted(home: Path, sample: Path) -> None:
    (sample.parent / "empty.csv").write_bytes(b"")
    done = run(home, "catalogue", "draft", str(sample.parent), "--agency", AGENCY)
    assert isinstance(done.exception, DeliveryError)
    assert "empty.csv: " in done.output
    assert drafted(home).exists()


def test_checksums_beside_the_files_of_a_folder_are_not_drafted(home: Path, sample: Path) -> None:
    for name in ("SHA256SUMS", f"{sample.name}.md5"):
        (sample.parent / name).write_text("d41d8cd98f00b204e9800998ecf8427e", encoding="utf-8")
    done = run(home, "catalogue", "draft", str(sample.parent), "--agency", AGENCY)
    assert done.exit_code == 0, done.output
    assert "SHA256SUMS" not in done.output
    assert [path.name for path in drafted(home).parent.glob("licences*")] == ["licences.yml"]


def test_an_unknown_agency_is_refused(home: Path, sample: Path) -> None:
    assert isinstance(
        run(home, "catalogue", "draft", str(sample), "--agency", "none").exception, NotFoundError
    )


@pytest.fixture
def entry(home: Path, sample: Path) -> str:
    assert run(home, "catalogue", "draft", str(sample), "--agency", AGENCY).exit_code == 0
    return f"{AGENCY}.licences"


def test_the_file_an_entry_was_drafted_from_is_valid(home: Path, sample: Path, entry: str) -> None:
    done = run(home, "feeds", "validate", str(sample), "--resource", entry)
    assert done.exit_code == 0, done.output
    assert SECRET not in done.output


def test_errors_are_told_without_values_unless_asked(
    home: Path, sample: Path, entry: str, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text(f"许可证编号,企业名称,负责人,发证日期\n,甲厂,李*,{SECRET}\n", encoding="utf-8")
    quiet = run(
        home, "feeds", "validate", str(bad), "--resource", entry, "--xlsx", str(tmp_path / "out.xlsx")
    )
    assert quiet.exit_code == 1
    assert "line 2, 发证日期" in quiet.output
    assert SECRET not in quiet.output
    assert (tmp_path / "out.xlsx").exists()
    shown = run(home, "feeds", "validate", str(bad), "--resource", entry, "--show-values")
    assert SECRET in shown.output


def test_errors_are_printed_as_json(home: Path, sample: Path, entry: str, tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text(f"许可证编号,企业名称,负责人,发证日期\nA3,甲厂,李*,{SECRET}\n", encoding="utf-8")
    said = json.loads(run(home, "feeds", "validate", str(bad), "--resource", entry, "--json").output)
    assert [(error["line"], error["code"], error["severity"]) for error in said["errors"]] == [
        (2, "other_format", "error")
    ]
    assert "value" not in said["errors"][0]


def test_an_unknown_resource_is_refused(home: Path, sample: Path) -> None:
    done = run(home, "feeds", "validate", str(sample), "--resource", "a.b")
    assert isinstance(done.exception, NotFoundError)
