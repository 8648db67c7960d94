"""Classify columns, carry labels through SQL, apply masks, measure re-identification risk, decide or refuse.

Here: everything between a candidate table and the decision that it may leave (脱敏). Not here: writing what
leaves (``opening``), and lifting a state secret (脱密), which is a decision of the secrecy authority that
no mask may make.
"""
