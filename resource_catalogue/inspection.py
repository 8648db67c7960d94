"""What a check of the catalogue sees and reports: draft, profile and day; remarks at a file's line.

Here: the view that every check of ``checks/`` gets, and the remarks it gives back. Not here: any one check,
nor the order in which they run (``catalogue_check.py``).
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import BaseModel

from resource_catalogue.agency import Agency
from resource_catalogue.catalogue import Catalogue, Draft
from resource_catalogue.dataset import Dataset
from resource_catalogue.faults import CatalogueFault
from resource_catalogue.joint_collection import JointCollection
from resource_catalogue.profile import Profile
from resource_catalogue.resource import Resource
from resource_catalogue.source_register import SourceRegister
from resource_catalogue.yaml_source import Place, YamlSource

EntryKind = Literal["agency", "resource", "register", "dataset", "joint_collection"]
Entry = TypeVar("Entry", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class CheckedFault:
    """Hold one remark of a check.

    Attributes:
        severity: ``error`` forbids publishing; ``note`` is for the authority to decide and forbids nothing.
        fault: Place, what was found, what was expected, what to do.
    """

    severity: Literal["error", "note"]
    fault: CatalogueFault

    def __str__(self) -> str:
        word = {"error": "错误 error", "note": "提示 note"}[self.severity]
        return f"[{word}] {self.fault}"


@dataclass(frozen=True)
class EntryFile:
    """Report remarks at places of one entry's file."""

    source: YamlSource

    @property
    def path(self) -> Path:
        """Return the file's path."""
        return self.source.path

    def refuse(self, place: Place, found: str, expected: str, remedy: str) -> CheckedFault:
        """Return an error at a place; the nearest key above it is named where the file lacks the place."""
        return CheckedFault("error", self._fault(place, found, expected, remedy))

    def note(self, place: Place, found: str, expected: str, remedy: str) -> CheckedFault:
        """Return a note at a place."""
        return CheckedFault("note", self._fault(place, found, expected, remedy))

    def _fault(self, place: Place, found: str, expected: str, remedy: str) -> CatalogueFault:
        return self.source.fault(self.source.nearest(place), found, expected, remedy)


@dataclass(frozen=True)
class Inspection:
    """Give a check all that it may look at.

    Attributes:
        as_of: Day for which validity is judged.
        known_checks: Names of the checks that the expectations room can run.
    """

    draft: Draft
    profile: Profile
    as_of: dt.date
    known_checks: frozenset[str]

    @property
    def catalogue(self) -> Catalogue:
        """Return the entries that could be read."""
        return self.draft.catalogue

    @property
    def folder(self) -> Path:
        """Return the ``catalogue/`` folder, for remarks on files that should exist."""
        for (kind, _), source in sorted(self.draft.sources.items()):
            return source.path.parents[2 if kind == "resource" else 1]
        return Path("catalogue")

    def agencies(self) -> Iterator[tuple[Agency, EntryFile]]:
        """Yield every agency with its file."""
        return self._with_file("agency", self.catalogue.agencies)

    def resources(self) -> Iterator[tuple[Resource, EntryFile]]:
        """Yield every resource with its file."""
        return self._with_file("resource", self.catalogue.resources)

    def registers(self) -> Iterator[tuple[SourceRegister, EntryFile]]:
        """Yield every source register with its file."""
        return self._with_file("register", self.catalogue.registers)

    def datasets(self) -> Iterator[tuple[Dataset, EntryFile]]:
        """Yield every dataset with its file."""
        return self._with_file("dataset", self.catalogue.datasets)

    def joint_collections(self) -> Iterator[tuple[JointCollection, EntryFile]]:
        """Yield every registered joint collection with its file."""
        return self._with_file("joint_collection", self.catalogue.joint_collections)

    def file(self, kind: EntryKind, entry_id: str) -> EntryFile:
        """Return the file of an entry; raise KeyError where there is none."""
        return EntryFile(self.draft.sources[kind, entry_id])

    def is_absent(self, kind: Literal["agency", "resource"], entry_id: str) -> bool:
        """Tell whether no file declares an entry.

        A file that could not be read has its own faults already; what refers to it is not reported as well.
        """
        known: Mapping[str, BaseModel] = (
            self.catalogue.agencies if kind == "agency" else self.catalogue.resources
        )
        folder, _, stem = entry_id.rpartition(".")
        unread = {(fault.file.parent.name, fault.file.stem) for fault in self.draft.faults}
        return entry_id not in known and (folder or "agencies", stem) not in unread

    def _with_file(self, kind: EntryKind, entries: Mapping[str, Entry]) -> Iterator[tuple[Entry, EntryFile]]:
        return ((entry, self.file(kind, entry_id)) for entry_id, entry in entries.items())
