"""The page of one's own account: state, access keys, password, closing it.

Here: showing it and taking its forms, each with the token of a page of this site and a session that is still good. Not
here: registering and logging in (``accounts.py``), rules of accounts (``casework``). Every form that
succeeds leads to a page, so that loading it again sends nothing again; a fresh key is shown on the next page, once.
"""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from opening.catalogue_shape import Words
from serving.portal.account_ports import AccountRefusal, FreshKey
from serving.portal.accounts import EXPIRED, NO_STORE, TOO_OFTEN, accounts_of, forgotten, has_token, may_try
from serving.portal.forms import keep_token, sent_fields
from serving.portal.portal import SESSION, portal_of
from serving.portal.rendering import address, in_language, page

Faults = dict[str, Words]
Sent = dict[str, str]
_DIFFER: Words = {"zh": "两次填写的密码不一致", "en": "The two passwords differ"}


async def account(request: Request) -> Response:
    """Show the account of whoever is logged in, with a key that was just made; lead others to the log-in."""
    faults: Faults = {"form": EXPIRED} if request.query_params.get("expired") == "1" else {}
    portal = portal_of(request)
    fresh = portal.fresh_keys.take(request.cookies.get(SESSION, ""), portal.now())
    return await _shown(request, faults, fresh=fresh)


async def back(request: Request) -> Response:
    """Lead who asks for the address of a form to the page that holds it, as the switch of languages does."""
    return RedirectResponse(in_language(request, "/account"), 303, NO_STORE)


async def make_key(request: Request) -> Response:
    """Make an access key, which the page that this leads to shows once."""

    async def act(session: str, sent: Sent) -> Response:
        portal = portal_of(request)
        fresh = await accounts_of(request).make_key(session, portal.now())
        if fresh is not None:
            portal.fresh_keys.keep(session, fresh, portal.now())
        return await back(request)

    return await _taken(request, act)


async def revoke_key(request: Request) -> Response:
    """Revoke an access key of one's own."""

    async def act(session: str, sent: Sent) -> Response:
        await accounts_of(request).revoke_key(session, sent.get("key", ""), portal_of(request).now())
        return RedirectResponse(in_language(request, "/account#keys"), 303, NO_STORE)

    return await _taken(request, act)


async def change_password(request: Request) -> Response:
    """Exchange the password; every session ends, this one too."""

    async def act(session: str, sent: Sent) -> Response:
        if sent.get("password", "") != sent.get("again", ""):
            return await _shown(request, {"again": _DIFFER}, 422)
        new = sent.get("password", "")
        await accounts_of(request).change_password(
            session, sent.get("current", ""), new, portal_of(request).now()
        )
        return _left(request)

    return await _taken(request, act, proves=True)


async def close(request: Request) -> Response:
    """Close the account; what it says of its holder is erased."""

    async def act(session: str, sent: Sent) -> Response:
        try:
            await accounts_of(request).close(session, sent.get("closing", ""), portal_of(request).now())
        except AccountRefusal as refusal:
            # The page asks for the present password twice: the fault stands at the field of this form.
            raise AccountRefusal("closing", refusal.text) from None
        return _left(request)

    return await _taken(request, act, proves=True)


async def _taken(
    request: Request, act: Callable[[str, Sent], Awaitable[Response]], proves: bool = False
) -> Response:
    """Take a form of the page.

    Args:
        act: What the form asks for.
        proves: Whether it carries a password, whose attempts are limited.
    """
    portal, sent = portal_of(request), await sent_fields(request)
    session = request.cookies.get(SESSION, "")
    own = await accounts_of(request).account(session, portal.now())
    if own is None:
        return _to_login(request)
    if not has_token(request, sent):
        return await _shown(request, {"form": EXPIRED}, 403)
    if proves and not may_try(request, own.name):
        return await _shown(request, {"form": TOO_OFTEN}, 429)
    try:
        answer = await act(session, sent)
    except AccountRefusal as refusal:
        return await _shown(request, {refusal.field: {"zh": refusal.text.zh, "en": refusal.text.en}}, 422)
    if proves and answer.status_code < 400:
        portal.forms.failures.forgive(portal.forms.account(own.name))
    return answer


async def _shown(
    request: Request, faults: Faults, status: int = 200, fresh: FreshKey | None = None
) -> Response:
    portal = portal_of(request)
    own = await accounts_of(request).account(request.cookies.get(SESSION), portal.now())
    if own is None:
        return _to_login(request)
    token = portal.forms.token(portal.now())
    answer = page(
        request, "account.html.j2", status, NO_STORE, account=own, faults=faults, fresh=fresh, token=token
    )
    keep_token(portal, answer, token)
    return answer


def _to_login(request: Request) -> Response:
    back = in_language(request, "/account")
    answer = RedirectResponse(in_language(request, address("/login", {"next": back})), 303, NO_STORE)
    return forgotten(portal_of(request), answer)


def _left(request: Request) -> Response:
    answer = RedirectResponse(in_language(request, address("/login", {"out": "1"})), 303, NO_STORE)
    return forgotten(portal_of(request), answer)
