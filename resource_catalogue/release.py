"""The catalogue release: the numbered, reviewed, frozen catalogue that every other room reads and cites.

Here: what a release is and how it is made from checked files. Not here: where it is stored (``lake/releases.py``).
"""

import datetime as dt
import hashlib
import json
from dataclasses import dataclass, field
from typing import Literal

from pydantic import BaseModel

from resource_catalogue.catalogue import Catalogue
from resource_catalogue.dataset import Dataset
from resource_catalogue.model import Label
from resource_catalogue.profile import Profile
from resource_catalogue.resource import Resource

EntryState = Literal["draft", "reviewed", "listed", "suspended", "retired"]
ENTRY_STATES: dict[EntryState, Label] = {
    "draft": Label(zh="草拟", en="draft"),
    "reviewed": Label(zh="已审核", en="reviewed"),
    "listed": Label(zh="已发布", en="listed"),
    "suspended": Label(zh="已暂停", en="suspended"),
    "retired": Label(zh="已停用", en="retired"),
}
"""States of a resource or dataset in a release; only listed ones are taken in, built and opened."""


@dataclass(frozen=True)
class Release:
    """Hold one catalogue release.

    Attributes:
        number: 1 for the first; 0 for a draft that was never published.
        hash: Hash over profile, entries and code lists: equal content, equal hash.
        states: State by entry id; only ``listed`` resources are ingested and only ``listed`` datasets opened.
    """

    number: int
    hash: str
    published_at: dt.datetime
    registered_by: str
    reviewed_by: str
    profile: Profile
    catalogue: Catalogue
    states: dict[str, EntryState] = field(default_factory=dict)

    def listed_resources(self) -> list[Resource]:
        """List the resources that count, in order of id."""
        return [r for r in self.catalogue.resources.values() if self.states.get(r.id) == "listed"]

    def listed_datasets(self) -> list[Dataset]:
        """List the datasets that may be opened, in order of id."""
        return [d for d in self.catalogue.datasets.values() if self.states.get(d.id) == "listed"]

    def resource(self, resource_id: str) -> Resource:
        """Return a resource of the release; raise KeyError where there is none."""
        return self.catalogue.resources[resource_id]

    def entry_hash(self, resource_id: str) -> str:
        """Return the hash of one resource's entry: what a stage built from it depends on."""
        return body_hash(self.catalogue.resources[resource_id])

    @property
    def citation(self) -> str:
        """Return how results cite the release and profile, such as ``3 (profile@1)``."""
        return f"{self.number} ({self.profile.id}@{self.profile.version})"


def body_json(entry: BaseModel) -> str:
    """Return an entry's canonical JSON, by alias, defaults left out."""
    body = entry.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return json.dumps(body, ensure_ascii=False, sort_keys=True)


def body_hash(entry: BaseModel) -> str:
    """Return the hash of an entry's canonical JSON."""
    return hashlib.sha256(body_json(entry).encode()).hexdigest()


def catalogue_hash(catalogue: Catalogue, profile: Profile) -> str:
    """Return one hash over the profile, all entries and all code lists."""
    parts = [body_hash(profile)]
    groups = (
        catalogue.agencies,
        catalogue.resources,
        catalogue.registers,
        catalogue.datasets,
        catalogue.joint_collections,
    )
    for group in groups:
        parts.extend(f"{key}={body_hash(entry)}" for key, entry in sorted(group.items()))
    parts.extend(f"{name}={codes.hash}" for name, codes in sorted(catalogue.code_lists.items()))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
