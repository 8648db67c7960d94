"""Push in real time (实时报送): the face that agencies' systems post their records to.

Here: checking who posts and whether it is JSON, keeping it durably, acknowledging it. It sees no table of the lake but
the catalogue's release. Not here: what the records are worth (``expectations``), nor what becomes of them
(``ingestion/connectors/push.py``).
"""
