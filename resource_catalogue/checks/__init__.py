"""The checks of the catalogue, one file each: ``check(inspection)`` yields its remarks.

Here: one module per question, found by listing; a new file is a new check. Not here: shapes of entries, which
refuse wrong types and unknown keys while files are read.
"""
