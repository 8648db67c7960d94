"""Check that every agency that an entry names exists and is in office on the day."""

from collections.abc import Iterator

from resource_catalogue.agency import Agency
from resource_catalogue.dataset import Dataset
from resource_catalogue.inspection import CheckedFault, EntryFile, Inspection
from resource_catalogue.resource import Resource
from resource_catalogue.yaml_source import Place

Reference = tuple[Place, str | None]


def check(inspection: Inspection) -> Iterator[CheckedFault]:
    """Yield a refusal per agency that is named but unknown, or no longer or not yet valid."""
    for resource, file in inspection.resources():
        yield from _checked(inspection, file, _of_resource(resource))
    for dataset, file in inspection.datasets():
        yield from _checked(inspection, file, _of_dataset(dataset))
    for agency, file in inspection.agencies():
        yield from _checked(inspection, file, _of_agency(agency, inspection))


def _of_resource(resource: Resource) -> Iterator[Reference]:
    yield ("agencies", "collecting"), resource.agencies.collecting
    yield ("agencies", "reviewing"), resource.agencies.reviewing
    yield ("agencies", "providing"), resource.agencies.providing
    yield ("share", "by"), resource.share.by
    yield ("open", "by"), resource.open.by
    yield ("source", "submitted_by"), resource.source.submitted_by
    for index, column in enumerate(resource.columns):
        yield ("columns", index, "share", "by"), column.share.by if column.share else None
        yield ("columns", index, "open", "by"), column.open.by if column.open else None


def _of_dataset(dataset: Dataset) -> Iterator[Reference]:
    yield ("agency",), dataset.agency


def _of_agency(agency: Agency, inspection: Inspection) -> Iterator[Reference]:
    if agency.valid.contains(inspection.as_of):
        yield ("under",), agency.under


def _checked(
    inspection: Inspection, file: EntryFile, references: Iterator[Reference]
) -> Iterator[CheckedFault]:
    for place, agency_id in references:
        if agency_id is None:
            continue
        agency = inspection.catalogue.agencies.get(agency_id)
        if agency is None and inspection.is_absent("agency", agency_id):
            yield file.refuse(
                place,
                agency_id,
                "agencies/ 中的机构 / an agency of agencies/",
                "改正标识或新增机构文件 / correct the id or add the agency's file",
            )
        elif agency and not agency.valid.contains(inspection.as_of):
            yield file.refuse(
                place,
                f"{agency_id} {agency.valid.from_}–{agency.valid.to or ''}",
                f"{inspection.as_of} 有效的机构 / an agency valid on {inspection.as_of}",
                "改为承接机构 / name its successor",
            )
