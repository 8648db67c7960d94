"""Speak to agencies' databases: one module per kind, each giving rows as Arrow batches in a session that only reads."""
