"""Check datasets: entry and sources exist, the entry may be opened at all, and no looser than its type says.

An agency opens its own entries (Putuo a18: no open listing of what one got from others); where the entry
names who opens, or the authority opens (Xinjiang a28), that agency may.
"""

from collections.abc import Iterator

from resource_catalogue.dataset import Dataset
from resource_catalogue.inspection import CheckedFault, EntryFile, Inspection
from resource_catalogue.model import STRICTNESS
from resource_catalogue.resource import Resource


def check(inspection: Inspection) -> Iterator[CheckedFault]:
    """Yield a refusal per dataset that may not be opened as declared."""
    for dataset, file in inspection.datasets():
        yield from _named(dataset, file, inspection)
        yield from _known_type(dataset, file, inspection)
        entry = inspection.catalogue.resources.get(dataset.entry or "")
        if entry:
            yield from _type(dataset, entry, file)
            yield from _opener(dataset, entry, file, inspection)


def _named(dataset: Dataset, file: EntryFile, inspection: Inspection) -> Iterator[CheckedFault]:
    named = [(("sources", index), source) for index, source in enumerate(dataset.sources)]
    entries = [(("entry",), dataset.entry)] if dataset.entry else []
    for place, resource_id in [*entries, *named]:
        if inspection.is_absent("resource", resource_id):
            yield file.refuse(
                place,
                resource_id,
                "resources/ 中的资源 / a resource of resources/",
                "改正标识 / correct the id",
            )


def _known_type(dataset: Dataset, file: EntryFile, inspection: Inspection) -> Iterator[CheckedFault]:
    if getattr(inspection.profile.open_types, dataset.open_type) is None:
        yield file.note(
            ("open_type",),
            dataset.open_type,
            f"open_to_all ({inspection.profile.reference})",
            "选用办法规定的类型 / choose a type of the text: it has no procedure for this one",
        )


def _type(dataset: Dataset, entry: Resource, file: EntryFile) -> Iterator[CheckedFault]:
    if entry.open.type == "none":
        yield file.refuse(
            ("entry",),
            f"{entry.id}: none",
            "可开放的资源 / an entry that may be opened",
            "删去此数据集，或调整资源的开放类型 / take the dataset out, or change the entry's open type",
        )
    elif STRICTNESS[dataset.open_type] < STRICTNESS[entry.open.type]:
        yield file.refuse(
            ("open_type",),
            dataset.open_type,
            f"不宽于 {entry.id} 的 {entry.open.type} / no looser than {entry.open.type} of {entry.id}",
            "改严开放类型 / make the open type stricter",
        )


def _opener(
    dataset: Dataset, entry: Resource, file: EntryFile, inspection: Inspection
) -> Iterator[CheckedFault]:
    openers = {entry.agency, entry.open.by or entry.agency}
    openers |= {agency.id for agency in inspection.catalogue.agencies_with_role("authority")}
    if dataset.agency not in openers:
        yield file.refuse(
            ("agency",),
            dataset.agency,
            " | ".join(sorted(openers)),
            "由提供机构开放 / let the providing agency open it",
        )
