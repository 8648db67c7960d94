"""Scores, rectification tasks and the report of a run."""

from collections.abc import Sequence

import dagster as dg

from casework.contact_erasure import erase_due_contacts
from casework.form_clocks import recount_forms
from casework.limits import Limits
from casework.rectification import reconcile
from expectations.results import forget_unlisted
from expectations.scores import score_quality
from ingestion.refused_arrivals import refuse_arrivals
from lake.retirement import retire_replaced
from orchestration.asset_keys import RECTIFICATION, REPORT, SCORES, claims_key, standard_key
from orchestration.ingestion_assets import row_count
from orchestration.platform import Platform
from orchestration.step_work import working
from reporting.catalogue_page import write_catalogue_page
from reporting.page import write_report
from resource_catalogue.entities import ENTITIES


def casework_assets(platform: Platform, opened: Sequence[dg.AssetKey]) -> list[dg.AssetsDefinition]:
    """Make scores (after all checks), rectification (after scores) and the report (after everything)."""
    return [_scores_asset(platform), _rectification_asset(platform), _report_asset(platform, opened)]


def _scores_asset(platform: Platform) -> dg.AssetsDefinition:
    checked = [standard_key(resource.id) for resource in platform.release.listed_resources()]
    compared = [claims_key(entity) for entity in ENTITIES]

    @dg.asset(
        key=SCORES, group_name="quality", deps=[*checked, *compared], description="质量评分 / quality scores"
    )
    def scores() -> dg.MaterializeResult:
        with working(platform, SCORES):
            forget_unlisted(platform.lake, platform.release)
            score_quality(platform.lake, platform.release, platform.as_of)
        return dg.MaterializeResult(metadata=row_count(platform, SCORES))

    return scores


def _rectification_asset(platform: Platform) -> dg.AssetsDefinition:
    @dg.asset(
        key=RECTIFICATION, group_name="casework", deps=[SCORES], description="整改任务 / rectification tasks"
    )
    def rectification() -> dg.MaterializeResult:
        limits = Limits(targets=platform.deployment.settings.targets)
        with working(platform, RECTIFICATION), platform.state() as state:
            done = reconcile(state, platform.lake, platform.release, platform.as_of, limits)
            recount_forms(state, platform.as_of, limits)
            erase_due_contacts(state, platform.as_of, platform.deployment.settings.portal.contact_days)
        counts = {"issued": len(done.issued), "closed": len(done.closed), "reopened": len(done.reopened)}
        return dg.MaterializeResult(metadata=counts)

    return rectification


def _report_asset(platform: Platform, opened: Sequence[dg.AssetKey]) -> dg.AssetsDefinition:
    @dg.asset(
        key=REPORT, group_name="casework", deps=[RECTIFICATION, *opened], description="运行报告 / report"
    )
    def report() -> dg.MaterializeResult:
        as_of = platform.as_of.astimezone(platform.deployment.settings.zone())
        with working(platform, REPORT), platform.state() as state:
            refuse_arrivals(platform.lake, platform.deployment, platform.release, as_of)
            page = write_report(platform.deployment, platform.lake, state, platform.release, platform.as_of)
            write_catalogue_page(platform.deployment, platform.lake, platform.release, platform.as_of)
            # Last: what arrived for a replaced resource by now is taken in, and its successor is built.
            retired = retire_replaced(platform.lake, as_of)
        retirements = {"retired": ", ".join(retired)} if retired else {}
        return dg.MaterializeResult(metadata={"page": dg.MetadataValue.path(page), **retirements})

    return report
