"""Receive a delivery, keep its bytes and a receipt, decode it to text rows, conform it to the catalogue.

Here: the way from an agency's file to ``raw.*`` and ``standard.*``. Not here: whether the data are right
(``expectations/``), or what a person decides about a held delivery (``casework/``).
"""
