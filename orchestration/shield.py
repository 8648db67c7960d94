"""Keep cell values out of Dagster's events: what an asset body raises is stored there and shown on pages."""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg

from resource_catalogue.errors import CivicError, EngineError


@contextmanager
def shielded(key: dg.AssetKey) -> Iterator[None]:
    """Let errors meant for people pass; of any other keep its kind and the line it came from, never its text.

    Raises:
        EngineError: In place of every error that is not the platform's own.
    """
    try:
        yield
    except (CivicError, KeyboardInterrupt, dg.DagsterExecutionInterruptedError, SystemExit, GeneratorExit):
        raise
    except BaseException as error:  # a panic of an engine is no Exception
        last = traceback.extract_tb(error.__traceback__)[-1]
        kind = f"{type(error).__name__} at {Path(last.filename).name}:{last.lineno}"
        raise EngineError(
            key.to_user_string(),
            f"{kind} (不显示引擎原文, 其中可能有数据 / text withheld: it may print values)",
        ) from None
