"""The calls: who asks, what is sent, one use case, and the protocol's exact body."""

from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from moderator.compat.akismet import feedback, keys, usage
from moderator.compat.akismet.answers import THANKS, Answer, client_of, is_wordpress
from moderator.compat.akismet.checking import check as check_comment
from moderator.compat.akismet.errors import ERRORS, render
from moderator.compat.akismet.form import Fields, Unreadable, read_json, read_urlencoded
from moderator.compat.akismet.wire import Sent
from moderator.compat.mounting import Protocol
from moderator.domain.people import SiteKey
from moderator.storage.usage import Counts, count_comments
from moderator.web import read_body, services

# A text of 20,000 characters has up to 240 kB in a form, and WordPress sends it twice.
MAX_FORM_BYTES: Final = 1024 * 1024


async def verify_key(request: Request[Any]) -> Response:
    """`verify-key`: whether a key is one."""
    fields = await _read(request)
    keys.site_key(services(request), keys.key_in(fields, _host(request), keys.NAMES_TO_VERIFY))
    return render(Answer(body="valid"))


async def comment_check(request: Request[Any]) -> Response:
    """`comment-check`: spam or not, or how to wait for a person's word."""
    fields = await _read(request)
    key, secret = _who(request, fields)
    agent = request.headers.get("user-agent", "")
    sent = Sent.of(fields, is_wordpress=is_wordpress(agent))
    client = client_of(agent, is_comment=sent.is_wordpress_comment)
    return render(await check_comment(services(request), key.site_id, sent, client, secret=secret))


async def submit_spam(request: Request[Any]) -> Response:
    """`submit-spam`: the site's people say that it is spam."""
    return await _submit(request, is_spam=True)


async def submit_ham(request: Request[Any]) -> Response:
    """`submit-ham`: they say that it is not."""
    return await _submit(request, is_spam=False)


async def _submit(request: Request[Any], *, is_spam: bool) -> Response:
    fields = await _read(request)
    key, _ = _who(request, fields)
    sent = Sent.of(fields, is_wordpress=is_wordpress(request.headers.get("user-agent", "")))
    await feedback.take(services(request), key.site_id, sent, is_spam=is_spam)
    return render(Answer(body=THANKS))


async def usage_limit(request: Request[Any]) -> Response:
    """`usage-limit`: how many comments the month has seen."""
    fields = await _read(request)
    key, _ = _who(request, fields)
    found = services(request)
    month = usage.Month.of(found.now())
    counts = await _count(request, key, month)
    is_extended = fields.get("extended").lower() in ("1", "true")
    rate = found.settings.rate_per_key
    return _json(usage.limit_json(counts, month, rate_per_key=rate, is_extended=is_extended))


async def key_sites(request: Request[Any]) -> Response:
    """`key-sites`: the month's figures for each site of a key, of which there is one."""
    fields = await _read(request)
    key, _ = _who(request, fields)
    found = services(request)
    question = usage.Question.of(fields, found.now())
    site = found.site(key.site_id)
    counts = await _count(request, key, question.month)
    if question.as_csv:
        return Response(usage.sites_csv(question, site, counts), media_type="text/csv")
    return _json(usage.sites_json(question, site, counts))


async def get_stats(request: Request[Any]) -> Response:
    """`get-stats`: all figures since the beginning, whichever time is asked for."""
    key, _ = _who(request, await _read(request))
    return _json(usage.stats_json(await _count(request, key, None)))


async def get_subscription(request: Request[Any]) -> Response:
    """`get-subscription`: without an answer WordPress says that the key is invalid."""
    key, _ = _who(request, await _read(request))
    return _json(usage.subscription_json(services(request).site(key.site_id)))


async def deactivate(request: Request[Any]) -> Response:
    """`deactivate`: WordPress lets go of its key; the key stays what it was, until an operator revokes it."""
    _who(request, await _read(request))
    return render(Answer(body="deactivated"))


async def test(_: Request[Any]) -> Response:
    """`test`: whether there is anybody."""
    return render(Answer(body="connected"))


async def unknown(request: Request[Any]) -> Response:
    """Every other address below `/1.1` and `/1.2`, and every other method of those above."""
    allowed = METHODS.get(request.url.path)
    if allowed:
        raise HTTPException(405, headers={"Allow": ", ".join(allowed)})
    raise HTTPException(404)


async def _read(request: Request[Any]) -> Fields:
    """Return what is sent: a JSON body's members, or the fields of a form after those of the query; the last counts."""
    kind, _, parameters = request.headers.get("content-type", "").partition(";")
    body = await read_body(request.scope, request.receive, limit=MAX_FORM_BYTES)
    if "json" in kind.lower():
        return read_json(body)
    if body and kind.strip().lower() not in ("", "application/x-www-form-urlencoded", "text/plain"):
        raise Unreadable("Send a form (application/x-www-form-urlencoded), or JSON.")
    query: bytes = request.scope["query_string"]
    return read_urlencoded(query + b"&" + body if query else body, _charset(parameters))


def _charset(parameters: str) -> str | None:
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip('"')
    return None


def _who(request: Request[Any], fields: Fields) -> tuple[SiteKey, str]:
    """Return whose key this is, and the key."""
    secret = keys.key_in(fields, _host(request))
    return keys.site_key(services(request), secret), secret


def _host(request: Request[Any]) -> str:
    return request.headers.get("host", "")


async def _count(request: Request[Any], key: SiteKey, month: usage.Month | None) -> Counts:
    since, until = (month.begins, month.next.begins) if month else (None, None)
    async with services(request).database.read() as connection:
        return await count_comments(connection, key.site_id, since=since, until=until)


def _json(body: str) -> Response:
    return Response(body, media_type="application/json")


CALLS: Final = (
    ("/1.1/comment-check", comment_check, ("POST",)),
    ("/1.1/verify-key", verify_key, ("POST",)),
    ("/1.1/submit-spam", submit_spam, ("POST",)),
    ("/1.1/submit-ham", submit_ham, ("POST",)),
    ("/1.2/usage-limit", usage_limit, ("GET", "POST")),
    ("/1.2/key-sites", key_sites, ("GET", "POST")),
    ("/1.1/get-stats", get_stats, ("POST",)),
    ("/1.1/get-subscription", get_subscription, ("POST",)),
    ("/1.1/deactivate", deactivate, ("POST",)),
    ("/1.1/test", test, ("GET", "POST")),
)
METHODS: Final = {path: methods for path, _, methods in CALLS}
ANY_METHOD: Final = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
PROTOCOL = Protocol(
    name="akismet",
    routes=[
        *(Route(path, view, methods=methods) for path, view, methods in CALLS),
        *(Route(f"/{version}/{{call:path}}", unknown, methods=ANY_METHOD) for version in ("1.1", "1.2")),
    ],
    errors=ERRORS,
)
