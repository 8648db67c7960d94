"""The last step of a run retires what is due, and refuses what still arrives for it."""

import datetime as dt
from pathlib import Path

import pytest

from ingestion.ingest import ingest_resource
from lake import Lake
from lake.releases import current_release, publish
from lake.tables import DELIVERIES
from orchestration.casework_assets import casework_assets
from orchestration.platform import Platform
from resource_catalogue.catalogue import Catalogue
from resource_catalogue.deployment import Deployment
from resource_catalogue.profile import load_profile
from tests.reporting.reporting_city import LABOUR, MARKET, a_resource, an_agency

POSTS = ("bureau/registrar", "bureau/reviewer")
CODE = {"name": "credit_code", "zh": "信用代码", "type": "credit_code", "required": True}


def ended(platform: Platform, day: int) -> Platform:
    """Take in what has arrived by a day and end the run; return the platform as the next run opens it."""
    at = platform.at(dt.datetime.fromisoformat(f"2026-04-{day:02}T09:00:00+08:00"))
    for resource in at.release.listed_resources():
        ingest_resource(at.lake, at.deployment, at.release, resource.id, at.as_of)
    report = casework_assets(at, [])[2]
    report()
    return Platform(at.deployment, at.lake, current_release(at.lake))


@pytest.mark.requirement("H-34")
def test_a_run_retires_what_is_due_at_its_end_and_the_next_refuses_deliveries(tmp_path: Path) -> None:
    home = tmp_path / "city"
    home.mkdir()
    settings = 'profile = "xinjiang"\n[ingestion]\ninbox = "inbox"\narrival = "folder"\n'
    (home / "civiclake.toml").write_text(settings, encoding="utf-8")
    deployment = Deployment.open(home)
    lake = Lake.of(deployment)
    old = a_resource(MARKET, "organisation", [CODE], replaced_by=LABOUR, retires_on="2026-04-10")
    agencies = {name: an_agency(name) for name in ("bureau", "market", "labour")}
    catalogue = Catalogue(
        agencies=agencies,
        resources={one.id: one for one in (old, a_resource(LABOUR, "organisation", [CODE]))},
    )
    published = dt.datetime(2026, 4, 1, tzinfo=dt.UTC)
    release = publish(lake, catalogue, load_profile("xinjiang"), published, *POSTS)
    platform = Platform(deployment, lake, release)

    def send(day: int, agency: str, name: str) -> None:
        path = deployment.inbox / f"2026-04-{day:02}" / agency / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"信用代码\n9133010079965505{day:02}\n", encoding="utf-8")

    send(2, "market", "a.csv")
    platform = ended(platform, 11)
    assert platform.release.number == 1
    page = (deployment.var / "report" / "run.html").read_text(encoding="utf-8")
    assert "替代资源尚无可用数据，暂不停用，已延迟1天" in page
    send(12, "labour", "b.csv")
    send(12, "market", "c.csv")
    platform = ended(platform, 12)
    assert (platform.release.number, platform.release.states) == (2, {LABOUR: "listed", MARKET: "retired"})
    send(13, "market", "d.csv")
    platform = ended(platform, 13)
    assert platform.release.number == 2
    rows = lake.read(DELIVERIES).sort("arrived_at", "file_name")
    assert rows.select("file_name", "state").rows() == [
        ("2026-04-02/market/a.csv", "loaded"), ("2026-04-12/labour/b.csv", "loaded"),
        ("2026-04-12/market/c.csv", "loaded"), ("2026-04-13/market/d.csv", "unreadable"),
    ]  # fmt: skip
    page = (deployment.var / "report" / "run.html").read_text(encoding="utf-8")
    assert f"请改按 {LABOUR} 报送" in page
    assert "已停用，由替代资源接续" in page
