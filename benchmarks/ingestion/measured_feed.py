"""Say what the measured feed is, to the platform as a release of one resource and to the bare engine as a few columns.

Here: both declarations, side by side; a difference between them shows as different outputs. Not here: running either.
"""

import datetime as dt
from pathlib import Path
from typing import Any, Literal

from benchmarks.bare_feeds import BareColumn, BareFeed
from benchmarks.ingestion.made_rows import HEADER
from resource_catalogue.catalogue import Catalogue
from resource_catalogue.profile import load_profile
from resource_catalogue.release import Release
from resource_catalogue.resource import Resource

ARRIVAL = "2026-03-16"
AS_OF = dt.datetime(2026, 3, 16, 9, tzinfo=dt.timezone(dt.timedelta(hours=8)))
RESOURCE = "registry.entries"
FEED = BareFeed(
    RESOURCE, "registry/*.csv", "utf-8", ",", "entry_no", "registered_on",
    (
        BareColumn("entry_no", required=True), BareColumn("name"), BareColumn("credit_code", "credit_code"),
        BareColumn("operator_id", "citizen_id"), BareColumn("registered_on", "date"),
        BareColumn("ended_on", "date", date_format="%Y%m%d"), BareColumn("capital_cny", "money"), BareColumn("people"),
        BareColumn("status"), BareColumn("scope"),
    ), (),
)  # fmt: skip
"""The feed as the bare engine knows it: transcoded before, hence UTF-8."""
_PROFILE = "yancheng"
_SETTINGS = """profile = "{profile}"
as_of = "{as_of}"

[ingestion]
inbox = "{inbox}"
arrival = "folder"

[engine]
threads = {threads}
"""


def make_home(home: Path, inbox: Path, threads: int) -> Path:
    """Lay out a deployment that has never run, over an inbox that it shares with others."""
    home.mkdir(parents=True)
    text = _SETTINGS.format(
        profile=_PROFILE, as_of=AS_OF.isoformat(), inbox=inbox.as_posix(), threads=threads
    )
    (home / "civiclake.toml").write_text(text, encoding="utf-8")
    return home


def the_release(mode: Literal["snapshot", "append"]) -> Release:
    """Return a release that lists the one resource."""
    resource = the_resource(mode)
    catalogue = Catalogue(resources={resource.id: resource})
    published = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
    states: dict[str, Any] = {resource.id: "listed"}
    return Release(1, "benchmark", published, "r", "v", load_profile(_PROFILE), catalogue, states)


def the_resource(mode: Literal["snapshot", "append"]) -> Resource:
    """Declare the resource; what is a date, an amount or an identifier is so for the bare engine too."""
    label, agency = {"zh": "登记名录", "en": "Register"}, RESOURCE.split(".")[0]
    columns = [_column(one, zh) for one, zh in zip(FEED.columns, HEADER, strict=True)]
    return Resource.model_validate({
        "id": RESOURCE, "code": "3/1", "name": label, "summary": label, "class": "department", "categories": ["x"],
        "agencies": {"collecting": agency, "reviewing": agency, "providing": agency}, "obtained_by": "generated",
        "form": "structured", "format": "file", "subject": "none", "grain": label, "key": ["entry_no"],
        "update": {"frequency": "daily", "mode": mode}, "share": {"type": "none"}, "open": {"type": "none"},
        "source": {"path": FEED.files}, "columns": columns,
    })  # fmt: skip


def _column(column: BareColumn, zh: str) -> dict[str, Any]:
    formats = {"formats": [column.date_format]} if column.kind == "date" else {}
    return {"name": column.name, "zh": zh, "type": column.kind, "required": column.required, **formats}
