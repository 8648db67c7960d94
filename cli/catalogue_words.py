"""Words of the catalogue for tables: rules, agencies, resources, what was found in a row, in Chinese and English.

Here: looking words up in the current release; ids stand where it has none. Not here: reading or changing tasks.
"""

from expectations.explain import explain
from lake import Lake
from lake.releases import current_release, release_numbers
from reporting.rule_texts import rule_texts
from resource_catalogue.agency import Agency
from resource_catalogue.model import Label
from resource_catalogue.release import Release
from resource_catalogue.replacement import replacement_of


class CatalogueWords:
    """Say names of the catalogue's entries under one release, which may not be there yet."""

    def __init__(self, release: Release | None) -> None:
        self._release = release
        self._rules: dict[str, dict[str, Label]] = {}

    @classmethod
    def of(cls, lake: Lake) -> "CatalogueWords":
        """Take the current release of a lake, if one is published."""
        return cls(current_release(lake) if release_numbers(lake) else None)

    def rule(self, resource: str, rule: str) -> Label:
        """Return what a rule demands."""
        if self._release is None:
            return Label(zh=rule)
        if resource not in self._rules:
            self._rules[resource] = rule_texts(self._release, resource)
        return self._rules[resource].get(rule, Label(zh=rule))

    def agency(self, agency: str) -> Label:
        """Return the short name of an agency."""
        known = self._agencies().get(agency)
        return known.short_name if known else Label(zh=agency)

    def agencies(self) -> dict[str, Label]:
        """Return the names of all agencies by id."""
        return {agency.id: agency.name for agency in self._agencies().values()}

    def agency_named(self, name: str) -> str:
        """Return the id of the agency with a short name; the name itself where there is none."""
        found = [
            agency.id
            for agency in self._agencies().values()
            if name in (agency.short_name.zh, agency.short_name.en)
        ]
        return found[0] if len(found) == 1 else name

    def resource(self, resource: str) -> Label:
        """Return the name of a resource."""
        known = self._release.catalogue.resources.get(resource) if self._release else None
        return known.name if known else Label(zh=resource)

    def replacement(self, resource: str) -> Label | None:
        """Return what becomes of a resource that another replaces; null where none does."""
        return replacement_of(self._release, resource) if self._release else None

    def found(self, resource: str, rule: str, reason: str) -> Label:
        """Return what was found in a row, never with a value."""
        try:
            return explain(self._release, resource, rule, reason).found if self._release else Label(zh=reason)
        except KeyError:
            return Label(zh=reason)

    def _agencies(self) -> dict[str, Agency]:
        return self._release.catalogue.agencies if self._release else {}
