"""The server as its operator starts it, with a bucket: addresses go over to the bucket once a table is copied."""

import io
import json
import urllib.error
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import delta_sharing
import polars as pl
import pytest
from storages import Storage

from audit.record import AccessRecord
from benchmarks.serving_city import AS_OF, LOOKED_UP, ServingCity, ask
from casework.actors import Actor
from casework.recipients import suspend
from casework.state import open_state
from lake import Lake
from lake.bucket_copy import BucketCopy, Copied
from resource_catalogue.access_words import Grant
from resource_catalogue.deployment import Deployment

pytestmark = pytest.mark.enable_socket
TABLES = "/delta-sharing/shares/reader/schemas/base/tables/organisation"
COLUMNS = ("credit_code", "name", "status")
OPERATOR = Actor("data_centre", "data_officer")


@dataclass
class BucketCity:
    """A city with a bucket, and the table of one grant."""

    served: ServingCity
    grant: Grant
    storage: Storage

    def copy(self) -> Copied:
        """Copy as a run does, in a process that knows nothing of the server's."""
        deployment = Deployment.open(self.served.deployment.home)
        copying = BucketCopy.of(Lake.of(deployment), deployment)
        assert copying is not None
        return copying.bring()

    def listed(self, address: str, body: dict[str, Any] | None = None) -> list[str]:
        with ask(address, f"{TABLES}/query", self.served.token, json.dumps(body or {}).encode()) as answer:
            lines = [json.loads(line) for line in answer.read().splitlines()]
        return [line["file"]["url"] for line in lines if "file" in line]

    def is_there(self, url: str) -> bool:
        return url.startswith(self.storage.endpoint)

    def suspend(self) -> None:
        state = open_state(self.served.deployment.casework_url)
        suspend(state, self.served.release, "reader", OPERATOR, "misuse", AS_OF)
        state.close()


@pytest.fixture
def city(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moto_storage: Storage) -> BucketCity:
    made = ServingCity(tmp_path / "city")
    settings = {
        "URL": moto_storage.place().url,
        "ENDPOINT": moto_storage.endpoint,
        "ALLOW_HTTP": "true",
        "ACCESS_KEY_ID": "env:STORAGE_ID",
        "SECRET_ACCESS_KEY": "env:STORAGE_KEY",
    }
    for name, value in settings.items():
        monkeypatch.setenv(f"CIVICLAKE_BUCKET_{name}", value)
    monkeypatch.setenv("STORAGE_ID", moto_storage.access_key_id)
    monkeypatch.setenv("STORAGE_KEY", moto_storage.secret_access_key)
    grant = made.grant(LOOKED_UP, COLUMNS, "table")
    made.fill(grant, "select 'c' || i as credit_code, 'n' as name, 's' as status from range(1000) t(i)")
    return BucketCity(made, grant, moto_storage)


def rows_at(urls: list[str]) -> list[str]:
    frames = [pl.read_parquet(io.BytesIO(urlopen(url, timeout=20).read())) for url in urls]
    return pl.concat(frames)["credit_code"].sort().to_list()


def test_a_served_table_goes_over_to_the_bucket_and_a_suspension_stops_the_next_listing(
    city: BucketCity,
) -> None:
    more = pl.DataFrame({"credit_code": ["new"], "name": ["n"], "status": ["s"]})
    with city.served.served() as address:
        own = city.listed(address)
        assert not any(map(city.is_there, own))
        assert city.copy().tables == 1
        there = city.listed(address)
        assert all(map(city.is_there, there)), "the running server takes the copy up with the next listing"
        assert rows_at(there) == rows_at(own)
        client = delta_sharing.load_as_pandas(f"{city.served.profile(address)}#reader.base.organisation")
        assert len(client) == 1000
        city.served.append(city.grant, more.to_arrow())
        assert not any(map(city.is_there, city.listed(address))), "the newest version is not copied yet"
        city.copy()
        there = city.listed(address)
        assert all(map(city.is_there, there))
        assert len(rows_at(there)) == 1001
        city.suspend()
        with pytest.raises(urllib.error.HTTPError) as refused:
            city.listed(address)
        assert refused.value.code == 403
        with pytest.raises(urllib.error.HTTPError) as refused:
            urlopen(own[0], timeout=20)
        assert refused.value.code == 403
        assert len(rows_at(there)) == 1001, "what was given before holds to its end"
    recorded(city)


def recorded(city: BucketCity) -> None:
    """Look that the record has the listings with what they gave away, and only the server's own fetches."""
    journal = city.served.deployment.var / "audit" / "journal"
    kept = [
        json.loads(line) for path in sorted(journal.glob("*.jsonl")) for line in path.read_text().splitlines()
    ]
    queries = [(one["rows"], one["detail"].get("addresses")) for one in kept if one["action"] == "query"]
    assert [rows for rows, where in queries if where == "bucket"] in ([1000, 1000, 1001], [1000] * 3 + [1001])
    assert (0, None) in queries
    fetched = [(one["rows"], one["result"]) for one in kept if one["action"] == "file"]
    assert fetched[0] == (1000, "answered")
    assert list(AccessRecord.open(city.served.deployment).verify(city.served.lake).faults) == []
