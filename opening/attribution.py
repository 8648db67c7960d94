"""What a product made with a dataset must say of its origin, by the profile's own demands (P-22).

Here: the line and its parts. Not here: which parts a regulation demands (the profile).
"""

import datetime as dt
from dataclasses import dataclass

from resource_catalogue.dataset import Dataset
from resource_catalogue.model import Label
from resource_catalogue.release import Release


@dataclass(frozen=True, slots=True)
class AttributionLine:
    """Hold the line to be shown in products.

    Attributes:
        fields: Parts that the regulation demands.
        line: The line in Chinese and English; the date of acquisition is for the user to fill in.
        article: Where the regulation demands it.
    """

    fields: tuple[str, ...]
    line: Label
    article: str


def attribution(
    release: Release, dataset: Dataset, platform: Label, as_of: dt.date
) -> AttributionLine | None:
    """Write the line, or return null where the regulation demands none.

    Args:
        release: The catalogue release, with its profile.
        dataset: The dataset.
        platform: Name of the platform.
        as_of: Day of publication, named as the edition.
    """
    rule = release.profile.attribution
    if not rule.fields:
        return None
    agencies, day = provider_names(release, dataset), as_of.isoformat()
    parts = {
        "source": (
            f"数据来源：{platform.zh}《{dataset.title.zh}》（{day} 版）",
            f"Source: {platform.en or platform.zh}, {dataset.title.en or dataset.title.zh} (edition {day})",
        ),
        "provider": (
            "提供机构：" + "、".join(label.zh for label in agencies),
            "Provided by: " + ", ".join(label.en or label.zh for label in agencies),
        ),
        "acquired_on": ("获取日期：（下载之日）", "Acquired on: (day of download)"),
    }
    zh = "；".join(parts[field][0] for field in rule.fields)
    en = "; ".join(parts[field][1] for field in rule.fields)
    return AttributionLine(rule.fields, Label(zh=zh, en=en), rule.art or "")


def provider_names(release: Release, dataset: Dataset) -> list[Label]:
    """List the agencies that provide the dataset's sources, each once, by name or else by id."""
    ids = dict.fromkeys(release.resource(source).agency for source in dataset.sources)
    return [agency_name(release, agency_id) for agency_id in ids]


def agency_name(release: Release, agency_id: str) -> Label:
    """Return an agency's name, or its id where the catalogue does not hold it."""
    agency = release.catalogue.agencies.get(agency_id)
    return agency.name if agency else Label(zh=agency_id, en=agency_id)
