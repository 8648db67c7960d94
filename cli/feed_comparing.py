"""Comparing a file with other agencies' data: who may, how often, and the record of it, before anything is printed.

Here: permission, bounds, the record of access, printing. Not here: the comparison (``ingestion/file_comparison.py``).
"""

import datetime as dt
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audit.durable import locked
from audit.record import AccessRecord
from audit.search import search
from audit.selection import Selection
from casework.actors import Actor, stands_for
from cli.output import say
from cli.recording import known_actor
from lake import Lake
from resource_catalogue.access_words import Access
from resource_catalogue.acting_bodies import bodies
from resource_catalogue.deployment import Deployment
from resource_catalogue.errors import DeliveryError, NotPermitted, SettingError
from resource_catalogue.release import Release
from resource_catalogue.resource import Resource
from resource_catalogue.subject_keys import ROW_KEY_NAME
from resource_catalogue.words import standard_table

if TYPE_CHECKING:
    from ingestion.file_comparison import Comparison

PURPOSE = "采集时比对 / comparing while collecting"
_DAY = dt.timedelta(days=1)
_MOST_RECORDS = 100_000


@dataclass(frozen=True)
class FileComparer:
    """Compare files of one resource in the name of who asks.

    Attributes:
        purpose: Why it is compared, for the record.
    """

    deployment: Deployment
    lake: Lake
    release: Release
    actor: Actor
    purpose: str

    @classmethod
    def of(
        cls, deployment: Deployment, lake: Lake, release: Release, actor: str, purpose: str
    ) -> "FileComparer":
        """Take who asks from the options.

        Raises:
            SettingError: Nobody is named, or no purpose.
            NotPermitted: There is no such agency or post.
        """
        who = known_actor(release, actor)
        if who is None or not purpose.strip():
            raise SettingError(
                "选项 / options --compare, --as, --purpose",
                "未说明以谁的名义或为何比对 / it is not said who compares, or why",
                "--as AGENCY/POST",
                "例如 / such as --as health/data_officer",
            )
        return cls(deployment, lake, release, who, purpose.strip())

    def compare(self, file: Path, resource: Resource) -> "Comparison":
        """Compare a file, remember what is told, and record the access; only then may it be printed.

        Raises:
            NotPermitted: Who asks is neither of the agency whose resource it is nor of the operator.
            DeliveryError: The agency has compared as often as it may in a day, or the file cannot be read.
            RecordNotWritten: The access could not be recorded.
        """
        from ingestion.compared_cells import ComparedCells
        from ingestion.file_comparison import compare_file

        try:
            self._check_permitted(resource)
        except NotPermitted:
            self._record_refusal(resource, "not_permitted")
            raise
        key = self.deployment.key(ROW_KEY_NAME)
        cells = ComparedCells(self.lake, resource.agency, self.deployment.as_of, key)
        # One at a time: what is told by one bounds what the next may ask.
        with locked(self.deployment.var):
            self._check_often(resource)
            found = compare_file(file, resource, self.lake, self.release, cells, key)
            cells.keep()
            AccessRecord.open(self.deployment).append(*self._accesses(resource, found))
        return found

    def agencies(self) -> dict[str, str]:
        """Return the names of all agencies by id."""
        named = self.release.catalogue.agencies.items()
        return {name: agency.name.zh for name, agency in named}

    def _check_permitted(self, resource: Resource) -> None:
        operators = bodies(self.release, "operator", self.deployment.as_of.date())
        if stands_for(self.release, self.actor.agency, resource.agency) or self.actor.agency in operators:
            return
        raise NotPermitted(
            f"--compare --resource {resource.id}",
            f"{self.actor}: 只有提供机构可比对 / may not compare files of this resource",
            f"{resource.agency}，或运营机构 / or the operator",
            "由该机构比对 / let that agency compare",
        )

    def _check_often(self, resource: Resource) -> None:
        most = self.deployment.settings.ingestion.comparisons_per_day
        since = self.deployment.as_of - _DAY
        asked = Selection(action="compare", result="answered", since=since)
        records = search(AccessRecord.open(self.deployment), self.lake, asked, _MOST_RECORDS)
        done = {one["request_id"] for one in records if _detail(one).get("file_of_agency") == resource.agency}
        if len(done) < most:
            return
        self._record_refusal(resource, "too_often")
        raise DeliveryError(
            f"--compare --resource {resource.id}",
            f"本机构 24 小时内已比对 {len(done)} 次 / the agency has compared {len(done)} times within 24 hours",
            f"≤ {most} (ingestion.comparisons_per_day)",
            "稍后再比对，或与有关机构协商 / compare later, or settle it with the agencies concerned",
        )

    def _record_refusal(self, resource: Resource, result: str) -> None:
        refused = Access(
            at=self.deployment.as_of,
            action="compare",
            result=result,
            agency_id=self.actor.agency,
            post=self.actor.post,
            purpose=self.purpose,
            entry=resource.id,
            request_id=secrets.token_hex(8),
        )
        AccessRecord.open(self.deployment).append(refused)

    def _accesses(self, resource: Resource, found: "Comparison") -> list[Access]:
        """Describe what was read: of each other resource its columns, and all rows of the file as rows."""
        by_other: dict[str, dict[str, str]] = {}
        for one in found.columns:
            for other, column in one.others:
                by_other.setdefault(other, {})[column] = one.column.name
        request, others = secrets.token_hex(8), by_other or {resource.id: {}}
        return [self._access(resource, found, request, *one) for one in others.items()]

    def _access(
        self, resource: Resource, found: "Comparison", request: str, other: str, columns: Mapping[str, str]
    ) -> Access:
        agency, table = self.release.resource(other).agency, standard_table(other)
        differing = sum(one.agency == agency for one in found.differences)
        return Access(
            at=self.deployment.as_of,
            action="compare",
            result="answered",
            agency_id=self.actor.agency,
            post=self.actor.post,
            purpose=self.purpose,
            entry=other,
            columns=tuple(columns),
            table=str(table),
            version=self.lake.version(table),
            rows=found.rows if columns else 0,
            request_id=request,
            detail={
                "file_of": resource.id,
                "file_of_agency": resource.agency,
                "file_columns": ",".join(dict.fromkeys(columns.values())),
                "cells_told_to_differ": str(differing),
            },
        )


def told(found: "Comparison", resource: Resource, agencies: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the cells that differ or were set aside, as ``--json`` prints them."""
    from ingestion.comparison_words import difference_words
    from ingestion.file_comparison import Difference

    words = [difference_words(cell, resource, agencies) for cell in found.cells()]
    return [
        {
            "line": one.cell.line,
            "sheet": one.cell.sheet,
            "column": one.cell.column,
            "label": one.label,
            "code": one.code,
            "agency": one.cell.agency if isinstance(one.cell, Difference) else None,
            "found": one.found,
            "remedy": one.remedy,
        }
        for one in words
    ]


def as_json(found: "Comparison", resource: Resource, agencies: Mapping[str, str]) -> dict[str, Any]:
    """Return the comparison as ``--json`` prints it: which columns were compared with whose, and the cells."""
    return {
        "rows": found.rows,
        "columns": {one.column.name: one.agencies for one in found.columns},
        "cells": told(found, resource, agencies),
    }


def print_comparison(found: "Comparison", resource: Resource, agencies: Mapping[str, str]) -> None:
    """Print the cells line by line, and what was compared."""
    if not found.columns:
        say("没有可比对的列 / no column of this resource is compared with other agencies' data")
        return
    cells = told(found, resource, agencies)
    for one in cells:
        sheet = f"{one['sheet']} " if one["sheet"] else ""
        where = f"{sheet}第 {one['line']} 行 / line {one['line']}, {one['label']}"
        say(f"[比对 compared] {where}: {one['found']}; {one['remedy']}")
    labels = ", ".join(one.column.zh for one in found.columns)
    say(
        f"比对 / compared: {found.rows} 行 / rows, 列 / columns {labels}; "
        f"{len(found.differences)} 处不一致 / cells differ, {len(found.set_aside)} 处未比对 / set aside"
    )


def _detail(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the detail of a record, which lines hold as an object or as text."""
    detail = record["detail"]
    found = json.loads(detail) if isinstance(detail, str) else detail
    return found if isinstance(found, dict) else {}
