"""Datasets in the words of schema.org, which search engines read from a page.

Here: the JSON-LD of home and dataset pages. Not here: DCAT (``opening/dcat.py``), which harvesters read.
"""

from typing import Any

from opening.catalogue_shape import PublicDataset
from serving.portal.holdings import Catalogue

Json = dict[str, Any]


def portal_markup(catalogue: Catalogue, base: str) -> Json:
    """Describe the portal as a catalogue of data that can be searched."""
    platform = catalogue.content["platform"]
    return {
        "@context": "https://schema.org/",
        "@type": "DataCatalog",
        "name": platform["zh"],
        "alternateName": platform["en"],
        "url": f"{base}/",
        "inLanguage": ["zh-CN", "en"],
        "potentialAction": {
            "@type": "SearchAction",
            "target": f"{base}/search?q={{words}}",
            "query-input": "required name=words",
        },
    }


def dataset_markup(catalogue: Catalogue, dataset: PublicDataset, base: str) -> Json:
    """Describe a dataset with its files; one that is open on conditions has none to fetch."""
    agency = catalogue.agencies[dataset["agency"]]
    markup: Json = {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "@id": f"{base}/dataset/{dataset['id']}",
        "url": f"{base}/dataset/{dataset['id']}",
        "identifier": dataset["id"],
        "name": dataset["title"]["zh"],
        "alternateName": dataset["title"]["en"],
        "description": dataset["summary"]["zh"],
        "inLanguage": "zh-CN",
        "keywords": dataset["keywords"],
        "isAccessibleForFree": dataset["open"]["type"] == "open_to_all",
        "conditionsOfAccess": dataset["open"]["name"]["zh"],
        "creator": {"@type": "GovernmentOrganization", "name": agency["name"]["zh"]},
        "includedInDataCatalog": {
            "@type": "DataCatalog",
            "name": catalogue.content["platform"]["zh"],
            "url": f"{base}/",
        },
        "variableMeasured": [
            {"@type": "PropertyValue", "name": column["name"], "description": column["zh"]}
            for column in dataset["columns"]
        ],
        "distribution": _distribution(dataset, base) if dataset["downloadable"] else [],
    }
    if "downloads" in dataset:
        markup["interactionStatistic"] = {
            "@type": "InteractionCounter",
            "interactionType": "https://schema.org/DownloadAction",
            "userInteractionCount": dataset["downloads"],
        }
    dates = {"datePublished": dataset["first_opened_at"], "dateModified": dataset["updated_at"]}
    return markup | {name: value for name, value in dates.items() if value}


def _distribution(dataset: PublicDataset, base: str) -> list[Json]:
    return [
        {
            "@type": "DataDownload",
            "name": file["name"],
            "encodingFormat": file["media_type"].partition(";")[0],
            "contentUrl": f"{base}/dataset/{dataset['id']}/download/{file['name']}",
            "contentSize": f"{file['bytes']} B",
            "sha256": file["sha256"],
        }
        for file in dataset["files"]
    ]
