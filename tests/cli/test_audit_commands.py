"""The record of access by command: what leaves is recorded before it is printed, and can be asked for and proved."""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from reporting_city import AS_OF, CITIZEN, FIRM, MARKET, POLICE, City, build_city
from typer.testing import CliRunner, Result

from audit.record import AccessRecord
from audit.selection import Selection
from casework.actors import Actor
from cli import audit_commands
from cli.audit_subject import Question, who_read
from cli.main import app
from lake.releases import current_release
from resource_catalogue.access_words import Access
from resource_catalogue.errors import LakeError, NotFoundError, NotPermitted, SettingError
from resource_catalogue.words import TableName

Asked = Callable[..., Result]
OFFICER = "bureau/quality_officer"


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    built = build_city(tmp_path_factory.mktemp("audited") / "home")
    yield built
    built.state.close()


@pytest.fixture
def asked(city: City, monkeypatch: pytest.MonkeyPatch) -> Asked:
    """Give a way to run a command on the city with an empty record."""
    shutil.rmtree(city.deployment.var / "audit", ignore_errors=True)
    shutil.rmtree(city.lake.root / "audit", ignore_errors=True)
    monkeypatch.setattr("cli.output._PIPED_WIDTH", 180)

    def ask(*arguments: str, of: Any = app) -> Result:
        return CliRunner().invoke(of, [*arguments, "--home", str(city.deployment.home)])

    return ask


def audit(asked: Asked, *arguments: str) -> Result:
    return asked(*arguments, of=audit_commands.app)


def recorded(asked: Asked, *filters: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(shown(audit(asked, "search", *filters, "--json")))
    return found


def shown(result: Result) -> str:
    assert result.exception is None, result.exception
    return result.stdout


def written(city: City) -> str:
    files = [path for path in (city.deployment.var / "audit").rglob("*") if path.is_file()]
    return "".join(path.read_bytes().decode("utf-8", "replace") for path in files)


@pytest.mark.requirement("X-02")
def test_what_explain_showed_is_recorded_without_the_identifier(asked: Asked, city: City) -> None:
    shown(asked("explain", "organisation", FIRM, "--as", OFFICER))
    (kept,) = recorded(asked)
    assert (kept["action"], kept["entry"], kept["rows"]) == ("explain", "base.organisation", 1)
    assert (kept["agency_id"], kept["post"], kept["at"][:10]) == ("bureau", "quality_officer", "2026-03-25")
    assert "credit_code" in kept["columns"]
    assert len(kept["subject_key"]) == 32
    assert FIRM not in written(city)


def test_what_trace_showed_is_recorded_also_where_nobody_is_named(asked: Asked, city: City) -> None:
    shown(asked("trace", f"standard.{MARKET.replace('.', '__')}", FIRM))
    shown(asked("trace", "base.organisation", FIRM))
    base, standard = recorded(asked)
    assert (standard["entry"], base["entry"]) == (MARKET, "base.organisation")
    assert [one["agency_id"] for one in (standard, base)] == ["", ""]
    assert standard["version"] == city.lake.version(TableName.parse(standard["table"]))
    assert base["subject_key"]
    assert base["request_id"] != standard["request_id"]


def test_nothing_is_printed_that_could_not_be_recorded(
    asked: Asked, monkeypatch: pytest.MonkeyPatch, city: City
) -> None:
    def refuse(*_: object) -> int:
        raise OSError(28, "no space")

    task = json.loads(shown(asked("tasks", "list", "--json")))[0]
    monkeypatch.setattr("audit.journal.os.write", refuse)
    for arguments in (("explain", "organisation", FIRM), ("trace", "base.organisation", FIRM)):
        refused = asked(*arguments)
        assert refused.stdout == ""
        assert "nothing was answered" in str(refused.exception)
    out = city.deployment.home / "sheets"
    refused = asked(
        "tasks", "export", task["id"], "--as", f"{task['agency']}/data_officer", "--out", str(out)
    )
    assert refused.stdout == ""
    assert list(out.rglob("*.xlsx")) == []


@pytest.mark.requirement("X-09")
def test_an_exported_task_sheet_is_recorded_with_its_case(asked: Asked) -> None:
    task = json.loads(shown(asked("tasks", "list", "--json")))[0]
    shown(asked("tasks", "export", task["id"], "--as", f"{task['agency']}/data_officer"))
    (kept,) = recorded(asked, "--action", "export")
    assert (kept["entry"], kept["rows"], kept["detail"]) == (
        task["resource"], task["rows"], {"case": task["id"]},
    )  # fmt: skip
    assert kept["bytes"] > 1000


def test_who_acts_must_be_known_to_the_release(asked: Asked) -> None:
    assert isinstance(asked("explain", "organisation", FIRM, "--as", "bureau/cook").exception, NotPermitted)
    assert isinstance(asked("trace", "base.organisation", FIRM, "--as", "bureau").exception, SettingError)
    assert recorded(asked) == []


def test_a_search_takes_words_in_chinese_and_shows_both_languages(asked: Asked) -> None:
    shown(asked("explain", "organisation", FIRM, "--as", OFFICER))
    shown(asked("trace", "base.organisation", FIRM))
    assert [one["action"] for one in recorded(asked, "--action", "追溯来源")] == ["trace"]
    assert [one["action"] for one in recorded(asked, "--agency", "市bureau")] == ["explain"]
    assert recorded(asked, "--from", "2026-03-26") == recorded(asked, "--to", "2026-03-24") == []
    assert len(recorded(asked, "--from", "2026-03-25", "--to", "2026-03-25")) == 2
    text = shown(audit(asked, "search"))
    assert "查看依据 / explained a value" in text
    assert "已答复 / answered" in text
    assert isinstance(audit(asked, "search", "--action", "stole").exception, SettingError)
    assert isinstance(audit(asked, "search", "--from", "昨天").exception, SettingError)


@pytest.mark.requirement("X-02")
def test_a_subject_learns_through_the_agency_that_answers_who_read_its_record(
    asked: Asked, city: City
) -> None:
    shown(asked("explain", "organisation", FIRM, "--as", OFFICER))
    shown(asked("trace", "base.organisation", FIRM))
    found = json.loads(shown(audit(asked, "subject", "base.organisation", FIRM, "--as", OFFICER, "--json")))
    assert [(one["action"], one["bulk"]) for one in found] == [("trace", False), ("explain", False)]
    question = recorded(asked)[0]
    assert (question["action"], question["agency_id"], question["rows"]) == ("explain", "bureau", 2)
    assert question["subject_key"] == found[0]["subject_key"]
    assert FIRM not in written(city)


def test_rows_read_in_bulk_are_marked(asked: Asked, city: City) -> None:
    agency = POLICE.split(".")[0]
    AccessRecord.open(city.deployment).append(
        Access(at=AS_OF, action="file", result="answered", recipient_id="demo_tax", entry=POLICE),
        Access(at=AS_OF, action="file", result="answered", recipient_id="demo_tax", entry=MARKET),
    )
    shown(asked("trace", f"standard.{POLICE.replace('.', '__')}", CITIZEN))
    text = shown(audit(asked, "subject", POLICE, CITIZEN, "--as", f"{agency}/data_officer"))
    assert text.count("批量，可能包含") == 1
    assert text.count("按键") == 1
    assert CITIZEN not in text
    assert CITIZEN not in written(city)


@pytest.mark.parametrize(
    ("entry", "actor"), [(MARKET, "labour/data_officer"), ("base.organisation", "market/data_officer")]
)
def test_another_agency_may_not_ask_and_its_question_is_recorded(
    asked: Asked, entry: str, actor: str
) -> None:
    refused = audit(asked, "subject", entry, FIRM, "--as", actor)
    assert isinstance(refused.exception, NotPermitted)
    assert FIRM not in str(refused.exception)
    assert refused.stdout == ""
    (kept,) = recorded(asked)
    assert (kept["result"], kept["rows"], kept["agency_id"]) == ("not_permitted", 0, actor.split("/")[0])


def test_the_authority_of_a_lower_tier_may_not_ask_about_the_city_s_data(asked: Asked, city: City) -> None:
    release = current_release(city.lake)
    bureau = release.catalogue.agencies["bureau"]
    county = bureau.model_copy(update={"id": "county_bureau", "tier": "county", "division_code": "329901"})
    catalogue = replace(release.catalogue, agencies={**release.catalogue.agencies, county.id: county})
    question = Question("base.organisation", FIRM, Actor(county.id, "quality_officer"), Selection())
    with pytest.raises(NotPermitted):
        who_read(city.deployment, city.lake, replace(release, catalogue=catalogue), question)
    assert recorded(asked)[0]["result"] == "not_permitted"


@pytest.mark.parametrize(
    ("entry", "identifier"), [("nobody.nothing", FIRM), ("base.nothing", FIRM), ("base.person", "123")]
)
def test_a_question_that_makes_no_sense_is_refused_without_repeating_the_identifier(
    asked: Asked, entry: str, identifier: str
) -> None:
    refused = audit(asked, "subject", entry, identifier, "--as", OFFICER).exception
    assert isinstance(refused, SettingError)
    assert identifier not in str(refused)


def test_the_record_is_sealed_verified_exported_and_verified_by_its_export_alone(
    asked: Asked, city: City, tmp_path: Path
) -> None:
    for _ in range(3):
        shown(asked("trace", "base.organisation", FIRM))
    sealed = json.loads(shown(audit(asked, "seal", "--as-of", "2026-03-26T01:00:00+08:00", "--json")))
    assert (sealed["copied"], sealed["days"]) == (3, ["2026-03-25"])
    assert "完整，未被改动" in shown(audit(asked, "verify", "--anchor", sealed["head"]))
    folder, packed = tmp_path / "whole", tmp_path / "part.zip"
    told = json.loads(shown(audit(asked, "export", str(folder), "--as", OFFICER, "--json")))
    shown(audit(asked, "export", str(packed), "--action", "追溯来源"))
    alone = CliRunner().invoke(audit_commands.app, ["verify", str(folder), "--key", told["key"], "--json"])
    assert json.loads(shown(alone))["faults"] == []
    assert "3 条 / records" in shown(CliRunner().invoke(audit_commands.app, ["verify", str(packed)]))
    lines = (folder / "records.jsonl").read_bytes().splitlines(keepends=True)
    (folder / "records.jsonl").write_bytes(b"".join([lines[0], *lines[2:]]))
    broken = CliRunner().invoke(audit_commands.app, ["verify", str(folder)])
    assert isinstance(broken.exception, LakeError)
    assert "records 2 to 2 are missing" in broken.stdout


def test_a_changed_record_is_named_and_ends_with_an_error(asked: Asked, city: City) -> None:
    for _ in range(3):
        shown(asked("trace", "base.organisation", FIRM))
    (page,) = AccessRecord.open(city.deployment).journal.pages()
    page[1].write_bytes(page[1].read_bytes().replace(b'"trace"', b'"query"', 1))
    broken = audit(asked, "verify")
    assert isinstance(broken.exception, LakeError)
    assert "the record was changed" in broken.stdout
    assert isinstance(audit(asked, "seal", "--as-of", "2026-03-26T01:00:00+08:00").exception, LakeError)


def test_what_is_no_export_is_told_so(tmp_path: Path) -> None:
    (tmp_path / "text.zip").write_text("x", encoding="utf-8")
    assert isinstance(
        CliRunner().invoke(audit_commands.app, ["verify", str(tmp_path / "text.zip")]).exception, SettingError
    )
    missing = CliRunner().invoke(audit_commands.app, ["verify", str(tmp_path / "nowhere")])
    assert isinstance(missing.exception, LakeError | SettingError)


def test_pruning_says_from_when_records_are_kept(asked: Asked) -> None:
    shown(asked("trace", "base.organisation", FIRM))
    assert "2023-03-25" in shown(audit(asked, "prune"))
    assert len(recorded(asked)) == 1


def test_a_trace_that_finds_nothing_hands_out_nothing_and_is_not_recorded(asked: Asked) -> None:
    assert isinstance(asked("trace", "base.organisation", "0" * 32).exception, NotFoundError)
    assert recorded(asked) == []
