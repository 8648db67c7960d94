"""A small catalogue without faults, as files that a test breaks in one place."""

import copy
import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from resource_catalogue.catalogue import Draft, load_draft
from resource_catalogue.catalogue_check import check_catalogue
from resource_catalogue.inspection import CheckedFault, Inspection
from resource_catalogue.profile import load_profile

AS_OF = dt.date(2026, 3, 16)
KNOWN_CHECKS = frozenset({"order", "not_future"})

_POSTS = [
    {"post": "registrar", "title": {"zh": "目录登记人员"}},
    {"post": "reviewer", "title": {"zh": "目录审核人员"}},
]
_LAW = [{"title": "中华人民共和国个人信息保护法", "article": "第三十四条", "rank": "law"}]
_OFFICE = {"zh": "履行职责所需", "en": "Needed for official duties"}
_PERSONAL = {"zh": "含个人信息", "en": "Holds personal data"}
_CLOSED = {"type": "none", "reason": _PERSONAL, "basis": _LAW}


def _agency(name: str, function: str, code: str, **more: Any) -> dict[str, Any]:
    return {
        "id": name,
        "name": {"zh": f"示例市{name}"},
        "short_name": {"zh": name},
        "credit_code": code,
        "legal_kind": "administrative_organ",
        "functions": [function],
        "tier": "city",
        "division_code": "329900",
        "node": "city",
        "valid": {"from": "2019-01-10"},
        "posts": _POSTS,
        "duties": [{"id": "registering", "name": {"zh": "登记"}}],
        "systems": [{"id": "registers", "name": {"zh": "登记系统"}}],
        **more,
    }


def _resource(
    agency: str, name: str, number: int, subject: str, columns: list[dict[str, Any]]
) -> dict[str, Any]:
    return {
        "id": f"{agency}.{name}",
        "code": f"3073290001/{number:06}",
        "name": {"zh": name},
        "summary": {"zh": name},
        "class": "department",
        "categories": [agency],
        "agencies": {"collecting": agency, "reviewing": agency, "providing": agency},
        "duty": "registering",
        "system": "registers",
        "obtained_by": "collected",
        "form": "structured",
        "format": "database",
        "subject": subject,
        "grain": {"zh": "每行一个主体"},
        "key": [columns[0]["name"]],
        "collected": {"at": "recorded_on", "place": "329900"},
        "covers": {"divisions": ["329900"]},
        "update": {"frequency": "weekly"},
        "secrecy": {
            "state": "not_secret",
            "reviewed": {"on": "2026-03-02", "post": "reviewer", "valid_to": "2027-03-01"},
        },
        "level": {
            "national": "general",
            "grade": 2,
            "object": "organisations_and_persons",
            "harm": "general",
        },
        "use_requirements": {"zh": "不得提供给第三方"},
        "share": {
            "type": "conditional",
            "reason": _PERSONAL,
            "basis": _LAW,
            "condition": _OFFICE,
            "modes": ["service"],
        },
        "open": {"type": "open_to_all"},
        "source": {"path": f"{agency}/{name}_*.csv"},
        "columns": [*columns, {"name": "recorded_on", "zh": "登记日期", "type": "date", "required": True}],
    }


def _decided(**entry: Any) -> dict[str, Any]:
    decided = {"by": "authority", "doc_no": "示数发〔2025〕3号", "on": "2025-12-20"}
    return {"scope": {}, "valid": {"from": "2026-01-01"}, "decided": decided, **entry}


def _credit_code() -> dict[str, Any]:
    return {
        "name": "credit_code",
        "zh": "统一社会信用代码",
        "type": "credit_code",
        "required": True,
        "element": "org_credit_code",
        "base": "organisation.credit_code",
    }


def _good() -> dict[str, Any]:
    name = {
        "name": "entity_name",
        "zh": "名称",
        "from": ["企业名称"],
        "type": "text",
        "required": True,
        "element": "org_name",
        "base": "organisation.name",
        "sensitive_when": "entity_kind = 'individual'",
    }
    kind = {"name": "entity_kind", "zh": "类型", "type": "code", "codes": "entity_kind"}
    phone = {"name": "phone", "zh": "联系电话", "type": "phone", "open": _CLOSED}
    count = {
        "name": "insured_count",
        "zh": "参保人数",
        "type": "integer",
        "base": "organisation.insured_count",
    }
    unit = {"name": "unit_name", "zh": "单位名称", "type": "text", "base": "organisation.name"}
    citizen = {
        "name": "citizen_id",
        "zh": "公民身份号码",
        "type": "citizen_id",
        "required": True,
        "base": "person.citizen_id",
    }
    person = {"name": "name", "zh": "姓名", "type": "person_name", "base": "person.name"}
    market = _resource("market", "registration", 1, "organisation", [_credit_code(), name, kind, phone])
    market["rules"] = [
        {
            "id": "recorded_not_in_future",
            "check": "not_future",
            "columns": ["recorded_on"],
            "indicator": "0501",
        }
    ]
    market["source"] |= {"slice": r"(?P<year>\d{4})", "issued": r"(\d{8})\.csv$", "encoding": "gb18030"}
    household = _resource("police", "household", 3, "person", [citizen, person])
    household["open"] = _CLOSED
    return {
        "agencies/bureau.yml": _agency(
            "bureau", "data_administration", "11329900009000111P", roles=["authority", "operator"]
        ),
        "agencies/market.yml": _agency("market", "market_regulation", "11329900009000015E", under="bureau"),
        "agencies/labour.yml": _agency("labour", "human_resources", "1232990000900012XC"),
        "agencies/police.yml": _agency("police", "public_security", "1232990000900012XC"),
        "resources/market/registration.yml": market,
        "resources/labour/units.yml": _resource(
            "labour", "units", 2, "organisation", [_credit_code(), unit, count]
        ),
        "resources/police/household.yml": household,
        "source_register/organisation.yml": {
            "base": "organisation",
            "entity": "organisation",
            "entries": [
                _decided(
                    attribute=["credit_code", "name"],
                    scope={"registrar": "9"},
                    source="market.registration",
                    statute="xinjiang.organisation.market_entity_registration",
                    compare=["labour.units"],
                ),
                _decided(attribute=["insured_count"], source="labour.units"),
            ],
        },
        "source_register/population.yml": {
            "base": "population",
            "entity": "person",
            "entries": [
                _decided(
                    attribute=["citizen_id", "name"],
                    source="police.household",
                    statute="xinjiang.person.household_registration",
                )
            ],
        },
        "joint_collections/insured_persons.yml": {
            "id": "insured_persons",
            "item": {"zh": "参保人数"},
            "resources": ["labour.units"],
            "lead": "labour",
            "members": [
                {"agency": "labour", "duty": {"zh": "采集参保登记"}},
                {"agency": "market", "duty": {"zh": "采集从业人数"}, "scope": {"zh": "企业"}},
            ],
            "agreed": {"doc_no": "示人社发〔2025〕8号", "on": "2025-12-01"},
            "valid": {"from": "2026-01-01"},
        },
        "datasets/entities.yml": {
            "id": "entities",
            "title": {"zh": "市场主体"},
            "summary": {"zh": "市场主体名录"},
            "agency": "market",
            "entry": "market.registration",
            "kind": "list",
            "open_type": "open_to_all",
            "categories": ["market"],
            "update_frequency": "weekly",
            "sources": ["market.registration"],
            "columns": [{"name": "entity_name", "zh": "名称"}, {"name": "entity_kind", "zh": "类型"}],
        },
    }


class CatalogueFiles:
    """Hold the files' contents, let a test change them, write and check them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bodies = copy.deepcopy(_good())

    def __getitem__(self, name: str) -> dict[str, Any]:
        body: dict[str, Any] = self.bodies[name]
        return body

    def copied(self, name: str, new: str, change: Callable[[dict[str, Any]], None]) -> None:
        """Add a changed copy of a file."""
        self.bodies[new] = copy.deepcopy(self.bodies[name])
        change(self.bodies[new])

    def draft(self) -> Draft:
        """Write every file and load the folder."""
        for name, body in self.bodies.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            # Aliases are refused by the catalogue's reader, so equal parts are written out.
            path.write_text(
                yaml.dump(body, Dumper=_Plain, allow_unicode=True, sort_keys=False), encoding="utf-8"
            )
        lists = self.folder / "code_lists"
        lists.mkdir(exist_ok=True)
        (lists / "entity_kind.csv").write_text(
            "code,name\nenterprise,企业\nindividual,个体\n", encoding="utf-8"
        )
        (lists / "divisions.csv").write_text("code,name,level\n329900,示例市,city\n", encoding="utf-8")
        return load_draft(self.folder)

    def inspection(self, profile: str) -> Inspection:
        """Return what a single check is given."""
        return Inspection(self.draft(), load_profile(profile), AS_OF, KNOWN_CHECKS)

    def checked(self, profile: str = "yancheng") -> list[CheckedFault]:
        """Return what the checks report."""
        return check_catalogue(self.draft(), load_profile(profile), AS_OF, KNOWN_CHECKS)


class _Plain(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CatalogueFiles:
    """Give a catalogue without faults in a folder of its own, with its own short code lists only."""
    monkeypatch.setattr("resource_catalogue.catalogue.SHIPPED", tmp_path / "nothing_shipped")
    return CatalogueFiles(tmp_path / "catalogue")
