"""What the ingestion of the public data left behind, and one wave of it."""

from dataclasses import dataclass, field

import polars as pl

from ingestion.ingest import ingest_resource
from lake import Lake
from lake.tables import DELIVERIES, REJECTED_ROWS
from resource_catalogue.deployment import Deployment
from resource_catalogue.release import Release
from resource_catalogue.words import standard_table

BROKEN = "enterprise_registry/broken_first_release"
REGISTRY = "market_regulation.enterprise_registry"


@dataclass
class Ingestion:
    """What was ingested, in which waves, and what it cost."""

    lake: Lake
    deployment: Deployment
    release: Release
    deliveries: pl.DataFrame = field(default_factory=pl.DataFrame)
    waves: dict[str, int] = field(default_factory=dict)
    seconds: float = 0
    peak_gib: float = 0


def wave(session: Ingestion, resource_id: str) -> int:
    """Take in one wave of a resource and return how many deliveries wait for the next."""
    as_of = session.deployment.as_of
    done = ingest_resource(session.lake, session.deployment, session.release, resource_id, as_of)
    session.waves[resource_id] = session.waves.get(resource_id, 0) + 1
    return done.waiting


def findings(session: Ingestion, delivery_ids: list[str]) -> pl.DataFrame:
    """Return row number and reason of every fault and rejection of the deliveries."""
    release = session.release.resource(REGISTRY)
    standard = session.lake.read(standard_table(REGISTRY)).filter(pl.col("_delivery_id").is_in(delivery_ids))
    frames = [
        standard.filter(pl.col(f"{column.name}__fault").is_not_null() & pl.col(column.name).is_null()).select(
            "_delivery_id", "_row_number", "_line", reason=f"{column.name}__fault"
        )
        for column in release.columns
    ]
    rejected = session.lake.read(REJECTED_ROWS).filter(pl.col("delivery_id").is_in(delivery_ids))
    frames.append(
        rejected.select(_delivery_id="delivery_id", _row_number="row_number", _line="line", reason="reason")
    )
    return pl.concat(frames)


def broken_deliveries(session: Ingestion) -> pl.DataFrame:
    """Return the deliveries of the broken release."""
    return session.lake.read(DELIVERIES).filter(pl.col("file_name").str.starts_with(BROKEN))
