"""Open datasets: what may leave for the portal, from which entry or base, under which masks.

One file per dataset below ``catalogue/datasets/``. The SQL of a candidate is a dbt model of the same name in the
shipped project or in the deployment's ``models/``; what may be in it is decided by labels, not by this file.
"""

from typing import Literal

from pydantic import Field

from resource_catalogue.model import AgencyId, Identifier, Label, ResourceId, Strict
from resource_catalogue.resource import Frequency


class DatasetColumn(Strict):
    """Describe one published column: its label, its mask and its part in re-identification.

    Attributes:
        mask: Name of a mask of the masking room; null publishes the value as it is.
        role: ``quasi`` columns form the cells whose size is measured; ``count`` is the published size of a cell.
    """

    name: Identifier
    zh: str
    en: str = ""
    mask: str | None = None
    arguments: dict[str, str | int | float | bool] = Field(default_factory=dict)
    role: Literal["value", "quasi", "count"] = "value"


class Dataset(Strict):
    """Describe one dataset to be opened.

    Attributes:
        entry: The listed resource whose open type and basis the dataset follows.
        kind: ``list`` publishes rows of the entry; ``statistics`` publishes cells with a minimum size.
        sources: Resources that contribute, for attribution.
    """

    id: Identifier
    title: Label
    summary: Label
    agency: AgencyId
    entry: ResourceId | None = None
    kind: Literal["list", "statistics"]
    open_type: Literal["open_to_all", "conditional"]
    categories: tuple[Identifier, ...]
    keywords: tuple[str, ...] = ()
    update_frequency: Frequency
    sources: tuple[ResourceId, ...] = Field(min_length=1)
    columns: tuple[DatasetColumn, ...] = Field(min_length=1)
    k: int | None = Field(default=None, ge=1)
