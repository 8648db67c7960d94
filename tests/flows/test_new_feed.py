"""A steward adds a feed by writing one file; an agency mends its sheet's cells and the task closes."""

import csv
import shutil
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from civiclake import ACTS, civiclake, lake_of, run_act, small_city, status_of

from resource_catalogue.words import TableName

FEED = """
id: civil_affairs.elderly_homes
code: "3073290002/000099"
name: {zh: 养老机构登记信息, en: Homes for the elderly}
summary: {zh: 本市登记的养老机构, en: Registered homes for the elderly}
class: department
categories: [civil_affairs]
agencies: {collecting: civil_affairs, reviewing: civil_affairs, providing: civil_affairs}
duty: social_organisation_registration
system: social_organisation_system
obtained_by: collected
collected_under: [{title: 养老机构管理办法, article: 第九条, rank: department_rule}]
form: structured
format: spreadsheet
subject: place
grain: {zh: 每行一个养老机构, en: One row per home}
key: [home_no]
collected: {at: approved_on, place: division_code}
update: {frequency: monthly, mode: snapshot}
secrecy: {state: not_secret, reviewed: {on: 2026-03-02, post: reviewer, valid_to: 2027-03-01}}
level: {national: general, grade: 1, object: organisations_and_persons, harm: none}
use_requirements: {zh: 无, en: None}
share: {type: open_to_all}
open: {type: open_to_all}
source: {path: "civil_affairs/homes_*.csv"}
columns:
  - {name: home_no, zh: 机构编号, type: text, required: true, base: place.place_id}
  - {name: kind, zh: 类别, type: text, required: true, base: place.place_kind}
  - {name: home_name, zh: 机构名称, type: text, required: true, base: place.name}
  - {name: division_code, zh: 行政区划, type: division, required: true, base: place.division_code}
  - {name: beds, zh: 床位数, type: integer}
  - {name: approved_on, zh: 批准日期, type: date, required: true}
"""
REGISTER = """  - {attribute: [place_id, place_kind, name, division_code], scope: {place_kind: home},
     source: civil_affairs.elderly_homes, if_absent: leave_empty, valid: {from: 2026-01-01, to: null},
     decided: {by: authority, doc_no: 示数发〔2026〕1号, on: 2026-03-01}}
"""
HEADER = ["机构编号", "类别", "机构名称", "行政区划", "床位数", "批准日期"]
GOOD = ["H1", "home", "第一养老院", "329902", "120", "2020-05-06"]
BAD = ["H2", "home", "第二养老院", "329902", "一百张", "2021-05-06"]


def deliver(home: Path, arrival: str, rows: list[list[str]]) -> None:
    path = home / "feeds" / arrival / "civil_affairs" / f"homes_{arrival}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="gb18030", newline="") as file:
        csv.writer(file).writerows([HEADER, *rows])


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = small_city(tmp_path_factory.mktemp("feed") / "city", seed=5, persons=300, organisations=200)
    known = (home / "catalogue/resources/civil_affairs/social_organisation_registration.yml").read_text(
        "utf-8"
    )
    own = {line.split(":")[0]: line for line in known.splitlines() if line.startswith(("duty:", "system:"))}
    feed = "\n".join(own.get(line.split(":")[0], line) for line in FEED.strip().splitlines())
    (home / "catalogue/resources/civil_affairs/elderly_homes.yml").write_text(feed + "\n", "utf-8")
    register = home / "catalogue/source_register/spatial.yml"
    register.write_text(register.read_text("utf-8").rstrip() + "\n" + REGISTER, "utf-8")
    deliver(home, "2026-03-16", [GOOD, BAD])
    run_act(home, 1)
    return home


def task_of(home: Path) -> dict[str, Any]:
    rule = "civil_affairs.elderly_homes:type:beds"
    return next(task for task in status_of(home)["tasks"] if task["rule"] == rule)


@pytest.mark.requirement("C-07", "G-01")
def test_a_new_feed_by_one_file_reaches_standard_base_checks_and_report(city: Path) -> None:
    lake = lake_of(city)
    assert lake.row_count(TableName("standard", "civil_affairs__elderly_homes")) == 2
    base = lake.read(TableName("base", "place"))
    assert base.filter(base["place_kind"] == "home").height == 2
    assert task_of(city)["rows"] == 1
    assert "养老机构登记信息" in (city / "var/report/run.html").read_text(encoding="utf-8")


def test_a_new_feed_is_in_dagster_with_its_checks(city: Path) -> None:
    import dagster as dg

    from orchestration.instance import open_instance

    key = dg.AssetKey(["standard", "civil_affairs__elderly_homes"])
    with open_instance(city / "var") as instance:
        assert instance.get_latest_materialization_event(key) is not None
        checks = instance.event_log_storage.get_asset_check_execution_history(
            dg.AssetCheckKey(key, "type"), limit=1
        )
    assert [str(check.status.value) for check in checks] == ["FAILED"]


@pytest.mark.requirement("Q-04")
@pytest.mark.dear
def test_mending_the_cells_of_an_exported_sheet_closes_the_task(city: Path) -> None:
    task = task_of(city)
    printed = civiclake("tasks", "export", task["id"], "--as", "civil_affairs/steward", "--home", str(city))
    sheet = openpyxl.load_workbook(city / "var" / "outbox" / "civil_affairs" / f"{task['id']}.xlsx").active
    assert f"{task['id']}.xlsx" in printed
    cells = [[str(cell) for cell in row if cell is not None] for row in sheet.iter_rows(values_only=True)]
    row = next(row for row in cells if any("homes_2026-03-16.csv" in cell for cell in row))
    assert "3" in row, "the line of the bad cell in the agency's own file"
    assert "床位数" in " ".join(row)
    assert "一百张" in row
    deliver(city, "2026-03-25", [GOOD, [*BAD[:4], "100", BAD[5]]])
    civiclake("run", "--home", str(city), "--as-of", ACTS[1])
    assert task_of(city)["state"] == "closed"


def test_another_agency_gets_no_sheet(city: Path) -> None:
    task = task_of(city)
    said = civiclake("tasks", "export", task["id"], "--as", "health/steward", "--home", str(city), expect=5)
    assert "Traceback" not in said


@pytest.mark.dear
def test_a_held_delivery_takes_effect_when_a_person_accepts_it(city: Path, tmp_path: Path) -> None:
    home = tmp_path / "city"
    shutil.copytree(city, home)
    held = [d for d in status_of(home)["deliveries"] if d["state"] == "held"]
    if not held:
        civiclake("run", "--home", str(home), "--as-of", ACTS[1])
        held = [d for d in status_of(home)["deliveries"] if d["state"] == "held"]
    delivery = held[0]["id"]
    civiclake(
        "deliveries", "accept", delivery, "--as", "data_centre/quality_officer", "--note", "已与机构核实", "--home",
        str(home), "--as-of", ACTS[1],
    )  # fmt: skip
    civiclake("run", "--home", str(home), "--as-of", ACTS[1])
    states = {d["id"]: d["state"] for d in status_of(home)["deliveries"]}
    assert states[delivery] == "accepted"
    rows = lake_of(home).row_count(TableName("standard", held[0]["resource"].replace(".", "__")))
    assert rows == held[0]["loaded"]
