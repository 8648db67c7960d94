"""The hand-built city with entries of every share type, bases, and a county below it; ways to grant in one line."""

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

from casework_city import City, at, build_city

from casework.actors import Actor
from casework.consents import Document
from casework.grant_rules import Application
from casework.grants import GrantCase, add_grant
from casework.recipients import Enrolment, register
from casework.state import State
from resource_catalogue.access_words import Recipient
from resource_catalogue.agency import Agency
from resource_catalogue.model import Label
from resource_catalogue.resource import Resource
from resource_catalogue.settings import ServingSettings

DAY = at("2026-03-16")
CENTRE = Actor("data_centre", "quality_officer")
BUREAU = Actor("data_bureau", "data_officer")
MARKET = Actor("market", "data_officer")
POLICE = Actor("police", "data_officer")
HEALTH = Actor("health", "data_officer")
TAX = Actor("tax", "data_officer")
COUNTY = Actor("county_affairs", "data_officer")
SETTINGS = ServingSettings()
DOCUMENT = Document("ab" * 32, dt.date(2026, 3, 10))
LAW = {"title": "中华人民共和国个人信息保护法", "article": "第三十四条", "rank": "law"}


def build_sharing_city(folder: Path, profile: str = "yancheng") -> City:
    """Build the city below a folder, under a profile."""
    city = build_city(folder)
    agencies = dict(city.release.catalogue.agencies)
    for id_, roles, tier in (
        ("police", ("provider",), "city"),
        ("health", ("provider", "consumer"), "city"),
        ("county_affairs", ("consumer",), "county"),
        ("county_bureau", ("authority",), "county"),
    ):
        agencies[id_] = _agency(agencies["tax"], id_, roles, tier)
    resources = {resource.id: resource for resource in _resources()}
    states: dict[str, Any] = dict.fromkeys(resources, "listed")
    states["market.drafted"] = "draft"
    catalogue = replace(city.release.catalogue, agencies=agencies, resources=resources)
    release = replace(city.release, catalogue=catalogue, states=states)
    return City(city.lake, release).under(profile)


def enrol(
    state: State, city: City, id_: str = "demo_tax", agency: str | None = "tax", **more: Any
) -> Recipient:
    """Register a recipient."""
    enrolment = Enrolment(id_, Label(zh="税务系统", en="Tax system"), agency, **more)
    return register(state, city.release, enrolment, CENTRE, DAY)


def wanted(**changed: Any) -> Application:
    """Return an application for an unconditional table, which a field may change."""
    fields: dict[str, Any] = {
        "entry": "market.entities",
        "columns": ("credit_code", "name"),
        "mode": "table",
        "purpose": "核对纳税主体",
        "scenario": "税务登记",
        "commitment": "declared",
        "basis": "《税收征收管理法》第十五条",
        "valid_from": dt.date(2026, 3, 16),
    }
    return Application(**(fields | changed))


PERSONS = {"entry": "police.households", "columns": ("citizen_id", "name"), "mode": "service"}
"""What makes an application one for conditional data."""


def grant(
    state: State, city: City, recipient: str = "demo_tax", when: dt.datetime = DAY, **changed: Any
) -> GrantCase:
    """Add a grant."""
    return add_grant(state, city.lake, city.release, recipient, wanted(**changed), CENTRE, when)


def relisted(city: City, **states: Any) -> City:
    """Return the city with other states of some entries (``market__entities="suspended"``)."""
    named = {name.replace("__", "."): state for name, state in states.items()}
    return City(city.lake, replace(city.release, states={**city.release.states, **named}))


def with_resource(city: City, changed: Resource) -> City:
    """Return the city with another version of a resource."""
    resources = {**city.release.catalogue.resources, changed.id: changed}
    catalogue = replace(city.release.catalogue, resources=resources)
    return City(city.lake, replace(city.release, catalogue=catalogue))


def _agency(like: Agency, id_: str, roles: tuple[str, ...], tier: str) -> Agency:
    code = "329901" if tier == "county" else "329900"
    label = Label(zh=f"示例{id_}", en=id_)
    return like.model_copy(
        update={
            "id": id_,
            "name": label,
            "short_name": label,
            "roles": roles,
            "tier": tier,
            "division_code": code,
        }
    )


def _resources() -> list[Resource]:
    return [
        _resource(
            "market.entities",
            {"type": "open_to_all", "modes": ["service", "table"]},
            [
                _column("credit_code", "credit_code", base="organisation.credit_code"),
                _column("name", "text", base="organisation.name"),
                _column("legal_representative_name", "person_name", share=_access("conditional")),
                _column("complaint_note", "text", share=_access("none")),
            ],
        ),
        _resource(
            "police.households",
            _access("conditional", modes=["service"]),
            [
                _column("citizen_id", "citizen_id", base="person.citizen_id"),
                _column("name", "person_name", base="person.name"),
                _column("division_code", "division", base="person.registered_division_code"),
                _column("note", "text", base="person.phone", share=_access("none")),
            ],
        ),
        _resource(
            "health.births",
            {"type": "open_to_all"},
            [
                _column("certificate_no", "text", base="person.birth_certificate_no"),
                _column("child_name", "text", base="person.name"),
            ],
        ),
        _resource("police.watchlist", _access("none"), [_column("citizen_id", "citizen_id")]),
        _resource("market.drafted", {"type": "open_to_all"}, [_column("credit_code", "credit_code")]),
    ]


def _access(type_: str, **more: Any) -> dict[str, Any]:
    return {"type": type_, "reason": {"zh": "含个人信息"}, "basis": [LAW]} | more


def _column(name: str, type_: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "zh": name, "type": type_} | more


def _resource(id_: str, share: dict[str, Any], columns: list[dict[str, Any]]) -> Resource:
    agency = id_.split(".")[0]
    return Resource.model_validate(
        {
            "id": id_,
            "code": "3073290001/000012",
            "name": {"zh": id_},
            "summary": {"zh": id_},
            "class": "department",
            "categories": ["market_regulation"],
            "agencies": {"collecting": agency, "reviewing": agency, "providing": agency},
            "obtained_by": "collected",
            "form": "structured",
            "format": "file",
            "subject": "none",
            "grain": {"zh": "每行一条"},
            "key": [columns[0]["name"]],
            "update": {"frequency": "daily"},
            "share": share,
            "open": {"type": "none"},
            "source": {"path": f"{agency}/*.csv"},
            "columns": columns,
        }
    )
