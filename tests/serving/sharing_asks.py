"""What the tests of the sharing server ask with: its addresses, refusals of either kind, tokens, instants."""

import base64
import datetime as dt
import json
from urllib.parse import quote

import httpx
from deltalake import DeltaTable
from sharing_world import World, files, lines, path_of

ROOT = "/delta-sharing"
SHARE = f"{ROOT}/shares/demo_tax"
SHOPS = f"{SHARE}/schemas/market/tables/shops"
DIVISION = f"{SHARE}/schemas/base/tables/division"
COUNTY = f"{ROOT}/shares/demo_county/schemas/market/tables/shops"
TOKEN = f"{ROOT}/oauth/token"
DELTA = {"delta-sharing-capabilities": "responseformat=delta;readerfeatures=deletionvectors,columnmapping"}
BAD_INSTANTS = [
    "yesterday",
    "2026-01-01",
    "2026-01-01T00:00:00",
    "2026-13-01T00:00:00Z",
    "0",
    "",
    "2026-01-01 00:00:00Z",
]


def refused(response: httpx.Response, *statuses: int) -> None:
    assert response.status_code in statuses, response.text
    assert not response.content.startswith(b"PAR1")
    assert set(response.json()) >= {"errorCode", "message"}


def refused_as(response: httpx.Response, status: int, code: str) -> None:
    assert response.status_code == status, response.text
    assert response.headers["content-type"].startswith("application/json")
    content = response.json()
    assert set(content) == {"errorCode", "message"}
    assert content["errorCode"] == code
    assert content["message"]


def an_address(world: World, path: str = SHOPS, token: str = "tax-token", number: int = 0) -> str:
    return path_of(files(world.client(token).post(f"{path}/query"))[number]["url"])


def parts(address: str) -> tuple[list[str], dict[str, str]]:
    url = httpx.URL(f"http://x{address}")
    return url.path.removeprefix(f"{ROOT}/files/").split("/"), dict(url.params)


def rebuilt(path: list[str], query: dict[str, str]) -> str:
    return f"{ROOT}/files/{'/'.join(quote(p, safe='') for p in path)}?{httpx.QueryParams(query)}"


def basic(text: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(text.encode()).decode()}


def token_of(world: World) -> str:
    form = {"grant_type": "client_credentials"}
    response = world.client(None).ask("POST", TOKEN, data=form, headers=basic("tax-client:tax-secret"))
    content = response.json()
    assert response.headers["cache-control"] == "no-store"
    assert content["token_type"] == "Bearer"
    assert content["expires_in"] == 3600
    return str(content["access_token"])


def commit_times(world: World) -> dict[int, int]:
    history = DeltaTable(str(world.folder("G-2026-0001"))).history()
    return {entry["version"]: entry["timestamp"] for entry in reversed(history)}


def iso(at_ms: int) -> str:
    at = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(milliseconds=at_ms)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def schema_of(response: httpx.Response) -> list[str]:
    metadata = lines(response)[1]["metaData"]
    return [field["name"] for field in json.loads(metadata["schemaString"])["fields"]]
