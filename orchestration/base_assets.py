"""The source register, the claims views, and the dbt models: bases, themes, topics, candidates."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, dbt_assets

from expectations.agreement import agreement_rules
from expectations.run import check_agreement
from lake.claims import contributors
from lake.dbt_run import build_models, prepare_project
from lake.register import refresh_register
from orchestration.asset_keys import REGISTER, claims_key, standard_key
from orchestration.ingestion_assets import row_count
from orchestration.platform import Platform
from orchestration.rule_checks import check_results, check_specs
from orchestration.step_work import working
from orchestration.stops import blockers, stopped
from resource_catalogue.entities import ENTITIES


def base_assets(platform: Platform) -> list[dg.AssetsDefinition]:
    """Make the register, one claims asset per entity, and the dbt models that the deployment builds."""
    return [
        _register_asset(platform),
        *(_claims_asset(platform, e) for e in ENTITIES),
        _model_assets(platform),
    ]


def built_databases(platform: Platform) -> list[str]:
    """List the base databases that are built: those of the profile, and what the deployment adds."""
    return [*platform.release.profile.base_databases, *platform.deployment.settings.bases.also]


def _excluded(platform: Platform) -> str:
    """Return the dbt selection of what is not built: other bases, and models that need one of them."""
    missing = sorted({entity.database for entity in ENTITIES.values()} - set(built_databases(platform)))
    return " ".join(f"tag:{prefix}_{name}" for name in missing for prefix in ("base", "needs"))


def _register_asset(platform: Platform) -> dg.AssetsDefinition:
    @dg.asset(
        key=REGISTER, group_name="base", description="数源清单: 每项数据的唯一来源 / one source per item"
    )
    def register() -> dg.MaterializeResult:
        with working(platform, REGISTER):
            refresh_register(platform.lake, platform.release, platform.as_of.date())
        return dg.MaterializeResult(metadata=row_count(platform, REGISTER))

    return register


def _claims_asset(platform: Platform, entity: str) -> dg.AssetsDefinition:
    key = claims_key(entity)
    rules = agreement_rules(platform.release, entity)
    sources = [standard_key(resource.id) for resource in contributors(platform.release, entity)]

    @dg.asset(
        key=key,
        group_name="base",
        deps=[*sources, REGISTER],
        description=f"{ENTITIES[entity].zh}: 各机构的陈述 / what every agency says",
        check_specs=check_specs(rules, key),
    )
    def claims() -> dg.MaterializeResult:
        with working(platform, key):
            results = check_agreement(platform.lake, platform.release, entity, platform.as_of)
        return dg.MaterializeResult(
            metadata={"contributors": len(sources)}, check_results=check_results(results, key)
        )

    return claims


class _Translator(DagsterDbtTranslator):
    """Group models by folder."""

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """Return the schema of a model, which is the kind of its table."""
        return str(dbt_resource_props.get("schema") or "base")


def _model_assets(platform: Platform) -> dg.AssetsDefinition:
    project = prepare_project(platform.deployment)

    @dbt_assets(
        # As values: of a path, Dagster keeps what it read first, and a process may see the project change.
        manifest=project.manifest(),
        exclude=_excluded(platform),
        name="models",
        dagster_dbt_translator=_Translator(),
    )
    def models(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
        selected = sorted(context.selected_asset_keys)
        with working(platform, selected[0]):
            keys = _build(platform, selected, context.assets_def.asset_deps)
        # An asset that is stopped yields nothing: what follows from it is skipped, what does not goes on.
        for key in keys:
            yield dg.MaterializeResult(asset_key=key, metadata=row_count(platform, key))

    return models


def _build(
    platform: Platform, selected: list[dg.AssetKey], parents: Mapping[dg.AssetKey, Iterable[dg.AssetKey]]
) -> list[dg.AssetKey]:
    """Build the selected models but those that a rule stops; return what was built."""
    held = stopped(blockers(platform.lake, platform.release), {**claimed(platform), **parents})
    keys = [key for key in selected if key not in held]
    variables = {"as_of_date": platform.as_of.date().isoformat()}
    if keys:
        names = [key.path[-1] for key in keys]
        project = prepare_project(platform.deployment)
        build_models(platform.lake, platform.release, project, names, variables)
    for key in sorted(set(selected) & set(held)):
        rules = ", ".join(sorted(held[key]))
        dg.get_dagster_logger().warning(f"阻断 / stopped: {key.to_user_string()} <- {rules}")
    return keys


def claimed(platform: Platform) -> dict[dg.AssetKey, list[dg.AssetKey]]:
    """Return what each entity's claims are made from."""
    return {
        claims_key(entity): [standard_key(resource.id) for resource in contributors(platform.release, entity)]
        for entity in ENTITIES
    }
