"""The catalogue in the shapes of CKAN: packages, resources, organisations, groups, tags.

Here: the mapping. Not here: the actions (``ckan_api.py``).
"""

import datetime as dt
from typing import Any

from opening.catalogue_shape import PublicAgency, PublicColumn, PublicDataset, PublicDomain, PublicFile
from serving.portal.holdings import Catalogue

Json = dict[str, Any]
DATASTORE_FORMAT = "csv"
"""Format whose resource carries the table that ``datastore_search`` reads."""
_FORMATS = {"csv_bom": "CSV"}
_TYPES = {"Int": "numeric", "UInt": "numeric", "Float": "numeric", "Decimal": "numeric", "Boolean": "bool",
          "Datetime": "timestamp", "Date": "date"}  # fmt: skip


def package(catalogue: Catalogue, dataset: PublicDataset, base: str) -> Json:
    """Return a dataset as a package; one that is open on conditions has no resources, and says why."""
    agency = catalogue.agencies[dataset["agency"]]
    files = dataset["files"] if dataset["downloadable"] else []
    return {
        "id": dataset["id"],
        "name": dataset["id"],
        "title": dataset["title"]["zh"],
        "notes": dataset["summary"]["zh"],
        "url": f"{base}/dataset/{dataset['id']}",
        "type": "dataset",
        "state": "active",
        "private": False,
        "isopen": dataset["open"]["type"] == "open_to_all",
        "author": agency["name"]["zh"],
        "maintainer": agency["contact"]["zh"] if agency["contact"] else "",
        "license_id": "",
        "license_title": dataset["open"]["name"]["zh"],
        "license_url": f"{base}/developers#terms",
        "owner_org": agency["id"],
        "organization": organization(agency),
        "groups": [group(catalogue.domains[one]) for one in dataset["categories"]],
        "tags": [tag(word) for word in dataset["keywords"]],
        "num_tags": len(dataset["keywords"]),
        "metadata_created": stamp(dataset["first_opened_at"]),
        "metadata_modified": stamp(dataset["updated_at"]),
        "version": str(len(dataset["versions"])),
        "num_resources": len(files),
        "resources": [resource(dataset, file, place, base) for place, file in enumerate(files)],
        "extras": _extras(dataset),
    }


def _extras(dataset: PublicDataset) -> list[Json]:
    terms = dataset["open"]
    told = {
        "title_en": dataset["title"]["en"],
        "notes_en": dataset["summary"]["en"],
        "open_type": terms["type"],
        "open_type_name": terms["name"]["zh"],
        "open_condition": terms["condition"]["zh"] if terms["condition"] else "",
        "frequency": dataset["update_frequency"],
        "kind": dataset["kind"],
        "rows": str(dataset["rows"]),
        "downloads": str(dataset.get("downloads", "")),
        "attribution": dataset["attribution"]["line"]["zh"] if dataset["attribution"] else "",
    }
    return [{"key": key, "value": value} for key, value in told.items() if value]


def resource(dataset: PublicDataset, file: PublicFile, place: int, base: str) -> Json:
    """Return a file as a resource; its id is its name, which no other dataset has."""
    return {
        "id": file["name"],
        "package_id": dataset["id"],
        "position": place,
        "name": file["name"],
        "description": f"{dataset['title']['zh']}（{file['rows']} 行）",
        "url": f"{base}/dataset/{dataset['id']}/download/{file['name']}",
        "url_type": "upload",
        "format": _FORMATS.get(file["format"], file["format"].upper()),
        "mimetype": file["media_type"].partition(";")[0],
        "size": file["bytes"],
        "hash": file["sha256"],
        "state": "active",
        "created": stamp(dataset["first_opened_at"]),
        "last_modified": stamp(dataset["updated_at"]),
        "datastore_active": file["format"] == DATASTORE_FORMAT,
    }


def organization(agency: PublicAgency) -> Json:
    """Return an agency as an organisation."""
    return {
        "id": agency["id"],
        "name": agency["id"],
        "title": agency["name"]["zh"],
        "display_name": agency["name"]["zh"],
        "description": agency["name"]["en"],
        "type": "organization",
        "is_organization": True,
        "state": "active",
        "image_url": "",
        "approval_status": "approved",
        "package_count": agency["datasets"],
    }


def group(domain: PublicDomain) -> Json:
    """Return a domain as a group."""
    return {
        "id": domain["id"],
        "name": domain["id"],
        "title": domain["name"]["zh"],
        "display_name": domain["name"]["zh"],
        "description": domain["name"]["en"],
        "type": "group",
        "is_organization": False,
        "state": "active",
        "image_url": "",
        "package_count": domain["datasets"],
    }


def tag(word: str) -> Json:
    """Return a keyword as a tag."""
    return {"id": word, "name": word, "display_name": word, "state": "active", "vocabulary_id": None}


def datastore_field(column: PublicColumn) -> Json:
    """Return a column as a field of the datastore, with its label and notes."""
    kind = next((name for start, name in _TYPES.items() if column["type"].startswith(start)), "text")
    notes = "；".join(filter(None, [column["en"], column["mask"]["zh"] if column["mask"] else ""]))
    return {"id": column["name"], "type": kind, "info": {"label": column["zh"], "notes": notes}}


def stamp(instant: str | None) -> str | None:
    """Return an instant as CKAN writes it: UTC without a zone."""
    if not instant:
        return None
    return dt.datetime.fromisoformat(instant).astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")
