"""Closing the books of runs whose process died: Dagster shows them as started and keeps their place in its queue.

Who may call each of these holds a lock that proves that nobody does the work any more (decision 8).
"""

import dagster as dg

from orchestration.instance import open_instance
from orchestration.run_lock import sole_run
from resource_catalogue.deployment import Deployment
from resource_catalogue.errors import LakeError

IN_PROCESS = {"civiclake/in_process": "true"}
"""Tag of runs that ``civiclake run`` executes itself, under the lock of the deployment."""
_STATUS = dg.DagsterRunStatus
_BEGUN = [_STATUS.STARTING, _STATUS.STARTED, _STATUS.CANCELING]


def bury_own(instance: dg.DagsterInstance) -> None:
    """Close the books of killed ``civiclake run``s; the caller holds the deployment's lock."""
    for run in instance.get_runs(dg.RunsFilter(statuses=[*_BEGUN, _STATUS.NOT_STARTED], tags=IN_PROCESS)):
        _bury(instance, run)


def bury_before_pages(deployment: Deployment) -> None:
    """Close the books of runs that an earlier daemon left; the caller holds the lock of the pages.

    A ``civiclake run`` that is under way is left alone.
    """
    with open_instance(deployment.var) as instance:
        for run in instance.get_runs(dg.RunsFilter(statuses=_BEGUN)):
            if not IN_PROCESS.items() <= run.tags.items():
                _bury(instance, run)
        try:
            with sole_run(deployment):
                bury_own(instance)
        except LakeError:
            return


def _bury(instance: dg.DagsterInstance, run: dg.DagsterRun) -> None:
    if run.status == _STATUS.CANCELING:
        instance.report_run_canceled(run, "已停止 / the process is gone")
    else:
        instance.report_run_failed(run, "被中断 / the process was killed")
