"""One asset per listed dataset: its candidate decided on, masked, measured and opened, or refused with the reason."""

import dagster as dg

from lake.dbt_run import compiled_sql
from opening.publish import open_dataset
from orchestration.asset_keys import candidate_key, open_key
from orchestration.platform import Platform
from orchestration.shield import shielded
from resource_catalogue.dataset import Dataset

GATE = "release_gate"


def opening_assets(platform: Platform, candidates: set[dg.AssetKey]) -> list[dg.AssetsDefinition]:
    """Make the asset of every listed dataset whose candidate the deployment builds."""
    datasets = platform.release.listed_datasets()
    return [_open_asset(platform, d) for d in datasets if candidate_key(d.id) in candidates]


def _open_asset(platform: Platform, dataset: Dataset) -> dg.AssetsDefinition:
    key = open_key(dataset.id)

    @dg.asset(
        key=key,
        group_name="opening",
        deps=[candidate_key(dataset.id)],
        description=f"{dataset.title.zh} / {dataset.title.en}",
        check_specs=[dg.AssetCheckSpec(GATE, asset=key, description="开放关口 / may it be opened")],
    )
    def opened() -> dg.MaterializeResult:
        with shielded(key):
            sql = compiled_sql(platform.deployment, dataset.id)
            result = open_dataset(
                platform.lake, platform.release, platform.deployment, dataset.id, platform.as_of, sql
            )
        gate = dg.AssetCheckResult(
            passed=result.state != "refused", metadata={"reason": result.reason or "-"}
        )
        counts = {"dagster/row_count": result.rows, "k": result.k or 0, "state": result.state}
        return dg.MaterializeResult(metadata=counts, check_results=[gate._replace(check_name=GATE)])

    return opened
