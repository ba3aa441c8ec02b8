"""What the clients of Akismet are asked to do, and the answers that they are given."""

import asyncio
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import akismet
import httpx

from tests.compat.clients import node
from tests.compat.clients.redirected import Redirected
from tests.compat.recorder import Answer, Recorder, Transcript, in_json, plain

AKISMET_KEY = "abc123def456"
BLOG = "https://news.example/"
THANKS = "Thanks for making the web a better place."
GUID = "0193e5a0c0de4f00a1b2c3d4e5f60718"

SPAM = plain("true")
BLATANT = plain("true", x_akismet_pro_tip="discard")
HAM = plain("false", x_akismet_guid=GUID)
HELD = plain("false", x_akismet_guid=GUID, x_akismet_recheck_after="120")
HOLDING = plain("held")  # Neither true nor false: old WordPress plugins then hold the comment.
BAD_KEY = plain("invalid", x_akismet_debug_help="The key is not known.")
BARE_BAD_KEY = plain("invalid")
MISSING = plain("Missing required field: user_ip.", x_akismet_debug_help='Empty "user_ip" value')
ALERT = plain("true", x_akismet_alert_code="10402", x_akismet_alert_msg="The limit is reached.")
SLOW_DOWN = Answer(status=429, headers={"content-type": "text/plain", "retry-after": "0"}, body="Too many requests.")
BROKEN = Answer(status=503, headers={"content-type": "text/plain"}, body="Unavailable.")
CHECKS = (HAM, SPAM, BLATANT, HELD, HOLDING, BAD_KEY, BARE_BAD_KEY, MISSING, ALERT, SLOW_DOWN, BROKEN)
SUBMISSIONS = (plain(THANKS), plain(THANKS + "\n"), BAD_KEY, MISSING, BROKEN)
VERIFICATIONS = (plain("valid"), plain("invalid"), BAD_KEY, plain("valid\n"), BROKEN)

FIELDS = {
    "comment_type": "comment",
    "comment_author": "Zoë Müller & Søn",
    "comment_author_email": "zoe@reader.example",
    "comment_author_url": "https://reader.example/~zoe?a=1&b=2",
    "comment_content": "Ein schönes Stück + 100 % richtig 👍\nSecond line; a=b&c=d",
    "comment_date_gmt": "2026-11-22T10:00:00Z",
    "comment_post_modified_gmt": "2026-11-21T08:00:00Z",
    "permalink": "https://news.example/budget/?p=12",
    "referrer": "https://search.example/?q=budget",
    "user_agent": "Mozilla/5.0 (X11; Linux x86_64)",
    "blog_lang": "de, en_GB",
    "blog_charset": "UTF-8",
}
USAGE = in_json({"limit": 350000, "usage": 7463, "percentage": "2.13", "throttled": False})
SITE = {
    "site": "news.example",
    "api_calls": "2072",
    "spam": "2069",
    "ham": "3",
    "missed_spam": "0",
    "false_positives": "4",
    "is_revoked": False,
}
SITES = in_json({"2026-11": [SITE], "limit": 500, "offset": 0, "total": 1})
SITES_CSV = plain(
    "Active sites for abc123def456 during 2026-11 (limit:500, offset: 0, total: 1)\n"
    "Site,Total API Calls,Spam,Ham,Missed Spam,False Positives,Is Revoked\n"
    "news.example,2072,2069,3,0,4,false\n"
)


def _comparable(value: Any) -> Any:
    return value.name if isinstance(value, akismet.CheckResponse) else value


def akismet_py(recorder: Recorder) -> Transcript:
    """One transcript for both kinds. Both read answers by the same code, so the second is given the first only."""
    transcript = Transcript(
        recorder,
        "akismet-py",
        client=f"PyPI akismet {version('akismet')}",
        protocol="akismet",
        redirected="http_client=httpx.Client(transport=one that replaces scheme, host and port); Host stays as it was",
        keys={"akismet": AKISMET_KEY},
    )
    config = akismet.Config(key=AKISMET_KEY, url=BLOG)
    headers = {"User-Agent": akismet.USER_AGENT}

    def sync(call: Callable[[akismet.SyncClient], Any]) -> Callable[[], Any]:
        def do() -> Any:
            with httpx.Client(transport=Redirected(recorder.url), headers=headers) as http:
                return _comparable(call(akismet.SyncClient(config=config, http_client=http)))

        return do

    def asynchronous(call: Callable[[akismet.AsyncClient], Any]) -> Callable[[], Any]:
        async def do() -> Any:
            async with httpx.AsyncClient(transport=Redirected(recorder.url), headers=headers) as http:
                return _comparable(await call(akismet.AsyncClient(config=config, http_client=http)))

        return lambda: asyncio.run(do())

    for kind, wrap in (("sync", sync), ("async", asynchronous)):

        def record(call: str, do: Callable[[], Any], *answers: Answer, kind: str = kind) -> None:
            transcript.record(f"{kind}: {call}", do, *(answers if kind == "sync" else answers[:1]))

        record("verify_key", wrap(lambda client: client.verify_key()), *VERIFICATIONS)
        record("comment_check", wrap(lambda client: client.comment_check("203.0.113.7", **FIELDS)), *CHECKS)
        record(
            "comment_check, a forced verdict in a test",
            wrap(
                lambda client: client.comment_check(
                    "203.0.113.7", comment_author="akismet-guaranteed-spam", is_test=True, comment_context="budget"
                )
            ),
            SPAM,
        )
        record(
            "comment_check, an administrator, another check",
            wrap(
                lambda client: client.comment_check(
                    "203.0.113.7", user_role="administrator", recheck_reason="edit", comment_content="Hello."
                )
            ),
            HAM,
        )
        record(
            "comment_check, a list as context",
            wrap(lambda client: client.comment_check("", comment_context=["budget", "city hall"])),
            HAM,
        )
        record("submit_spam", wrap(lambda client: client.submit_spam("203.0.113.7", **FIELDS)), *SUBMISSIONS)
        record("submit_ham", wrap(lambda client: client.submit_ham("203.0.113.7", **FIELDS)), *SUBMISSIONS)
        record("usage_limit", wrap(lambda client: client.usage_limit()), USAGE, BAD_KEY)
        record("key_sites", wrap(lambda client: client.key_sites()), SITES, BAD_KEY)
        record(
            "key_sites, as CSV, with everything",
            wrap(
                lambda client: client.key_sites(
                    month="2026-11", url_filter="news", result_format="csv", order="spam", limit=10, offset=5
                )
            ),
            SITES_CSV,
            BAD_KEY,
        )
    return transcript


CEDX_COMMENT = {
    "author": {
        "email": FIELDS["comment_author_email"],
        "ipAddress": "203.0.113.7",
        "name": FIELDS["comment_author"],
        "role": "",
        "url": FIELDS["comment_author_url"],
        "userAgent": FIELDS["user_agent"],
    },
    "content": FIELDS["comment_content"],
    "context": ["budget", "city hall"],
    "date": FIELDS["comment_date_gmt"],
    "permalink": FIELDS["permalink"],
    "postModified": FIELDS["comment_post_modified_gmt"],
    "recheckReason": "edit",
    "referrer": FIELDS["referrer"],
    "type": "comment",
}


def cedx_akismet(recorder: Recorder) -> Transcript:
    """The client of the base URL option; it sends `api_key` everywhere and each context by its number."""
    transcript = Transcript(
        recorder,
        "cedx-akismet",
        client=f"npm {node.version('@cedx/akismet')}",
        protocol="akismet",
        redirected="its option baseUrl",
        keys={"akismet": AKISMET_KEY},
    )

    def played(*call: Any, **given: Any) -> Callable[[], Any]:
        blog = {"charset": "UTF-8", "languages": ["de", "en_GB"]}
        return node.played(recorder.url, "cedx-akismet", *call, key=AKISMET_KEY, blog=blog, **given)

    transcript.record("verifyKey", played("verifyKey"), *VERIFICATIONS)
    transcript.record("checkComment", played("checkComment", CEDX_COMMENT), *CHECKS)
    forced = {"author": {"name": "viagra-test-123", "ipAddress": "203.0.113.7"}, "content": "Hello."}
    transcript.record(
        "checkComment, a forced verdict, isTest", played("checkComment", forced, options={"isTest": True}), SPAM
    )
    administrator = {"author": {"role": "administrator", "ipAddress": "203.0.113.7"}, "content": "Hello."}
    transcript.record("checkComment, an administrator", played("checkComment", administrator), HAM)
    transcript.record("submitSpam", played("submitSpam", CEDX_COMMENT), *SUBMISSIONS)
    transcript.record("submitHam", played("submitHam", CEDX_COMMENT), *SUBMISSIONS)
    return transcript


API_COMMENT = {
    "ip": "203.0.113.7",
    "useragent": FIELDS["user_agent"],
    "referer": FIELDS["referrer"],
    "name": FIELDS["comment_author"],
    "email": FIELDS["comment_author_email"],
    "url": FIELDS["comment_author_url"],
    "content": FIELDS["comment_content"],
    "type": "comment",
    "date": FIELDS["comment_date_gmt"],
    "permalink": FIELDS["permalink"],
    "permalinkDate": FIELDS["comment_post_modified_gmt"],
}


def akismet_api(recorder: Recorder) -> Transcript:
    """The client of the older style: the key is a label of the host, and nowhere in the body."""
    transcript = Transcript(
        recorder,
        "akismet-api",
        client=f"npm {node.version('akismet-api')}",
        protocol="akismet",
        redirected="its options host and protocol; the key's name resolves by a wildcard",
        keys={"akismet": AKISMET_KEY},
    )

    def played(*call: Any, **given: Any) -> Callable[[], Any]:
        return node.played(recorder.url, "akismet-api", *call, key=AKISMET_KEY, **given)

    record = transcript.record
    record("verifyKey", played("verifyKey"), *VERIFICATIONS)
    options = {"lang": "de, en_GB", "charset": "UTF-8"}
    record("checkSpam", played("checkSpam", API_COMMENT, options=options), *CHECKS)
    record(
        "checkSpam, a forced verdict in a test",
        played("checkSpam", {"ip": "203.0.113.7", "name": "viagra-test-123", "isTest": True}),
        SPAM,
    )
    administrator = {"ip": "203.0.113.7", "role": "administrator", "content": "Hello."}
    record("checkSpam, an administrator", played("checkSpam", administrator), HAM)
    record("checkSpam, a honeypot", played("checkSpam", {"ip": "203.0.113.7", "honeypot": "I am a robot"}), SPAM)
    named = {"ip": "203.0.113.7", "honeypot_field_name": "phone", "phone": "5550100"}
    record("checkSpam, a honeypot of another name", played("checkSpam", named), SPAM)
    record("checkSpam, nothing", played("checkSpam", {}), MISSING)
    record("submitSpam", played("submitSpam", API_COMMENT, options=options), *SUBMISSIONS)
    record("submitHam", played("submitHam", API_COMMENT, options=options), *SUBMISSIONS)
    return transcript
