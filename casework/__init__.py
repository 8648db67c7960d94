"""Everything a body must do by a date: rectification tasks and decisions on held deliveries.

Here: cases, clocks, receipts, the hash-chained ledger, acts of people, task sheets. Not here: finding faults
(``expectations/``), carrying out a decision (the room that reads ``decisions.*``), who may read what
(``serving/``). Nothing here keeps a value of a data row: rows are named by key, delivery and line.
"""

from casework.state import State, open_state

__all__ = ["State", "open_state"]
