"""Write what the portal may know: ``var/open/catalogue.json``, swapped whole, untouched where nothing changed.

Here: gathering it from release, record and manifests at the end of a run. Not here: its shape
(``catalogue_shape.py``), the terms of the profile (``public_terms.py``), and showing it (``serving``). A portal that
is given this file and the folders beside it needs, and gets, nothing else of the platform.
"""

import datetime as dt
import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

from lake import Lake
from lake.tables import OPENED
from opening.attribution import agency_name, attribution
from opening.catalogue_shape import (
    CATALOGUE,
    CATALOGUE_FORMAT,
    Attributed,
    DatasetState,
    OpenTerms,
    PublicAgency,
    PublicBodies,
    PublicCatalogue,
    PublicDataset,
    PublicDomain,
    PublicVersion,
    Sanction,
    Statistics,
    Words,
)
from opening.downloads import count_downloads
from opening.manifest import Json, read_manifest
from opening.public_columns import declared_columns, published_columns
from opening.public_terms import portal_terms, words
from opening.public_versions import publications
from resource_catalogue.acting_bodies import Function, acting_body
from resource_catalogue.article import article_in_words
from resource_catalogue.dataset import Dataset
from resource_catalogue.deployment import Deployment
from resource_catalogue.errors import CatalogueError
from resource_catalogue.model import Label
from resource_catalogue.release import Release
from resource_catalogue.replacement import replacement_of

_DOMAINS: Mapping[str, Label] = {
    "population": Label(zh="人口", en="Population"),
    "organisation": Label(zh="法人", en="Organisations"),
    "market": Label(zh="市场", en="Market"),
}
"""Names of domains that no profile lists."""
_ENGLISH: Mapping[str, str] = {
    "education": "Education", "science_technology": "Science and technology", "employment": "Employment",
    "social_security": "Social security", "natural_resources": "Natural resources", "ecology": "Environment",
    "transport": "Transport", "agriculture": "Agriculture", "culture_tourism": "Culture and tourism",
    "health": "Health", "emergency_management": "Emergency management", "market_regulation": "Market regulation",
    "statistics": "Statistics", "medical_insurance": "Medical insurance", "finance": "Finance",
    "meteorology": "Meteorology", "credit": "Credit",
}  # fmt: skip
"""English of domains; a profile names them in the words of its text, which are Chinese."""


def write_portal_catalogue(
    lake: Lake,
    release: Release,
    deployment: Deployment,
    as_of: dt.datetime,
    sanctions: Sequence[Sanction] = (),
) -> Path:
    """Write the public catalogue; the same content leaves the file untouched.

    Args:
        lake: The lake with the record of opening.
        release: The catalogue release whose listed datasets are shown.
        deployment: Where the opened datasets lie.
        as_of: Instant of the run.
        sanctions: Measures that were made public (Yancheng a35), newest first.

    Returns:
        The file.
    """
    path = deployment.var / "open" / CATALOGUE
    _write(path, build_catalogue(lake, release, deployment, as_of, sanctions))
    return path


def publish_sanctions(deployment: Deployment, sanctions: Sequence[Sanction]) -> None:
    """Show other measures from now on: who was cleared must not stand there until the next run.

    Nothing is done where no run has written a public catalogue yet.
    """
    path = deployment.var / "open" / CATALOGUE
    if path.exists():
        content: PublicCatalogue = json.loads(path.read_text(encoding="utf-8"))
        _write(path, {**content, "sanctions": list(sanctions)})


def _write(path: Path, catalogue: PublicCatalogue) -> None:
    """Write the catalogue in one step; the same content leaves the file untouched."""
    content = json.dumps(catalogue, ensure_ascii=False, indent=1).encode()
    if path.exists() and path.read_bytes() == content:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{CATALOGUE}.{os.getpid()}")
    draft.write_bytes(content)
    draft.replace(path)


def build_catalogue(
    lake: Lake,
    release: Release,
    deployment: Deployment,
    as_of: dt.datetime,
    sanctions: Sequence[Sanction] = (),
) -> PublicCatalogue:
    """Build the public catalogue of a release; datasets in order of id."""
    settings = deployment.settings
    listed = sorted(release.listed_datasets(), key=lambda one: one.id)
    former, ids = deployment.var / "open" / CATALOGUE, {dataset.id for dataset in listed}
    history, downloads = publications(lake, former, ids), count_downloads(lake, former, ids)
    entries = [
        _dataset(lake, release, deployment, dataset, history.get(dataset.id, []), as_of) for dataset in listed
    ]
    for entry in entries:
        entry["downloads"] = downloads.by_dataset[entry["id"]]
    return {
        "format": CATALOGUE_FORMAT,
        "platform": words(settings.deployment.name),
        "division_code": settings.deployment.division_code,
        "time_zone": settings.deployment.time_zone,
        "release": release.number,
        "record_version": lake.version(OPENED),
        "downloads_counted_to": downloads.counted_to,
        "terms": portal_terms(release.profile),
        "bodies": _bodies(release, as_of.astimezone(settings.zone()).date()),
        "agencies": _agencies(release, entries),
        "domains": _domains(release, entries),
        "datasets": entries,
        "sanctions": list(sanctions),
        "statistics": _statistics(entries),
    }


def _dataset(
    lake: Lake,
    release: Release,
    deployment: Deployment,
    dataset: Dataset,
    versions: list[PublicVersion],
    as_of: dt.datetime,
) -> PublicDataset:
    """Describe a dataset by what lies open of it, else by what its entry declares."""
    manifest = read_manifest(deployment.var / "open" / dataset.id)
    return {
        "id": dataset.id,
        "title": words(dataset.title),
        "summary": words(_summary(release, dataset)),
        "agency": dataset.agency,
        "kind": dataset.kind,
        "state": _state(lake, dataset.id, manifest),
        "open": _open_terms(release, dataset),
        "categories": list(dataset.categories),
        "keywords": list(dataset.keywords),
        "update_frequency": dataset.update_frequency,
        "first_opened_at": versions[0]["opened_at"] if versions else None,
        "updated_at": versions[-1]["opened_at"] if versions else None,
        "data_until": _data_until(manifest, deployment.settings.zone()),
        "rows": manifest["rows"] if manifest else 0,
        "downloadable": _is_downloadable(dataset, manifest),
        "files": manifest["files"] if manifest else [],
        "columns": published_columns(release, dataset, manifest, deployment.var / "open" / dataset.id)
        if manifest
        else declared_columns(dataset),
        "versions": versions,
        "sources": [
            {
                "resource": source,
                "name": words(release.resource(source).name),
                "agency_name": words(agency_name(release, release.resource(source).agency)),
            }
            for source in dataset.sources
        ],
        "attribution": _attribution(release, dataset, deployment, manifest, as_of),
        "minimum_cell": manifest["minimum_cell"]["k_asked"] if manifest else None,
    }


def _summary(release: Release, dataset: Dataset) -> Label:
    """Return the summary, and what becomes of a resource that it rests on and that is replaced (Xinjiang a24)."""
    summary = dataset.summary
    for source in dict.fromkeys((dataset.entry, *dataset.sources)):
        said = replacement_of(release, source, by_name=True) if source else None
        if source and said:
            name = release.resource(source).name
            summary = Label(
                zh=f"{summary.zh}（数据来源“{name.zh}”{said.zh}）",
                en=f"{summary.en} (its source {name.en or name.zh} is {said.en})" if summary.en else "",
            )
    return summary


def _state(lake: Lake, dataset: str, manifest: Json | None) -> DatasetState:
    if manifest is not None:
        return "opened"
    row = lake.read(OPENED)
    states = row.filter(row["dataset"] == dataset)["state"].to_list() if len(row) else []
    return "withdrawn" if states == ["withdrawn"] else "pending"


def _is_downloadable(dataset: Dataset, manifest: Json | None) -> bool:
    """Tell whether the files may be fetched by everyone: what lies open, and the release, both say so."""
    published = manifest["open_type"]["type"] if manifest else None
    return published == dataset.open_type == "open_to_all"


def _open_terms(release: Release, dataset: Dataset) -> OpenTerms:
    """Word the open type as the profile does, with reason, condition and basis of the entry it follows."""
    name = getattr(release.profile.open_types, dataset.open_type)
    access = release.resource(dataset.entry).open if dataset.entry else None
    return {
        "type": dataset.open_type,
        "name": words(name or Label(zh="有条件开放", en="Open on conditions")),
        "reason": words(access.reason) if access and access.reason else None,
        "condition": words(access.condition) if access and access.condition else None,
        "basis": [
            {"title": basis.title, "doc_no": basis.doc_no, "article": basis.article}
            for basis in (access.basis if access else ())
        ],
    }


def _data_until(manifest: Json | None, zone: ZoneInfo) -> str | None:
    """Return the day up to which the newest delivery reaches: as issued, else as arrived."""
    sources = manifest["sources"] if manifest else []
    days = [_day(delivery, zone) for source in sources for delivery in source["deliveries"]]
    return max(filter(None, days), default=None)


def _day(delivery: Json, zone: ZoneInfo) -> str:
    if delivery.get("issued_on"):
        return str(delivery["issued_on"])
    arrived = delivery.get("arrived_at")
    return dt.datetime.fromisoformat(arrived).astimezone(zone).date().isoformat() if arrived else ""


def _attribution(
    release: Release, dataset: Dataset, deployment: Deployment, manifest: Json | None, as_of: dt.datetime
) -> Attributed | None:
    if manifest:
        line = manifest["attribution"]
        return _attributed({"zh": line["zh"], "en": line["en"]}, line["article"]) if line else None
    made = attribution(release, dataset, deployment.settings.deployment.name, as_of.date())
    return _attributed(words(made.line), made.article) if made else None


def _attributed(line: Words, article: str) -> Attributed:
    return {"line": line, "article": article_in_words(article) if article else ""}


def _bodies(release: Release, day: dt.date) -> PublicBodies:
    """Name who takes what the public sends on the portal's forms."""
    return {"authority": _body(release, "authority", day), "operator": _body(release, "operator", day)}


def _body(release: Release, function: Function, day: dt.date) -> str | None:
    try:
        return acting_body(release, function, day)
    except CatalogueError:
        return None


def _agencies(release: Release, entries: Sequence[PublicDataset]) -> list[PublicAgency]:
    counts = _counted(entry["agency"] for entry in entries)
    return [_agency(release, agency_id, count) for agency_id, count in counts.items()]


def _agency(release: Release, agency_id: str, datasets: int) -> PublicAgency:
    agency = release.catalogue.agencies.get(agency_id)
    contact = next((p.title for p in agency.posts if p.post == "steward"), None) if agency else None
    return {
        "id": agency_id,
        "name": words(agency_name(release, agency_id)),
        "short_name": words(agency.short_name if agency else agency_name(release, agency_id)),
        "credit_code": agency.credit_code if agency else "",
        "contact": words(contact) if contact else None,
        "division_code": agency.division_code if agency else "",
        "datasets": datasets,
    }


def _domains(release: Release, entries: Sequence[PublicDataset]) -> list[PublicDomain]:
    """List the profile's priority domains in its order, then the others that a dataset names."""
    priority = release.profile.priority_domains.domains
    counts = _counted(category for entry in entries for category in entry["categories"])
    names: dict[str, Words] = {key: {"zh": zh, "en": _ENGLISH.get(key, zh)} for key, zh in priority.items()}
    for key in counts:
        names.setdefault(key, _domain_name(key))
    return [
        {"id": key, "name": name, "priority": key in priority, "datasets": counts.get(key, 0)}
        for key, name in names.items()
    ]


def _domain_name(key: str) -> Words:
    return words(_DOMAINS.get(key) or Label(zh=key, en=_ENGLISH.get(key, key.replace("_", " ").capitalize())))


def _counted(names: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(names).items()))


def _statistics(entries: Sequence[PublicDataset]) -> Statistics:
    updated = [entry["updated_at"] for entry in entries if entry["updated_at"]]
    return {
        "datasets": len(entries),
        "open_to_all": sum(entry["open"]["type"] == "open_to_all" for entry in entries),
        "conditional": sum(entry["open"]["type"] == "conditional" for entry in entries),
        "rows": sum(entry["rows"] for entry in entries),
        "agencies": len({entry["agency"] for entry in entries}),
        "bytes": sum(file["bytes"] for entry in entries for file in entry["files"]),
        "updated_at": max(updated, default=None),
        "downloads": sum(entry.get("downloads", 0) for entry in entries),
    }
