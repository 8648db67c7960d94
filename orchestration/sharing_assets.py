"""One asset for all share tables and the indexes that lookups use: its graph does not change with a grant.

Where the deployment names a bucket, a second one copies the tables there: a storage that fails stops nothing else, and
recipients are given this server's own addresses for what is not copied yet.
"""

from collections.abc import Collection
from dataclasses import asdict

import dagster as dg

from casework.access_tables import flush_grants, flush_open_rows
from casework.grant_review import review_grants
from lake.bucket_copy import BucketCopy
from lake.lookup_builder import build_indexes
from lake.share_models import ShareClass, build_shares, served_entries, share_classes
from orchestration.asset_keys import RECTIFICATION, SHARES, SHARES_IN_BUCKET, claims_key, standard_key
from orchestration.base_assets import claimed
from orchestration.platform import Platform
from orchestration.step_work import working
from orchestration.stops import blockers, stopped


def sharing_assets(platform: Platform, bases: Collection[dg.AssetKey]) -> list[dg.AssetsDefinition]:
    """Make the asset of the share tables, after the bases and after the tasks that are joined to them."""
    listed = [standard_key(resource.id) for resource in platform.release.listed_resources()]
    built = [key for key in bases if key.path[0] == "base"]

    @dg.asset(
        key=SHARES,
        group_name="share",
        deps=[*listed, *built, RECTIFICATION],
        description="共享库: 每类授权一张表 / one table per grant class",
    )
    def shares() -> dg.MaterializeResult:
        with working(platform, SHARES):
            return dg.MaterializeResult(metadata=share(platform))

    if platform.deployment.settings.bucket.url is None:
        return [shares]

    @dg.asset(
        key=SHARES_IN_BUCKET,
        group_name="share",
        deps=[SHARES],
        description="共享表在存储桶中的副本 / copies of shared tables in the bucket",
    )
    def bucket() -> dg.MaterializeResult:
        with working(platform, SHARES_IN_BUCKET):
            return dg.MaterializeResult(metadata=copy_to_bucket(platform))

    return [shares, bucket]


def share(platform: Platform) -> dict[str, int]:
    """Bring grants, share tables and indexes up to now; return counts."""
    also_built = platform.deployment.settings.bases.also
    with platform.state() as state:
        review_grants(state, platform.lake, platform.release, platform.as_of, also_built)
        flush_grants(state, platform.lake, platform.release, also_built)
        flush_open_rows(state, platform.lake)
    blocking = blockers(platform.lake, platform.release)
    held = {**blocking, **stopped(blocking, claimed(platform))}

    def is_held(one: ShareClass) -> bool:
        schema, _, entity = one.entry.partition(".")
        return (claims_key(entity) if schema == "base" else standard_key(one.entry)) in held

    shares = build_shares(platform.lake, platform.deployment, platform.release, platform.as_of, is_held)
    day = platform.as_of.astimezone(platform.deployment.settings.zone()).date()
    classes = share_classes(platform.lake, platform.release, day)
    served = served_entries(platform.release, classes, platform.as_of)
    indexed = build_indexes(platform.lake, platform.deployment.lookup, served)
    return {
        "tables": len(classes),
        "built": sum(model.status == "success" for model in shares.models),
        "dropped": len(shares.dropped),
        "indexed": len(indexed),
    }


def copy_to_bucket(platform: Platform) -> dict[str, int]:
    """Bring the copy of the shared tables up to now; return counts."""
    copying = BucketCopy.of(platform.lake, platform.deployment)
    return {} if copying is None else asdict(copying.bring())
