"""Registering and logging in: the pages ``/register``, ``/login`` and ``/logout``.

Here: showing, checking what can be checked here, limits, the session's cookie. Not here: rules of accounts
(``casework``, behind the port ``Accounts``), the page of one's own account (``account_page.py``). What a person types
goes to that port and nowhere else. Implements P-11, such as Yancheng a27(一).
"""

from dataclasses import dataclass, field

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from opening.catalogue_shape import Words
from serving.portal.account_ports import AccountRefusal, Accounts, HolderKind, Registration
from serving.portal.form_guard import COOKIE, TRAP
from serving.portal.forms import keep_token, sent_fields
from serving.portal.portal import SESSION, Portal, portal_of
from serving.portal.rendering import address, in_language, page
from serving.portal.way_back import way_back

NO_STORE = {"cache-control": "no-store", "x-robots-tag": "noindex"}
EXPIRED: Words = {
    "zh": "页面已过期，请再提交一次（须允许本站 Cookie）",
    "en": "The page had expired; send it again (this site's cookie must be allowed)",
}
TOO_OFTEN: Words = {"zh": "尝试过于频繁，请一小时后再试", "en": "Too many attempts; try again in an hour"}
_WANTED: dict[str, Words] = {
    "name": {"zh": "请填写账号名称", "en": "Choose an account name"},
    "password": {"zh": "请填写密码", "en": "Choose a password"},
    "contact": {"zh": "请填写联系方式", "en": "Write how to reach you"},
}
_WRONG: Words = {
    "zh": "账号名称或密码不正确，或者账号不能使用",
    "en": "The account name or password is wrong, or the account cannot be used",
}


@dataclass
class AccountForm:
    """Hold what a person typed, but for passwords, and what is wrong with it, by field."""

    name: str = ""
    holder: HolderKind = "person"
    contact: str = ""
    back: str = ""
    faults: dict[str, Words] = field(default_factory=dict)

    @classmethod
    def of(cls, sent: dict[str, str]) -> "AccountForm":
        """Read a form."""
        return cls(
            sent.get("name", "").strip()[:200],
            "organisation" if sent.get("holder") == "organisation" else "person",
            sent.get("contact", "").strip()[:200],
            way_back(sent.get("next", "")),
        )


def accounts_of(request: Request) -> Accounts:
    """Return the port of accounts; 404 where this deployment offers none."""
    accounts = portal_of(request).accounts
    if accounts is None:
        raise HTTPException(404, "no accounts here")
    return accounts


def has_token(request: Request, sent: dict[str, str]) -> bool:
    """Tell whether a form came from a page of this site."""
    portal = portal_of(request)
    return portal.forms.is_ours(sent.get("token", ""), request.cookies.get(COOKIE, ""), portal.now())


async def register(request: Request) -> Response:
    """Show the form by which a person registers, or take it; only where the profile demands a log-in.

    Elsewhere nothing needs an account, so that none may be asked for (PIPL a6).
    """
    accounts, portal = accounts_of(request), portal_of(request)
    if not portal.demands_login:
        raise HTTPException(404, "no log-in is demanded")
    if request.method != "POST":
        return _shown(
            request, "register.html.j2", AccountForm(back=way_back(request.query_params.get("next", "")))
        )
    sent = await sent_fields(request)
    form = AccountForm.of(sent)
    status = _register_faults(request, portal, form, sent)
    if not form.faults:
        status = await _registered(accounts, portal, form, sent)
    if form.faults:
        return _shown(request, "register.html.j2", form, status)
    return _to(request, "/login", registered="1", next=form.back)


def _register_faults(request: Request, portal: Portal, form: AccountForm, sent: dict[str, str]) -> int:
    """Note what is wrong with a registration before anybody is asked; return the status."""
    if sent.get(TRAP):
        form.faults["form"] = {"zh": "请清空多余的内容后再试", "en": "Leave the extra field empty"}
        return 400
    if not has_token(request, sent):
        form.faults["form"] = EXPIRED
        return 403
    form.faults |= {name: fault for name, fault in _WANTED.items() if not sent.get(name, "").strip()}
    if sent.get("password", "") != sent.get("again", ""):
        form.faults["again"] = {"zh": "两次填写的密码不一致", "en": "The two passwords differ"}
    if sent.get("agree") != "yes":
        form.faults["agree"] = {"zh": "须同意使用条款", "en": "The terms of use must be agreed to"}
    if not form.faults and not portal.forms.registrations.admits(portal.forms.address(request), portal.now()):
        form.faults["form"] = TOO_OFTEN
        return 429
    return 422


async def _registered(accounts: Accounts, portal: Portal, form: AccountForm, sent: dict[str, str]) -> int:
    wish = Registration(form.name, form.holder, sent.get("password", ""), form.contact)
    try:
        await accounts.register(wish, portal.now())
    except AccountRefusal as refusal:
        form.faults[refusal.field] = {"zh": refusal.text.zh, "en": refusal.text.en}
    return 422


async def log_in(request: Request) -> Response:
    """Show the form of the log-in, or begin a session by it; what is wrong is not told apart."""
    accounts, portal = accounts_of(request), portal_of(request)
    if request.method != "POST":
        asked = request.query_params
        form = AccountForm(back=way_back(asked.get("next", "")))
        return _shown(request, "login.html.j2", form, is_new=asked.get("registered") == "1")
    sent = await sent_fields(request)
    form = AccountForm.of(sent)
    if not has_token(request, sent):
        form.faults["form"] = EXPIRED
        return _shown(request, "login.html.j2", form, 403)
    if not may_try(request, form.name):
        form.faults["form"] = TOO_OFTEN
        return _shown(request, "login.html.j2", form, 429)
    former = request.cookies.get(SESSION)
    session = await accounts.log_in(form.name, sent.get("password", ""), former, portal.now())
    if session is None:
        form.faults["form"] = _WRONG
        return _shown(request, "login.html.j2", form, 422)
    portal.forms.failures.forgive(portal.forms.account(form.name))
    answer = RedirectResponse(form.back or in_language(request, "/account"), 303, NO_STORE)
    life = portal.settings.session_hours * 3600
    answer.set_cookie(
        SESSION, session, life, httponly=True, samesite="lax", secure=portal.settings.https, path="/"
    )
    return answer


def may_try(request: Request, name: str) -> bool:
    """Count an attempt by address and by account, known or not; tell whether it may be made."""
    portal = portal_of(request)
    guard, now = portal.forms, portal.now()
    return guard.logins.admits(guard.address(request), now) and guard.failures.admits(
        guard.account(name), now
    )


async def log_out(request: Request) -> Response:
    """End the session, here or everywhere, and forget its cookie."""
    accounts, portal = accounts_of(request), portal_of(request)
    sent = await sent_fields(request)
    session = request.cookies.get(SESSION)
    if not has_token(request, sent):
        return _to(request, "/account", expired="1")
    if session is not None and sent.get("everywhere") == "yes":
        await accounts.log_out_everywhere(session, portal.now())
    elif session is not None:
        await accounts.log_out(session, portal.now())
    return forgotten(portal, _to(request, "/login", out="1"))


def forgotten(portal: Portal, answer: Response) -> Response:
    """Take the session's cookie from the browser."""
    answer.delete_cookie(SESSION, path="/", httponly=True, samesite="lax", secure=portal.settings.https)
    return answer


def _to(request: Request, path: str, **query: str) -> Response:
    return RedirectResponse(in_language(request, address(path, query)), 303, NO_STORE)


def _shown(
    request: Request, template: str, form: AccountForm, status: int = 200, **values: object
) -> Response:
    """Show a form with a fresh token, in the page and in the cookie."""
    portal = portal_of(request)
    token = portal.forms.token(portal.now())
    is_out = request.query_params.get("out") == "1"
    shown = {"form": form, "token": token, "trap": TRAP, "is_new": False, "is_out": is_out} | values
    answer = page(request, template, status, NO_STORE, **shown)
    keep_token(portal, answer, token)
    return answer
