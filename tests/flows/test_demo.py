"""The main job: one command, a state that can be read, and nothing done twice."""

import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from civiclake import civiclake, lake_of, status_of
from served import python_of, served

from resource_catalogue.words import TableName

pytestmark = pytest.mark.enable_socket

KEYS = {
    "deliveries": {
        "agency", "resource", "slice", "file", "id", "received", "loaded", "rejected", "state", "reason",
    },
    "tables": {"name", "version", "rows"},
    "findings": {"rule", "indicator", "severity", "agency", "resource", "count"},
    "tasks": {
        "id", "agency", "resource", "rule", "state", "opened_at", "due_on", "due_basis", "article", "rows",
    },
    "opened": {"dataset", "rows", "k", "files"},
}  # fmt: skip


def test_the_demo_shows_feeds_bases_tasks_and_opened_datasets(demo_home: Path) -> None:
    status = status_of(demo_home)
    assert set(status) == {"release", "profile", *KEYS}
    assert status["profile"] == {"id": "yancheng", "version": 1, "status": "in_force"}
    for part, keys in KEYS.items():
        assert status[part], part
        assert all(keys <= set(row) for row in status[part]), part
    tables = {table["name"]: table["rows"] for table in status["tables"]}
    assert tables["base.person"] > 4_900
    assert tables["base.organisation"] > 1_900
    assert {"base.place", "base.certificate", "base.credit_record"} <= set(tables)
    assert {row["dataset"] for row in status["opened"]} >= {"market_entities", "population_by_division"}


@pytest.mark.requirement("Q-04", "D02", "S-01")
def test_a_task_of_the_first_act_is_due_after_ten_prescribed_working_days(demo_home: Path) -> None:
    first = [task for task in status_of(demo_home)["tasks"] if task["opened_at"].startswith("2026-03-16")]
    assert first
    assert {(t["due_on"], t["due_basis"], t["article"]) for t in first} == {
        ("2026-03-30", "prescribed", "a16¶2")
    }


def test_received_is_loaded_and_rejected_for_every_delivery(demo_home: Path) -> None:
    for row in status_of(demo_home)["deliveries"]:
        assert row["received"] == row["loaded"] + row["rejected"], row


def test_a_second_run_changes_nothing(demo_home: Path) -> None:
    before = status_of(demo_home)
    files = {p: p.stat().st_mtime_ns for p in (demo_home / "var" / "open").rglob("*") if p.is_file()}
    civiclake("demo", "--home", str(demo_home))
    after = status_of(demo_home)
    assert after == before
    assert {p: p.stat().st_mtime_ns for p in (demo_home / "var" / "open").rglob("*") if p.is_file()} == files


def test_keys_are_for_the_owner_only(demo_home: Path) -> None:
    keys = list((demo_home / "var" / "keys").glob("*"))
    assert keys
    assert {oct(key.stat().st_mode & 0o777) for key in keys} == {"0o600"}


@pytest.mark.requirement("X-02")
def test_the_manifest_says_what_was_opened_from_where_and_how(demo_home: Path) -> None:
    manifest = json.loads(
        (demo_home / "var" / "open" / "population_by_division" / "manifest.json").read_text("utf-8")
    )
    text = json.dumps(manifest, ensure_ascii=False)
    assert "yancheng@1" in text
    assert "police.household_registration" in text
    counts = lake_of(demo_home).query('select min("count") from open.population_by_division', _open_table())
    assert counts.item() >= 20


def _open_table() -> object:
    from resource_catalogue.words import TableName

    return TableName("open", "population_by_division")


@pytest.mark.requirement("K-02", "Q-03")
def test_explain_names_winner_loser_rule_and_line(demo_home: Path) -> None:
    code, person = _subjects(demo_home)
    told = civiclake("explain", "organisation", code, "--home", str(demo_home), "--json")
    name = next(a for a in json.loads(told[: told.rindex("}") + 1])["attributes"] if a["name"] == "name")
    assert name["winner"]["place"]["line"] > 0
    assert name["decision"]["source"].startswith("market_regulation.")
    told = civiclake("explain", "person", person, "--home", str(demo_home))
    assert person not in told, "an identifier is not repeated"
    traced = json.loads(civiclake("trace", "base.person", person, "--home", str(demo_home), "--json"))
    assert {line["file_name"] for line in traced}
    assert all(line["line"] > 0 for line in traced)


def _subjects(home: Path) -> tuple[str, str]:
    """Return an organisation that another agency compares, and a person whose name another agency disputes."""
    from resource_catalogue.words import TableName

    lake = lake_of(home)
    units = TableName("standard", "human_resources__unit_registration")
    code = lake.query(
        f"select u.credit_code from {units} u join standard.market_regulation__market_entity_registration m "
        "using (credit_code) order by 1 limit 1",
        units,
        TableName("standard", "market_regulation__market_entity_registration"),
    ).item()
    person = lake.query("select min(citizen_id) from base.person", TableName("base", "person")).item()
    return str(code), str(person)


@pytest.fixture(scope="module")
def sharing(demo_home: Path) -> Iterator[str]:
    """Serve the demo and write the profile of its tax system beside it; last in this file, for it is recorded."""
    with served(demo_home) as (_, address):
        civiclake(
            "recipients", "profile", "demo_tax", "--out", str(demo_home / "var" / "demo_tax.share"),
            "--endpoint", f"{address}/delta-sharing", "--as", "data_centre/data_officer", "--home", str(demo_home),
        )  # fmt: skip
        yield address


@pytest.mark.requirement("H-12", "H-18", "X-02")
def test_an_agency_s_engineer_has_the_table_in_pandas_by_the_page(demo_home: Path, sharing: str) -> None:
    tell = "print(len(table), len(changes), len(frame), answer['answers'][0]['state'])"
    code = "\n".join([*python_of("read-a-shared-table.md"), tell])
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=demo_home / "var", capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    rows, changes, without_client, state = done.stdout.splitlines()[-1].split()
    assert int(rows) == int(without_client) == lake_of(demo_home).row_count(TableName("base", "organisation"))
    assert int(changes) >= int(rows)
    assert state == "found"


def test_a_county_has_its_own_rows_on_recorded_consents_and_no_others(demo_home: Path) -> None:
    grant = next(g for g in listed("grants", demo_home) if g["recipient_id"] == "demo_county")
    assert grant["state"] == "in_force"
    lake = lake_of(demo_home)
    shared = lake.read(TableName.parse(grant["share_table"]))
    assert set(shared["registered_division_code"].str.slice(0, 6)) == {"329921"}
    whole = lake.row_count(TableName("standard", "police__household_registration"))
    assert 0 < len(shared) < whole


@pytest.mark.requirement("X-13")
def test_a_suspended_recipient_is_refused_with_its_next_request(demo_home: Path, sharing: str) -> None:
    suspend = ("--note", "超范围使用", "--as", "data_centre/data_officer", "--home", str(demo_home))
    assert status_of_shares(demo_home, sharing) == 200
    civiclake("recipients", "suspend", "demo_tax", *suspend)
    assert status_of_shares(demo_home, sharing) == 403
    civiclake("recipients", "resume", "demo_tax", *suspend)
    assert status_of_shares(demo_home, sharing) == 200


def test_everything_that_was_answered_is_on_record_and_the_record_is_whole(
    demo_home: Path, sharing: str
) -> None:
    status_of_shares(demo_home, sharing)
    civiclake("audit", "verify", "--home", str(demo_home))
    found = json.loads(
        civiclake("audit", "search", "--recipient", "demo_tax", "--json", "--home", str(demo_home))
    )
    assert {"list", "query", "changes", "file", "lookup"} <= {one["action"] for one in found}


def listed(what: str, home: Path) -> list[dict[str, Any]]:
    loaded: list[dict[str, Any]] = json.loads(civiclake(what, "list", "--json", "--home", str(home)))
    return loaded


def status_of_shares(home: Path, address: str) -> int:
    profile = json.loads((home / "var" / "demo_tax.share").read_text(encoding="utf-8"))
    request = urllib.request.Request(
        f"{address}/delta-sharing/shares", headers={"Authorization": f"Bearer {profile['bearerToken']}"}
    )
    try:
        with urllib.request.urlopen(request) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refusal:
        return refusal.code
