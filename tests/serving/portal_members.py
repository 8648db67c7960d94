"""The made city under a text that demands a log-in (Yancheng a27(一)), with accounts over a real operational state."""

import re
from pathlib import Path
from typing import Any

import httpx
from portal_city import City, words, write_city
from starlette.applications import Starlette
from starlette.testclient import TestClient

from casework.state import State, open_state
from resource_catalogue.profile import load_profile
from serving.visitors import AccountTerms, PortalVisitors, PublishedOperator

PROFILE = "yancheng"
NAME, PASSWORD, OTHER = "数据读者", "blue-harbour-27", "green-harbour-28"
CONTACT = "reader@example.org"
BODIES = {"authority": "bureau", "operator": "centre"}
PAGE = {"accept": "text/html,application/xhtml+xml"}
"""What a browser says that it takes."""


class MemberCity(City):
    """Hold a portal whose data are taken after logging in.

    Args:
        folder: Where catalogue and operational state are made.
        login: Whether the text demands a log-in.
    """

    def __init__(self, folder: Path, login: bool = True, **settings: Any) -> None:
        super().__init__(folder / "open", **settings)
        self.state: State = open_state(f"sqlite:///{folder / 'casework.sqlite'}")
        self.publish(login)
        facts = PublishedOperator(self.folder, load_profile(PROFILE))
        terms = AccountTerms(self.settings.session_hours)
        self.visitors = PortalVisitors(self.state, facts, self.settings.secret, terms)

    def publish(self, login: bool = True, **changes: Any) -> None:
        """Write the catalogue anew."""
        demand = words("可登录市公共数据开放网站获取并使用（第二十七条第一项）") if login else None
        profile = load_profile(PROFILE).reference
        terms = self.content["terms"] | {"profile": profile, "login": demand}
        self.content = write_city(self.folder, **({"terms": terms, "bodies": BODIES} | changes))

    def app(self, **ports: Any) -> Starlette:
        return super().app(**({"visitors": self.visitors, "users": self.visitors} | ports))


def posted(client: httpx.Client, form: str, path: str, **fields: str) -> Any:
    """Send a form as a browser does, with the token of the page that shows it."""
    found = re.search(r'name="token" value="([^"]+)"', client.get(form).text)
    assert found is not None, form
    return client.post(path, data={"token": found[1]} | fields, follow_redirects=False, headers=PAGE)


def register(client: httpx.Client, **changed: str) -> Any:
    """Fill the form of the registration in, which a field may change."""
    fields = {"name": NAME, "holder": "person", "password": PASSWORD, "again": PASSWORD, "contact": CONTACT}
    return posted(client, "/register", "/register", **(fields | {"agree": "yes", "website": ""} | changed))


def log_in(client: httpx.Client, name: str = NAME, password: str = PASSWORD, **fields: str) -> Any:
    """Fill the form of the log-in in."""
    return posted(client, "/login", "/login", name=name, password=password, **fields)


def key_of(client: httpx.Client) -> str:
    """Make an access key on the account's page; return it."""
    made = posted(client, "/account", "/account/keys")
    assert (made.status_code, made.headers["location"]) == (303, "/account")
    shown = client.get("/account").text
    found = re.search(r'<code class="receipt" data-copy>([^<]+)</code>', shown)
    assert found is not None
    return found[1]


def member(app: Starlette, name: str = NAME) -> TestClient:
    """Return a browser whose person has registered and logged in."""
    client = TestClient(app)
    assert register(client, name=name).status_code == 303
    assert log_in(client, name).status_code == 303
    return client
