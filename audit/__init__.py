"""Keep the record of access (存取记录): whatever left the platform, chained by hash, provable to a third party.

Here: appending durably, sealing into ``audit.access``, signing the days, verifying, searching. Not here: who may see
what (``casework``), nor answering (``serving``).
"""
