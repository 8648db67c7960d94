"""Check that code columns name a code list that exists, and that divisions named in entries are divisions."""

from collections.abc import Iterator

from resource_catalogue.inspection import CheckedFault, EntryFile, Inspection
from resource_catalogue.resource import Column, Resource
from resource_catalogue.yaml_source import Place

_DIVISIONS = "divisions"


def check(inspection: Inspection) -> Iterator[CheckedFault]:
    """Yield a refusal per missing or unknown code list and per division code that was never valid."""
    for resource, file in inspection.resources():
        for index, column in enumerate(resource.columns):
            yield from _list_of(column, ("columns", index), file, inspection)
        yield from _divisions(_covered(resource), file, inspection)
    for agency, file in inspection.agencies():
        yield from _divisions([(("division_code",), agency.division_code)], file, inspection)


def _list_of(column: Column, place: Place, file: EntryFile, inspection: Inspection) -> Iterator[CheckedFault]:
    known = inspection.catalogue.code_lists
    name = _DIVISIONS if column.type == "division" else column.codes
    if column.type == "code" and column.codes is None:
        yield file.refuse(
            place, f"{column.name}: 没有代码表 / no code list", "codes", "填写 codes / name the code list"
        )
    elif column.type != "code" and column.codes is not None:
        yield file.refuse(
            (*place, "codes"),
            f"{column.name}: {column.type}",
            "type: code",
            "改类型或删去 codes / change type or delete codes",
        )
    elif name is not None and name not in known:
        yield file.refuse(
            (*place, "codes"),
            f"{column.name}: {name}",
            " | ".join(sorted(known)) or "code_lists/*.csv",
            f"改正名称或新增 code_lists/{name}.csv / correct the name or add the list",
        )


def _covered(resource: Resource) -> list[tuple[Place, str]]:
    return [(("covers", "divisions", index), code) for index, code in enumerate(resource.covers.divisions)]


def _divisions(
    codes: list[tuple[Place, str]], file: EntryFile, inspection: Inspection
) -> Iterator[CheckedFault]:
    divisions = inspection.catalogue.code_lists.get(_DIVISIONS)
    known = {code.code for code in divisions.codes} if divisions else set()
    for place, code in codes:
        if divisions and code not in known:
            yield file.refuse(
                place,
                code,
                "行政区划代码 / a division code (GB/T 2260)",
                "改正代码，或补入 code_lists/divisions.csv / correct it or add it to the list",
            )
