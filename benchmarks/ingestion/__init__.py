"""Measure ingestion: one large file beside the same work by hand, and many small files beside decoding alone."""
