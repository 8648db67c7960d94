"""Check the chain of three catalogues: an entry's duty and system stand in its agency's file (Putuo a9)."""

from collections.abc import Iterator

from resource_catalogue.agency import Agency
from resource_catalogue.inspection import CheckedFault, Inspection
from resource_catalogue.resource import Resource


def check(inspection: Inspection) -> Iterator[CheckedFault]:
    """Yield a refusal per duty or system that neither the providing nor the collecting agency declares."""
    for resource, file in inspection.resources():
        agencies = _agencies(resource, inspection)
        if not agencies:
            continue
        duties = {duty.id for agency in agencies for duty in agency.duties}
        systems = {system.id for agency in agencies for system in agency.systems}
        for key, value, known in (("duty", resource.duty, duties), ("system", resource.system, systems)):
            if value is not None and value not in known:
                yield file.refuse(
                    (key,),
                    value,
                    " | ".join(sorted(known)) or f"机构文件中的 {key} / a {key} of the agency's file",
                    "改正标识，或在机构文件中登记 / correct the id or register it with the agency",
                )


def _agencies(resource: Resource, inspection: Inspection) -> list[Agency]:
    names = (resource.agencies.providing, resource.agencies.collecting)
    return [inspection.catalogue.agencies[name] for name in names if name in inspection.catalogue.agencies]
