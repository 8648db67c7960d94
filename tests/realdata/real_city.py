"""What the ingestion of the public data left behind, and one wave of it."""

from dataclasses import dataclass, field

import polars as pl

from ingestion.ingest import ingest_resource
from lake import Lake
from resource_catalogue.deployment import Deployment
from resource_catalogue.release import Release

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
