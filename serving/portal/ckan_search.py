"""Search of the CKAN interface: words, filters in its own style, order, facets.

Here: what ``package_search`` finds. Not here: the index (``search.py``) and the envelope (``ckan_api.py``).
"""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from opening.catalogue_shape import PublicDataset
from serving.portal import ckan_query as read
from serving.portal.holdings import Catalogue

Json = dict[str, Any]


def packages_found(catalogue: Catalogue, given: read.Parameters) -> list[PublicDataset]:
    """Return the datasets that words and filters admit, in the order that is asked for.

    Raises:
        Unsearchable: A field or order is unknown.
    """
    words = read.text(given, "q")
    datasets = catalogue.content["datasets"]
    matching: Iterable[PublicDataset] = datasets
    if words.strip() not in ("", "*:*", "*"):
        fielded = words if ":" in words and words.partition(":")[0] in read.FIELDS else ""
        matching = (
            filter(read.admits(fielded), datasets)
            if fielded
            else [datasets[place] for place in catalogue.index.find(words)]
        )
    passed = list(filter(read.admits(_filter_query(given)), matching))
    return _ordered(passed, read.text(given, "sort"))


def _filter_query(given: read.Parameters) -> str:
    several = given.get("fq_list") or []
    if not isinstance(several, list) or not all(isinstance(one, str) for one in several):
        raise read.Invalid("fq_list", "Must be a list of strings")
    return " ".join([read.text(given, "fq"), *several])


def _ordered(datasets: list[PublicDataset], sort: str) -> list[PublicDataset]:
    """Sort by the fields that CKAN's clients name, the last one first; ``score`` keeps the order of search."""
    keys: dict[str, Callable[[PublicDataset], str]] = {
        "metadata_modified": lambda d: d["updated_at"] or "",
        "metadata_created": lambda d: d["first_opened_at"] or "",
        "title": lambda d: d["title"]["zh"],
        "title_string": lambda d: d["title"]["zh"],
        "name": lambda d: d["id"],
        "id": lambda d: d["id"],
    }
    for part in reversed([one.strip() for one in sort.split(",") if one.strip()]):
        name, _, way = part.partition(" ")
        if name == "score":
            continue
        if name not in keys or way.strip().lower() not in ("", "asc", "desc"):
            raise read.Unsearchable(f"sort: {', '.join(keys)} asc or desc")
        datasets = sorted(datasets, key=keys[name], reverse=way.strip().lower() == "desc")
    return datasets


def facet_counts(datasets: list[PublicDataset], names: tuple[str, ...]) -> dict[str, Counter[str]]:
    """Count the values of the fields that are asked for."""
    for name in names:
        if name not in read.FIELDS:
            raise read.Unsearchable(f"facet.field: unknown field {name[:40]}")
    return {name: Counter(value for d in datasets for value in read.FIELDS[name](d)) for name in names}


def facet_shown(catalogue: Catalogue, name: str, counts: Counter[str]) -> Json:
    """Return the counts of a field with the names that a person sees."""
    titles: dict[str, str] = {}
    if name == "organization":
        titles = {key: agency["name"]["zh"] for key, agency in catalogue.agencies.items()}
    if name == "groups":
        titles = {key: domain["name"]["zh"] for key, domain in catalogue.domains.items()}
    items = [
        {"name": key, "display_name": titles.get(key, key), "count": n} for key, n in counts.most_common()
    ]
    return {"title": name, "items": items}
