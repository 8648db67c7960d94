"""One asset per listed resource: its deliveries taken in, conformed to ``standard``, its rules checked."""

import datetime as dt

import dagster as dg

from expectations.rule import rules_of
from expectations.run import check_resource
from ingestion.ingest import ingest_resource
from orchestration.asset_keys import slices_of, standard_key
from orchestration.interruption import RetryUnlessStopped
from orchestration.killed_runs import IN_PROCESS
from orchestration.platform import Platform
from orchestration.rule_checks import check_results, check_specs
from orchestration.step_work import working
from resource_catalogue.promise import promise_of
from resource_catalogue.resource import Resource
from resource_catalogue.words import TableName

_DAYS = {
    "real_time": 1,
    "daily": 1,
    "weekly": 7,
    "monthly": 31,
    "quarterly": 92,
    "half_yearly": 184,
    "yearly": 366,
}
_RETRY = RetryUnlessStopped(max_retries=1, delay=1)
AGREEMENT = "agreement"


def standard_assets(platform: Platform) -> list[dg.AssetsDefinition]:
    """Make the asset of every listed resource."""
    return [_standard_asset(platform, resource) for resource in platform.release.listed_resources()]


def _standard_asset(platform: Platform, resource: Resource) -> dg.AssetsDefinition:
    key = standard_key(resource.id)
    rules = [rule for rule in rules_of(resource, platform.release) if rule.check != AGREEMENT]

    @dg.asset(
        key=key,
        group_name="ingestion",
        description=f"{resource.name.zh} / {resource.name.en}. {resource.grain.en}",
        partitions_def=slices_of(resource),
        backfill_policy=dg.BackfillPolicy.single_run() if resource.source.slice else None,
        check_specs=check_specs(rules, key),
        freshness_policy=_freshness(resource),
        retry_policy=_RETRY,
        owners=[f"team:{resource.agency}"],
        kinds={"deltalake"},
    )
    def standard(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        is_sliced = context.has_partition_key or context.has_partition_key_range
        slices = set(context.partition_keys) if is_sliced else None
        lake, release, as_of = platform.lake, platform.release, platform.as_of
        # ``civiclake run`` asks all sources before its first wave.
        is_fetched = IN_PROCESS.items() <= context.run.tags.items()
        with working(platform, key):
            done = ingest_resource(lake, platform.deployment, release, resource.id, as_of, slices, is_fetched)
            results = check_resource(lake, release, resource.id, as_of)
        if done.source_fault:
            context.log.warning(done.source_fault)
        return dg.MaterializeResult(
            metadata={**row_count(platform, key), "new_deliveries": len(done.new), "waiting": done.waiting},
            check_results=check_results(results, key),
        )

    return standard


def row_count(platform: Platform, key: dg.AssetKey) -> dict[str, dg.MetadataValue]:
    """Return row count and version of the table behind an asset, as Dagster shows them."""
    schema, name = key.path
    table = TableName(schema, name)
    return {
        "dagster/row_count": dg.MetadataValue.int(platform.lake.row_count(table)),
        "version": dg.MetadataValue.int(platform.lake.version(table) or 0),
    }


def _freshness(resource: Resource) -> dg.FreshnessPolicy | None:
    days = _DAYS.get(resource.update.frequency) if resource.is_digital and promise_of(resource) else None
    return dg.FreshnessPolicy.time_window(fail_window=dt.timedelta(days=2 * days)) if days else None
