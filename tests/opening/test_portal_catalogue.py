"""The public catalogue: what it says, that it is written only when it changes, and what it must never hold."""

import datetime as dt
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from made_city import (
    AS_OF,
    COUNT_SQL,
    LIST,
    LIST_SQL,
    POPULATION,
    credit_code,
    dataset,
    deployment,
    entities_frame,
    make_lake,
    person_frame,
    release,
)
from opened_city import opened

from lake import Lake
from opening.portal_catalogue import write_portal_catalogue
from resource_catalogue.release import Release

CELLS = {("329901", "男", 1980): 30, ("329901", "女", 1980): 25, ("329902", "男", 1980): 7}
LATER = AS_OF + dt.timedelta(days=9)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return make_lake(tmp_path / "var", entities_frame(), person_frame(CELLS))


def written(lake: Lake, of: Release, as_of: dt.datetime = AS_OF, **more: Any) -> dict[str, Any]:
    path = write_portal_catalogue(lake, of, deployment(lake.root.parent.parent), as_of, **more)
    loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return loaded


def by_id(content: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    return {entry["id"]: entry for entry in content["datasets"]}


@pytest.mark.requirement("P-07", "P-08", "P-10")
def test_an_opened_dataset_is_described_with_files_columns_version_and_attribution(lake: Lake) -> None:
    opened(lake, LIST, LIST_SQL)
    content = written(lake, release(LIST))
    entry = by_id(content)[LIST.id]
    assert (entry["state"], entry["downloadable"], entry["rows"]) == ("opened", True, 40)
    assert entry["open"]["name"] == {"zh": "无条件开放", "en": "Open unconditionally"}
    assert {file["format"] for file in entry["files"]} >= {"csv", "csv_bom", "xlsx", "json", "xml", "parquet"}
    assert [column["name"] for column in entry["columns"]] == [column.name for column in LIST.columns]
    assert entry["columns"][0]["type_name"] == {"zh": "字符型", "en": "text"}
    assert entry["columns"][0]["length"] == 18
    assert entry["columns"][1]["mask"]["zh"]
    assert [version["rows"] for version in entry["versions"]] == [40]
    assert entry["first_opened_at"] == entry["updated_at"] == entry["versions"][0]["opened_at"]
    assert entry["attribution"]["article"] == "第三十四条第二款"
    assert "数据来源" in entry["attribution"]["line"]["zh"]
    assert content["statistics"] == content["statistics"] | {
        "datasets": 1,
        "open_to_all": 1,
        "rows": 40,
        "agencies": 1,
    }


@pytest.mark.requirement("P-11", "P-12", "P-14", "P-21")
@pytest.mark.parametrize(
    ("profile", "login", "application", "domains"),
    [("yancheng", True, 5, 17), ("weihai", False, 2, 0), ("xinjiang", False, 0, 11), ("putuo", False, 0, 0)],
)
def test_the_terms_are_those_of_the_profile(
    lake: Lake, profile: str, login: bool, application: int, domains: int
) -> None:
    content = written(lake, release(LIST, profile=profile))
    terms = content["terms"]
    assert bool(terms["login"]) is login
    assert len(terms["application"]) == application
    assert sum(domain["priority"] for domain in content["domains"]) == domains
    if profile == "weihai":
        limits = [step["limit"]["zh"] for step in terms["application_steps"]]
        assert limits[:2] == ["收到之日起 5 个工作日内", "通过规范性审查之日起 10 个工作日内"]


def test_every_publication_is_a_version(lake: Lake) -> None:
    opened(lake, POPULATION, COUNT_SQL)
    first = written(lake, release(POPULATION))
    lake.overwrite(lake.tables("base")[0], person_frame({**CELLS, ("329903", "男", 1990): 40}))
    opened(lake, POPULATION, COUNT_SQL, as_of=LATER)
    second = by_id(written(lake, release(POPULATION), LATER))[POPULATION.id]
    assert by_id(first)[POPULATION.id]["versions"] == second["versions"][:1]
    assert [version["rows"] for version in second["versions"]] == [2, 3]
    assert second["updated_at"] > second["first_opened_at"]


def test_a_refused_version_is_no_version(lake: Lake) -> None:
    opened(lake, LIST, LIST_SQL)
    bare = dataset("list", [{"name": "credit_code"}, {"name": "entity_name"}])
    assert opened(lake, bare, LIST_SQL, as_of=LATER).state == "refused"
    entry = by_id(written(lake, release(LIST), LATER))[LIST.id]
    assert [version["rows"] for version in entry["versions"]] == [40]
    assert (entry["state"], entry["downloadable"]) == ("opened", True)


def test_the_history_of_versions_is_rebuilt_from_the_record_where_the_file_is_lost(lake: Lake) -> None:
    opened(lake, POPULATION, COUNT_SQL)
    written(lake, release(POPULATION))
    lake.overwrite(lake.tables("base")[0], person_frame({**CELLS, ("329903", "男", 1990): 40}))
    opened(lake, POPULATION, COUNT_SQL, as_of=LATER)
    before = written(lake, release(POPULATION), LATER)
    (lake.root.parent / "open" / "catalogue.json").unlink()
    assert written(lake, release(POPULATION), LATER) == before


def test_a_dataset_that_is_listed_again_has_its_history_again(lake: Lake) -> None:
    opened(lake, LIST, LIST_SQL)
    before = by_id(written(lake, release(LIST)))[LIST.id]["versions"]
    assert by_id(written(lake, release(LIST, unlisted=(LIST.id,)))) == {}
    assert by_id(written(lake, release(LIST)))[LIST.id]["versions"] == before


def test_the_file_is_untouched_where_nothing_changed(lake: Lake) -> None:
    opened(lake, LIST, LIST_SQL)
    written(lake, release(LIST))
    path = lake.root.parent / "open" / "catalogue.json"
    before = path.stat().st_mtime_ns
    written(lake, release(LIST), LATER)
    assert path.stat().st_mtime_ns == before
    assert [one.name for one in path.parent.iterdir() if one.name.startswith(".catalogue")] == []


@pytest.mark.requirement("P-03", "P-12")
def test_of_a_conditional_dataset_no_value_is_told_only_that_it_is_there(lake: Lake) -> None:
    made = dataset(
        "statistics",
        [c.model_dump(exclude_defaults=True) for c in POPULATION.columns],
        open_type="conditional",
    )
    opened(lake, made, COUNT_SQL)
    entry = by_id(written(lake, release(made)))[made.id]
    assert (entry["state"], entry["downloadable"]) == ("opened", False)
    assert all(column["length"] is None for column in entry["columns"])
    assert "329901" not in json.dumps(entry)


def test_a_dataset_that_is_listed_but_not_open_is_pending_and_a_withdrawn_one_is_withdrawn(
    lake: Lake,
) -> None:
    entry = by_id(written(lake, release(LIST)))[LIST.id]
    assert (entry["state"], entry["files"], entry["downloadable"]) == ("pending", [], False)
    assert [column["name"] for column in entry["columns"]] == [column.name for column in LIST.columns]


def test_a_publication_that_is_still_conditional_is_not_offered_to_all(lake: Lake) -> None:
    strict = LIST.model_copy(update={"open_type": "conditional"})
    opened(lake, strict, LIST_SQL)
    assert by_id(written(lake, release(LIST)))[LIST.id]["downloadable"] is False


def test_the_catalogue_holds_no_row_delivery_or_reason_of_refusal(lake: Lake) -> None:
    opened(lake, LIST, LIST_SQL)
    text = json.dumps(written(lake, release(LIST, POPULATION)), ensure_ascii=False)
    for secret in (credit_code(1), "示例公司1", "delivery-1", "k_reached", "reason_of"):
        assert secret not in text


@pytest.mark.requirement("P-26")
def test_sanctions_are_passed_on(lake: Lake) -> None:
    sanction: Any = {"subject": "甲", "measure": {"zh": "限制", "en": ""}, "reason": {"zh": "", "en": ""},
                     "basis": "第三十五条",
                     "since": "2026-03-01", "until": None}  # fmt: skip
    assert written(lake, release(LIST), sanctions=[sanction])["sanctions"] == [sanction]
