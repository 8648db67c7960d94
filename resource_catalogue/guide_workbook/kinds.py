"""The kinds of cells by the names that the layout uses, with the names and words of one deployment.

Here: putting kinds, word lists and the directory of agencies together. Not here: any of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from resource_catalogue.agency import Agency
from resource_catalogue.guide_workbook import choices as lists
from resource_catalogue.guide_workbook.cell_lists import Arguments, Several
from resource_catalogue.guide_workbook.cell_text import (
    MARK,
    PARAGRAPH,
    PHRASE,
    Chosen,
    Day,
    DayOrName,
    Flag,
    Kind,
    Number,
    Padded,
    Whole,
)
from resource_catalogue.guide_workbook.directory import Directory
from resource_catalogue.profile import Profile


@dataclass(frozen=True)
class Words:
    """Hold what a deployment's workbook is read and written with.

    Attributes:
        kinds: Kind of cell by name.
        drop_downs: Word list by the name of the kind whose cells offer it.
    """

    kinds: Mapping[str, Kind]
    drop_downs: Mapping[str, lists.Choices]
    directory: Directory

    @classmethod
    def of(cls, agencies: Mapping[str, Agency], profile: Profile) -> "Words":
        """Take the names of the agencies and the type names of the profile."""
        directory = Directory.of(agencies)
        drop_downs = _drop_downs(profile)
        chosen = {name: Chosen(choices) for name, choices in drop_downs.items()}
        kinds: dict[str, Kind] = {
            **chosen,
            "modes": Several(Chosen(lists.MODES)),
            "mark": MARK,
            "phrase": PHRASE,
            "paragraph": PARAGRAPH,
            "day": Day(),
            "day_or_name": DayOrName(),
            "whole": Whole(),
            "wholes": Several(Whole()),
            "number": Number(),
            "flag": Flag(),
            "marks": Several(MARK, nothing_is_empty=True),
            "key": Several(MARK, nothing_is_empty=True),
            "phrases": Several(PHRASE, is_free=True),
            "arguments": Arguments(),
            "indicator": Padded(),
            "agency": directory.agencies,
            "system": directory.systems,
            "duty": directory.duties,
        }
        return cls(kinds, drop_downs, directory)


def _drop_downs(profile: Profile) -> dict[str, lists.Choices]:
    return {
        "class": lists.CLASSES,
        "format": lists.FORMATS,
        "form": lists.FORMS,
        "digitisation": lists.DIGITISATION_STATES,
        "share_type": lists.share_types(profile),
        "open_type": lists.open_types(profile),
        "frequency": lists.FREQUENCIES,
        "guide_type": lists.GUIDE_TYPES,
        "column_type": lists.COLUMN_TYPES,
        "obtained": lists.OBTAINED,
        "reported": lists.REPORTED,
        "subject": lists.SUBJECTS,
        "update_mode": lists.UPDATE_MODES,
        "secrecy": lists.SECRECY,
        "national_level": lists.NATIONAL_LEVELS,
        "harm": lists.HARMS,
        "connector": lists.CONNECTORS,
        "width_unit": lists.WIDTH_UNITS,
        "basis_place": lists.BASIS_PLACES,
        "rank": lists.RANKS,
        "severity": lists.SEVERITIES,
        "modes": lists.MODES,
    }
