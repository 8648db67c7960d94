"""Sources are chosen by their connector; a secret in the catalogue is refused at its line and shown nowhere."""

from pathlib import Path
from typing import Any

import jsonschema
import pytest

from resource_catalogue.json_schema import json_schemas
from resource_catalogue.sources import SHAPES

ROOT = Path(__file__).parents[2]
MARKET = "resources/market/registration.yml"
RETRY: dict[str, Any] = {"attempts": 2}
GOOD: dict[str, dict[str, Any]] = {
    "folder": {"path": "a/*.csv"},
    "sftp": {
        "connector": "sftp", "host": "far.example", "user": "u", "known_host": "ssh-ed25519 AAAA",
        "password": "env:WORD", "path": "out/*.csv", "manifest": "out/*.sha256", "retry": RETRY,
    },
    "s3": {
        "connector": "s3", "bucket": "feeds", "path": "*.csv", "access_key_id": "env:ID",
        "secret_access_key": "file:secrets/key",
    },
    "http_api": {
        "connector": "http_api", "url": "https://far.example/rows", "rows_at": "data",
        "pages": {"by": "page", "parameter": "page"}, "bearer": "env:WORD",
    },
    "database": {
        "connector": "database", "kind": "mysql", "host": "far.example", "database": "d", "user": "u",
        "password": "env:WORD", "query": "select 1",
    },
    "delta_sharing": {
        "connector": "delta_sharing", "profile": "file:county.share", "share": "s", "schema": "base", "table": "t",
    },
    "push": {"connector": "push", "token": ["env:OLD", "file:secrets/new"]},
}  # fmt: skip


def test_every_shape_has_a_connector_of_its_name() -> None:
    there = {path.stem for path in (ROOT / "ingestion" / "connectors").glob("[!_]*.py")}
    assert set(SHAPES) == there == set(GOOD)


@pytest.mark.parametrize("connector", GOOD)
def test_a_declared_source_is_read_and_fits_the_schema(files: Any, connector: str) -> None:
    body = files[MARKET]
    body["source"] = GOOD[connector]
    jsonschema.Draft202012Validator(json_schemas()["resource"]).validate(body)
    draft = files.draft()
    assert not draft.faults
    source = draft.catalogue.resources["market.registration"].source
    assert source.connector == connector
    assert isinstance(source, SHAPES[connector])


@pytest.mark.parametrize(
    ("connector", "changed", "place", "expected"),
    [
        ("sftp", {"password": "hunter2"}, "source.password", "env:NAME"),
        ("sftp", {"password": 20251122}, "source.password", "env:NAME"),
        ("s3", {"secret_access_key": "hunter2"}, "source.secret_access_key", "env:NAME"),
        ("http_api", {"url": "https://me:hunter2@far.example/"}, "source.url", "http(s)"),
        ("http_api", {"url": "https://far.example/?access_key=hunter2"}, "source.url", "http(s)"),
        ("push", {"token": "hunter2"}, "source.token", "env:NAME"),
        ("delta_sharing", {"profile": '{"bearerToken": "hunter2"}'}, "source.profile", "env:NAME"),
    ],
)
def test_a_secret_is_refused_at_its_line_and_not_shown(
    files: Any, connector: str, changed: dict[str, Any], place: str, expected: str
) -> None:
    files[MARKET]["source"] = GOOD[connector] | changed
    (fault,) = files.draft().faults
    key = place.partition(".")[2]
    assert fault.place == place
    assert fault.file.read_text(encoding="utf-8").splitlines()[fault.line - 1].strip().startswith(f"{key}:")
    assert expected in fault.expected
    said = str(fault)
    assert not [word for word in ("hunter2", "20251122") if word in said]


def test_an_unknown_connector_is_told_with_those_there_are(files: Any) -> None:
    files[MARKET]["source"] = {"connector": "ftp", "path": "x"}
    (fault,) = files.draft().faults
    assert fault.place == "source"
    assert "http_api, push, s3, sftp" in fault.expected


def test_a_key_of_another_connector_is_told_at_its_line(files: Any) -> None:
    files[MARKET]["source"] = GOOD["s3"] | {"host": "far.example"}
    (fault,) = files.draft().faults
    assert fault.place == "source.host"
