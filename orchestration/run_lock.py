"""The lock of a deployment: one piece of work at a time, whoever started it.

``civiclake run`` holds it from beginning to end; a run that the web pages or the daemon started takes it step by step.
The operating system frees it when its holder dies, so that nothing killed keeps it. Decision 8 says why there is one
lock and no pool per table.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
from filelock import AcquireReturnProxy, FileLock, Timeout

from resource_catalogue.deployment import Deployment
from resource_catalogue.errors import LakeError

PATIENCE_SECONDS = 3600
"""How long a step of the daemon waits for its turn before it fails, to be tried again by Dagster."""
_POLL_SECONDS = 0.2


@contextmanager
def sole_run(deployment: Deployment) -> Iterator[None]:
    """Hold the lock for a whole run, or refuse.

    Raises:
        LakeError: Other work on this deployment is under way.
    """
    with _sole(deployment, "run.lock", "another run is under way", "one run at a time", "wait for it to end"):
        yield


@contextmanager
def turn(deployment: Deployment, patience: float | None = None) -> Iterator[None]:
    """Hold the lock for one step: at once where this process has it, else when its holder is done.

    Args:
        deployment: Whose lock.
        patience: Seconds to wait; default ``PATIENCE_SECONDS``.

    Raises:
        LakeError: The holder was not done in time.
    """
    lock = _lock(deployment, "run.lock")
    try:
        taken = lock.acquire(timeout=0)
    except Timeout:
        taken = _waited(lock, deployment, PATIENCE_SECONDS if patience is None else patience)
    with taken:
        yield


@contextmanager
def turn_if_free(deployment: Deployment) -> Iterator[bool]:
    """Hold the lock for one step where nobody else has it; tell whether it is held."""
    try:
        taken = _lock(deployment, "run.lock").acquire(timeout=0)
    except Timeout:
        yield False
        return
    with taken:
        yield True


@contextmanager
def sole_pages(deployment: Deployment) -> Iterator[None]:
    """Hold the lock of the web pages and the daemon: one of each per deployment.

    Raises:
        LakeError: They are open already.
    """
    open_already = ("its pages are open already", "one `civiclake ui` at a time", "use that one")
    with _sole(deployment, "ui.lock", *open_already):
        yield


def _sole(deployment: Deployment, name: str, found: str, expected: str, remedy: str) -> AcquireReturnProxy:
    """Take a lock at once, or refuse with what its holder is doing."""
    try:
        return _lock(deployment, name).acquire(timeout=0)
    except Timeout:
        raise LakeError(str(deployment.home), found, expected, remedy) from None


def _lock(deployment: Deployment, name: str) -> FileLock:
    """Return the lock; one object per process, so that who holds it may take it again."""
    folder: Path = deployment.var
    folder.mkdir(parents=True, exist_ok=True)
    return FileLock(folder / name, is_singleton=True)


def _waited(lock: FileLock, deployment: Deployment, patience: float) -> AcquireReturnProxy:
    minutes = round(patience / 60)
    dg.get_dagster_logger().warning(
        f"等待另一次运行结束, 至多 {minutes} 分钟 / another run is under way; waiting up to {minutes} minutes"
    )
    try:
        return lock.acquire(timeout=patience, poll_interval=_POLL_SECONDS)
    except Timeout:
        raise LakeError(
            str(deployment.home),
            f"另一次运行 {minutes} 分钟后仍未结束 / another run was still under way after {minutes} minutes",
            "its end",
            "wait for it to end, then run this again",
        ) from None
