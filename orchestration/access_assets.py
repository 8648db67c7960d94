"""The record of access sealed, and what the open portal may know, counts from that record too: at the end of a run."""

from collections.abc import Sequence

import dagster as dg

from audit.record import AccessRecord
from lake.tables import ACCESS
from opening.boundaries import write_boundaries
from opening.portal_catalogue import write_portal_catalogue
from orchestration.asset_keys import PORTAL_CATALOGUE, table_key
from orchestration.platform import Platform
from orchestration.step_work import working
from serving.measures import shown_measures


def access_assets(platform: Platform, opened: Sequence[dg.AssetKey]) -> list[dg.AssetsDefinition]:
    """Make the sealed record of access and, after it and everything that is opened, the portal's catalogue."""
    return [_record_asset(platform), _catalogue_asset(platform, opened)]


def _record_asset(platform: Platform) -> dg.AssetsDefinition:
    key = table_key(ACCESS)

    @dg.asset(key=key, group_name="audit", description="存取记录 / the record of access, sealed by day")
    def access() -> dg.MaterializeResult:
        with working(platform, key):
            sealed = AccessRecord.open(platform.deployment).seal(platform.lake, platform.as_of)
        return dg.MaterializeResult(metadata={"sealed": sealed.copied, "days_signed": len(sealed.days)})

    return access


def _catalogue_asset(platform: Platform, opened: Sequence[dg.AssetKey]) -> dg.AssetsDefinition:
    @dg.asset(
        key=PORTAL_CATALOGUE,
        group_name="opening",
        deps=[*opened, table_key(ACCESS)],
        description="开放平台目录 / what the open portal may know",
    )
    def catalogue() -> dg.MaterializeResult:
        with working(platform, PORTAL_CATALOGUE):
            with platform.state() as state:
                measures = shown_measures(state, platform.release.profile)
            write_boundaries(platform.lake, platform.release, platform.deployment, platform.as_of)
            path = write_portal_catalogue(
                platform.lake, platform.release, platform.deployment, platform.as_of, measures
            )
        return dg.MaterializeResult(metadata={"file": dg.MetadataValue.path(path)})

    return catalogue
