"""Stopping a run in order: what Ctrl-C and SIGTERM do while Dagster executes.

Here: the one place that handles signals. Dagster sets its own handlers around a step and takes the error they raise
for a failure of that step; engines and dbt turn it into errors of their own. So a signal is noted first, and what
counts afterwards is the note. Not here: what is said to the person (``cli``).
"""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import dagster as dg

from resource_catalogue.errors import INTERRUPTED

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_INTERRUPTS = (KeyboardInterrupt, dg.DagsterExecutionInterruptedError)


class Interruption:
    """Remember that this process was asked to stop.

    The first signal stops in order. A second one leaves at once: no later than a kill, which the next run mends.
    """

    asked = False

    @classmethod
    def note(cls, number: int, frame: FrameType | None) -> None:
        """Note the signal and let the work in hand end."""
        if cls.asked:
            os._exit(INTERRUPTED)
        cls.asked = True

    @classmethod
    def note_and_raise(cls, number: int, frame: FrameType | None) -> None:
        """Note the signal and break off the work in hand."""
        cls.note(number, frame)
        raise KeyboardInterrupt

    @classmethod
    def obey(cls) -> None:
        """Break off where a stop was asked for.

        Raises:
            KeyboardInterrupt: It was.
        """
        if cls.asked:
            raise KeyboardInterrupt


@contextmanager
def noting_signals() -> Iterator[None]:
    """Note signals between two steps, where Dagster keeps its books: they end the run at its next step."""
    with _handled_by(Interruption.note):
        yield


@contextmanager
def breaking_off() -> Iterator[None]:
    """Break off the work of a step when a signal comes, whatever error an engine makes of it.

    Raises:
        KeyboardInterrupt: A stop was asked for, now or before.
    """
    Interruption.obey()
    try:
        with _handled_by(Interruption.note_and_raise):
            yield
    finally:
        Interruption.obey()


class RetryUnlessStopped(dg.RetryPolicy):
    """Retry a step that failed, but not one that a person stopped, which Dagster would retry as well."""

    def calculate_delay(self, attempt_num: int) -> Any:
        """Return the seconds until the next attempt; called while the step's error is being handled."""
        error = sys.exception()
        if isinstance(error, _INTERRUPTS):
            raise error
        return super().calculate_delay(attempt_num)


@contextmanager
def _handled_by(handler: Any) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, handler) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, signal.SIG_DFL if earlier is None else earlier)
