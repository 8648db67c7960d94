"""What programs read: graph and its pages, data packages, markup, feed, site map."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import frictionless
import pytest
from portal_city import INSURED, PEOPLE, REPAIRS, City, entry, write_city
from rdflib import Graph, URIRef
from rdflib.namespace import DCAT, DCTERMS
from starlette.testclient import TestClient

from opening.dcat import PAGE_SIZE

HYDRA = "http://www.w3.org/ns/hydra/core#"
ATOM, SITE = "{http://www.w3.org/2005/Atom}", "{http://www.sitemaps.org/schemas/sitemap/0.9}"


@pytest.fixture
def city(tmp_path: Path) -> City:
    return City(tmp_path)


@pytest.fixture
def client(city: City) -> TestClient:
    return TestClient(city.app())


@pytest.mark.parametrize(("suffix", "form"), [("ttl", "turtle"), ("rdf", "xml"), ("jsonld", "json-ld")])
def test_the_catalogue_is_the_same_graph_in_every_form(client: TestClient, suffix: str, form: str) -> None:
    answer = client.get(f"/catalog.{suffix}")
    graph = Graph().parse(data=answer.content, format=form)
    assert len(set(graph.objects(None, DCAT.dataset))) == 4
    again = client.get(f"/catalog.{suffix}", headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304
    one = Graph().parse(data=client.get(f"/dataset/{REPAIRS}.{suffix}").content, format=form)
    titles = {
        str(title) for title in one.objects(URIRef(f"http://testserver/dataset/{REPAIRS}"), DCTERMS.title)
    }
    assert titles == {"机动车维修信息"}


def test_a_harvester_that_follows_the_pages_gets_every_dataset_once(city: City, client: TestClient) -> None:
    many = [entry(f"d{n:03d}", f"数据{n}") for n in range(2 * PAGE_SIZE + 5)]
    write_city(city.folder, datasets=many)
    address: str | None = "/catalog.ttl"
    found: list[str] = []
    while address:
        graph = Graph().parse(data=client.get(address).content, format="turtle")
        found += [str(one) for one in graph.objects(None, DCAT.dataset)]
        following = list(graph.objects(None, URIRef(f"{HYDRA}nextPage")))
        address = str(following[0]).removeprefix("http://testserver") if following else None
    assert len(found) == len(set(found)) == 2 * PAGE_SIZE + 5
    for wrong in ("0", "4", "-1", "x", "99999999999"):
        assert client.get("/catalog.ttl", params={"page": wrong}).status_code == 404


@pytest.mark.parametrize("dataset", [REPAIRS, PEOPLE])
def test_a_data_package_describes_its_csv_down_to_every_cell(
    city: City, client: TestClient, dataset: str
) -> None:
    package = client.get(f"/dataset/{dataset}/datapackage.json").json()
    resource = package["resources"][0]
    local = resource | {"path": f"{dataset}.csv", "scheme": "file"}
    described = frictionless.Package.from_descriptor(
        package | {"resources": [local]}, basepath=str(city.folder / dataset)
    )
    report = described.validate()
    assert report.valid, report.flatten(["type", "message"])
    rows = described.resources[0].read_rows()
    assert len(rows) == city.content["datasets"][3 if dataset == REPAIRS else 1]["rows"]
    local["hash"] = "sha256:" + "0" * 64
    wrong = frictionless.Package.from_descriptor(
        package | {"resources": [local]}, basepath=str(city.folder / dataset)
    )
    assert not wrong.validate().valid


def test_markup_for_search_engines_names_files_only_where_they_may_be_fetched(client: TestClient) -> None:
    def markup(path: str) -> dict[str, object]:
        found = re.search(
            r'<script type="application/ld\+json">(.*?)</script>', client.get(path).text, re.DOTALL
        )
        assert found is not None
        loaded: dict[str, object] = json.loads(found[1])
        return loaded

    repairs, insured = markup(f"/dataset/{REPAIRS}"), markup(f"/dataset/{INSURED}")
    assert repairs["@type"] == "Dataset"
    assert len(repairs["distribution"]) == 7  # type: ignore[arg-type]
    assert (repairs["isAccessibleForFree"], insured["isAccessibleForFree"]) == (True, False)
    assert insured["distribution"] == []
    assert markup("/")["@type"] == "DataCatalog"


def test_the_feed_lists_what_was_published_newest_first(client: TestClient) -> None:
    feed = ElementTree.fromstring(client.get("/feed.atom").content)
    assert [one.findtext(f"{ATOM}title") for one in feed.findall(f"{ATOM}entry")] == [
        "机动车维修信息", "户籍人口统计", "参保人员统计",
    ]  # fmt: skip


def test_the_site_map_names_every_page_and_each_is_there(client: TestClient) -> None:
    sitemap = ElementTree.fromstring(client.get("/sitemap.xml").content)
    addresses = [str(one.text).removeprefix("http://testserver") for one in sitemap.iter(f"{SITE}loc")]
    assert f"/en/dataset/{INSURED}" in addresses
    assert {client.get(address).status_code for address in addresses} == {200}
    assert "Sitemap: http://testserver/sitemap.xml" in client.get("/robots.txt").text


def test_a_stated_address_is_used_whatever_host_was_asked(tmp_path: Path) -> None:
    client = TestClient(City(tmp_path, base_url="https://data.example.org").app())
    for path in ("/catalog.ttl", "/feed.atom", "/sitemap.xml", f"/api/3/action/package_show?id={REPAIRS}"):
        text = client.get(path, headers={"host": "elsewhere.example"}).text
        assert "https://data.example.org/" in text
        assert "elsewhere" not in text
