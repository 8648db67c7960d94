"""Carry labels through SQL: what each output column is made from, and how far it may be opened.

Here: one pass over the qualified tree, from the innermost scope outwards. Not here: where labels come from
(``labels.py``) and what they forbid (``decision.py``).

What flows: every column in an output's expression, scalar subqueries and window keys included, through
CTEs, joins, unions and aggregates. What does not: predicates (WHERE, JOIN, HAVING, QUALIFY) and ORDER BY of
the query; a group-by column flows since it is selected. What lowers: COUNT, and functions registered as
masks. Whatever cannot be followed is ``none`` or refused: a column or table that the catalogue does not
know, a star without columns, COLUMNS(), PIVOT, a whole row as value, a table function, recursion, UNION BY
NAME (which the parser's library maps by position).
"""

from collections.abc import Collection, Mapping
from dataclasses import replace

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope

from masking.labels import CONSTANT, ColumnLabel, Labels, join, unknown
from resource_catalogue.model import AccessType, Label

_DIALECT = "duckdb"
_NEUTRAL = (
    exp.Literal, exp.Boolean, exp.Null, exp.DataType, exp.DataTypeParam, exp.Identifier,
    exp.Var, exp.Interval, exp.CurrentDate, exp.CurrentTimestamp,
    exp.WindowSpec, exp.RowNumber, exp.Rank, exp.DenseRank,
)  # fmt: skip
_BY_NAME = Label(zh="UNION BY NAME 的血缘无法判定", en="UNION BY NAME cannot be traced")
_NOT_TRACED = Label(zh="血缘无法判定", en="cannot be traced")
_RECURSIVE = Label(zh="递归查询的血缘无法判定", en="recursion cannot be traced")
_COUNT = Label(zh="计数", en="a count")
_MASKED = Label(zh="已由登记的脱敏函数处理", en="masked by a registered function")


class Untraceable(Exception):
    """Report SQL whose output columns cannot be told at all.

    Attributes:
        place: Column or clause that is to blame; never a value.
        reason: What is wrong with it.
    """

    def __init__(self, place: str, reason: Label) -> None:
        self.place, self.reason = place, reason
        super().__init__(f"{place}: {reason.en}")


def tables_read(sql: str) -> list[str]:
    """List the tables that a query reads as ``schema.name``, its own CTEs left out.

    Raises:
        Untraceable: The text is not one query.
    """
    tree = _parsed(sql)
    ctes = {cte.alias_or_name.lower() for cte in tree.find_all(exp.CTE)}
    tables = {_table_name(t) for t in tree.find_all(exp.Table) if t.db or t.name.lower() not in ctes}
    return sorted(tables)


def label_columns(
    sql: str,
    schema: Mapping[str, Collection[str]],
    labels: Labels,
    masks: Mapping[str, AccessType] | None = None,
) -> dict[str, ColumnLabel]:
    """Label the output columns of a query.

    Args:
        sql: One query in DuckDB's dialect.
        schema: Columns of the tables it may read, by ``schema.name``.
        labels: Labels of those columns; one without a label counts as unknown.
        masks: SQL functions registered as masks, and the label each may lower to.

    Returns:
        The label per output column, in order.

    Raises:
        Untraceable: The output columns cannot be told: no single query, a star over an unknown table, a
            pivot.
    """
    tree = _parsed(sql)
    _refuse_untraceable(tree)
    scope = build_scope(_qualified(tree, schema))
    if scope is None:
        raise Untraceable("SQL", _NOT_TRACED)
    return _Taint(labels, {name.lower(): to for name, to in (masks or {}).items()}).outputs(scope)


def _parsed(sql: str) -> exp.Query:
    try:
        statements = [statement for statement in sqlglot.parse(sql, dialect=_DIALECT) if statement]
    except SqlglotError:
        raise Untraceable("SQL", Label(zh="不是有效的 SQL", en="not valid SQL")) from None
    if len(statements) != 1 or not isinstance(statements[0], exp.Query):
        raise Untraceable("SQL", Label(zh="须为单一查询", en="not one single query"))
    for table in statements[0].find_all(exp.Table):
        table.set("catalog", None)
    return statements[0]


def _refuse_untraceable(tree: exp.Query) -> None:
    """Refuse pivots, and queries that read themselves: one pass says too little of later rounds."""
    if tree.find(exp.Pivot):
        raise Untraceable("PIVOT", _NOT_TRACED)
    for with_ in tree.find_all(exp.With):
        for cte in with_.expressions if with_.recursive else ():
            name = cte.alias_or_name
            if any(not t.db and t.name.lower() == name.lower() for t in cte.this.find_all(exp.Table)):
                raise Untraceable(name, _RECURSIVE)


def _qualified(tree: exp.Query, schema: Mapping[str, Collection[str]]) -> exp.Expr:
    nested: dict[str, object] = {}
    for table, columns in schema.items():
        part, name = table.split(".")
        tables = nested.setdefault(part, {})
        assert isinstance(tables, dict)
        tables[name] = dict.fromkeys(columns, "VARCHAR")
    try:
        return qualify(
            tree, schema=nested, dialect=_DIALECT, validate_qualify_columns=False, quote_identifiers=False,
            identify=False,
        )  # fmt: skip
    except SqlglotError:
        raise Untraceable("SQL", _NOT_TRACED) from None


def _table_name(table: exp.Table) -> str:
    return f"{table.db}.{table.name}".lower() if table.name else table.sql(_DIALECT)[:60]


class _Taint:
    """Walk scopes once each and remember their outputs."""

    def __init__(self, labels: Labels, masks: Mapping[str, AccessType]) -> None:
        self.labels, self.masks = labels, masks
        self.known: dict[int, dict[str, ColumnLabel]] = {}

    def outputs(self, scope: Scope) -> dict[str, ColumnLabel]:
        """Label the outputs of a scope."""
        key = id(scope.expression)
        if key not in self.known:
            self.known[key] = self._outputs(scope)
        return self.known[key]

    def _outputs(self, scope: Scope) -> dict[str, ColumnLabel]:
        query = scope.expression
        if isinstance(query, exp.SetOperation):
            return self._union(scope, query)
        if isinstance(query, exp.Select):
            return {self._name(item): self.expression(item, scope) for item in query.selects}
        if isinstance(query, exp.UDTF):
            return self._table_values(scope, query)
        return {}

    def _name(self, item: exp.Expr) -> str:
        """Return an output's name; a star that stayed a star has none."""
        if item.is_star or isinstance(item.unalias(), exp.Columns):
            place = item.sql(_DIALECT)[:60]
            raise Untraceable(place, Label(zh="星号无法展开为字段", en="a star whose columns are not known"))
        return str(item.alias_or_name)

    def _union(self, scope: Scope, query: exp.SetOperation) -> dict[str, ColumnLabel]:
        """Join both branches by position; BY NAME and unequal branches are unknown."""
        left, right = (self.outputs(branch) for branch in scope.set_operation_scopes)
        if query.args.get("by_name"):
            return {name: unknown(name, _BY_NAME) for name in (*left, *right)}
        if len(left) != len(right):
            return {name: unknown(name, _NOT_TRACED) for name in left}
        pairs = zip(left.items(), right.values(), strict=True)
        return {name: _both(a, b) for (name, a), b in pairs}

    def _table_values(self, scope: Scope, query: exp.Expr) -> dict[str, ColumnLabel]:
        """Label VALUES and UNNEST: every column may hold anything that stands in them."""
        parts = [self.expression(child, scope) for child in query.iter_expressions() if not _is_alias(child)]
        label = join(parts)
        return dict.fromkeys(query.alias_column_names, label)

    def expression(self, node: exp.Expr, scope: Scope) -> ColumnLabel:
        """Label the value of an expression."""
        if isinstance(node, exp.Column):
            return self.column(node, scope)
        if isinstance(node, exp.Alias | exp.Paren):
            return self.expression(node.this, scope)
        if isinstance(node, exp.Count) or (isinstance(node, exp.Filter) and isinstance(node.this, exp.Count)):
            return self._count(node.this if isinstance(node, exp.Filter) else node, scope)
        if isinstance(node, exp.Query):
            return self._subquery(node, scope)
        if isinstance(node, exp.Anonymous) and node.name.lower() in self.masks:
            return self._mask(node, scope)
        return self._made_from(node, scope)

    def _made_from(self, node: exp.Expr, scope: Scope) -> ColumnLabel:
        """Join the labels of an expression's parts; a leaf that is no constant is unknown."""
        if isinstance(node, exp.TableColumn | exp.Columns | exp.Star):
            return unknown(node.sql(_DIALECT)[:60], _NOT_TRACED)
        children = list(node.iter_expressions())
        if not children:
            return CONSTANT if isinstance(node, _NEUTRAL) else unknown(node.sql(_DIALECT)[:60], _NOT_TRACED)
        parts = [self.expression(child, scope) for child in children]
        label = join(parts)
        counts = [part for part in parts if part != CONSTANT]
        keeps_count = isinstance(node, exp.Sum | exp.Cast | exp.Coalesce)
        if keeps_count and counts and all(part.counted == "purely" for part in counts):
            return replace(label, counted="purely")
        return label

    def column(self, node: exp.Column, scope: Scope) -> ColumnLabel:
        """Label a column by the source that it names, looked for in the enclosing queries too."""
        source = self._source(node.table, scope)
        if isinstance(source, exp.Table):
            table = _table_name(source)
            found = self.labels.get(table, {}).get(node.name)
            if found is None:
                return unknown(f"{table}.{node.name}")
            return replace(found, origin=found.origin and replace(found.origin, path=(node.table,)))
        if isinstance(source, Scope):
            found = self.outputs(source).get(node.name)
            if found is not None:
                origin = found.origin and replace(found.origin, path=(node.table, *found.origin.path))
                return replace(found, origin=origin) if found != CONSTANT else found
        return unknown(node.sql(_DIALECT)[:60])

    def _source(self, name: str, scope: Scope | None) -> exp.Expr | Scope | None:
        while scope is not None and name:
            if name in scope.sources:
                source: exp.Expr | Scope = scope.sources[name]
                return source
            scope = scope.parent
        return None

    def _count(self, node: exp.Expr, scope: Scope) -> ColumnLabel:
        """Declassify a count: it says how many, not which; a minimum cell must still protect it."""
        parts = [self.expression(child, scope) for child in node.iter_expressions()]
        counted = join(parts)
        return ColumnLabel(
            "open_to_all",
            _COUNT,
            tuple(source for source in counted.sources if source != "*"),
            floor="open_to_all",
            undeclassified=counted.undeclassified,
            counted="purely",
        )

    def _mask(self, node: exp.Anonymous, scope: Scope) -> ColumnLabel:
        to = self.masks[node.name.lower()]
        made = self._made_from(node, scope)
        return replace(made, label=to, floor=to, undeclassified=to, reason=_MASKED, is_direct=False)

    def _subquery(self, node: exp.Query, scope: Scope) -> ColumnLabel:
        """Label a subquery in an expression: everything in it counts, its predicates too."""
        inner = node.unnest()
        for candidate in scope.subquery_scopes:
            if candidate.expression is inner or candidate.expression is node:
                parts = [
                    *self.outputs(candidate).values(),
                    *(self.column(c, candidate) for c in candidate.columns),
                ]
                return join(parts)
        return unknown("subquery", _NOT_TRACED)


def _both(left: ColumnLabel, right: ColumnLabel) -> ColumnLabel:
    """Join two branches of a union; both must be counts for the whole to be one."""
    joined = join([left, right])
    if left.counted == right.counted == "purely":
        return replace(joined, counted="purely")
    return replace(joined, origin=None)


def _is_alias(node: exp.Expr) -> bool:
    return isinstance(node, exp.TableAlias)
