"""Keys, groups and check names: an asset is called like its table."""

import dagster as dg

from resource_catalogue.resource import Resource
from resource_catalogue.words import TableName, claims_table, resource_table_name

REGISTER = dg.AssetKey(["register", "roles"])
SCORES = dg.AssetKey(["quality", "scores"])
RECTIFICATION = dg.AssetKey(["casework", "rectification"])
SHARES = dg.AssetKey(["share", "tables"])
SHARES_IN_BUCKET = dg.AssetKey(["share", "bucket"])
PORTAL_CATALOGUE = dg.AssetKey(["opening", "portal_catalogue"])
REPORT = dg.AssetKey(["report", "run"])


def table_key(table: TableName) -> dg.AssetKey:
    """Return the asset key of a table."""
    return dg.AssetKey([table.schema, table.name])


def standard_key(resource_id: str) -> dg.AssetKey:
    """Return the key of a resource's standard table."""
    return dg.AssetKey(["standard", resource_table_name(resource_id)])


def claims_key(entity: str) -> dg.AssetKey:
    """Return the key of an entity's claims."""
    return table_key(claims_table(entity))


def open_key(dataset: str) -> dg.AssetKey:
    """Return the key of an opened dataset."""
    return dg.AssetKey(["open", dataset])


def candidate_key(dataset: str) -> dg.AssetKey:
    """Return the key of a dataset's candidate."""
    return dg.AssetKey(["candidate", dataset])


def slices_of(resource: Resource) -> dg.DynamicPartitionsDefinition | None:
    """Return the partitions of a resource that comes in slices; null for one that does not."""
    if resource.source.slice is None:
        return None
    return dg.DynamicPartitionsDefinition(name=slices_name(resource.id))


def slices_name(resource_id: str) -> str:
    """Return the name of a resource's set of slices."""
    return f"slices_of_{resource_table_name(resource_id)}"
