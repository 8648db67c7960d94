"""The CKAN interface: actions by GET and POST, envelopes of errors, filters, rows."""

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from portal_city import INSURED, PENDING, PEOPLE, REPAIRS, City
from starlette.testclient import TestClient

from serving.portal.ckan_api import ACTIONS


@pytest.fixture
def city(tmp_path: Path) -> City:
    return City(tmp_path)


@pytest.fixture
def client(city: City) -> TestClient:
    return TestClient(city.app())


def called(client: TestClient, action: str, **given: Any) -> Any:
    answer = client.post(f"/api/action/{action}", json=given)
    assert answer.status_code == 200, answer.text
    assert answer.json()["success"] is True
    return answer.json()["result"]


def names(client: TestClient, **given: Any) -> list[str]:
    return [package["name"] for package in called(client, "package_search", **given)["results"]]


@pytest.mark.parametrize("prefix", ["/api/action", "/api/3/action"])
@pytest.mark.parametrize("action", sorted(ACTIONS))
def test_every_action_answers_by_get_and_post_under_both_prefixes(
    client: TestClient, prefix: str, action: str
) -> None:
    needed = {
        "package_show": {"id": REPAIRS}, "organization_show": {"id": "police"}, "group_show": {"id": "transport"},
        "resource_show": {"id": f"{REPAIRS}.csv"}, "datastore_search": {"resource_id": f"{REPAIRS}.csv"},
    }.get(action, {})  # fmt: skip
    by_get = client.get(f"{prefix}/{action}", params=needed).json()
    by_post = client.post(f"{prefix}/{action}", json=needed).json()
    by_form = client.post(f"{prefix}/{action}", data=needed).json()
    assert by_get["success"] is True
    assert by_get == by_post == by_form


def test_a_package_has_organisation_group_tags_and_files_with_hash_and_size(client: TestClient) -> None:
    package = called(client, "package_show", id=REPAIRS)
    assert (package["title"], package["organization"]["title"]) == ("机动车维修信息", "示例市交通局")
    assert [tag["name"] for tag in package["tags"]] == ["维修", "汽车"]
    assert package["groups"][0]["title"] == "交通运输"
    assert package["metadata_modified"] == "2026-03-16T01:00:00.000000"
    csv = package["resources"][0]
    assert (csv["format"], csv["datastore_active"], csv["position"]) == ("CSV", True, 0)
    content = client.get(csv["url"].replace("http://testserver", "")).content
    assert len(content) == csv["size"]


def test_a_conditional_dataset_is_listed_without_files_and_says_its_condition(client: TestClient) -> None:
    package = called(client, "package_show", id=INSURED)
    assert package["resources"] == []
    extras = {extra["key"]: extra["value"] for extra in package["extras"]}
    assert (extras["open_type"], extras["open_condition"]) == ("conditional", "签订利用协议")


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({"q": "维修"}, [REPAIRS]),
        ({"q": "*:*", "sort": "name asc"}, [INSURED, PENDING, PEOPLE, REPAIRS]),
        ({"q": "organization:police"}, [PEOPLE]),
        ({"fq": "organization:police"}, [PEOPLE]),
        ({"fq": '+organization:"transport" AND res_format:CSV'}, [REPAIRS]),
        ({"fq": "-organization:transport", "sort": "id desc"}, [PEOPLE, INSURED]),
        ({"fq": "tags:维修"}, [REPAIRS]),
        ({"fq": "groups:(population OR social)", "sort": "name asc"}, [INSURED, PEOPLE]),
        ({"fq": "metadata_modified:[2026-03-16T00:00:00Z TO *] frequency:weekly"}, [REPAIRS]),
        ({"fq": "metadata_modified:[* TO 2026-03-01T00:00:00Z]"}, []),
        ({"fq_list": ["open_type:conditional"]}, [INSURED]),
        ({"q": "统计", "rows": 1, "start": 1, "sort": "name asc"}, [PEOPLE]),
        ({"rows": 0}, []),
        ({"start": 99}, []),
    ],
)
def test_packages_are_searched_filtered_sorted_and_paged(
    client: TestClient, given: dict[str, Any], wanted: list[str]
) -> None:
    assert names(client, **given) == wanted


def test_facets_count_what_was_found(client: TestClient) -> None:
    given = {"facet.field": '["organization", "tags"]', "fq": "-organization:insurance"}
    result = called(client, "package_search", **given)
    assert result["facets"]["organization"] == {"transport": 2, "police": 1}
    item = result["search_facets"]["organization"]["items"][0]
    assert item == {"name": "transport", "display_name": "示例市交通局", "count": 2}


@pytest.mark.parametrize(
    ("action", "given", "status", "kind"),
    [
        ("package_show", {"id": "none"}, 404, "Not Found Error"),
        ("package_show", {}, 409, "Validation Error"),
        ("package_show", {"id": ["x"]}, 409, "Validation Error"),
        ("organization_show", {"id": "none"}, 404, "Not Found Error"),
        ("group_show", {"id": "none"}, 404, "Not Found Error"),
        ("resource_show", {"id": f"{REPAIRS}.exe"}, 404, "Not Found Error"),
        ("package_search", {"fq": "secret:1"}, 400, "Search Query Error"),
        ("package_search", {"fq": "no field at all"}, 400, "Search Query Error"),
        ("package_search", {"sort": "password asc"}, 400, "Search Query Error"),
        ("package_search", {"rows": -1}, 409, "Validation Error"),
        ("package_search", {"rows": "many"}, 409, "Validation Error"),
        ("package_search", {"rows": True}, 409, "Validation Error"),
        ("package_search", {"facet.field": "[1"}, 409, "Validation Error"),
        ("package_search", {"fq_list": [1]}, 409, "Validation Error"),
        ("datastore_search", {}, 409, "Validation Error"),
        ("datastore_search", {"resource_id": "none.csv"}, 404, "Not Found Error"),
        ("datastore_search", {"resource_id": f"{REPAIRS}.csv", "filters": "{"}, 409, "Validation Error"),
        (
            "datastore_search",
            {"resource_id": f"{REPAIRS}.csv", "filters": {"x": "1"}},
            409,
            "Validation Error",
        ),
        (
            "datastore_search",
            {"resource_id": f"{REPAIRS}.csv", "filters": {"code": [None]}},
            409,
            "Validation Error",
        ),
        (
            "datastore_search",
            {"resource_id": f"{REPAIRS}.csv", "sort": "code; drop table"},
            409,
            "Validation Error",
        ),
        (
            "datastore_search",
            {"resource_id": f"{REPAIRS}.csv", "fields": "code,nothing"},
            409,
            "Validation Error",
        ),
        ("datastore_search", {"resource_id": f"{INSURED}.csv"}, 403, "Authorization Error"),
        ("datastore_search", {"resource_id": INSURED}, 403, "Authorization Error"),
        ("package_create", {"name": "x"}, 404, "Not Found Error"),
        ("__class__", {}, 404, "Not Found Error"),
    ],
)
def test_refusals_carry_the_envelope_and_status_of_ckan(
    client: TestClient, action: str, given: dict[str, Any], status: int, kind: str
) -> None:
    answer = client.post(f"/api/3/action/{action}", json=given)
    assert answer.status_code == status
    told = answer.json()
    assert told["success"] is False
    assert told["error"]["__type"] == kind
    assert told["error"]["message"]


@pytest.mark.parametrize("body", [b"{", b"[1]", b'"x"', b"\xff\xfe", b"[" * 5000])
def test_a_body_that_is_no_json_object_is_the_callers_mistake(client: TestClient, body: bytes) -> None:
    assert client.post("/api/action/package_list", content=body).status_code == 400


def test_rows_are_filtered_searched_sorted_and_paged_and_recorded(city: City, client: TestClient) -> None:
    result = called(
        client, "datastore_search", resource_id=f"{REPAIRS}.csv", limit=2, offset=1, sort="code desc"
    )
    assert [record["code"] for record in result["records"]] == ["000038", "000037"]
    assert [record["_id"] for record in result["records"]] == [2, 3]
    assert (result["total"], result["limit"], result["offset"]) == (40, 2, 1)
    kinds = {field["id"]: field["type"] for field in result["fields"]}
    assert kinds == {
        "_id": "int",
        "code": "text",
        "name": "text",
        "capital_cny": "numeric",
        "established_on": "date",
    }
    access = city.recorder.written[-1]
    assert (access.action, access.entry, access.rows) == ("query", REPAIRS, 2)
    several = called(client, "datastore_search", resource_id=REPAIRS, filters={"code": ["000003", "000005"]})
    assert [record["capital_cny"] for record in several["records"]] == [3000, 5000]
    by_number = called(client, "datastore_search", resource_id=REPAIRS, filters={"capital_cny": 3000})
    assert by_number["total"] == 1
    searched = called(client, "datastore_search", resource_id=REPAIRS, q="维修店39", fields=["code", "name"])
    assert searched["records"] == [{"_id": 1, "code": "000039", "name": "示例维修店39"}]
    assert called(client, "datastore_search", resource_id=REPAIRS, limit=0)["records"] == []


@pytest.mark.parametrize(
    "value", ["' or 1=1 --", '"; select', "*", "%", "0' union all select", "示例' or ''='"]
)
def test_a_filter_is_a_value_and_never_a_piece_of_a_query(client: TestClient, value: str) -> None:
    assert called(client, "datastore_search", resource_id=REPAIRS, filters={"code": value})["total"] == 0
    assert called(client, "datastore_search", resource_id=REPAIRS, q=value)["total"] <= 40
    answer = client.post(
        "/api/action/datastore_search", json={"resource_id": REPAIRS, "filters": {value: "1"}}
    )
    assert answer.status_code == 409


def test_lists_name_agencies_domains_and_keywords(client: TestClient) -> None:
    assert called(client, "organization_list") == ["insurance", "police", "transport"]
    assert called(client, "group_list", limit=2) == ["transport", "social"]
    assert called(client, "tag_list", query="维") == ["维修"]
    shown = called(client, "organization_show", id="police", include_datasets=True)
    assert [package["name"] for package in shown["packages"]] == [PEOPLE]
    assert called(client, "organization_list", all_fields=True)[0]["display_name"] == "示例市人社局"
    assert called(client, "package_list", limit=1, offset=1) == [PEOPLE]


def test_other_sites_may_read_the_interface(client: TestClient) -> None:
    answer = client.options("/api/3/action/package_search", headers={"origin": "https://app.example"})
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == "*"
    assert json.loads(client.get("/api/3/action/site_read").text)["result"] is True


ODD = ["", "维修", "\ud800", "\x00", "%", "*", -1, 10**30, 1.5, True, None, [], {}, [1], {"code": []}, {"code": {}},
       "[", "{}", "code desc,code", "code,code", "name:(", "name:[* TO", "name:[a TO b]", "-name:x", "AND", "x" * 5000,
       ]  # fmt: skip
KEYS = [
    "id",
    "q",
    "fq",
    "fq_list",
    "rows",
    "start",
    "sort",
    "facet.field",
    "filters",
    "fields",
    "limit",
    "offset",
    "query",
]


@given(
    st.sampled_from(sorted(ACTIONS)), st.dictionaries(st.sampled_from(KEYS), st.sampled_from(ODD), max_size=5)
)
@settings(max_examples=300)
def test_no_parameters_make_an_action_fail(action: str, given: dict[str, Any]) -> None:
    answer = _CLIENT.post(
        f"/api/3/action/{action}", content=json.dumps({"resource_id": f"{REPAIRS}.csv"} | given)
    )
    assert answer.status_code < 500
    assert isinstance(answer.json()["success"], bool)


_FOLDER = tempfile.TemporaryDirectory()
_CLIENT = TestClient(City(Path(_FOLDER.name)).app())
