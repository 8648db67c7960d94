"""Propose catalogue entries from real files, for a steward to look through and correct.

Here: how a file may be read (encoding, sheet, header), what its columns may mean, what may name its rows, and the text
of the entry, doubts marked. Nothing is decided here: an entry counts when two people have published it. Not here:
decoding itself (``ingestion/decoders``), nor whether an entry is right (``catalogue check``).
"""
