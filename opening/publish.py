"""Open one dataset: decide, mask, apply the minimum cell, write table, files and manifest, scan, record.

Here: the order of steps and their idempotence. The same inputs write nothing; a kill at any point is made
good by the next run; a refused dataset is recorded as refused and stops no other dataset. What it published
before stays where the refusal concerns the new version only, and goes where it concerns that too
(``withdraw.py``). Not here: the rules, which are ``masking``'s.
"""

import datetime as dt
import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import polars as pl

from lake import Commit, Lake
from masking.decision import Decision, candidate, decide, masked
from masking.entry_rules import standing_refusals
from masking.mask_contract import MaskContext
from masking.protection import Protected, protect
from masking.refusal import DatasetRefused, refuse
from opening.files import in_order, write_files
from opening.final_scan import scan_files
from opening.manifest import (
    MANIFEST,
    Json,
    build_manifest,
    manifest_bytes,
    read_manifest,
    source_deliveries,
)
from opening.record import NOTHING_OPEN, record, recorded
from opening.shelf import Shelf
from opening.withdraw import closed_causes, content_causes, withdraw
from resource_catalogue.dataset import Dataset
from resource_catalogue.deployment import Deployment
from resource_catalogue.errors import CatalogueError
from resource_catalogue.release import Release, body_hash
from resource_catalogue.words import TableName

RULES_VERSION = "2"
"""Raised when masks, recognisers or files change, so that everything is decided and written anew."""
_KEY = "opening"
_BY_DAY = frozenset({"age_band"})
"""Masks whose values depend on the day of publication."""

State = Literal["opened", "unchanged", "refused", "withdrawn"]


@dataclass(frozen=True, slots=True)
class OpenedDataset:
    """Say what became of a dataset.

    Attributes:
        state: ``opened`` now, ``unchanged`` since the last time, ``refused`` with the previous publication kept,
            or ``withdrawn``: refused, and nothing of it lies open any more.
        rows: Rows published; those of the previous publication where refused.
        k: Smallest published cell; null where there are no cells.
        reason: Why it was refused, per column; never with a value.
        manifest: The published manifest; null where nothing lies open.
    """

    dataset: str
    state: State
    rows: int
    k: int | None
    reason: str
    manifest: Json | None


def open_dataset(
    lake: Lake,
    release: Release,
    deployment: Deployment,
    dataset_id: str,
    as_of: dt.datetime,
    candidate_sql: str,
) -> OpenedDataset:
    """Open one dataset, or record why it may not be opened.

    Args:
        lake: The lake with ``candidate.<dataset>``.
        release: The catalogue release that is cited.
        deployment: Where files and keys lie.
        dataset_id: Id of the dataset.
        as_of: Instant of the run.
        candidate_sql: The compiled query that built the candidate, over ``base.*`` and ``standard.*``.

    Raises:
        CatalogueError: The release has no such dataset.
        LakeError: The candidate is not built.
    """
    dataset = release.catalogue.datasets.get(dataset_id)
    if dataset is None:
        known = ", ".join(release.catalogue.datasets) or "-"
        raise CatalogueError(f"dataset {dataset_id}", "没有此数据集 / there is no such dataset", known)
    run = _Run(lake, release, deployment, dataset, as_of, candidate_sql)
    try:
        return run.open()
    except DatasetRefused as refusal:
        return run.refused(refusal)


@dataclass
class _Run:
    """Hold what every step of one dataset's opening needs."""

    lake: Lake
    release: Release
    deployment: Deployment
    dataset: Dataset
    as_of: dt.datetime
    candidate_sql: str

    def __post_init__(self) -> None:
        self.as_of = self.as_of.astimezone(self.deployment.settings.zone())
        self.table = TableName("open", self.dataset.id)
        self.shelf = Shelf(self.deployment.var / "open", self.dataset.id)

    def open(self) -> OpenedDataset:
        """Open the dataset unless it is open already from the same inputs.

        Raises:
            DatasetRefused: It may not be opened.
        """
        standing = standing_refusals(self.release, self.dataset.id)
        if standing:
            raise DatasetRefused(self.dataset.id, standing)
        frame = candidate(self.lake, self.dataset.id)
        sources = source_deliveries(self.lake, self.release, self.dataset)
        fingerprint = self._fingerprint(sources)
        context = self._context()
        published = self.shelf.manifest(self._recorded_hash())
        is_same = published is not None and published["decision"]["fingerprint"] == fingerprint
        if is_same and published and self.lake.is_current(self.table, Commit(fingerprint=fingerprint)):
            changed = self._record_opened(published)
            return self._answer("opened" if changed else "unchanged", published)
        settings = self.deployment.settings
        decision = decide(self.release, self.dataset, self.candidate_sql, self.lake, settings, context)
        protected = protect(masked(frame, decision, context), decision)
        return self._publish(decision, protected, sources, fingerprint)

    def _context(self) -> MaskContext:
        needs_key = any(column.mask == "keyed_pseudonym" for column in self.dataset.columns)
        key = self.deployment.key(_KEY) if needs_key else b""
        return MaskContext(self.as_of.date(), self.dataset.id, key)

    def _fingerprint(self, sources: list[Json]) -> str:
        """Hash everything that the publication is made from; the day only where a mask counts from it."""
        depends_on_day = any(column.mask in _BY_DAY for column in self.dataset.columns)
        settings = self.deployment.settings
        parts = {
            "rules": RULES_VERSION,
            "release": [self.release.number, self.release.hash],
            "state": self.release.states.get(self.dataset.id),
            "dataset": body_hash(self.dataset),
            "sql": self.candidate_sql,
            "rows": self.lake.row_hash(TableName("candidate", self.dataset.id)),
            "policy": settings.opening.model_dump(),
            "platform": settings.deployment.name.model_dump(),
            "sources": sources,
            "profile": self.release.profile.label(self.as_of.date()).model_dump(),
            "day": self.as_of.date().isoformat() if depends_on_day else None,
        }
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    def _publish(
        self, decision: Decision, protected: Protected, sources: list[Json], fingerprint: str
    ) -> OpenedDataset:
        """Draft the files, scan them, then put table, folder and record in place, in this order."""
        frame = in_order(protected.frame)
        with self.shelf.drafting() as draft:
            files = write_files(frame, draft, self.dataset.id)
            manifest = build_manifest(
                release=self.release,
                dataset=self.dataset,
                decision=decision,
                protected=protected,
                files=files,
                sources=sources,
                platform=self.deployment.settings.deployment.name,
                as_of=self.as_of,
                fingerprint=fingerprint,
            )
            (draft / MANIFEST).write_bytes(manifest_bytes(manifest))
            self._refuse_finds(draft, frame, decision)
            self._write_table(frame, fingerprint)
            self.shelf.put_in_place()
        self._record_opened(manifest)
        return self._answer("opened", manifest)

    def _refuse_finds(self, draft: Path, frame: pl.DataFrame, decision: Decision) -> None:
        """Refuse files in which identifiers are found although the content had none."""
        expected = {c.column.name: c.expected for c in decision.columns}
        for name, dtype in frame.schema.items():
            if dtype.is_numeric():
                expected[name] = replace(expected[name], shape="numbers")
        found = scan_files(draft, expected)
        if found:
            remedy = ("报告平台运维", "report it to the platform's operator")
            raise DatasetRefused(
                self.dataset.id, [refuse(e.column, (e.text.zh, e.text.en), remedy) for e in found]
            )

    def _write_table(self, frame: pl.DataFrame, fingerprint: str) -> None:
        commit = Commit(fingerprint=fingerprint)
        if not self.lake.is_current(self.table, commit):
            self.lake.overwrite(self.table, frame, commit)

    def _record_opened(self, manifest: Json) -> bool:
        """Record the publication; tell whether the record changed."""
        return record(
            self.lake,
            {
                "dataset": self.dataset.id,
                "rows": manifest["rows"],
                "k": manifest["minimum_cell"]["k_reached"],
                "open_type": manifest["open_type"]["type"],
                "manifest_hash": self.shelf.manifest_hash(),
                "files": [file["name"] for file in manifest["files"]],
                "state": "opened",
                "reason": "",
                "opened_at": dt.datetime.fromisoformat(manifest["as_of"]),
                "release": manifest["catalogue_release"]["number"],
                "profile": manifest["profile"]["id"],
            },
        )

    def refused(self, refusal: DatasetRefused) -> OpenedDataset:
        """Record a refusal; withdraw what was published before if anything speaks against that as well."""
        policy = self.deployment.settings.opening
        causes = closed_causes(self.release, self.dataset.id, read_manifest(self.shelf.folder), policy)
        causes += content_causes(self.release, self.shelf, self._recorded_hash())
        if causes and withdraw(self.lake, self.release, self.shelf, causes, self.as_of, refusal.reason):
            return self._not_opened("withdrawn", refusal)
        return self._not_opened(self._record_refused(refusal), refusal)

    def _record_refused(self, refusal: DatasetRefused) -> State:
        """Record why nothing new is opened; a withdrawn dataset stays withdrawn, under the release of that."""
        before = recorded(self.lake, self.dataset.id) or {**NOTHING_OPEN, "opened_at": None, "state": ""}
        row = before | {"dataset": self.dataset.id, "reason": refusal.reason}
        row["open_type"] = before.get("open_type") or self.dataset.open_type
        if before["state"] != "withdrawn":
            row |= {"state": "refused", "release": self.release.number}
            row |= {"profile": self.release.profile.reference}
        record(self.lake, row)
        return "withdrawn" if row["state"] == "withdrawn" else "refused"

    def _not_opened(self, state: State, refusal: DatasetRefused) -> OpenedDataset:
        row = recorded(self.lake, self.dataset.id) or NOTHING_OPEN
        manifest = self.shelf.manifest()
        return OpenedDataset(self.dataset.id, state, row["rows"], row["k"], refusal.reason, manifest)

    def _recorded_hash(self) -> str:
        row = recorded(self.lake, self.dataset.id)
        return str(row["manifest_hash"]) if row else ""

    def _answer(self, state: State, manifest: Json) -> OpenedDataset:
        return OpenedDataset(
            self.dataset.id, state, manifest["rows"], manifest["minimum_cell"]["k_reached"], "", manifest
        )
