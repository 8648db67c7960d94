"""Turn declared rules into Great Expectations metrics, keep findings (问题数据) by key, score GB/T 36344.

Here: which rules a resource has, one check per file, how they are counted and located on DuckDB, what is
recorded in ``quality.results``, ``quality.findings`` and ``quality.scores``, and how a finding is
explained. Not here: whether a value is valid (``norms``, written down once in ``standard``), nor what
follows from a finding (casework). Importing the room does not import Great Expectations, which takes
seconds: only ``engine`` and ``metrics`` do, at check time.
"""
