"""The shape of the public catalogue, ``var/open/catalogue.json``: everything that the portal may know.

Here: the names of its parts, for its writer (``portal_catalogue.py``) and its readers (``dcat.py``, the portal), which
must not see each other. Not here: reading or writing it. A file, not a table: the portal reads it whole into an index,
it nests, it is replaced by one rename, and a process that has no lake can open it. Instants are ISO 8601 texts.
"""

from typing import Literal, NotRequired, TypedDict

from resource_catalogue.model import AccessType
from resource_catalogue.resource import Frequency

CATALOGUE = "catalogue.json"
BOUNDARIES = "boundaries.json"
"""Outlines of divisions beside the catalogue, where the deployment may show them."""
CATALOGUE_FORMAT = 1
"""Raised when a reader of the former shape could not read the new one."""

DatasetState = Literal["opened", "pending", "withdrawn"]


class Words(TypedDict):
    """Hold what a person sees; ``en`` may be empty."""

    zh: str
    en: str


class PublicAgency(TypedDict):
    """Describe a providing agency: its names, unified code, contact as an office's title (never a person)."""

    id: str
    name: Words
    short_name: Words
    credit_code: str
    contact: Words | None
    division_code: str
    datasets: int


class PublicBodies(TypedDict):
    """Name the bodies that perform the profile's functions, by agency id; null where the release has none."""

    authority: str | None
    operator: str | None


class PublicDomain(TypedDict):
    """Name a domain (数据领域); ``priority`` where the profile lists it for priority opening."""

    id: str
    name: Words
    priority: bool
    datasets: int


class PublicFile(TypedDict):
    """Describe one file of a dataset."""

    name: str
    format: str
    media_type: str
    sha256: str
    bytes: int
    rows: int


class PublicCode(TypedDict):
    """Name one code of a column."""

    code: str
    name: str


class PublicColumn(TypedDict):
    """Describe one column (数据项): names, type, longest value in characters, mask, codes."""

    name: str
    zh: str
    en: str
    type: str
    type_name: Words
    length: int | None
    unit: str | None
    role: str
    mask: Words | None
    codes: list[PublicCode]


class PublicVersion(TypedDict):
    """Describe one publication of a dataset."""

    opened_at: str
    rows: int
    manifest_hash: str
    release: int


class PublicSource(TypedDict):
    """Name a resource that contributes, with the agency that provides it."""

    resource: str
    name: Words
    agency_name: Words


class PublicBasis(TypedDict):
    """Cite a text."""

    title: str
    doc_no: str | None
    article: str | None


class OpenTerms(TypedDict):
    """Say how a dataset is open: type in the profile's own words, reason, conditions, basis."""

    type: AccessType
    name: Words
    reason: Words | None
    condition: Words | None
    basis: list[PublicBasis]


class Attributed(TypedDict):
    """Hold the line that products must show, and where the regulation demands it."""

    line: Words
    article: str


class PublicDataset(TypedDict):
    """Describe one listed dataset; ``files`` may be fetched only where ``downloadable``.

    ``downloads`` says how often they were (下载量), as of the run that wrote it; an older catalogue has none.
    """

    id: str
    title: Words
    summary: Words
    agency: str
    kind: Literal["list", "statistics"]
    state: DatasetState
    open: OpenTerms
    categories: list[str]
    keywords: list[str]
    update_frequency: Frequency
    first_opened_at: str | None
    updated_at: str | None
    data_until: str | None
    rows: int
    downloadable: bool
    files: list[PublicFile]
    columns: list[PublicColumn]
    versions: list[PublicVersion]
    sources: list[PublicSource]
    attribution: Attributed | None
    minimum_cell: int | None
    downloads: NotRequired[int]


class Sanction(TypedDict):
    """Describe a measure made public (公示): against whom, which, why, since when, until when."""

    subject: str
    measure: Words
    reason: Words
    basis: str
    since: str
    until: str | None


class ApplicationStep(TypedDict):
    """Describe one step of an application: act, who acts, limit, article."""

    act: Words
    by: Words
    limit: Words
    article: str


class PortalTerms(TypedDict):
    """Hold what the profile says on the use of opened data, with its own words and articles."""

    profile: str
    regulation: Words
    login: Words | None
    application: list[Words]
    application_article: str
    application_steps: list[ApplicationStep]
    agreement: Words | None
    user: Words


class Statistics(TypedDict):
    """Count what is open."""

    datasets: int
    open_to_all: int
    conditional: int
    rows: int
    agencies: int
    bytes: int
    updated_at: str | None
    downloads: NotRequired[int]


class PublicCatalogue(TypedDict):
    """Hold the whole public catalogue; ``downloads_counted_to`` is where the next count goes on."""

    format: int
    platform: Words
    division_code: str
    time_zone: str
    release: int
    record_version: int | None
    downloads_counted_to: NotRequired[int]
    terms: PortalTerms
    bodies: PublicBodies
    agencies: list[PublicAgency]
    domains: list[PublicDomain]
    datasets: list[PublicDataset]
    sanctions: list[Sanction]
    statistics: Statistics


class DivisionShape(TypedDict):
    """Draw one division: ``path`` in the words of SVG."""

    code: str
    name: str
    path: str


class DivisionShapes(TypedDict):
    """Hold the outlines of divisions on one sheet: number of its review (审图号), coordinate system, height, scale."""

    approval: str
    system: str
    height: int
    scale_km: int
    scale_length: float
    shapes: list[DivisionShape]
