"""Make each agency's feeds: one module per agency, clean rows first, then the faults that are planted.

Here: what each agency sends. Not here: how rows are changed or written.
"""
