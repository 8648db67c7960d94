"""The status of a deployment as plain data: what ``civiclake status --json`` gives and pages are made from.

Here: one dictionary in a fixed shape and order, so that two equal states give equal text. Not here: any
value of a data row.
"""

from typing import Any

from casework.state import State
from casework.tasks import list_tasks
from ingestion.deliveries import deliveries_of
from ingestion.fetching import source_states
from ingestion.whole_files import files_held_back
from lake import Lake
from lake.tables import FINDINGS, OPENED
from reporting.places import below_home, file_below_home
from reporting.queries import rows
from resource_catalogue.deployment import Deployment
from resource_catalogue.release import Release

_FINDINGS_SQL = f"""
select rule_id as rule, indicator, severity, agency_id as agency, resource_id as resource, count(*) as count
from {FINDINGS} group by all order by agency, resource, rule, severity, indicator
"""


def status(
    deployment: Deployment, lake: Lake, state: State | None = None, release: Release | None = None
) -> dict[str, Any]:
    """Return where the deployment stands.

    Args:
        deployment: Whose files are named relative to it.
        lake: Its tables.
        state: Operational state; null where there is none yet.
        release: Current catalogue release; null before the first.

    Returns:
        ``release`` (number), ``profile`` (``id``, ``version``, ``status`` on the day of ``as_of``),
        ``sources`` on other machines, if any was asked (``fault`` is empty where all is well),
        ``held_back``: what files of the inbox wait for by their manifests, if any does,
        ``deliveries`` (row counts ``received``, ``loaded``, ``rejected``), ``tables`` (Delta version, rows),
        ``findings`` (per rule with findings, their number), ``tasks`` (``rows`` of the current round),
        ``opened`` datasets. Files are relative to the deployment.
    """
    return {
        "release": release.number if release else None,
        "profile": _profile(deployment, release),
        **({"sources": asked} if (asked := _sources(deployment, release)) else {}),
        **({"held_back": held} if (held := _held_back(deployment, lake, release)) else {}),
        "deliveries": _deliveries(deployment, lake),
        "tables": [
            {"name": str(table), "version": lake.version(table), "rows": lake.row_count(table)}
            for table in lake.tables()
        ],
        "findings": rows(lake, _FINDINGS_SQL, FINDINGS),
        "tasks": _tasks(state) if state else [],
        "opened": _opened(deployment, lake),
    }


def opened_files(deployment: Deployment, dataset: str, files: list[str] | None) -> list[str]:
    """Return the files of an opened dataset, relative to the deployment."""
    folder = deployment.var / "open" / dataset
    return [below_home(deployment, folder / name) for name in sorted(files or [])]


def _profile(deployment: Deployment, release: Release | None) -> dict[str, Any]:
    if release is None:
        return {"id": deployment.settings.profile, "version": None, "status": None}
    day = deployment.as_of.astimezone(deployment.settings.zone()).date()
    profile = release.profile
    return {"id": profile.id, "version": profile.version, "status": profile.status_on(day)}


def _held_back(deployment: Deployment, lake: Lake, release: Release | None) -> list[str]:
    resources = release.listed_resources() if release else []
    return files_held_back(deployment, lake, resources, deployment.as_of)


def _sources(deployment: Deployment, release: Release | None) -> list[dict[str, Any]]:
    return [
        {
            "resource": state.resource_id,
            "connector": state.connector,
            "tried_at": state.tried_at,
            "succeeded_at": state.succeeded_at,
            "files": state.files,
            "fault": state.fault,
        }
        for state in (source_states(deployment, release.listed_resources()) if release else ())
    ]


def _deliveries(deployment: Deployment, lake: Lake) -> list[dict[str, Any]]:
    return [
        {
            "agency": row["agency_id"],
            "resource": row["resource_id"],
            "slice": row["slice"],
            "file": file_below_home(deployment, row["file_name"]),
            "id": row["delivery_id"],
            "received": row["rows_received"],
            "loaded": row["rows_loaded"],
            "rejected": row["rows_rejected"],
            "state": row["state"],
            "reason": row["reason"] or "",
        }
        for row in deliveries_of(lake).to_dicts()
    ]


def _tasks(state: State) -> list[dict[str, Any]]:
    return [
        {
            "id": task.id,
            "agency": task.agency,
            "resource": task.resource,
            "rule": task.rule,
            "state": task.state,
            "opened_at": task.opened_at.isoformat(),
            "due_on": task.due_on.isoformat() if task.due_on else None,
            "due_basis": task.due_basis,
            "article": task.article,
            "rows": task.rows,
        }
        for task in list_tasks(state)
    ]


def _opened(deployment: Deployment, lake: Lake) -> list[dict[str, Any]]:
    """List what lies open now: a dataset that was refused since keeps its earlier publication."""
    sql = f'select dataset, "rows", k, files from {OPENED} where len(files) > 0 order by dataset'
    return [
        {**row, "files": opened_files(deployment, row["dataset"], row["files"])}
        for row in rows(lake, sql, OPENED)
    ]
