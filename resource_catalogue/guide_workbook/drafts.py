"""What was read from a workbook, brought into the draft's files: written, left as it was, found on one side only.

Here: comparing with the draft, checking the result, writing. Not here: the text of one file (``entry_file.py``).
Nothing is deleted, and nothing is written unless every file can be.
"""

import dataclasses
import datetime as dt
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from resource_catalogue.catalogue import Draft, load_draft
from resource_catalogue.catalogue_check import check_catalogue
from resource_catalogue.errors import NotFoundError, own_place
from resource_catalogue.faults import CatalogueFault, FaultyCatalogue
from resource_catalogue.guide_workbook.entry_file import new_text, updated_text
from resource_catalogue.inspection import CheckedFault
from resource_catalogue.profile import Profile
from resource_catalogue.resource import Resource


@dataclass(frozen=True)
class ImportPlan:
    """Say what an import does to the catalogue's files.

    Attributes:
        folder: The ``catalogue/`` folder.
        added: Text of each new file by path.
        changed: New text of each changed file by path.
        unchanged: Files that say the same already; they stay as they are.
        only_in_catalogue: The agency's entries that the workbook does not have; they stay.
        of_others: Entries of other agencies in the workbook; they are passed over.
    """

    folder: Path
    added: Mapping[Path, str]
    changed: Mapping[Path, str]
    unchanged: tuple[Path, ...]
    only_in_catalogue: tuple[str, ...]
    of_others: tuple[str, ...]

    @property
    def texts(self) -> dict[Path, str]:
        """Return the text of every file that is to be written."""
        return {**self.added, **self.changed}


def plan_import(draft: Draft, folder: Path, agency: str, resources: Mapping[str, Resource]) -> ImportPlan:
    """Compare an agency's entries of a workbook with the draft.

    Raises:
        NotFoundError: There is no such agency.
        FaultyCatalogue: Files of the agency cannot be read, so that nobody knows what would be lost.
    """
    if agency not in draft.catalogue.agencies:
        known = ", ".join(sorted(draft.catalogue.agencies))
        raise NotFoundError(
            f"--agency {agency}", "没有此机构 / no such agency", known, "选用其一 / choose one"
        )
    unread = [fault for fault in draft.faults if fault.file.parent == folder / "resources" / agency]
    if unread:
        raise FaultyCatalogue(unread)
    own = {entry: one for entry, one in resources.items() if entry.split(".")[0] == agency}
    added, changed, unchanged = {}, {}, []
    for entry, after in own.items():
        before = draft.catalogue.resources.get(entry)
        if before is None:
            added[_new_path(draft, folder, entry)] = new_text(after)
        elif before == after:
            unchanged.append(draft.sources["resource", entry].path)
        else:
            source = draft.sources["resource", entry]
            changed[source.path] = updated_text(source, before, after)
    theirs = (entry for entry in draft.catalogue.resources if entry.split(".")[0] == agency)
    return ImportPlan(
        folder, added, changed, tuple(unchanged),
        tuple(entry for entry in theirs if entry not in own),
        tuple(entry for entry in resources if entry not in own),
    )  # fmt: skip


def check_plan(
    plan: ImportPlan, profile: Profile, as_of: dt.date, known_checks: frozenset[str]
) -> list[CheckedFault]:
    """Check the catalogue as it would be, in a copy; faults name the files as they will lie."""
    with TemporaryDirectory() as scratch:
        copy = Path(scratch) / "catalogue"
        with own_place(plan.folder):
            shutil.copytree(plan.folder, copy)
        for path, text in plan.texts.items():
            place = copy / path.relative_to(plan.folder)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, encoding="utf-8")
        checked = check_catalogue(load_draft(copy), profile, as_of, known_checks)
        return [_as_will_lie(remark, copy, plan.folder) for remark in checked]


def write_plan(plan: ImportPlan) -> None:
    """Write the files: all of them beside their places first, then each in one step.

    Raises:
        SettingError: A file cannot be written.
    """
    drafts = {path: path.with_name(f".{path.name}.{os.getpid()}") for path in plan.texts}
    try:
        for path, draft in drafts.items():
            with own_place(path):
                path.parent.mkdir(parents=True, exist_ok=True)
                draft.write_text(plan.texts[path], encoding="utf-8")
        for path, draft in drafts.items():
            with own_place(path):
                draft.replace(path)
    finally:
        for draft in drafts.values():
            draft.unlink(missing_ok=True)


def _new_path(draft: Draft, folder: Path, entry: str) -> Path:
    """Return where a new entry's file goes; a file of that name with another entry is never written over."""
    agency, name = entry.split(".")
    path = folder / "resources" / agency / f"{name}.yml"
    if path.exists():
        other = next((one for (_, one), source in draft.sources.items() if source.path == path), "")
        fault = CatalogueFault(
            path, 0, "", f"文件中是另一条目 / the file holds another entry: {other}", entry,
            "改文件名或条目标识 / rename the file or the entry",
        )  # fmt: skip
        raise FaultyCatalogue([fault])
    return path


def _as_will_lie(remark: CheckedFault, copy: Path, folder: Path) -> CheckedFault:
    file = remark.fault.file
    if copy in file.parents:
        file = folder / file.relative_to(copy)
    return dataclasses.replace(remark, fault=dataclasses.replace(remark.fault, file=file))
