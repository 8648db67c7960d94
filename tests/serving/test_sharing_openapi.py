"""The description of the server against the server: generated requests find no fault of its own."""

import re
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from sharing_world import World, build_world, world_at

from serving.sharing.openapi import openapi_document


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_world(tmp_path_factory.mktemp("openapi") / "lake").root


@pytest.fixture
def world(root: Path) -> World:
    return world_at(root)


CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
"""That well-formed questions are also answered is not among them: opaque tokens and opposed parameters are not."""
OPERATIONS = [
    (method.upper(), path)
    for path, methods in openapi_document()["paths"].items()
    for method in methods
    if method in ("get", "post", "head")
]
REAL_NAMES = {"share": "demo_tax", "schema": "market", "table": "shops"}


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
@pytest.mark.parametrize("names", ["real", "any"])
def test_generated_requests_find_no_fault_of_the_server(
    world: World, method: str, path: str, names: str
) -> None:
    schema = schemathesis.openapi.from_dict(openapi_document())
    schema.app = world.app()
    operation = schema[path][method]
    statuses: set[int] = set()

    @settings(
        max_examples=8,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.generate],
    )
    @given(case=operation.as_strategy(), data=st.data())
    def ask(case: Any, data: st.DataObject) -> None:
        if names == "real" and "files" not in path:
            case.path_parameters = {**(case.path_parameters or {}), **known(path)}
        credential = data.draw(st.sampled_from(["Bearer tax-token"] * 4 + ["", "Basic x"]))
        response = case.call(headers={"Authorization": credential} if "token" not in path else None)
        statuses.add(response.status_code)
        case.validate_response(response, checks=CHECKS)

    ask()
    assert max(statuses) < 500


NEEDS_MORE = re.compile("queries|credentials|files|oauth|changes")
"""Never answered, or only with what an earlier answer gave."""


@pytest.mark.parametrize(("method", "path"), [one for one in OPERATIONS if not NEEDS_MORE.search(one[1])])
def test_what_is_described_is_there(world: World, method: str, path: str) -> None:
    body = {"json": {}} if method == "POST" else {}
    response = world.client().ask(method, path.format(**REAL_NAMES), **body)
    assert response.status_code == 200


def known(path: str) -> dict[str, str]:
    return {name: value for name, value in REAL_NAMES.items() if f"{{{name}}}" in path}


def test_the_description_names_every_route(world: World) -> None:
    described = {path for _, path in OPERATIONS}
    served = {getattr(route, "path", "") for route in world.app().routes}
    assert described == served


def test_the_description_is_served_without_a_credential(world: World) -> None:
    response = world.client(None).get("/delta-sharing/openapi.json")
    assert response.json() == openapi_document()
