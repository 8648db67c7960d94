"""Names that stand for ids in the workbook: agencies, their systems and their duties.

Here: finding the one id that a name, short name, credit code or id means, and the name to show for an id. Not here:
the agencies themselves (``agency.py``). A name that two bear stands for neither: its id is shown instead.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from resource_catalogue.agency import Agency
from resource_catalogue.guide_workbook.cell_lists import Named


@dataclass(frozen=True)
class Directory:
    """Look up agencies, systems and duties by name."""

    agencies: Named
    systems: Named
    duties: Named
    credit_codes: Mapping[str, str]
    """Agency id -> credit code."""

    @classmethod
    def of(cls, agencies: Mapping[str, Agency]) -> "Directory":
        """Take the names of a catalogue's agencies."""
        known = agencies.values()
        return cls(
            _named(
                "机构",
                (
                    (a.id, (a.name.zh, a.name.en, a.short_name.zh, a.short_name.en, a.credit_code))
                    for a in known
                ),
            ),
            _named("系统", ((s.id, (s.name.zh, s.name.en)) for a in known for s in a.systems)),
            _named("职责", ((d.id, (d.name.zh, d.name.en)) for a in known for d in a.duties)),
            {agency.id: agency.credit_code for agency in known},
        )


def _named(what: str, things: Iterable[tuple[str, tuple[str, ...]]]) -> Named:
    """Collect spellings; one that means two ids is left out, an id always means itself."""
    meanings: dict[str, set[str]] = {}
    names: dict[str, str] = {}
    for thing, spellings in things:
        names.setdefault(thing, spellings[0])
        for spelling in spellings:
            meanings.setdefault(spelling, set()).add(thing)
    ids = {
        spelling: next(iter(found)) for spelling, found in meanings.items() if spelling and len(found) == 1
    }
    return Named(what, {**ids, **{thing: thing for thing in names}}, names)
