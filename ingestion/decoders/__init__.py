"""Decoders: one file per form of bytes, each with ``decode(path, resource) -> Decoded``.

A file is read as what its bytes are, not as what its name says. Everything comes out as text; typing is the
catalogue's business (``ingestion.conform``).
"""
