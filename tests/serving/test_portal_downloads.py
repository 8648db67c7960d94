"""Downloads: whole, in part, resumed, marked by hash; recorded before they leave; refused where they may not."""

import datetime as dt
import hashlib
import json
import shutil
from pathlib import Path

import polars as pl
import pytest
from portal_city import INSURED, PENDING, REPAIRS, City, repairs_frame
from starlette.testclient import TestClient

from opening.files import SUFFIXES, write_files

CSV = f"/dataset/{REPAIRS}/download/{REPAIRS}.csv"


@pytest.fixture
def city(tmp_path: Path) -> City:
    return City(tmp_path)


@pytest.fixture
def client(city: City) -> TestClient:
    return TestClient(city.app())


@pytest.mark.requirement("P-10", "P-11")
@pytest.mark.parametrize("kind", sorted(SUFFIXES))
def test_every_format_is_fetched_with_the_hash_that_the_page_shows(
    city: City, client: TestClient, kind: str
) -> None:
    name = f"{REPAIRS}{SUFFIXES[kind]}"
    answer = client.get(f"/dataset/{REPAIRS}/download/{name}")
    assert answer.status_code == 200
    digest = hashlib.sha256(answer.content).hexdigest()
    assert digest in client.get(f"/dataset/{REPAIRS}").text
    assert answer.headers["etag"] == f'"{digest}"'
    assert answer.headers["content-length"] == str(len(answer.content))
    assert name in answer.headers["content-disposition"]
    assert answer.headers["content-disposition"].startswith("attachment")


def test_a_download_is_resumed_by_range_and_if_range(client: TestClient) -> None:
    whole = client.get(CSV)
    mark, size = whole.headers["etag"], len(whole.content)
    rest = client.get(CSV, headers={"range": "bytes=100-", "if-range": mark})
    assert (rest.status_code, rest.content) == (206, whole.content[100:])
    assert rest.headers["content-range"] == f"bytes 100-{size - 1}/{size}"
    last = client.get(CSV, headers={"range": "bytes=-7"})
    assert last.content == whole.content[-7:]
    other = client.get(CSV, headers={"range": "bytes=100-", "if-range": '"another"'})
    assert (other.status_code, other.content) == (200, whole.content)
    beyond = client.get(CSV, headers={"range": f"bytes={size}-"})
    assert beyond.status_code == 416


def test_who_has_the_file_is_told_so_and_a_head_sends_no_byte(city: City, client: TestClient) -> None:
    mark = client.get(CSV).headers["etag"]
    before = len(city.recorder.written)
    assert client.get(CSV, headers={"if-none-match": f'W/{mark}, "x"'}).status_code == 304
    head = client.head(CSV)
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", mark)
    assert len(city.recorder.written) == before


@pytest.mark.requirement("X-07")
def test_a_download_is_recorded_with_its_file_and_no_value_of_a_row(city: City, client: TestClient) -> None:
    answer = client.get(CSV, headers={"range": "bytes=0-9"})
    access = city.recorder.written[-1]
    assert (access.action, access.result, access.entry, access.table) == (
        "download",
        "answered",
        REPAIRS,
        "open.repairs",
    )
    assert (access.at, access.rows, access.columns[0]) == (city.now, 40, "code")
    assert access.detail == {"file": "repairs.csv", "range": "bytes=0-9"}
    assert answer.headers["x-request-id"] == access.request_id


def test_nothing_leaves_where_the_record_cannot_be_written(city: City, client: TestClient) -> None:
    city.recorder.is_broken = True
    answer = client.get(CSV)
    assert answer.status_code == 500
    assert "000001" not in answer.text


@pytest.mark.requirement("P-12")
@pytest.mark.parametrize("name", [f"{INSURED}.csv", f"{INSURED}.parquet", "manifest.json", "none.csv"])
def test_bytes_of_a_conditional_dataset_are_refused_with_a_page(
    city: City, client: TestClient, name: str
) -> None:
    answer = client.get(f"/dataset/{INSURED}/download/{name}")
    assert answer.status_code == 403
    assert "有条件开放的数据须先提出申请" in answer.text
    assert "329901" not in answer.text
    assert client.get(f"/dataset/{INSURED}/datapackage.json").status_code == 403
    assert city.recorder.written == []


@pytest.mark.parametrize(
    "path",
    [
        f"/dataset/{REPAIRS}/download/manifest.json",
        f"/dataset/{REPAIRS}/download/..%2f..%2fcatalogue.json",
        f"/dataset/{REPAIRS}/download/%2e%2e%2fpeople%2fpeople.csv",
        f"/dataset/{REPAIRS}/download/..%5c..%5ccatalogue.json",
        "/dataset/..%2f..%2fetc/download/passwd",
        "/dataset/%2e%2e/download/catalogue.json",
        f"/dataset/{REPAIRS}/download/repairs.csv%00.txt",
        "/static/..%2fapp.py",
        "/static/%2e%2e%2f%2e%2e%2fapp.py",
        "//etc/passwd",
    ],
)
def test_no_way_of_writing_a_path_leads_out_of_the_published_files(client: TestClient, path: str) -> None:
    assert client.get(path).status_code in (403, 404)


def test_a_dataset_withdrawn_since_the_catalogue_was_written_is_gone_at_once(
    city: City, client: TestClient
) -> None:
    shutil.rmtree(city.folder / REPAIRS)
    assert client.get(CSV).status_code == 403
    page = client.get(f"/dataset/{REPAIRS}")
    assert page.status_code == 200
    assert "/download/" not in page.text


def test_a_renewed_folder_is_served_by_its_own_manifest_before_the_catalogue_follows(
    city: City, client: TestClient
) -> None:
    place = city.folder / REPAIRS
    files = write_files(repairs_frame(50), place, REPAIRS)
    told = {"rows": 50, "open_type": {"type": "open_to_all"}, "files": [
        {"name": f.name, "format": f.format, "media_type": f.media_type, "sha256": f.sha256, "bytes": f.bytes,
         "rows": f.rows} for f in files
    ]}  # fmt: skip
    (place / "manifest.json").write_text(json.dumps(told), encoding="utf-8")
    answer = client.get(CSV)
    assert answer.headers["etag"] == f'"{hashlib.sha256(answer.content).hexdigest()}"'
    assert city.recorder.written[-1].rows == 50


def test_a_folder_that_turned_conditional_is_closed_before_the_catalogue_follows(
    city: City, client: TestClient
) -> None:
    path = city.folder / REPAIRS / "manifest.json"
    told = json.loads(path.read_text(encoding="utf-8")) | {"open_type": {"type": "conditional"}}
    path.write_text(json.dumps(told), encoding="utf-8")
    assert client.get(CSV).status_code == 403


def test_a_dataset_of_which_nothing_is_open_has_no_download(client: TestClient) -> None:
    assert client.get(f"/dataset/{PENDING}/download/{PENDING}.csv").status_code == 403


def test_the_spreadsheet_forms_start_no_formula_and_keep_leading_zeros(
    client: TestClient, tmp_path: Path
) -> None:
    text = client.get(CSV).text
    assert '"\'=HYPERLINK(1)"' in text
    assert '"000001"' in text
    exact = pl.read_parquet(client.get(CSV.replace(".csv", ".parquet")).content)
    assert exact["name"][0] == "=HYPERLINK(1)"


class Members:
    """Know one member by a bearer token."""

    async def identify(self, authorization: str | None, session: str | None, now: dt.datetime) -> str | None:
        return "member" if authorization == "Bearer right" else None


@pytest.mark.requirement("P-11")
def test_where_the_profile_demands_a_log_in_and_one_is_offered_only_members_download(city: City) -> None:
    path = city.folder / "catalogue.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    client = TestClient(city.app(visitors=Members()))
    assert client.get(CSV).status_code == 200
    content["terms"]["login"] = {"zh": "登录后获取", "en": "log in"}
    path.write_text(json.dumps(content), encoding="utf-8")
    refused = client.get(CSV)
    assert (refused.status_code, refused.headers["www-authenticate"][:6]) == (401, "Bearer")
    assert client.get(CSV, headers={"authorization": "Bearer right"}).status_code == 200
    assert city.recorder.written[-1].recipient_id == "member"
