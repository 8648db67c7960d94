"""Earlier versions forgotten by command: the term is the setting's, what a grant may reach stays."""

import json
from pathlib import Path

import polars as pl
import pytest
from test_grant_commands import CENTRE, DIVISIONS, city, done
from typer.testing import CliRunner

from cli.main import app
from lake import Lake
from lake.tables import GRANTS
from resource_catalogue.deployment import Deployment
from resource_catalogue.words import TableName

__all__ = ["city"]
UNSHARED = TableName("standard", "thinned__here")


def versions(lake: Lake, table: TableName) -> list[int]:
    return sorted(int(path.stem) for path in (lake.path(table) / "_delta_log").glob("*.json"))


def test_old_versions_go_and_those_that_a_grant_with_history_reaches_stay(
    city: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CIVICLAKE_LAKE_KEEP_VERSIONS_DAYS", "30")
    done("grants", "add", "demo_approval", *DIVISIONS, *CENTRE)
    lake = Lake.of(Deployment.open(city))
    shared = TableName.parse(lake.read(GRANTS)["share_table"][0])
    done("grants", "revoke", lake.read(GRANTS)["grant_id"][0], *CENTRE, "--note", "试用结束")
    for number in range(3):
        lake.overwrite(shared, pl.DataFrame({"n": [number]}))
    done("grants", "add", "demo_approval", *DIVISIONS, "--with-history", *CENTRE)
    for table in (shared, shared, UNSHARED, UNSHARED):
        lake.overwrite(table, pl.DataFrame({"n": [9]}))
    command = ["thin", "--home", str(city), "--as-of", "2099-01-01T00:00:00+08:00"]
    result = CliRunner().invoke(app, [*command, "--json"])
    assert result.exit_code == 0, result.output
    assert set(json.loads(result.stdout)) >= {str(shared), str(UNSHARED)}
    assert (versions(lake, shared), versions(lake, UNSHARED)) == ([1, 2, 3, 4], [1])
    again = CliRunner().invoke(app, command)
    assert "0 个文件" in again.stdout
