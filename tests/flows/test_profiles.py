"""The same city under each of the five regulations: words, clocks and base databases follow the profile."""

import json
from pathlib import Path
from typing import Any

import pytest
from civiclake import ACTS, civiclake, small_city

RECTIFICATION = {
    "yancheng": ("prescribed", "a16¶2", True),
    "xinjiang": ("none", "a44", False),
    "putuo": ("none", "a26", False),
    "yinchuan": ("none", "a31", False),
    "weihai": ("none", "a14", False),
}
STATUS = {
    "yancheng": "in_force",
    "xinjiang": "expired",
    "putuo": "draft",
    "yinchuan": "expired",
    "weihai": "in_force",
}
BASES = {
    "yancheng": {"person", "organisation", "certificate", "credit_record", "place"},
    "xinjiang": {"person", "organisation", "certificate", "place", "indicator"},
    "putuo": {"person", "organisation", "certificate", "place"},
    "yinchuan": set(),
    "weihai": {"person", "organisation", "certificate", "place"},
}
SHOWN = {"in_force": "现行", "expired": "已失效", "draft": "草案"}


@pytest.mark.dear
@pytest.mark.parametrize("profile", sorted(RECTIFICATION))
@pytest.mark.requirement("S-01", "G-05", "Q-02", "Q-04")
def test_the_demo_follows_the_profile(profile: str, tmp_path: Path) -> None:
    home = small_city(tmp_path / "city", seed=7, persons=300, organisations=200)
    settings = home / "civiclake.toml"
    text = settings.read_text("utf-8").replace('also = ["macro_economy"]', "also = []")
    settings.write_text(text.replace(f', "{ACTS[1]}"', ""), "utf-8")
    printed = civiclake("demo", "--home", str(home), "--profile", profile)
    status = status_of_profile(home, profile)
    assert status["profile"]["status"] == STATUS[profile]
    assert STATUS[profile] in printed or SHOWN[STATUS[profile]] in printed
    bases = {t["name"].removeprefix("base.") for t in status["tables"] if t["name"].startswith("base.")}
    assert bases == BASES[profile]
    basis, article, has_date = RECTIFICATION[profile]
    assert status["tasks"]
    for task in status["tasks"]:
        assert (task["due_basis"], bool(task["due_on"])) == (basis, has_date), task
        assert task["article"].startswith(article)
    report = (home / "var" / "report" / "run.html").read_text(encoding="utf-8")
    assert SHOWN[STATUS[profile]] in report
    opened = {row["dataset"] for row in status["opened"]}
    assert "market_entities" in opened
    assert ("population_by_division" in opened) == ("person" in BASES[profile])


def status_of_profile(home: Path, profile: str) -> dict[str, Any]:
    return json.loads(civiclake("status", "--home", str(home), "--json", CIVICLAKE_PROFILE=profile))
