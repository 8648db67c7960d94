"""The catalogue as a workbook in the layout of the national guide (发改高技〔2017〕1272号 填报模板), out and in.

Here: the sheets and their words (``layout``, ``choices``, ``cell_text``), writing one (``export``), reading one
(``pages``, ``records``, ``assembly``, ``reading``), and bringing what was read back into the draft's files
(``entry_file``, ``drafts``). Not here: whether entries agree with each other (``catalogue_check.py``).
"""
