"""The forms of the portal: corrections (纠错), demands (需求), and the state of what was sent.

Here: showing, checking and passing on; what is sent goes to the desk and nowhere else, neither into a log nor into the
record of access. Not here: the cases (``casework``), the tokens and limits (``form_guard.py``).
"""

import re
from dataclasses import dataclass, field

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from opening.catalogue_shape import PublicDataset, Words
from serving.portal.form_guard import COOKIE, TOKEN_HOURS, TRAP
from serving.portal.portal import Portal, portal_of
from serving.portal.ports import DeskRefusal, FormKind
from serving.portal.rendering import address, in_language, page

LONGEST_TEXT, SHORTEST_TEXT, LONGEST_CONTACT = 2000, 10, 120
_MOST_FIELDS = 12
_RECEIPT = re.compile(r"[0-9A-Za-z\-]{1,60}")


@dataclass
class Form:
    """Hold what a person wrote and what is wrong with it, by field."""

    kind: FormKind
    dataset: PublicDataset | None
    text: str = ""
    contact: str = ""
    faults: dict[str, Words] = field(default_factory=dict)

    def check(self) -> bool:
        """Note what is wrong; tell whether nothing is."""
        if not SHORTEST_TEXT <= len(self.text) <= LONGEST_TEXT:
            self.faults["text"] = {
                "zh": f"请填写 {SHORTEST_TEXT} 至 {LONGEST_TEXT} 个字，现有 {len(self.text)} 个",
                "en": f"Write {SHORTEST_TEXT} to {LONGEST_TEXT} characters; there are {len(self.text)}",
            }
        if len(self.contact) > LONGEST_CONTACT:
            self.faults["contact"] = {
                "zh": f"不超过 {LONGEST_CONTACT} 个字",
                "en": f"At most {LONGEST_CONTACT} characters",
            }
        if any(ord(sign) < 32 and sign not in "\r\n\t" for sign in self.text + self.contact):
            self.faults["text"] = {
                "zh": "含有不能显示的字符",
                "en": "It holds characters that cannot be shown",
            }
        return not self.faults


async def correction(request: Request) -> Response:
    """Show the form of a correction to a dataset, or take it."""
    portal = portal_of(request)
    form = Form("correction", portal.dataset(request.path_params["dataset"]))
    return await _show_or_take(request, portal, form)


async def demand(request: Request) -> Response:
    """Show the form of a demand for data, or take it."""
    portal = portal_of(request)
    asked = request.query_params.get("dataset")
    about = portal.catalogue().datasets.get(asked) if asked else None
    return await _show_or_take(request, portal, Form("demand", about))


async def _show_or_take(request: Request, portal: Portal, form: Form) -> Response:
    if request.method != "POST":
        return _shown(request, portal, form)
    sent = await sent_fields(request)
    form.text = sent.get("text", "").replace("\r\n", "\n").strip()
    form.contact = sent.get("contact", "").strip()
    if sent.get(TRAP):
        form.faults["form"] = {
            "zh": "表单未能提交，请清空多余的内容后再试",
            "en": "The form was not taken: leave the extra field empty",
        }
        return _shown(request, portal, form, 400)
    if not portal.forms.is_ours(sent.get("token", ""), request.cookies.get(COOKIE, ""), portal.now()):
        form.faults["form"] = {
            "zh": "页面已过期，内容仍在，请再提交一次（须允许本站 Cookie）",
            "en": "The page had expired; your text is kept, send it again (this site's cookie must be allowed)",
        }
        return _shown(request, portal, form, 403)
    if not form.check():
        return _shown(request, portal, form, 422)
    return await _submit(request, portal, form)


async def sent_fields(request: Request) -> dict[str, str]:
    """Read the fields of a form that a browser sends; files are refused.

    Raises:
        HTTPException: 415 where something else than a form is sent.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in ("application/x-www-form-urlencoded", "multipart/form-data"):
        raise HTTPException(415, "a form is wanted")
    async with request.form(max_files=0, max_fields=_MOST_FIELDS) as fields:
        return {name: value for name, value in fields.items() if isinstance(value, str)}


async def _submit(request: Request, portal: Portal, form: Form) -> Response:
    if not portal.forms.forms.admits(portal.forms.address(request), portal.now()):
        form.faults["form"] = {
            "zh": "提交过于频繁，请一小时后再试",
            "en": "Too many forms were sent; try again in an hour",
        }
        return _shown(request, portal, form, 429)
    about = form.dataset["id"] if form.dataset else None
    try:
        receipt = await portal.desk.submit(form.kind, about, form.text, form.contact, portal.now())
    except DeskRefusal as refusal:
        form.faults["form"] = {"zh": refusal.text.zh, "en": refusal.text.en}
        return _shown(request, portal, form, 422)
    return RedirectResponse(in_language(request, address(f"/receipt/{receipt}", {"sent": "1"})), 303)


def _shown(request: Request, portal: Portal, form: Form, status: int = 200) -> Response:
    """Show a form with a fresh token, in the page and in the cookie."""
    token = portal.forms.token(portal.now())
    answer = page(
        request,
        "form.html.j2",
        status,
        {"cache-control": "no-store"},
        form=form,
        token=token,
        trap=TRAP,
        longest=LONGEST_TEXT,
        shortest=SHORTEST_TEXT,
        longest_contact=LONGEST_CONTACT,
    )
    keep_token(portal, answer, token)
    return answer


def keep_token(portal: Portal, answer: Response, token: str) -> None:
    """Put a form's token into the browser's cookie, beside the one in the form."""
    answer.set_cookie(
        COOKIE,
        token,
        max_age=TOKEN_HOURS * 3600,
        httponly=True,
        samesite="strict",
        secure=portal.settings.https,
    )


async def receipts(request: Request) -> Response:
    """Show the form that asks for a receipt's number, or go to its page."""
    number = request.query_params.get("number", "").strip()
    if _RECEIPT.fullmatch(number):
        return RedirectResponse(in_language(request, f"/receipt/{number}"), 303)
    return page(request, "receipts.html.j2", number=number)


async def receipt(request: Request) -> Response:
    """Show how a case stands to whoever has its receipt."""
    portal, number = portal_of(request), request.path_params["number"]
    if not portal.forms.receipts.admits(portal.forms.address(request), portal.now()):
        raise HTTPException(429, "too many receipts asked for", {"Retry-After": "60"})
    state = await portal.desk.state(number) if _RECEIPT.fullmatch(number) else None
    if state is None:
        raise HTTPException(404, "no such receipt")
    about = portal.catalogue().datasets.get(state.dataset) if state.dataset else None
    return page(
        request,
        "receipt.html.j2",
        headers={"cache-control": "no-store", "x-robots-tag": "noindex"},
        state=state,
        about=about,
        is_new=request.query_params.get("sent") == "1",
    )
