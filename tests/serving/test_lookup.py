"""Keyed lookup: one subject by its identifier, for the granted purpose, recorded before it is answered."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import orjson
import polars as pl
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.applications import Starlette
from starlette.testclient import TestClient

from lake import Lake
from lake.lookup_builder import build_indexes
from lake.lookup_index import LookupIndex
from resource_catalogue.access_words import Access, Grant, Recipient, ServedEntry
from resource_catalogue.deployment import Deployment
from resource_catalogue.model import Label
from resource_catalogue.settings import ServingSettings, Settings
from resource_catalogue.subject_keys import ROW_KEY_NAME, business_key_of, subject_key_of
from serving.lookup import app as lookup_app
from serving.lookup.answers import Lookup
from serving.lookup.app import LookupServer, lookup_routes
from serving.lookup.openapi import lookup_document
from serving.sharing.gate import Gate
from serving.sharing.ports import Holder
from serving.sharing.quota import Quotas
from serving.sharing.signing import Signer

NOW = dt.datetime(2026, 3, 16, 9, tzinfo=dt.UTC)
# Made by the norm's own rule for a division code that nobody has.
KNOWN, UNKNOWN = "32990219900101008X", "329902199001010039"
UNGRANTED = "police.households"
PERSON = Grant(
    "G-2026-0001", "tax_system", "base.person", ("name", "date_of_birth"), (), "service", "核实身份", "办税",
    "b", dt.date(2026, 1, 1), None, "in_force",
)  # fmt: skip
NOTICE = "将由 ecology.licences 替代 / to be replaced by ecology.licences"
PERMIT_TYPES = {
    "_subject_key": pl.String, "permit_no": pl.String, "fee_cny": pl.Float64,
    "under_verification": pl.Boolean, "verification_cases": pl.String,
}  # fmt: skip
PERMITS = replace(PERSON, id="G-2026-0002", entry="ecology.permits", columns=("permit_no", "fee_cny"))
CHECKS = {"checks": [{"key": KNOWN, "values": {"name": "某甲"}}]}
COPIED = replace(PERSON, id="G-2026-0003", entry="base.organisation", mode="table")


@dataclass
class Permit:
    recipient: Recipient
    grants: tuple[Grant, ...]


@dataclass
class Doors:
    """Know one recipient."""

    recipient: Recipient = field(
        default_factory=lambda: Recipient("tax_system", Label(zh="税务系统"), "tax", "system", "active")
    )
    grants: tuple[Grant, ...] = (PERSON, PERMITS, COPIED)
    is_suspended: bool = False

    async def bearer(self, token: str, now: dt.datetime) -> Holder | None:
        permit = await self.permit(self.recipient.id, now)
        return Holder(self.recipient.id, permit) if token == "good" else None

    async def client(self, client_id: str, secret: str, now: dt.datetime) -> Recipient | None:
        return None

    async def client_holder(self, client_id: str, recipient_id: str, now: dt.datetime) -> Holder | None:
        return None

    async def permit(self, recipient_id: str, now: dt.datetime) -> Permit | None:
        return None if self.is_suspended else Permit(self.recipient, self.grants)


@dataclass
class Recorder:
    """Keep what was recorded; fail when told to."""

    kept: list[Access] = field(default_factory=list)
    is_broken: bool = False

    async def write(self, access: Access) -> None:
        if self.is_broken:
            raise OSError
        self.kept.append(access)


@dataclass
class Desk:
    """Hold a lookup server with all that it stands on."""

    client: TestClient
    doors: Doors
    recorder: Recorder

    def get(self, key: str = KNOWN, purpose: str = "核实身份", entry: str = "base.person") -> Any:
        return self.client.get(f"/lookup/{entry}", params={"key": key, "purpose": purpose})

    def post(self, path: str, **body: Any) -> Any:
        return self.client.post(path, json={"purpose": "核实身份", **body})


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    """Return a deployment whose two served tables have indexes."""
    made = Deployment(tmp_path_factory.mktemp("lookup"), Settings(profile="yancheng"))
    key, lake = made.key(ROW_KEY_NAME), Lake.of(made)
    person = {
        "_subject_key": subject_key_of("person", [KNOWN], key), "name": "某甲", "name__agency_id": "police",
        "date_of_birth": dt.date(1990, 1, 1), "date_of_birth__agency_id": "health",
        "under_verification": True, "verification_cases": "R-2026-0001, R-2026-0002",
    }  # fmt: skip
    permit = {
        "_subject_key": business_key_of("ecology.permits", ["P1"], key), "permit_no": "P1", "fee_cny": 12.5,
        "under_verification": False, "verification_cases": None,
    }  # fmt: skip
    lake.overwrite(PERSON.table, pl.DataFrame([person]))
    lake.overwrite(PERMITS.table, pl.DataFrame([permit, permit | {"fee_cny": None}], PERMIT_TYPES))
    as_of = NOW.isoformat()
    served = {
        PERSON.table: ServedEntry("base.person", "person", (), as_of),
        PERMITS.table: ServedEntry("ecology.permits", "", ("text",), as_of, NOTICE),
    }
    build_indexes(lake, made.lookup, served)
    return made


@pytest.fixture
def desk(deployment: Deployment) -> Iterator[Desk]:
    doors, recorder, settings = Doors(), Recorder(), ServingSettings()
    gate = Gate(doors, Signer(bytes(32)), Quotas(settings.requests_per_minute), 60)
    lookup = Lookup(LookupIndex(deployment.lookup), deployment)

    async def entries() -> tuple[str, ...]:
        return (UNGRANTED,)

    server = LookupServer(lookup, gate, recorder, lambda: NOW, settings, entries)
    app = Starlette(routes=lookup_routes(server))
    with TestClient(app, headers={"Authorization": "Bearer good"}) as client:
        yield Desk(client, doors, recorder)


def test_a_subject_is_answered_with_its_granted_values_their_agencies_and_open_cases(desk: Desk) -> None:
    answer = desk.get().json()
    assert answer["answers"] == [
        {
            "state": "found",
            "rows": [
                {
                    "values": {"name": "某甲", "date_of_birth": "1990-01-01"},
                    "source_agencies": {"name": "police", "date_of_birth": "health"},
                    "under_verification": True,
                    "verification_cases": ["R-2026-0001", "R-2026-0002"],
                }
            ],
        }
    ]
    assert (answer["grant"], answer["as_of"], answer["version"]) == ("G-2026-0001", NOW.isoformat(), 0)


def test_an_identifier_is_read_as_the_norm_reads_it(desk: Desk) -> None:
    assert desk.get(f" {KNOWN.lower()} ").json()["answers"][0]["state"] == "found"


def test_unknown_and_wrong_identifiers_are_told_apart_without_being_repeated(desk: Desk) -> None:
    wrong = "329902199001010010"
    answer = desk.post("/lookup/base.person", keys=[UNKNOWN, wrong])
    assert [one["state"] for one in answer.json()["answers"]] == ["not_found", "invalid_key"]
    assert UNKNOWN not in answer.text
    assert wrong not in answer.text


def test_an_entry_without_a_subject_is_asked_by_its_own_key(desk: Desk) -> None:
    rows = desk.get("P1", entry="ecology.permits").json()["answers"][0]["rows"]
    assert sorted(row["values"]["fee_cny"] or 0 for row in rows) == [0, 12.5]
    assert {row["source_agencies"]["permit_no"] for row in rows} == {"ecology"}


def test_users_of_an_entry_whose_place_another_takes_are_told_with_each_answer(desk: Desk) -> None:
    assert desk.get("P1", entry="ecology.permits").json()["notice"] == NOTICE
    verified = desk.post("/verify/ecology.permits", key="P1", values={"fee_cny": "12.5"})
    assert verified.json()["notice"] == NOTICE
    assert "notice" not in desk.get().json()


def test_every_subject_is_on_record_by_its_keyed_hash_before_it_is_answered(
    desk: Desk, deployment: Deployment
) -> None:
    desk.post("/lookup/base.person", keys=[KNOWN, UNKNOWN])
    first, second = desk.recorder.kept
    assert first.subject_key == subject_key_of("person", [KNOWN], deployment.key(ROW_KEY_NAME))
    assert (first.action, first.rows, first.purpose, first.grant_id) == (
        "lookup",
        1,
        "核实身份",
        "G-2026-0001",
    )
    assert (second.rows, second.result, second.columns) == (0, "answered", ("name", "date_of_birth"))
    assert KNOWN not in repr(desk.recorder.kept)


def test_nothing_is_answered_where_the_record_cannot_be_kept(desk: Desk) -> None:
    desk.recorder.is_broken = True
    answer = desk.get()
    assert answer.status_code == 503
    assert "某甲" not in answer.text


@pytest.mark.parametrize(
    ("entry", "purpose", "status"),
    [
        ("base.person", "别的用途", 403),
        ("base.person", "", 400),
        ("base.certificate", "核实身份", 404),
        ("base.organisation", "核实身份", 404),
        ("police.household_registration", "核实身份", 404),
        ("' or 1=1 --", "核实身份", 404),
        ("{{7*7}}", "核实身份", 404),
    ],
)
def test_what_is_not_granted_for_this_purpose_does_not_exist(
    desk: Desk, entry: str, purpose: str, status: int
) -> None:
    answer = desk.get(entry=entry, purpose=purpose)
    assert answer.status_code == status
    assert "49" not in answer.text
    assert [access.result for access in desk.recorder.kept] == [answer.json()["errorCode"]]


def test_suspension_acts_on_the_next_request(desk: Desk) -> None:
    assert desk.get().status_code == 200
    desk.doors.is_suspended = True
    assert desk.get().status_code == 403


def test_without_a_credential_nothing_is_told(desk: Desk) -> None:
    answer = desk.client.get(
        "/lookup/base.person", params={"key": KNOWN, "purpose": "核实身份"}, headers={"Authorization": ""}
    )
    assert answer.status_code == 401


def test_values_are_verified_by_yes_or_no_and_never_told(desk: Desk) -> None:
    answer = desk.post(
        "/verify/base.person", key=KNOWN, values={"name": "某甲", "date_of_birth": "1990-01-02"}
    )
    assert answer.json()["answers"] == [{"matches": {"name": True, "date_of_birth": False}}]
    assert "1990-01-01" not in answer.text
    assert desk.recorder.kept[0].action == "verify"


def test_verifying_an_unknown_subject_answers_like_a_wrong_value(desk: Desk) -> None:
    checks = [{"key": key, "values": {"name": "某乙"}} for key in (KNOWN, UNKNOWN)]
    first, second = desk.post("/verify/base.person", checks=checks).json()["answers"]
    assert first == second == {"matches": {"name": False}}


def test_a_column_that_is_not_granted_cannot_be_verified(desk: Desk) -> None:
    answer = desk.post("/verify/base.person", key=KNOWN, values={"registered_address": "x"})
    assert answer.status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        {"keys": "x"}, {"keys": [1]}, {"keys": []}, {"keys": [""]}, {"keys": [KNOWN * 12]}, {"keys": ["x"] * 1001},
        {}, {"keys": None}, {"keys": [["x"]]}, {"keys": [UNKNOWN], "purpose": 3},
    ],
)  # fmt: skip
def test_a_request_that_cannot_be_read_is_refused_as_the_client_s(desk: Desk, body: dict[str, Any]) -> None:
    refused = desk.post("/lookup/base.person", **body)
    assert refused.status_code == 400
    assert KNOWN not in refused.text


@pytest.mark.parametrize("checks", [{}, "x", [], [1], [{"key": "x"}], [{"key": 1, "values": {"name": "x"}}],
                                    [{"key": "x", "values": {"name": 1}}], [{"key": "x", "values": {}}]])  # fmt: skip
def test_a_verification_that_cannot_be_read_is_refused_as_the_client_s(desk: Desk, checks: Any) -> None:
    assert desk.post("/verify/base.person", checks=checks).status_code == 400


def test_a_body_that_is_too_large_is_refused(desk: Desk) -> None:
    answer = desk.client.post("/lookup/base.person", content=b" " * 1_100_000)
    assert answer.status_code == 413


def test_every_subject_of_a_batch_counts_against_the_quota(desk: Desk) -> None:
    desk.doors.recipient = replace(desk.doors.recipient, requests_per_minute=5)
    assert desk.post("/lookup/base.person", keys=[UNKNOWN] * 4).status_code == 200
    assert desk.post("/lookup/base.person", keys=[UNKNOWN] * 4).status_code == 429


def test_a_granted_table_that_no_run_has_built_yet_is_said_to_come(desk: Desk) -> None:
    desk.doors.grants = (replace(PERSON, columns=("name",)),)
    answer = desk.get()
    assert (answer.status_code, answer.json()["errorCode"]) == (409, "NOT_BUILT_YET")


def test_a_grant_that_was_revoked_while_a_batch_was_read_serves_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def revoking(*_: Any) -> bytes:
        desk.doors.grants = ()
        return orjson.dumps({"keys": [KNOWN], "purpose": "核实身份"} | CHECKS)

    monkeypatch.setattr(lookup_app, "read_body", revoking)
    for path in ("/lookup/base.person", "/verify/base.person"):
        desk.doors.grants = (PERSON,)
        assert desk.post(path).status_code == 404
    assert [one.result for one in desk.recorder.kept] == ["RESOURCE_DOES_NOT_EXIST"] * 2


def test_what_is_looked_up_counts_against_the_bytes_of_the_day(desk: Desk) -> None:
    size = len(desk.get().content)
    desk.doors.recipient = replace(desk.doors.recipient, bytes_per_day=3 * size - 1)
    assert desk.get().status_code == 200
    refused = desk.get()
    assert (refused.status_code, refused.json()["errorCode"]) == (403, "QUOTA_EXCEEDED")
    assert [one.result for one in desk.recorder.kept] == ["answered", "answered", "QUOTA_EXCEEDED"]
    assert KNOWN not in refused.text


def test_a_value_that_is_not_known_is_confirmed_by_no_text(desk: Desk) -> None:
    asked = {"key": "P1", "values": {"fee_cny": "None"}}
    others = [asked | {"values": {"fee_cny": said}} for said in ("12.5", "12.50", "12.51", "十二")]
    answer = desk.post("/verify/ecology.permits", checks=[asked, *others])
    found = [one["matches"]["fee_cny"] for one in answer.json()["answers"]]
    assert found == [False, True, True, False, False]


def test_the_bytes_of_an_answer_are_on_record_shared_out_among_its_subjects(desk: Desk) -> None:
    answer = desk.post("/lookup/base.person", keys=[KNOWN, UNKNOWN, UNKNOWN])
    recorded = sum(one.bytes for one in desk.recorder.kept)
    assert len(answer.content) - 3 < recorded <= len(answer.content)


def test_a_refused_path_is_on_record_only_where_it_names_an_entry_of_the_catalogue(desk: Desk) -> None:
    desk.get(entry=f"base.{KNOWN}")
    desk.get(entry="base.person", purpose="别的用途")
    desk.get(entry="Police.Households")
    kept = [(one.entry, one.detail.get("asked")) for one in desk.recorder.kept]
    assert kept == [("", "unknown"), ("base.person", None), (UNGRANTED, None)]


LOOKUP_CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance,
]  # fmt: skip
OPERATIONS = [
    (method.upper(), path) for path, methods in lookup_document(1000)["paths"].items() for method in methods
]


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
@pytest.mark.parametrize("entry", ["base.person", "any"])
def test_generated_requests_find_no_fault_and_no_answer_that_is_not_described(
    desk: Desk, method: str, path: str, entry: str
) -> None:
    schema = schemathesis.openapi.from_dict(lookup_document(1000))
    schema.app = desk.client.app
    operation = schema[path][method]
    statuses: set[int] = set()

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(), data=st.data())
    def ask(case: Any, data: st.DataObject) -> None:
        if entry != "any" and case.path_parameters:
            case.path_parameters = {"entry": entry}
        if data.draw(st.booleans()) and isinstance(case.body, dict):
            case.body = {**case.body, "purpose": "核实身份"}
        credential = data.draw(st.sampled_from(["Bearer good"] * 4 + ["", "Basic x"]))
        response = case.call(headers={"Authorization": credential})
        statuses.add(response.status_code)
        case.validate_response(response, checks=LOOKUP_CHECKS)

    ask()
    assert max(statuses) < 500
    if entry != "any" and method == "POST" and path.startswith("/lookup"):
        assert 200 in statuses
