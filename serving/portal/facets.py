"""Search with filters (分面检索): agency, domain, format, open type, frequency; counts, sorting, pages.

Here: applying a question to a catalogue. Not here: the index (``search.py``) and the page.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain

from opening.catalogue_shape import PublicDataset, PublicFile
from serving.portal.holdings import Catalogue


def _is_own(dataset: PublicDataset, file: PublicFile) -> bool:
    """Tell whether a file can be fetched and is no mere variant of another format."""
    return dataset["downloadable"] and file["format"] != "csv_bom"


FACETS: dict[str, Callable[[PublicDataset], Iterable[str]]] = {
    "agency": lambda dataset: (dataset["agency"],),
    "domain": lambda dataset: dataset["categories"],
    "format": lambda dataset: (
        [file["format"] for file in dataset["files"]] if dataset["downloadable"] else []
    ),
    "open": lambda dataset: (dataset["open"]["type"],),
    "frequency": lambda dataset: (dataset["update_frequency"],),
}
"""Values of a dataset by the name of a filter."""
SORTS = ("relevance", "updated", "downloads", "title", "rows")
PAGE_SIZE = 10


@dataclass(frozen=True)
class Question:
    """Say what is asked of the catalogue.

    Attributes:
        filters: Values by the name of a filter; a dataset must have one of each filter's.
        sort: One of ``SORTS``; by relevance only where there are words.
        page: Number of the page, from 1.
    """

    words: str = ""
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sort: str = "relevance"
    page: int = 1


@dataclass(frozen=True)
class Answer:
    """Hold one page of what was found, with the counts of every filter's values.

    Attributes:
        counts: By filter, how many would be found with each value, the other filters kept; most first.
    """

    found: list[PublicDataset]
    total: int
    pages: int
    page: int
    counts: dict[str, dict[str, int]]


def ask(catalogue: Catalogue, question: Question, page_size: int = PAGE_SIZE) -> Answer:
    """Search a catalogue; datasets are handled by their places in it, since there may be many."""
    table = _table(catalogue)
    matching = catalogue.index.find(question.words) if question.words.strip() else table.places
    passed = _passed(table, matching, question)
    if question.sort != "relevance" or not question.words.strip():
        rank = table.ranks.get(question.sort, table.ranks["updated"])
        passed = sorted(passed, key=rank.__getitem__)
    pages = max(1, -(-len(passed) // page_size))
    page = min(max(question.page, 1), pages)
    counts = {name: _counts(table, matching, question, name) for name in FACETS}
    datasets = catalogue.content["datasets"]
    found = [datasets[place] for place in passed[(page - 1) * page_size : page * page_size]]
    return Answer(found, len(passed), pages, page, counts)


@dataclass(frozen=True)
class _Table:
    """Hold what filters and sorting need of every dataset, by place.

    Attributes:
        values: Values by the name of a filter.
        ranks: Position of each place by the name of an order.
    """

    places: range
    values: dict[str, list[tuple[str, ...]]]
    ranks: dict[str, list[int]]


@lru_cache(maxsize=2)
def _table(catalogue: Catalogue) -> _Table:
    datasets = catalogue.content["datasets"]
    values = {name: [tuple(of(dataset)) for dataset in datasets] for name, of in FACETS.items()}
    by_id = sorted(range(len(datasets)), key=lambda place: datasets[place]["id"])
    orders = {
        "updated": sorted(by_id, key=lambda place: datasets[place]["updated_at"] or "", reverse=True),
        "downloads": sorted(by_id, key=lambda place: -datasets[place].get("downloads", 0)),
        "title": sorted(by_id, key=lambda place: datasets[place]["title"]["zh"]),
        "rows": sorted(by_id, key=lambda place: -datasets[place]["rows"]),
    }
    return _Table(range(len(datasets)), values, {name: _rank(order) for name, order in orders.items()})


def _rank(order: list[int]) -> list[int]:
    rank = [0] * len(order)
    for position, place in enumerate(order):
        rank[place] = position
    return rank


def _passed(table: _Table, places: Sequence[int], question: Question, but: str = "") -> Sequence[int]:
    """Keep the places that every filter admits, one filter left out where a name is given."""
    for name, wanted in question.filters.items():
        if wanted and name != but:
            values = table.values[name]
            places = [place for place in places if not set(wanted).isdisjoint(values[place])]
    return places


def _counts(table: _Table, matching: Sequence[int], question: Question, name: str) -> dict[str, int]:
    passed = _passed(table, matching, question, but=name)
    counts = Counter(chain.from_iterable(map(table.values[name].__getitem__, passed)))
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))
