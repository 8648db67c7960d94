"""What national norms say about values: identifiers, codes, money, dates, working days.

Belongs here: pure functions, one file per identifier or code, each in three forms that give the same
answer (scalar, polars series, DuckDB macro). Does not belong here: input or output, database
connections, anything that knows an agency, a table or a city; norms imports no other room.
"""
