"""Draft entries for files: read each, put like ones together, propose an entry for each group.

Here: the one call that commands make. Not here: where the texts are written, which the caller decides.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path, PurePosixPath

from ingestion.drafting.entry import Draft, draft_entry, entry_name
from ingestion.drafting.entry_text import draft_text
from ingestion.drafting.file_groups import file_groups
from ingestion.drafting.sample import Sample, read_samples
from resource_catalogue.catalogue import Catalogue
from resource_catalogue.errors import DeliveryError, NotFoundError

_CODE = re.compile(r"(.*/)([0-9]+)")


@dataclass(frozen=True)
class Drafted:
    """Hold what came of drafting.

    Attributes:
        texts: Text of each proposed file by the id of its entry.
        refused: Files that could not be read, with the reason.
        claimed: Files that an entry of the catalogue reads already, with its id; nothing is proposed for them.
    """

    drafts: tuple[Draft, ...]
    texts: dict[str, str]
    refused: dict[Path, DeliveryError]
    claimed: dict[Path, str]


def draft_entries(paths: Sequence[Path], catalogue: Catalogue, agency_id: str, inbox: Path) -> Drafted:
    """Propose entries for files of an agency.

    Args:
        catalogue: The draft they are to join: its agencies, code lists, and the ids and codes that are taken.
        inbox: Folder below which paths are declared; a file elsewhere is expected below the agency's name.

    Raises:
        NotFoundError: There is no such agency.
    """
    agency = catalogue.agencies.get(agency_id)
    if agency is None:
        known = ", ".join(sorted(catalogue.agencies))
        raise NotFoundError(
            f"--agency {agency_id}", "没有此机构 / no such agency", known, "选用其一 / choose one"
        )
    below = {path: _below(path, inbox, agency_id) for path in paths}
    claimed = {path: entry for path, name in below.items() if (entry := _claimed_by(name, catalogue))}
    samples, refused = _read(path for path in below if path not in claimed)
    codes, ids = _free_codes(catalogue, agency.id), set(catalogue.resources)
    reviewer = next(
        (one.id for one in (agency, *catalogue.agencies.values()) if one.has_post("reviewer")), agency.id
    )
    drafts = []
    for group in file_groups(samples, below, _places(catalogue)):
        name = _free_name(entry_name(group), agency_id, ids)
        ids.add(f"{agency_id}.{name}")
        drafts.append(draft_entry(group, agency, reviewer, next(codes), name, catalogue.code_lists))
    return Drafted(tuple(drafts), {one.resource.id: draft_text(one) for one in drafts}, refused, claimed)


def _claimed_by(name: str, catalogue: Catalogue) -> str | None:
    """Return the entry that reads a file; null where none does."""
    patterns = ((one.id, getattr(one.source, "path", "")) for one in catalogue.resources.values())
    return next((entry for entry, path in patterns if path and PurePosixPath(name).match(path)), None)


def _read(paths: Iterable[Path]) -> tuple[list[Sample], dict[Path, DeliveryError]]:
    samples: list[Sample] = []
    refused: dict[Path, DeliveryError] = {}
    for path in paths:
        try:
            samples += read_samples(path)
        except DeliveryError as error:
            refused[path] = error
    return samples, refused


def _below(path: Path, inbox: Path, agency_id: str) -> str:
    whole = path.resolve()
    if whole.is_relative_to(inbox.resolve()):
        return whole.relative_to(inbox.resolve()).as_posix()
    return f"{agency_id}/{path.name}"


def _places(catalogue: Catalogue) -> set[str]:
    """Return names of divisions as files are named by them: with and without the word for their rank."""
    listed = catalogue.code_lists["divisions"].codes if "divisions" in catalogue.code_lists else ()
    wide = {code.name for code in listed if code.code.endswith("00")}
    short = {bare for name in wide if len(bare := re.sub(r"(?:市|省|自治区|自治州|地区|盟)$", "", name)) > 1}
    return short | {code.name for code in listed if len(code.name) > 1}


def _free_codes(catalogue: Catalogue, agency_id: str) -> Iterator[str]:
    """Give codes that follow the agency's last one, or the deployment's, or begin anew."""
    matches = [
        (one.agency == agency_id, found)
        for one in catalogue.resources.values()
        if (found := _CODE.fullmatch(one.code))
    ]
    own = [found for is_own, found in matches if is_own] or [found for _, found in matches]
    head = own[-1][1] if own else "300" + catalogue.agencies[agency_id].division_code + "1/"
    width = len(own[-1][2]) if own else 6
    last = max((int(found[2]) for _, found in matches if found[1] == head), default=0)
    return (f"{head}{number:0{width}}" for number in count(last + 1))


def _free_name(name: str, agency_id: str, taken: set[str]) -> str:
    numbered = (name if number == 1 else f"{name}_{number}" for number in count(1))
    return next(one for one in numbered if f"{agency_id}.{one}" not in taken)
