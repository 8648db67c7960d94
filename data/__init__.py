"""The demo deployment and the program that makes its feeds.

Here: ``demo/`` (the deployment of a fictional city) and ``generator/``. Not here: anything the platform
needs to run.
"""
