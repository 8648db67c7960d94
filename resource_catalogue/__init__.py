"""What exists and what the rules say about it: agencies, resources, source register, profiles, releases.

Here: the catalogue's typed shapes and their loading, deployment settings, and the words that rooms share
(table names, deliveries, findings). Not here: reading or writing the lake (``lake/``), values' norms (``norms/``).
"""
