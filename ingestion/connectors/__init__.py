"""Connectors: one file per kind of source, each with ``arrivals(resource, deployment, as_of)``."""
