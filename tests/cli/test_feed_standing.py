"""``feeds freshness``, ``feeds replaced`` and ``catalogue joint`` on the demonstration's catalogue."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from commanded_city import Terminal, joined

from casework.shared_entry import shared_entry
from cli import catalogue_commands, feed_commands, grant_commands, recipient_commands
from lake import Lake
from lake.releases import current_release
from opening.portal_catalogue import write_portal_catalogue
from resource_catalogue.deployment import Deployment
from resource_catalogue.errors import CaseError, NotFoundError

DEATHS = "health.death_certificates"
POSTS = ("--registered-by", "data_centre/registrar", "--reviewed-by", "data_bureau/reviewer")
OLD, SUCCESSOR = "natural_resources.divisions", "natural_resources.districts"
CENTRE = ("--as", "data_centre/quality_officer")
GRANT = (
    "demo_approval", OLD, "--column", "division_code", "--mode", "table", "--purpose", "核对区划",
    "--scenario", "行政审批", "--committed",
)  # fmt: skip
JOINT = """id: deaths
item: {zh: 死亡登记, en: Deaths}
resources: [health.death_certificates]
lead: health
members:
  - {agency: health, duty: {zh: 签发死亡医学证明, en: Issues the certificate}}
  - {agency: police, duty: {zh: 注销户口, en: Cancels the household registration}, scope: {zh: 本市户籍}}
agreed: {doc_no: 示卫发〔2026〕3号, on: 2026-01-15}
valid: {from: 2026-02-01, to: null}
"""
GROUPS = {
    "feeds": feed_commands, "catalogue": catalogue_commands, "recipients": recipient_commands,
    "grants": grant_commands,
}  # fmt: skip
typed = Terminal(joined(**GROUPS))


@pytest.fixture
def city(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Publish the catalogue with a joint collection and a resource that another replaces."""
    monkeypatch.setenv("CIVICLAKE_HOME", str(home))
    (home / "catalogue" / "joint_collections").mkdir()
    (home / "catalogue" / "joint_collections" / "deaths.yml").write_text(JOINT, encoding="utf-8")
    folder = home / "catalogue" / "resources" / "natural_resources"
    text = (folder / "divisions.yml").read_text(encoding="utf-8")
    code = text.split('code: "')[1].split('"')[0]
    new = text.replace(f"id: {OLD}", f"id: {SUCCESSOR}").replace(code, f"{code[:-6]}000909")
    (folder / "districts.yml").write_text(new, encoding="utf-8")
    replaced = f"{text}replaced_by: {SUCCESSOR}\nretires_on: 2026-03-10\n"
    (folder / "divisions.yml").write_text(replaced, encoding="utf-8")
    dataset = home / "catalogue" / "datasets" / "population_by_division.yml"
    text = dataset.read_text(encoding="utf-8")
    sources = "sources: [police.household_registration"
    assert sources in text
    dataset.write_text(text.replace(sources, f"{sources}, {OLD}"), encoding="utf-8")
    return home


@pytest.mark.requirement("G-11")
def test_promised_against_actual_is_listed_by_agency(bare_city: Path) -> None:
    lines = json.loads(typed.done("feeds", "freshness", "--agency", "health", "--json"))
    assert [line["resource_id"] for line in lines] == ["health.birth_certificates", DEATHS]
    # Published this morning: the first monthly delivery is owed in 41 days, moved past the Sunday.
    assert {line["due_at"][:10] for line in lines} == {"2026-04-27"}
    assert not any(line["is_late"] or line["last_at"] for line in lines)
    late = json.loads(typed.done("feeds", "freshness", "--as-of", "2026-05-06T09:00:00+08:00", "--json"))
    told = {line["resource_id"]: line["days_late"] for line in late}
    # The first to the fifth of May are holidays.
    assert told[DEATHS] == 4
    assert "从未报送" in typed.done("feeds", "freshness")
    assert "health" in typed.told(NotFoundError, "feeds", "freshness", "--agency", "nobody")


@pytest.mark.requirement("K-09", "H-34")
def test_joint_collections_and_replacements_of_a_release_are_listed(city: Path) -> None:
    checked = typed.ran("catalogue", "check")
    assert checked.exit_code == 0, checked.output
    typed.done("catalogue", "publish", *POSTS)
    (one,) = json.loads(typed.done("catalogue", "joint", "--json"))
    assert (one["id"], one["standing"], [m["agency"] for m in one["members"]]) == (
        "deaths", "in_force", ["health", "police"],
    )  # fmt: skip
    assert "签发死亡医学证明" in typed.done("catalogue", "joint")
    (line,) = json.loads(typed.done("feeds", "replaced", "--json"))
    assert (line["resource_id"], line["successor"], line["progress"], line["days_waiting"]) == (
        OLD, SUCCESSOR, "waiting", 6,
    )  # fmt: skip
    assert "已延迟6天" in typed.done("feeds", "replaced")


@pytest.mark.requirement("H-34")
def test_users_of_a_replaced_resource_see_it_where_they_look(city: Path) -> None:
    typed.done("catalogue", "publish", *POSTS)
    typed.done("recipients", "add", "demo_approval", "--agency", "administrative_approval", *CENTRE)
    typed.done("grants", "add", *GRANT, *CENTRE)
    (line,) = json.loads(typed.done("feeds", "replaced", "--json"))
    assert line["grants"] == [{"grant": "G-2026-0001", "recipient": "demo_approval", "state": "in_force"}]
    assert SUCCESSOR in typed.done("grants", "list")
    assert f"to be replaced by {SUCCESSOR}" in typed.done("grants", "show", "G-2026-0001")
    deployment = Deployment.open(city)
    lake = Lake.of(deployment)
    retired = replace(current_release(lake), states={**current_release(lake).states, OLD: "retired"})
    with pytest.raises(CaseError, match=f"replaced by {SUCCESSOR}"):
        shared_entry(retired, OLD)
    path = write_portal_catalogue(lake, current_release(lake), deployment, deployment.as_of)
    summaries = {
        one["id"]: one["summary"] for one in json.loads(path.read_text(encoding="utf-8"))["datasets"]
    }
    told = {name for name, summary in summaries.items() if "替代" in summary["zh"]}
    assert told == set(line["datasets"]) == {"population_by_division"}
    assert all("to be replaced by" in summaries[name]["en"] for name in told)


def test_a_city_without_them_says_so(bare_city: Path) -> None:
    assert "无 / none" in typed.done("feeds", "replaced")
    assert "无 / none" in typed.done("catalogue", "joint")
