"""Check that some agency holds each role that the profile gives work to (authority, operator and so on)."""

from collections.abc import Iterator
from typing import Literal

from resource_catalogue.errors import CatalogueError
from resource_catalogue.faults import CatalogueFault
from resource_catalogue.inspection import CheckedFault, Inspection

Function = Literal["authority", "operator", "platform", "quality_officer"]
_FUNCTIONS: tuple[Function, ...] = ("authority", "operator", "platform", "quality_officer")


def check(inspection: Inspection) -> Iterator[CheckedFault]:
    """Yield a refusal per function of the platform that no agency in office may perform."""
    present = {
        role
        for agency in inspection.catalogue.agencies.values()
        if agency.valid.contains(inspection.as_of)
        for role in agency.roles
    }
    for function in _FUNCTIONS:
        try:
            inspection.profile.acting(function, present)
        except CatalogueError as error:
            fault = CatalogueFault(
                inspection.folder / "agencies", 0, "roles", error.found, error.expected, error.remedy
            )
            yield CheckedFault("error", fault)
