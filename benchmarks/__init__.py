"""Measured speed: programs that time the platform beside a bare engine, and what they found.

Here: what is run by hand, beside the tests. Not here: anything that a room imports.
"""
