"""Find, among a candidate's own columns, the condition under which a value is personal.

Here: rewriting ``sensitive_when`` of a resource into the names of a candidate's columns. Not here: nulling
(``masks/suppress_when_sensitive.py``). The masked column and every column of the condition must be
unchanged copies from the same row of the same table; otherwise the condition would be asked of another row,
so that there is none.
"""

from collections.abc import Mapping

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from masking.labels import ColumnLabel, Condition
from resource_catalogue.release import Release
from resource_catalogue.words import base_table, standard_table


def condition_sql(column: str, outputs: Mapping[str, ColumnLabel], release: Release) -> str | None:
    """Write the condition of a column over the candidate's columns.

    Args:
        column: The column to be nulled.
        outputs: Labels of all of the candidate's columns.
        release: The release whose entries hold the conditions.

    Returns:
        SQL, or null where the condition cannot be told from the candidate's columns.
    """
    label = outputs[column]
    if label.origin is None or not label.conditions:
        return None
    written = []
    for condition in sorted(label.conditions, key=lambda c: (c.resource_id, c.sql)):
        rewritten = _rewritten(condition, label, outputs, release)
        if rewritten is None:
            return None
        written.append(f"({rewritten})")
    return " or ".join(dict.fromkeys(written))


def _rewritten(
    condition: Condition, label: ColumnLabel, outputs: Mapping[str, ColumnLabel], release: Release
) -> str | None:
    try:
        tree = sqlglot.parse_one(condition.sql, dialect="duckdb")
    except SqlglotError:
        return None
    for node in list(tree.find_all(exp.Column)):
        name = _output_for(condition.resource_id, node.name, label, outputs, release)
        if name is None:
            return None
        node.set("this", exp.to_identifier(name))
    return tree.sql(dialect="duckdb")


def _output_for(
    resource_id: str, name: str, label: ColumnLabel, outputs: Mapping[str, ColumnLabel], release: Release
) -> str | None:
    """Find the candidate's copy of a resource's column: the standard one, or the base attribute it claims."""
    places = {(str(standard_table(resource_id)), name)}
    base = next((c.base for c in release.resource(resource_id).columns if c.name == name), None)
    if base:
        entity, attribute = base.split(".")
        places.add((str(base_table(entity)), attribute))
    for output, other in outputs.items():
        origin = other.origin
        if (
            origin
            and label.origin
            and origin.path == label.origin.path
            and (origin.table, origin.column) in places
        ):
            return output
    return None
