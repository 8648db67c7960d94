"""Sole owner of table locations, Delta commits, history and the DuckDB connection that reads them.

Here: where a table lies, how it is committed (one writer per table, inputs and fingerprint recorded), how it is read,
catalogue releases as tables, and the dbt plugin. Not here: what a table means (the room that writes it).
"""

from lake.store import Commit, Lake

__all__ = ["Commit", "Lake"]
