import json
from collections.abc import Callable
from pathlib import Path

from reporting_city import AGREEMENT_RULE, AS_OF, IDENTIFIER_RULE, MARKET, City

from lake import Lake
from reporting.status import status


def _status(city: City) -> dict:  # type: ignore[type-arg]
    return status(city.deployment, city.lake, city.state, city.release)


def test_status_has_exactly_the_agreed_shape(city: City) -> None:
    found = _status(city)
    assert list(found) == ["release", "profile", "deliveries", "tables", "findings", "tasks", "opened"]
    assert {
        part: set(found[part][0]) for part in ("deliveries", "tables", "findings", "tasks", "opened")
    } == {
        "deliveries": {
            "agency",
            "resource",
            "slice",
            "file",
            "id",
            "received",
            "loaded",
            "rejected",
            "state",
            "reason",
        },
        "tables": {"name", "version", "rows"},
        "findings": {"rule", "indicator", "severity", "agency", "resource", "count"},
        "tasks": {
            "id",
            "agency",
            "resource",
            "rule",
            "state",
            "opened_at",
            "due_on",
            "due_basis",
            "article",
            "rows",
        },
        "opened": {"dataset", "rows", "k", "files"},
    }
    assert found["release"] == 1
    assert found["profile"] == {"id": "yancheng", "version": 1, "status": "in_force"}


def test_status_is_plain_json_and_equal_when_nothing_changed(city: City) -> None:
    assert json.dumps(_status(city)) == json.dumps(_status(city))


def test_deliveries_show_what_became_of_them_with_files_below_the_home(city: City) -> None:
    market = [row for row in _status(city)["deliveries"] if row["resource"] == MARKET]
    assert [(row["file"], row["state"]) for row in market] == [
        ("feeds/2026-03-16/market/entities_1.csv", "loaded"),
        ("feeds/2026-03-25/market/entities_2.csv", "held"),
    ]
    assert (market[0]["received"], market[0]["loaded"], market[0]["rejected"]) == (5, 4, 1)
    assert "shrinks from" in market[1]["reason"]
    assert all((city.deployment.home / row["file"]).is_file() for row in market)


def test_findings_are_counted_per_rule(city: City) -> None:
    assert [(row["rule"], row["count"]) for row in _status(city)["findings"]] == [
        (AGREEMENT_RULE, 1),
        (IDENTIFIER_RULE, 1),
    ]


def test_tasks_carry_their_limit_and_its_basis(city: City) -> None:
    tasks = _status(city)["tasks"]
    assert [(task["rule"], task["due_basis"], task["article"], task["rows"]) for task in tasks] == [
        (AGREEMENT_RULE, "prescribed", "a16¶2", 1),
        (IDENTIFIER_RULE, "prescribed", "a16¶2", 1),
    ]
    assert all(task["due_on"] > AS_OF.date().isoformat() for task in tasks)


def test_only_datasets_that_lie_open_are_listed(city: City) -> None:
    opened = _status(city)["opened"]
    assert [(row["dataset"], row["k"], row["files"]) for row in opened] == [
        ("cells", 23, ["var/open/cells/cells.csv"]),
        ("entities", None, ["var/open/entities/entities.csv"]),
    ]


def test_tables_are_listed_with_version_and_rows(city: City) -> None:
    tables = {row["name"]: row for row in _status(city)["tables"]}
    assert tables["standard.market__registration"]["rows"] == 4
    assert tables["base.organisation"] == {"name": "base.organisation", "version": 0, "rows": 2}
    assert list(tables) == sorted(tables)


def test_a_deployment_before_its_first_run_has_a_status_too(city: City, tmp_path: Path) -> None:
    found = status(city.deployment, Lake(tmp_path / "lake", threads=1))
    assert found["release"] is None
    assert found["profile"] == {"id": "yancheng", "version": None, "status": None}
    assert all(found[part] == [] for part in ("deliveries", "tables", "findings", "tasks", "opened"))


def test_status_shows_no_value_of_a_row(city: City, has_no_marker: Callable[[str], bool]) -> None:
    found = _status(city)
    # Headings of a file are the agency's own words for its columns; operators need them for the catalogue.
    found["deliveries"] = [row | {"reason": ""} for row in found["deliveries"]]
    assert has_no_marker(json.dumps(found, ensure_ascii=False))


def test_files_that_wait_for_their_manifest_are_told(city: City) -> None:
    manifest = city.deployment.inbox / "2026-03-25" / "market" / "SHA256SUMS"
    manifest.write_text(f"{'0' * 64}  entities_3.csv\n", encoding="utf-8")
    try:
        found = status(city.deployment, city.lake, None, city.release)
    finally:
        manifest.unlink()
    assert ["2026-03-25/market/entities_3.csv" in one for one in found["held_back"]] == [True]
    assert "held_back" not in status(city.deployment, city.lake, None, city.release)
