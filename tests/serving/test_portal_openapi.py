"""The description of the portal's interfaces against the portal: generated requests find no fault of its own."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from portal_city import REPAIRS, City
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import status_code_conformance
from starlette.testclient import TestClient

from serving.portal import ckan_api
from serving.portal.openapi import ACTIONS, portal_document

OPERATIONS = [
    (method.upper(), path) for path, methods in portal_document()["paths"].items() for method in methods
]
REAL = {"dataset": REPAIRS, "file": f"{REPAIRS}.csv", "id": REPAIRS, "resource_id": f"{REPAIRS}.csv"}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    return TestClient(City(tmp_path_factory.mktemp("openapi")).app())


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_generated_requests_find_no_fault_of_the_portal(client: TestClient, method: str, path: str) -> None:
    schema = schemathesis.openapi.from_dict(portal_document())
    schema.app = client.app
    operation = schema[path][method]

    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(), is_real=st.booleans())
    def ask(case: Any, is_real: bool) -> None:
        if is_real:
            for part in (case.path_parameters, case.query, case.body):
                if isinstance(part, dict):
                    part.update({name: value for name, value in REAL.items() if name in part})
        case.validate_response(case.call(), checks=[not_a_server_error, status_code_conformance])

    ask()


def test_every_action_is_described(client: TestClient) -> None:
    assert set(ACTIONS) == set(ckan_api.ACTIONS)
    assert client.get("/api/openapi.json").json() == portal_document()
