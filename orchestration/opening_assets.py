"""One asset per listed dataset: its candidate decided on, masked, measured and opened, or refused with the reason.

Before them, one asset withdraws what may no longer lie open: a suspended or retired dataset has none of its own.
"""

import dagster as dg

from lake.dbt_run import compiled_sql
from lake.tables import WITHDRAWALS
from opening.publish import open_dataset
from opening.withdraw import withdraw_closed
from orchestration.asset_keys import candidate_key, open_key, table_key
from orchestration.platform import Platform
from orchestration.step_work import working
from resource_catalogue.dataset import Dataset

GATE = "release_gate"
_WITHDRAWN = table_key(WITHDRAWALS)


def opening_assets(platform: Platform, candidates: set[dg.AssetKey]) -> list[dg.AssetsDefinition]:
    """Make the asset of withdrawals and that of every listed dataset whose candidate the deployment builds."""
    datasets = platform.release.listed_datasets()
    opened = [_open_asset(platform, d) for d in datasets if candidate_key(d.id) in candidates]
    return [_withdrawals_asset(platform), *opened]


def _withdrawals_asset(platform: Platform) -> dg.AssetsDefinition:
    @dg.asset(
        key=_WITHDRAWN,
        group_name="opening",
        description="撤回不再开放的数据集 / withdraw what may no longer lie open",
    )
    def withdrawals() -> dg.MaterializeResult:
        with working(platform, _WITHDRAWN):
            gone = withdraw_closed(platform.lake, platform.release, platform.deployment, platform.as_of)
        return dg.MaterializeResult(metadata={"withdrawn_now": [one.dataset for one in gone]})

    return withdrawals


def _open_asset(platform: Platform, dataset: Dataset) -> dg.AssetsDefinition:
    key = open_key(dataset.id)

    @dg.asset(
        key=key,
        group_name="opening",
        deps=[candidate_key(dataset.id), _WITHDRAWN],
        description=f"{dataset.title.zh} / {dataset.title.en}",
        check_specs=[dg.AssetCheckSpec(GATE, asset=key, description="开放关口 / may it be opened")],
    )
    def opened() -> dg.MaterializeResult:
        with working(platform, key):
            sql = compiled_sql(platform.deployment, dataset.id)
            result = open_dataset(
                platform.lake, platform.release, platform.deployment, dataset.id, platform.as_of, sql
            )
        gate = dg.AssetCheckResult(
            passed=result.state in ("opened", "unchanged"), metadata={"reason": result.reason or "-"}
        )
        counts = {"dagster/row_count": result.rows, "k": result.k or 0, "state": result.state}
        return dg.MaterializeResult(metadata=counts, check_results=[gate._replace(check_name=GATE)])

    return opened
