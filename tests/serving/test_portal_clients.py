"""Real clients against a running portal: ckanapi asks and dumps; frictionless and polars read; files resume."""

import hashlib
import io
import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import frictionless
import httpx
import polars as pl
import pytest
import requests
from ckanapi import NotAuthorized, NotFound, RemoteCKAN, ValidationError
from portal_city import INSURED, PEOPLE, REPAIRS, repairs_frame
from portal_members import key_of, log_in, register
from running_portal import running_portal

pytestmark = pytest.mark.enable_socket


@dataclass(frozen=True)
class Reached:
    """Say where a portal is, and by which key its data are taken; none where anybody may take them."""

    address: str
    key: str | None

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": self.key} if self.key else {}


@pytest.fixture(scope="module", params=["open", "login"])
def reached(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reached]:
    with running_portal(tmp_path_factory.mktemp("portal"), request.param) as address:
        yield Reached(address, registered_key(address) if request.param == "login" else None)


def registered_key(address: str) -> str:
    """Register, log in and make a key over HTTP, as a person does."""
    with httpx.Client(base_url=address) as client:
        assert register(client).status_code == 303
        assert log_in(client).status_code == 303
        return key_of(client)


@pytest.mark.parametrize("get_only", [False, True])
def test_ckanapi_searches_asks_and_is_refused_in_its_own_words(reached: Reached, get_only: bool) -> None:
    with RemoteCKAN(reached.address, get_only=get_only) as stranger:
        assert stranger.action.package_search(q="维修")["count"] == 1
        if reached.key:
            with pytest.raises(NotAuthorized, match="register"):
                stranger.action.datastore_search(resource_id=f"{REPAIRS}.csv", limit=3)
    with RemoteCKAN(reached.address, apikey=reached.key, get_only=get_only) as ckan:
        assert ckan.action.package_search(q="维修")["results"][0]["name"] == REPAIRS
        assert ckan.action.organization_list() == ["insurance", "police", "transport"]
        rows = ckan.action.datastore_search(resource_id=f"{REPAIRS}.csv", limit=3, offset=2)
        assert [row["code"] for row in rows["records"]] == ["000002", "000003", "000004"]
        with pytest.raises(NotFound):
            ckan.action.package_show(id="none")
        with pytest.raises(NotAuthorized):
            ckan.action.datastore_search(resource_id=f"{INSURED}.csv")
        with pytest.raises(ValidationError):
            ckan.action.package_search(rows="many")


def dumped(reached: Reached, *output: str) -> None:
    """Run ckanapi's own dump of everything; it starts itself anew for its workers, by name."""
    folder = str(Path(sys.executable).parent)
    key = ["-a", reached.key] if reached.key else []
    done = subprocess.run(
        ["ckanapi", "dump", "datasets", "--all", "-r", reached.address, *key, *output],
        env={**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_ckanapi_dumps_every_dataset_with_files_that_have_the_published_hash(
    reached: Reached, tmp_path: Path
) -> None:
    target, lines = tmp_path / "packages", tmp_path / "datasets.jsonl"
    dumped(reached, "-d", "-O", str(lines))
    dumped(reached, "-D", str(target))
    packages = {one["name"]: one for one in map(json.loads, lines.read_text(encoding="utf-8").splitlines())}
    assert set(packages) == {INSURED, "pending", PEOPLE, REPAIRS}
    hashes = {resource["hash"] for package in packages.values() for resource in package["resources"]}
    # ckanapi 4.8 fetches a package's last file under the name of each of them.
    files = [path for path in target.rglob("data/*") if path.is_file()]
    assert len(files) == 14
    assert {hashlib.sha256(path.read_bytes()).hexdigest() for path in files} <= hashes
    table = next(one for one in packages[REPAIRS]["resources"] if one["datastore_active"])
    assert [field["id"] for field in table["datastore_fields"]] == ["_id", *repairs_frame().columns]
    assert table["datastore_fields"][1]["info"]["label"] == "备案编号"


@pytest.mark.parametrize("dataset", [REPAIRS, PEOPLE])
def test_frictionless_reads_and_checks_every_dataset_over_http(reached: Reached, dataset: str) -> None:
    session = requests.Session()
    session.headers.update(reached.headers)
    with frictionless.system.use_context(http_session=session):
        package = frictionless.Package(f"{reached.address}/dataset/{dataset}/datapackage.json")
        report = package.validate()
        assert report.valid, report.flatten(["type", "message"])
        assert len(package.resources[0].read_rows()) > 2


def test_polars_and_resumed_downloads_get_what_was_published(reached: Reached) -> None:
    address = f"{reached.address}/dataset/{REPAIRS}/download/{REPAIRS}"
    file = urllib.request.Request(f"{address}.parquet", headers=reached.headers)
    with urllib.request.urlopen(file) as answer:
        assert pl.read_parquet(io.BytesIO(answer.read())).equals(repairs_frame())
    with httpx.Client(headers=reached.headers) as client:
        whole = client.get(f"{address}.xlsx")
        first = client.get(f"{address}.xlsx", headers={"range": "bytes=0-499"}).content
        marked = {"range": "bytes=500-", "if-range": whole.headers["etag"]}
        rest = client.get(f"{address}.xlsx", headers=marked)
    assert rest.status_code == 206
    assert f'"{hashlib.sha256(first + rest.content).hexdigest()}"' == whole.headers["etag"]
