"""The catalogue's draft files as one object: agencies, resources, registers, datasets, joint collections, code lists.

Here: loading a deployment's ``catalogue/`` folder with every fault at its line. Not here: whether the loaded entries
agree with each other and with the profile (``catalogue_check.py``) or count (``release.py``).
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from resource_catalogue.agency import Agency
from resource_catalogue.code_list import SHIPPED, CodeList, load_code_lists
from resource_catalogue.dataset import Dataset
from resource_catalogue.faults import CatalogueFault, FaultyCatalogue
from resource_catalogue.joint_collection import JointCollection
from resource_catalogue.resource import Resource
from resource_catalogue.source_register import SourceRegister
from resource_catalogue.yaml_source import YamlSource, faults_of, load_yaml

Entry = TypeVar("Entry", bound=BaseModel)


@dataclass(frozen=True)
class Catalogue:
    """Hold all entries by id, in order of id."""

    agencies: dict[str, Agency] = field(default_factory=dict)
    resources: dict[str, Resource] = field(default_factory=dict)
    registers: dict[str, SourceRegister] = field(default_factory=dict)
    datasets: dict[str, Dataset] = field(default_factory=dict)
    code_lists: dict[str, CodeList] = field(default_factory=dict)
    joint_collections: dict[str, JointCollection] = field(default_factory=dict)

    def agencies_of(self, function: str) -> list[Agency]:
        """List the agencies that have a function."""
        return [agency for agency in self.agencies.values() if function in agency.functions]

    def agencies_with_role(self, role: str) -> list[Agency]:
        """List the agencies that act as authority, operator, provider or consumer."""
        return [agency for agency in self.agencies.values() if role in agency.roles]


@dataclass
class Draft:
    """Hold a catalogue as its files say it, the files by entry, and the faults met while reading.

    Attributes:
        sources: File of each entry by ``(kind, id)``.
    """

    catalogue: Catalogue
    sources: dict[tuple[str, str], YamlSource]
    faults: list[CatalogueFault]


def load_draft(folder: Path) -> Draft:
    """Read every file of a ``catalogue/`` folder; faulty files are left out and reported, all of them."""
    draft = Draft(Catalogue(code_lists=load_code_lists(SHIPPED, folder / "code_lists")), {}, [])
    known = draft.catalogue
    _load(draft, folder, "agencies/*.yml", Agency, "agency", known.agencies)
    _load(draft, folder, "resources/*/*.yml", Resource, "resource", known.resources)
    _load(draft, folder, "source_register/*.yml", SourceRegister, "register", known.registers)
    _load(draft, folder, "datasets/*.yml", Dataset, "dataset", known.datasets)
    _load(
        draft, folder, "joint_collections/*.yml", JointCollection, "joint_collection", known.joint_collections
    )
    return draft


def entry_id(entry: BaseModel) -> str:
    """Return the id of an entry; a source register's is its base."""
    return str(getattr(entry, "id", None) or getattr(entry, "base", ""))


def _load(
    draft: Draft, folder: Path, pattern: str, shape: type[Entry], kind: str, into: dict[str, Entry]
) -> None:
    for path in sorted(folder.glob(pattern)):
        try:
            source = load_yaml(path)
            entry = shape.model_validate(source.data)
        except FaultyCatalogue as error:
            draft.faults.extend(error.faults)
            continue
        except ValidationError as error:
            draft.faults.extend(faults_of(error, source))
            continue
        if entry_id(entry) in into:
            draft.faults.append(
                source.fault(
                    ("id",),
                    f"{entry_id(entry)} twice",
                    "一个标识一个文件 / one file per id",
                    "改名 / rename one",
                )
            )
            continue
        into[entry_id(entry)] = entry
        draft.sources[kind, entry_id(entry)] = source
