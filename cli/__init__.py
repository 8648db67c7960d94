"""The ``civiclake`` command: what people type, in words and tables; every command calls the rooms below.

Only ``run``, ``demo`` and ``ui`` load Dagster. A user's mistake gives a message and the exit code of its kind, no
traceback.
"""
