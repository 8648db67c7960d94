"""Doors and the description of push: which token opens what, since when, and whether the description holds."""

import itertools
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.testclient import TestClient

from benchmarks.push.push_city import AS_OF, RESOURCE, SECRET, TOKEN, PushCity, certificate
from resource_catalogue.errors import SettingError
from serving.push.app import PushApp, PushServer
from serving.push.bodies import Limits
from serving.push.doors import Door, Doors, token_hash
from serving.push.openapi import openapi_document

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


class _TwoDoors(Doors):
    """Two resources, each with a token of its own."""

    def __init__(self) -> None:
        self._two = {
            name: Door(name, (token_hash(f"of {name}"),), Limits(1000, 1_000_000))
            for name in (RESOURCE, "b.other")
        }

    def current(self) -> dict[str, Door]:
        return self._two

    def close(self) -> None:
        pass


@pytest.fixture
def client(city: PushCity) -> TestClient:
    return TestClient(PushApp(PushServer(city.deployment, _TwoDoors(), lambda: AS_OF)))


def post(client: TestClient, resource: str, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "k"}
    return client.post(f"/push/{resource}", json=certificate("a"), headers=headers).status_code


@pytest.mark.enable_socket
def test_a_token_opens_the_door_of_its_own_resource_only(client: TestClient) -> None:
    with client:
        assert post(client, RESOURCE, f"of {RESOURCE}") == 202
        assert post(client, RESOURCE, "of b.other") == 403
        assert post(client, "b.other", f"of {RESOURCE}") == 403
        assert post(client, "c.none", "of b.other") == 404
        assert post(client, "c.none", "of nobody") == 401


def test_a_token_in_a_file_is_exchanged_without_a_restart(
    city: PushCity, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(TOKEN, SECRET)
    seconds = itertools.count(0, 10)
    doors = Doors(city.deployment, lambda: float(next(seconds)))
    file = city.home / "secrets" / "next_token"
    file.write_text("exchanged", encoding="utf-8")
    doors.current()
    assert doors._looking
    doors._looking.result(30)
    door = doors.current()[RESOURCE]
    assert door.opens_to(token_hash("exchanged"))
    assert door.opens_to(token_hash(SECRET))
    assert not door.opens_to(token_hash("the-next-token"))
    file.unlink()
    doors._looking.result(30)
    doors.current()
    doors._looking.result(30)
    assert doors.current()[RESOURCE].opens_to(token_hash("exchanged"))
    doors.close()


def test_a_token_that_is_not_there_keeps_the_doors_from_opening(
    city: PushCity, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(TOKEN, raising=False)
    with pytest.raises(SettingError) as refused:
        Doors(city.deployment)
    assert TOKEN in str(refused.value)


@pytest.mark.enable_socket
@pytest.mark.parametrize("name", [RESOURCE, "any"])
def test_generated_requests_find_no_fault_of_the_server(city: PushCity, name: str) -> None:
    schema = schemathesis.openapi.from_dict(openapi_document())
    schema.app = PushApp(PushServer(city.deployment, _TwoDoors(), lambda: AS_OF))
    operation = schema["/push/{resource_id}"]["POST"]
    statuses: set[int] = set()

    @settings(max_examples=8, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy())
    def asks(case: Any) -> None:
        if name != "any":
            case.path_parameters = {"resource_id": name}
        unknown = case.headers or {}
        for headers in (unknown, {**unknown, "Authorization": f"Bearer of {RESOURCE}"}):
            case.headers = headers
            answer = case.call()
            case.validate_response(answer, checks=CHECKS)
            statuses.add(answer.status_code)

    asks()
    assert statuses > {401}
    assert max(statuses) < 500
