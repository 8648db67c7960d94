"""Network faces of the platform: shared tables, keyed lookup, the open portal.

Here: protocols and pages. What serves the public cannot open what holds raw data: these packages see the lake through
``lake.shared`` only, which opens ``share.*`` and ``open.*``. Not here: who may see what (``casework`` decides grants).
"""
