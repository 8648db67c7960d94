"""Shared tables by the Delta Sharing protocol, to exactly what a grant names.

Here: the protocol, its refusals, addresses of files. It sees the lake through ``lake.shared``. Not here: who may see
what (``casework``), the record of access (``audit``).
"""
