"""The open portal (公共数据开放网站): what the public sees of opened data, for people and for programs.

Here: pages, downloads, forms, catalogue interfaces; all of it from ``var/open/catalogue.json`` and the files beside
it. Not here: what is opened (``opening``), what becomes of a form (``casework``, behind the port ``Desk``), the lake:
this process cannot open it.
"""

from serving.portal.app import portal_app
from serving.portal.ports import CaseState, Desk, DeskRefusal, PortalSettings, Recorder, Visitors

__all__ = ["CaseState", "Desk", "DeskRefusal", "PortalSettings", "Recorder", "Visitors", "portal_app"]
