"""The public catalogue as a graph: DCAT-AP 3.0.1, for harvesters.

Here: mapping the fields of the catalogue (``catalogue_shape.py``) to the vocabulary, and its serialisations. Not here:
serving them.

Titles and descriptions are Chinese only: harvesters take the English one wherever there is one, whatever is primary.
The English stands in ``dct:alternative`` and ``rdfs:comment``. Every concept that is referred to is also typed in the
graph, because the strict shapes of 3.0.1 ask for it and no harvester fetches the vocabularies.
"""

from collections.abc import Sequence
from typing import Any

from rdflib import BNode, Graph, Literal, Namespace, URIRef
from rdflib.namespace import DCAT, DCTERMS, FOAF, RDF, RDFS, SKOS, XSD

from opening.catalogue_shape import PublicAgency, PublicCatalogue, PublicDataset, PublicFile, Words

SERIALISATIONS = {
    "ttl": ("turtle", "text/turtle; charset=utf-8"),
    "rdf": ("xml", "application/rdf+xml; charset=utf-8"),
    "jsonld": ("json-ld", "application/ld+json"),
}
"""Format of rdflib and media type by the suffix of an address."""
PAGE_SIZE = 100
_ADMS = Namespace("http://www.w3.org/ns/adms#")
_HYDRA = Namespace("http://www.w3.org/ns/hydra/core#")
_SPDX = Namespace("http://spdx.org/rdf/terms#")
_VCARD = Namespace("http://www.w3.org/2006/vcard/ns#")
_AVAILABILITY = Namespace("http://data.europa.eu/r5r/")
_VERSION = URIRef(f"{DCAT}version")
"""Property of DCAT 3 that the library's own list of DCAT lacks."""
_EU = "http://publications.europa.eu/resource/authority"
_IANA = "https://www.iana.org/assignments/media-types"
_FREQUENCIES = {
    "real_time": "UPDATE_CONT", "daily": "DAILY", "weekly": "WEEKLY", "monthly": "MONTHLY", "quarterly": "QUARTERLY",
    "half_yearly": "ANNUAL_2", "yearly": "ANNUAL", "irregular": "IRREG", "never": "NEVER",
}  # fmt: skip
_RIGHTS = {"open_to_all": "PUBLIC", "conditional": "RESTRICTED", "none": "NON_PUBLIC"}
_FILE_TYPES = {
    "csv": "CSV", "csv_bom": "CSV", "xlsx": "XLSX", "json": "JSON", "jsonl": "JSON", "xml": "XML", "parquet": "PARQUET",
}  # fmt: skip
_PREFIXES = {
    "dcat": DCAT, "dct": DCTERMS, "foaf": FOAF, "skos": SKOS, "spdx": _SPDX, "vcard": _VCARD, "hydra": _HYDRA,
    "adms": _ADMS, "dcatap": _AVAILABILITY,
}  # fmt: skip


def catalogue_pages(content: PublicCatalogue, page_size: int = PAGE_SIZE) -> int:
    """Count the pages of a catalogue; one at least."""
    return max(1, -(-len(content["datasets"]) // page_size))


def catalogue_graph(
    content: PublicCatalogue, base: str, page: int = 1, page_size: int = PAGE_SIZE, suffix: str = "ttl"
) -> Graph:
    """Describe the catalogue and one page of its datasets, with the way to the other pages (Hydra).

    Args:
        content: The public catalogue.
        base: Address of the portal, without a slash at its end.
        page: Number of the page, from 1.
        page_size: Datasets of a page.
        suffix: Suffix of the addresses of the other pages.
    """
    graph = _graph()
    datasets = content["datasets"][(page - 1) * page_size : page * page_size]
    _add_catalogue(graph, content, base)
    for dataset in datasets:
        graph.add((_catalogue(base), DCAT.dataset, _add_dataset(graph, content, dataset, base)))
    _add_service(graph, content, datasets, base)
    _add_paging(graph, content, base, page, page_size, suffix)
    return graph


def dataset_graph(content: PublicCatalogue, dataset: PublicDataset, base: str) -> Graph:
    """Describe one dataset."""
    graph = _graph()
    _add_dataset(graph, content, dataset, base)
    return graph


def serialise(graph: Graph, suffix: str) -> bytes:
    """Write a graph in the form that a suffix stands for."""
    kind = SERIALISATIONS[suffix][0]
    more: dict[str, Any] = {"auto_compact": True, "ensure_ascii": False} if kind == "json-ld" else {}
    written: bytes = graph.serialize(format=kind, encoding="utf-8", **more)
    return written


def _graph() -> Graph:
    graph = Graph(bind_namespaces="core")
    for prefix, namespace in _PREFIXES.items():
        graph.bind(prefix, namespace)
    return graph


def _catalogue(base: str) -> URIRef:
    return URIRef(f"{base}/catalog")


def _typed(graph: Graph, concept: URIRef, kind: URIRef) -> URIRef:
    graph.add((concept, RDF.type, kind))
    return concept


def _text(graph: Graph, subject: URIRef | BNode, words: Words, title: URIRef, english: URIRef) -> None:
    """Add Chinese as the property that harvesters read, English as the other one."""
    graph.add((subject, title, Literal(words["zh"], lang="zh")))
    if words["en"] and words["en"] != words["zh"]:
        graph.add((subject, english, Literal(words["en"], lang="en")))


def _add_catalogue(graph: Graph, content: PublicCatalogue, base: str) -> None:
    catalogue = _catalogue(base)
    graph.add((catalogue, RDF.type, DCAT.Catalog))
    _text(graph, catalogue, content["platform"], DCTERMS.title, DCTERMS.alternative)
    about: Words = {
        "zh": f"{content['platform']['zh']}开放的公共数据目录",
        "en": f"Catalogue of the public data opened by {content['platform']['en'] or content['platform']['zh']}",
    }
    _text(graph, catalogue, about, DCTERMS.description, RDFS.comment)
    publisher = URIRef(f"{base}/#publisher")
    graph.add((publisher, RDF.type, FOAF.Agent))
    graph.add((publisher, FOAF.name, Literal(content["platform"]["zh"], lang="zh")))
    graph.add((catalogue, DCTERMS.publisher, publisher))
    graph.add((catalogue, FOAF.homepage, _typed(graph, URIRef(f"{base}/"), FOAF.Document)))
    graph.add((catalogue, DCTERMS.language, _language(graph)))
    graph.add((catalogue, DCTERMS.license, _licence(graph, base)))
    graph.add((catalogue, DCTERMS.spatial, _place(graph, content, base)))
    graph.add((catalogue, DCAT.themeTaxonomy, _scheme(graph, base)))
    opened = [dataset["first_opened_at"] for dataset in content["datasets"] if dataset["first_opened_at"]]
    if opened:
        graph.add((catalogue, DCTERMS.issued, _instant(min(opened))))
    if content["statistics"]["updated_at"]:
        graph.add((catalogue, DCTERMS.modified, _instant(content["statistics"]["updated_at"])))


def _add_paging(
    graph: Graph, content: PublicCatalogue, base: str, page: int, page_size: int, suffix: str
) -> None:
    last = catalogue_pages(content, page_size)
    here = URIRef(f"{base}/catalog.{suffix}?page={page}")
    graph.add((here, RDF.type, _HYDRA.PagedCollection))
    graph.add((here, _HYDRA.totalItems, Literal(len(content["datasets"]))))
    graph.add((here, _HYDRA.itemsPerPage, Literal(page_size)))
    ways = {
        _HYDRA.firstPage: 1,
        _HYDRA.lastPage: last,
        _HYDRA.previousPage: page - 1,
        _HYDRA.nextPage: page + 1,
    }
    for way, number in ways.items():
        if 1 <= number <= last:
            graph.add((here, way, Literal(f"{base}/catalog.{suffix}?page={number}")))


def _add_service(
    graph: Graph, content: PublicCatalogue, datasets: Sequence[PublicDataset], base: str
) -> None:
    """Describe the CKAN interface, by which the datasets open to all are queried."""
    service = URIRef(f"{base}/api/3/action")
    graph.add((service, RDF.type, DCAT.DataService))
    graph.add((service, DCTERMS.title, Literal("开放数据接口（CKAN Action API）", lang="zh")))
    graph.add((service, DCAT.endpointURL, _typed(graph, URIRef(f"{base}/api/3/action"), RDFS.Resource)))
    description = _typed(graph, URIRef(f"{base}/developers"), RDFS.Resource)
    graph.add((service, DCAT.endpointDescription, description))
    graph.add((service, DCTERMS.publisher, URIRef(f"{base}/#publisher")))
    for dataset in datasets:
        if dataset["downloadable"]:
            graph.add((service, DCAT.servesDataset, URIRef(f"{base}/dataset/{dataset['id']}")))
    graph.add((_catalogue(base), DCAT.service, service))


def _add_dataset(graph: Graph, content: PublicCatalogue, dataset: PublicDataset, base: str) -> URIRef:
    node = URIRef(f"{base}/dataset/{dataset['id']}")
    graph.add((node, RDF.type, DCAT.Dataset))
    _text(graph, node, dataset["title"], DCTERMS.title, DCTERMS.alternative)
    _text(graph, node, dataset["summary"], DCTERMS.description, RDFS.comment)
    graph.add((node, DCTERMS.identifier, Literal(dataset["id"])))
    for word in dataset["keywords"]:
        graph.add((node, DCAT.keyword, Literal(word, lang="zh")))
    agency = next(agency for agency in content["agencies"] if agency["id"] == dataset["agency"])
    graph.add((node, DCTERMS.publisher, _agent(graph, agency, base)))
    graph.add((node, DCAT.contactPoint, _contact(graph, agency, base)))
    graph.add((node, DCTERMS.language, _language(graph)))
    graph.add((node, DCTERMS.spatial, _place(graph, content, base)))
    graph.add(
        (node, DCAT.landingPage, _typed(graph, URIRef(f"{base}/dataset/{dataset['id']}"), FOAF.Document))
    )
    frequency = URIRef(f"{_EU}/frequency/{_FREQUENCIES[dataset['update_frequency']]}")
    graph.add((node, DCTERMS.accrualPeriodicity, _typed(graph, frequency, DCTERMS.Frequency)))
    rights = URIRef(f"{_EU}/access-right/{_RIGHTS[dataset['open']['type']]}")
    graph.add((node, DCTERMS.accessRights, _typed(graph, rights, DCTERMS.RightsStatement)))
    for theme in dataset["categories"]:
        graph.add((node, DCAT.theme, _theme(graph, content, theme, base)))
    _add_times(graph, node, dataset)
    for file in dataset["files"] if dataset["downloadable"] else []:
        graph.add((node, DCAT.distribution, _add_distribution(graph, dataset, file, base)))
    if not dataset["downloadable"]:
        graph.add((node, DCAT.distribution, _add_application(graph, dataset, base)))
    return node


def _add_application(graph: Graph, dataset: PublicDataset, base: str) -> URIRef:
    """Describe how data that are not open to all are reached: by the page that states the conditions."""
    page = URIRef(f"{base}/dataset/{dataset['id']}")
    node = URIRef(f"{page}#application")
    graph.add((node, RDF.type, DCAT.Distribution))
    graph.add((node, DCTERMS.title, Literal(dataset["open"]["name"]["zh"], lang="zh")))
    graph.add((node, DCAT.accessURL, _typed(graph, page, RDFS.Resource)))
    graph.add((node, DCTERMS.license, _licence(graph, base)))
    return node


def _add_times(graph: Graph, node: URIRef, dataset: PublicDataset) -> None:
    if dataset["first_opened_at"]:
        graph.add((node, DCTERMS.issued, _instant(dataset["first_opened_at"])))
    if dataset["updated_at"]:
        graph.add((node, DCTERMS.modified, _instant(dataset["updated_at"])))
        graph.add((node, _VERSION, Literal(str(len(dataset["versions"])))))
    if dataset["data_until"]:
        period = BNode()
        graph.add((period, RDF.type, DCTERMS.PeriodOfTime))
        graph.add((period, DCAT.endDate, Literal(dataset["data_until"], datatype=XSD.date)))
        graph.add((node, DCTERMS.temporal, period))


def _add_distribution(graph: Graph, dataset: PublicDataset, file: PublicFile, base: str) -> URIRef:
    address = f"{base}/dataset/{dataset['id']}/download/{file['name']}"
    node = URIRef(f"{base}/dataset/{dataset['id']}#{file['name']}")
    graph.add((node, RDF.type, DCAT.Distribution))
    graph.add((node, DCTERMS.title, Literal(file["name"])))
    graph.add(
        (
            node,
            DCTERMS.description,
            Literal(f"{dataset['title']['zh']}，{file['format'].upper()} 格式", lang="zh"),
        )
    )
    for way in (DCAT.accessURL, DCAT.downloadURL):
        graph.add((node, way, _typed(graph, URIRef(address), RDFS.Resource)))
    kind = URIRef(f"{_EU}/file-type/{_FILE_TYPES[file['format']]}")
    graph.add((node, DCTERMS["format"], _typed(graph, kind, DCTERMS.MediaTypeOrExtent)))
    media = URIRef(f"{_IANA}/{file['media_type'].partition(';')[0]}")
    graph.add((node, DCAT.mediaType, _typed(graph, media, DCTERMS.MediaType)))
    graph.add((node, DCAT.byteSize, Literal(file["bytes"], datatype=XSD.nonNegativeInteger)))
    graph.add((node, DCTERMS.license, _licence(graph, base)))
    stable = _typed(graph, URIRef(f"{_EU}/planned-availability/STABLE"), SKOS.Concept)
    graph.add((stable, SKOS.prefLabel, Literal("稳定", lang="zh")))
    graph.add((node, _AVAILABILITY.availability, stable))
    if dataset["updated_at"]:
        graph.add((node, DCTERMS.modified, _instant(dataset["updated_at"])))
    checksum = BNode()
    graph.add((checksum, RDF.type, _SPDX.Checksum))
    graph.add(
        (checksum, _SPDX.algorithm, _typed(graph, _SPDX.checksumAlgorithm_sha256, _SPDX.ChecksumAlgorithm))
    )
    graph.add((checksum, _SPDX.checksumValue, Literal(file["sha256"], datatype=XSD.hexBinary)))
    graph.add((node, _SPDX.checksum, checksum))
    return node


def _agent(graph: Graph, agency: PublicAgency, base: str) -> URIRef:
    node = URIRef(f"{base}/agency/{agency['id']}")
    graph.add((node, RDF.type, FOAF.Agent))
    graph.add((node, FOAF.name, Literal(agency["name"]["zh"], lang="zh")))
    if agency["credit_code"]:
        graph.add((node, DCTERMS.identifier, Literal(agency["credit_code"])))
    return node


def _contact(graph: Graph, agency: PublicAgency, base: str) -> URIRef:
    node = URIRef(f"{base}/agency/{agency['id']}#contact")
    graph.add((node, RDF.type, _VCARD.Organization))
    graph.add((node, RDF.type, _VCARD.Kind))
    title = f" {agency['contact']['zh']}" if agency["contact"] else ""
    graph.add((node, _VCARD.fn, Literal(f"{agency['name']['zh']}{title}")))
    graph.add((node, _VCARD.hasURL, URIRef(f"{base}/agency/{agency['id']}")))
    return node


def _language(graph: Graph) -> URIRef:
    return _typed(graph, URIRef(f"{_EU}/language/ZHO"), DCTERMS.LinguisticSystem)


def _licence(graph: Graph, base: str) -> URIRef:
    return _typed(graph, URIRef(f"{base}/developers#terms"), DCTERMS.LicenseDocument)


def _place(graph: Graph, content: PublicCatalogue, base: str) -> URIRef:
    """Return the division served, by its GB/T 2260 code."""
    place = _typed(graph, URIRef(f"{base}/#division-{content['division_code']}"), DCTERMS.Location)
    graph.add((place, DCTERMS.identifier, Literal(content["division_code"])))
    return place


def _scheme(graph: Graph, base: str) -> URIRef:
    scheme = _typed(graph, URIRef(f"{base}/#domains"), SKOS.ConceptScheme)
    graph.add((scheme, DCTERMS.title, Literal("数据领域", lang="zh")))
    return scheme


def _theme(graph: Graph, content: PublicCatalogue, domain_id: str, base: str) -> URIRef:
    domain = next(domain for domain in content["domains"] if domain["id"] == domain_id)
    concept = _typed(graph, URIRef(f"{base}/#domain-{domain_id}"), SKOS.Concept)
    _text(graph, concept, domain["name"], SKOS.prefLabel, SKOS.altLabel)
    graph.add((concept, SKOS.inScheme, _scheme(graph, base)))
    return concept


def _instant(text: str) -> Literal:
    return Literal(text, datatype=XSD.dateTime)
