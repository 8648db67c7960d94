"""What people read about a run: its status, why a value is what it is, where a row came from, the report.

Here: questions over the tables of all rooms, answered in both languages. Not here: writing a table (each
room writes its own), printing (``cli/``), nor what a table means. What is read aloud here never holds a
personal value unless the caller asks for it by name.
"""
