"""Write the opened datasets: tables, files, manifests (数据开放).

Here: what is done once ``masking`` has decided that a dataset may leave. Not here: the decision, and the
portal that shows the files (``serving``).
"""
