"""Answers to what cannot be served: pages in both languages for people, JSON for programs; never a trace.

Here: the wording of statuses. Not here: refusals of a form, which stand in its page, and of the CKAN interface, which
has an envelope of its own (``ckan_api.py``).
"""

import logging

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response

from opening.catalogue_shape import Words
from serving.portal.portal import portal_of
from serving.portal.rendering import address, in_language, page

_LOG = logging.getLogger(__name__)
_WORDS: dict[int, tuple[Words, Words]] = {
    400: (
        {"zh": "请求有误", "en": "Bad request"},
        {"zh": "地址或内容不符合要求。", "en": "The address or its content is not as it should be."},
    ),
    401: (
        {"zh": "请先登录", "en": "Log in first"},
        {"zh": "按照规定，登录后可获取无条件开放的数据。", "en": "Opened data are taken after logging in."},
    ),
    403: (
        {"zh": "此数据集的文件不能直接下载", "en": "The files of this dataset cannot be fetched directly"},
        {
            "zh": "有条件开放的数据须先提出申请；申请内容与办理时限见数据集页面。",
            "en": "Data open on conditions are applied for first; see the dataset's page for how and by when.",
        },
    ),
    404: (
        {"zh": "没有找到此页面", "en": "There is no such page"},
        {
            "zh": "可能已撤回、改名，或地址有误。可在首页搜索。",
            "en": "It may have been withdrawn or renamed, or the address is wrong. Search from the home page.",
        },
    ),
    405: (
        {"zh": "不支持此方法", "en": "Method not allowed"},
        {"zh": "此地址不接受这种请求。", "en": "This address does not take such a request."},
    ),
    415: (
        {"zh": "不支持此格式", "en": "Unsupported format"},
        {"zh": "请用本站的表单提交。", "en": "Use the form of this site."},
    ),
    429: (
        {"zh": "请求过于频繁", "en": "Too many requests"},
        {"zh": "请稍后再试。", "en": "Try again later."},
    ),
    500: (
        {"zh": "系统出错", "en": "Something failed"},
        {"zh": "已记录，请稍后再试。", "en": "It was noted; try again later."},
    ),
    503: (
        {"zh": "暂不可用", "en": "Not available at the moment"},
        {"zh": "数据正在更新，请稍后再试。", "en": "The data are being renewed; try again in a moment."},
    ),
}
_WRONG_KEY: Words = {"zh": "访问密钥无效", "en": "The access key is not good"}


def wants_json(request: Request) -> bool:
    """Tell whether a program asks: by the address, or by what it accepts."""
    accepted = request.headers.get("accept", "")
    return request.scope["path"].startswith("/api/") or ("json" in accepted and "html" not in accepted)


async def refused(request: Request, error: Exception) -> Response:
    """Answer an HTTP error."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    headers = dict(getattr(error, "headers", None) or {})
    if status == 401:
        return _login_demanded(request, str(getattr(error, "detail", "")), headers)
    return _answer(request, status, headers)


def _login_demanded(request: Request, how: str, headers: dict[str, str]) -> Response:
    """Lead a person to the log-in, from where the way leads back; tell a program how it gets a key."""
    is_person = "text/html" in request.headers.get("accept", "")
    if is_person and request.method == "GET" and portal_of(request).accounts is not None:
        back = in_language(request, f"/dataset/{request.path_params['dataset']}#downloads")
        return RedirectResponse(
            in_language(request, address("/login", {"next": back})), 303, {"cache-control": "no-store"}
        )
    if is_person:
        return _answer(request, 401, headers)
    title = _WRONG_KEY if request.headers.get("authorization") else _WORDS[401][0]
    told = {"status": 401, "message": {"zh": title["zh"], "en": title["en"]}, "how": how}
    return JSONResponse({"error": told}, 401, headers)


async def failed(request: Request, error: Exception) -> Response:
    """Answer a failure; the log gets its kind and place, not its text, which may hold what a person wrote."""
    _LOG.error("%s %s: %s", request.method, request.scope.get("path", ""), type(error).__name__)
    return _answer(request, 500, {})


def _answer(request: Request, status: int, headers: dict[str, str]) -> Response:
    title, text = _WORDS.get(status, _WORDS[400 if status < 500 else 500])
    if wants_json(request):
        message = {"zh": title["zh"], "en": title["en"]}
        return JSONResponse({"error": {"status": status, "message": message}}, status, headers)
    try:
        return page(request, "refusal.html.j2", status, headers, code=status, title=title, text=text)
    except Exception:
        # Without a catalogue there is no page to put the words into.
        return PlainTextResponse(f"{title['zh']} / {title['en']}", status, headers)
