"""Check that a source's collector may collect it by the text's list (法定采集机构; K-04, Xinjiang a13).

The list names functions, never agencies; it bounds who *may* be the source (reading 20). A statute of another
shipped profile binds nobody here and is passed over.
"""

from collections.abc import Iterator

from resource_catalogue.inspection import CheckedFault, EntryFile, Inspection
from resource_catalogue.profile import shipped_profile_ids
from resource_catalogue.profile_parts import StatutorySource
from resource_catalogue.source_register import RegisterEntry
from resource_catalogue.yaml_source import Place


def check(inspection: Inspection) -> Iterator[CheckedFault]:
    """Yield a refusal per unknown statute and per source whose agency lacks every listed function."""
    profile = inspection.profile
    for register, file in inspection.registers():
        for index, entry in enumerate(register.entries):
            place = ("entries", index, "statute")
            issuer, _, rest = (entry.statute or "").partition(".")
            if entry.statute is None or (issuer != profile.id and issuer in shipped_profile_ids()):
                continue
            statute = profile.statutory_sources.get(entry.statute)
            if statute is None or rest.partition(".")[0] != register.entity:
                fitting = [key for key in profile.statutory_sources if key.split(".")[1] == register.entity]
                yield file.refuse(
                    place,
                    entry.statute,
                    " | ".join(fitting) or f"null（{profile.reference} 未列 / lists none）",
                    "改正条目 / correct the statute",
                )
            else:
                yield from _function(entry, statute, place, file, inspection)


def _function(
    entry: RegisterEntry, statute: StatutorySource, place: Place, file: EntryFile, inspection: Inspection
) -> Iterator[CheckedFault]:
    resource = inspection.catalogue.resources.get(entry.source)
    agency = inspection.catalogue.agencies.get(resource.agencies.collecting) if resource else None
    if agency and not set(agency.functions) & set(statute.functions):
        yield file.refuse(
            place,
            f"{agency.id}: {', '.join(agency.functions)}",
            f"{' | '.join(statute.functions)}（{statute.zh}, {inspection.profile.citation(statute)}）",
            "改由法定采集机构作数源，或补登职能 / let a listed body be the source, or register the function",
        )
