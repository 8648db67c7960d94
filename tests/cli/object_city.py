"""A small city that keeps certificates as objects, and has registers on paper."""

import datetime as dt
import io
import zipfile
from pathlib import Path
from typing import Any

from reporting_city import AS_OF, an_agency
from reporting_city import a_resource as a_table

from ingestion.ingest import ingest_resource
from lake import Lake
from lake.releases import publish
from resource_catalogue.catalogue import Catalogue
from resource_catalogue.deployment import Deployment
from resource_catalogue.profile import load_profile
from resource_catalogue.release import Release
from resource_catalogue.resource import Resource
from resource_catalogue.sources.objects import NEEDED, OBJECT_COLUMNS

CERTIFICATES, PAPER, UNPLANNED = "market.certificates", "police.old_registers", "police.older_registers"
HOLDER = "植入标记甲"
CITIZEN = "11010519491231002X"
FIRST, SECOND = b"%PDF-1.7 first", b"%PDF-1.7 second"


def a_resource(name: str, form: str, **more: Any) -> Resource:
    """Declare an entry of objects, or one on paper."""
    number = {"name": "number", "zh": "证照编号", "type": "text", "required": True}
    holder = {"name": "holder", "zh": "持有人证件号码", "type": "citizen_id", "base": "person.citizen_id"}
    own = [{"name": one, "zh": one, "type": OBJECT_COLUMNS[one]} for one in NEEDED]
    objects = {"index": "清单.csv", "file": "文件"}
    source = {"path": f"{name.replace('.', '/')}*", "rows": "objects", "objects": objects}
    return a_table(name, "none", [number, holder, *own], form=form, source=source, **more)


def released(lake: Lake, form_of_paper: str = "non_digital") -> Release:
    """Publish the catalogue."""
    plan = {
        "due_on": "2026-03-20",
        "by": "bureau",
        "state": "under_way",
        "volume": {"pages": 12000, "metres": 3.5},
    }
    roles = {"bureau": ["authority", "operator"]}
    agencies = [
        an_agency(name, roles=roles.get(name, ["provider"]))
        for name in ("bureau", "market", "police", "labour")
    ]
    resources = [
        a_resource(CERTIFICATES, "certificate"),
        a_resource(PAPER, form_of_paper, digitisation=plan),
        a_resource(UNPLANNED, "non_digital"),
    ]
    catalogue = Catalogue(
        agencies={one.id: one for one in agencies}, resources={one.id: one for one in resources}
    )
    published = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
    return publish(
        lake, catalogue, load_profile("yancheng"), published, "bureau/registrar", "bureau/reviewer"
    )


def build_city(home: Path) -> Deployment:
    """Take in one archive of two certificates."""
    toml = {
        "profile": '"yancheng"', "as_of": f'"{AS_OF.isoformat()}"', "[ingestion]": "", "inbox": '"feeds"',
        "arrival": '"folder"', "[engine]": "", "threads": "1",
    }  # fmt: skip
    home.mkdir()
    lines = (name if name.startswith("[") else f"{name} = {value}" for name, value in toml.items())
    (home / "civiclake.toml").write_text("\n".join(lines), encoding="utf-8")
    deployment = Deployment.open(home)
    rows = f"证照编号,持有人证件号码,文件\nA1,{CITIZEN},{HOLDER}{CITIZEN}.pdf\nA2,,b.pdf\nA3,,gone.pdf\n"
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, body in ((f"{HOLDER}{CITIZEN}.pdf", FIRST), ("b.pdf", SECOND), ("清单.csv", rows)):
            archive.writestr(name, body)
    path = deployment.inbox / "2026-03-16" / "market" / "certificates_1.zip"
    path.parent.mkdir(parents=True)
    path.write_bytes(content.getvalue())
    lake = Lake.of(deployment)
    release = released(lake)
    ingest_resource(lake, deployment, release, CERTIFICATES, AS_OF)
    return deployment
