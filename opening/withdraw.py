"""Withdraw what may no longer lie open: files, table and record (撤回; Yancheng a28, Xinjiang a30, Weihai a30).

Here: the causes and the effect. Not here: the rules behind the causes (``masking``), and who may demand a withdrawal.

What goes, and what stays:

- A dataset goes whose own entry, or the entry of a source, is suspended, retired or gone, or whose open type the
  release no longer admits; so does a publication that holds a column that was closed since, lies open under a looser
  type than the present one, or has cells smaller than are asked now. This is asked in every run (``withdraw_closed``),
  whether or not a new version can be made.
- A new version that is refused for its content says nothing against the one before, which was scanned in full when it
  was published: it stays. It goes if today's scan finds in the old files too what they may not hold, or if the files
  are not those that were published.

The event and the record are written first and the effects follow, each repeatable: a killed withdrawal is finished by
the next run, and told once. The earlier data leave the table's history too; the record keeps the event. When the
entry is listed again, the dataset is opened again as if for the first time.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from lake import Commit, Lake
from lake.engine import engine_errors
from masking.decision import Decision, judge_content
from masking.entry_rules import standing_refusals
from masking.published import columns_today, published_refusals
from masking.refusal import Refusal, refuse
from opening.final_scan import scan_files
from opening.manifest import Json, published_of, read_manifest
from opening.record import (
    NOTHING_OPEN,
    record,
    record_withdrawal,
    recorded,
    recorded_datasets,
    withdrawal_id,
)
from opening.shelf import Shelf, shelved
from resource_catalogue.deployment import Deployment
from resource_catalogue.release import Release
from resource_catalogue.settings import OpeningSettings
from resource_catalogue.words import TableName

_WITHDRAWN = Commit(fingerprint="withdrawn")
"""The newest commit of a withdrawn table; when and why is in the record."""
_OPERATOR = ("报告平台运维", "report it to the platform's operator")
_BACK = ("删除或脱敏该字段，或退回提供机构核实", "drop or mask it, or send it back to the agency")


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """Say which dataset was withdrawn and why, never with a value."""

    dataset: str
    reason: str


def withdraw_closed(
    lake: Lake, release: Release, deployment: Deployment, as_of: dt.datetime
) -> list[Withdrawn]:
    """Withdraw every dataset that lies open although the release or the policy no longer admits it.

    Datasets that are not listed have no stage of their own in a run, so that this is asked once for all of them.

    Args:
        lake: The lake with the record.
        release: The catalogue release that is cited.
        deployment: Where the files lie, and its policy.
        as_of: Instant of the run.

    Returns:
        What was withdrawn now; nothing where all of it was withdrawn before.
    """
    root, found = deployment.var / "open", []
    tables = [table.name for table in lake.tables("open") if _has_data(lake, table)]
    for dataset in sorted({*recorded_datasets(lake), *shelved(root), *tables}):
        shelf = Shelf(root, dataset)
        causes = closed_causes(release, dataset, read_manifest(shelf.folder), deployment.settings.opening)
        is_unfinished = (recorded(lake, dataset) or {}).get("state") == "withdrawn"
        if (causes or is_unfinished) and withdraw(lake, release, shelf, causes, as_of):
            found.append(Withdrawn(dataset, _text(causes)))
    return found


def closed_causes(
    release: Release, dataset_id: str, manifest: Json | None, policy: OpeningSettings
) -> list[Refusal]:
    """List what the release and the policy hold against what lies open, its content not looked at."""
    standing = standing_refusals(release, dataset_id)
    dataset = release.catalogue.datasets.get(dataset_id)
    if manifest is None or dataset is None:
        return standing
    return [*standing, *published_refusals(release, dataset, published_of(manifest), policy)]


def content_causes(release: Release, shelf: Shelf, manifest_hash: str) -> list[Refusal]:
    """List what today's scan holds against the files that lie open; asked when a new version is refused.

    Args:
        release: Today's release, for what columns are declared to hold.
        shelf: The files.
        manifest_hash: Hash of the manifest as it was recorded.
    """
    if not shelf.folder.exists():
        return []
    manifest = shelf.manifest(manifest_hash)
    if manifest is None:
        reason = ("文件与公布时不符", "the files are not those that were published")
        return [refuse("", reason, _OPERATOR)]
    published = published_of(manifest)
    columns = columns_today(release, published)
    frame = _rows(shelf.folder, manifest)
    decision = Decision(published.dataset, published.kind, published.open_type, columns, published.k_reached)
    expected = {
        c.column.name: replace(c.expected, shape="numbers")
        if frame.schema[c.column.name].is_numeric()
        else c.expected
        for c in columns
    }
    found = [refuse(e.column, (e.text.zh, e.text.en), _BACK) for e in scan_files(shelf.folder, expected)]
    return list(dict.fromkeys([*judge_content(frame, decision), *found]))


def _rows(folder: Path, manifest: Json) -> pl.DataFrame:
    name = next(file["name"] for file in manifest["files"] if file["format"] == "parquet")
    with engine_errors(name):
        return pl.read_parquet(folder / name)


def withdraw(
    lake: Lake,
    release: Release,
    shelf: Shelf,
    causes: Sequence[Refusal],
    as_of: dt.datetime,
    reason: str | None = None,
) -> bool:
    """Take a dataset's files, rows and their history away, and record it.

    Args:
        lake: The lake with table and record.
        release: The release under which it is withdrawn.
        shelf: Its files.
        causes: Why.
        as_of: Instant of the run.
        reason: What the record says instead of the causes alone, such as the whole refusal of a new version.

    Returns:
        Whether anything lay open; if not, nothing is written.
    """
    dataset, table = shelf.dataset, TableName("open", shelf.dataset)
    before = recorded(lake, dataset) or _row_of(dataset, read_manifest(shelf.folder))
    if not (shelf.folder.exists() or before["files"] or _has_data(lake, table)):
        return False
    if before["state"] != "withdrawn":
        _tell(lake, release, before, shelf, _text(causes), as_of)
        now = {"release": release.number, "profile": release.profile.reference, "state": "withdrawn"}
        record(lake, {**before, **now, **NOTHING_OPEN, "reason": reason or _text(causes)})
    lake.erase(table, _WITHDRAWN)
    shelf.clear()
    return True


def _tell(lake: Lake, release: Release, before: Json, shelf: Shelf, reason: str, as_of: dt.datetime) -> None:
    """Record the event, with everything that the record said of the publication."""
    was = {name: before[name] for name in (*NOTHING_OPEN, "dataset", "open_type", "opened_at")}
    manifest_hash = before["manifest_hash"] or shelf.manifest_hash()
    event = {
        "withdrawal_id": withdrawal_id(before["dataset"], manifest_hash, release.number),
        "manifest_hash": manifest_hash,
        "opened_release": before["release"],
        "reason": reason,
        "withdrawn_at": as_of,
        "release": release.number,
        "profile": release.profile.reference,
    }
    record_withdrawal(lake, was | event)


def _row_of(dataset: str, manifest: Json | None) -> Json:
    """Describe what lies open without a record, as a killed run leaves it, by its manifest."""
    row: Json = {"dataset": dataset, **NOTHING_OPEN, "open_type": "", "opened_at": None}
    row |= {"release": None, "state": "opened"}
    if manifest is None:
        return row
    return row | {
        "rows": manifest["rows"],
        "k": manifest["minimum_cell"]["k_reached"],
        "files": [file["name"] for file in manifest["files"]],
        "open_type": manifest["open_type"]["type"],
        "opened_at": dt.datetime.fromisoformat(manifest["as_of"]),
        "release": manifest["catalogue_release"]["number"],
    }


def _text(causes: Sequence[Refusal]) -> str:
    return "\n".join(cause.text for cause in causes)


def _has_data(lake: Lake, table: TableName) -> bool:
    """Tell whether a table has rows to take away, in its history if not in its newest version."""
    last = lake.last_commit(table)
    return last is not None and (last.fingerprint != _WITHDRAWN.fingerprint or lake.has_history(table))
