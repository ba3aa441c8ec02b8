"""What the clients of Perspective are asked to do, and the answers that they are given."""

from collections.abc import Callable
from importlib.metadata import version
from typing import Any

from googleapiclient import discovery
from googleapiclient.discovery import Resource

from tests.compat.clients import node
from tests.compat.recorder import Answer, Recorder, Transcript, in_json

SITE_KEY = "sk_invented-key-for-recordings-0123456"
TEXT = "👍🏽 Well… you are an idiot, naïve too."


def _scores(*names: str, **more: object) -> dict[str, Any]:
    summary = {"value": 0.87, "type": "PROBABILITY"}
    scored = {"summaryScore": summary, "spanScores": [{"begin": 0, "end": 38, "score": summary}]}
    return {"attributeScores": dict.fromkeys(names, scored), "languages": ["en"], "detectedLanguages": ["en"], **more}


def _refused(message: str, error_type: str | None, **more: object) -> dict[str, Any]:
    error: dict[str, Any] = {"code": 400, "message": message, "status": "INVALID_ARGUMENT"}
    if error_type is not None:
        kind = "type.googleapis.com/google.commentanalyzer.v1alpha1.Error"
        error["details"] = [{"@type": kind, "errorType": error_type, **more}]
    return {"error": error}


EMPTY = in_json(_refused("Comment must be non-empty.", "COMMENT_EMPTY"), 400)
TOO_LONG = in_json(_refused("Comment text too long.", "COMMENT_TOO_LONG"), 400)
UNKNOWN = in_json(_refused("Unknown requested attribute: SARCASM", None), 400)
UNDETECTED = in_json(_refused("Unable to detect language", "LANGUAGE_DETECTION_FAILED"), 400)
LANGUAGE = in_json(
    _refused(
        "Attribute TOXICITY does not support request languages: tlh",
        "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE",
        languageNotSupportedByAttributeError={"requestedLanguages": ["tlh"], "attribute": "TOXICITY"},
    ),
    400,
)
BAD_KEY = in_json(
    {
        "error": {
            "code": 400,
            "message": "API key not valid. Please pass a valid API key.",
            "status": "INVALID_ARGUMENT",
            "details": [
                {
                    "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                    "reason": "API_KEY_INVALID",
                    "domain": "googleapis.com",
                }
            ],
        }
    },
    400,
)
QUOTA = in_json(
    {"error": {"code": 429, "message": "Quota exceeded.", "status": "RESOURCE_EXHAUSTED"}}, 429, retry_after="0"
)
BROKEN = in_json({"error": {"code": 503, "message": "The service is unavailable.", "status": "UNAVAILABLE"}}, 503)
REFUSALS = (EMPTY, TOO_LONG, UNKNOWN, UNDETECTED, LANGUAGE, BAD_KEY, QUOTA, BROKEN)

ANALYZE = {
    "comment": {"text": TEXT, "type": "PLAIN_TEXT"},
    "context": {"entries": [{"text": "The budget is fine.", "type": "PLAIN_TEXT"}]},
    "requestedAttributes": {"TOXICITY": {}, "INSULT": {"scoreType": "PROBABILITY", "scoreThreshold": 0.5}},
    "spanAnnotations": True,
    "languages": ["en"],
    "doNotStore": True,
    "clientToken": "comment-12",
    "sessionId": "session-3",
    "communityId": "news.example/budget",
}
SUGGEST = {
    "comment": {"text": TEXT},
    "attributeScores": {"TOXICITY": {"summaryScore": {"value": 1}}, "SPAM": {"summaryScore": {"value": 0.0}}},
    "languages": ["en"],
    "communityId": "news.example/budget",
    "clientToken": "comment-12",
}


def _document(root: str) -> dict[str, Any]:
    """Return the least discovery document that Google's client can work from."""
    anything = {"type": "object", "properties": {}}

    def method(name: str, request: str, answer: str) -> dict[str, Any]:
        return {
            "id": f"commentanalyzer.comments.{name}",
            "path": f"v1alpha1/comments:{name}",
            "flatPath": f"v1alpha1/comments:{name}",
            "httpMethod": "POST",
            "parameters": {},
            "parameterOrder": [],
            "request": {"$ref": request},
            "response": {"$ref": answer},
        }

    names = ("AnalyzeCommentRequest", "AnalyzeCommentResponse")
    others = ("SuggestCommentScoreRequest", "SuggestCommentScoreResponse")
    return {
        "kind": "discovery#restDescription",
        "name": "commentanalyzer",
        "version": "v1alpha1",
        "rootUrl": root,
        "servicePath": "",
        "parameters": {
            "key": {"type": "string", "location": "query"},
            "alt": {"type": "string", "location": "query", "default": "json"},
        },
        "schemas": {name: {"id": name, **anything} for name in (*names, *others)},
        "resources": {
            "comments": {
                "methods": {"analyze": method("analyze", *names), "suggestscore": method("suggestscore", *others)}
            }
        },
    }


def google_client(recorder: Recorder) -> Transcript:
    """Begin with the discovery document, as this client does: it says where the calls go."""
    transcript = Transcript(
        recorder,
        "google-api-python-client",
        client=f"PyPI google-api-python-client {version('google-api-python-client')}",
        protocol="perspective",
        redirected='discovery.build(…, discoveryServiceUrl=base + "/$discovery/rest?version=v1alpha1")',
        keys={"site": SITE_KEY},
    )
    document = in_json(_document(f"{recorder.url}/"))

    def built(**options: Any) -> Resource:
        return discovery.build(
            "commentanalyzer",
            "v1alpha1",
            discoveryServiceUrl=f"{recorder.url}/$discovery/rest?version=v1alpha1",
            static_discovery=False,
            **options,
        )

    def build() -> list[str]:
        with built(developerKey=SITE_KEY) as service:
            return sorted(name for name in dir(service.comments()) if not name.startswith("_"))

    transcript.record("build", build, document, BAD_KEY, BROKEN)
    recorder.answer = lambda _target: document
    with built(developerKey=SITE_KEY) as service:

        def analyze(body: dict[str, Any]) -> Callable[[], Any]:
            return lambda: service.comments().analyze(body=body).execute()

        answer = in_json(_scores("TOXICITY", "INSULT", clientToken="comment-12"))
        transcript.record("analyze", analyze(ANALYZE), answer, *REFUSALS)
        article = {"articleAndParentComment": {"article": {"text": "The budget"}, "parentComment": {"text": "No."}}}
        least = {"comment": {"text": TEXT}, "requestedAttributes": {"TOXICITY": {}}}
        transcript.record("analyze, the least", analyze(least), in_json(_scores("TOXICITY")))
        transcript.record("analyze, article and parent", analyze({**least, "context": article}), answer)
        transcript.record("analyze, nothing", analyze({}), EMPTY)
        halved = {**least, "comment": {"text": "half a thumb \ud83d"}}
        transcript.record("analyze, a lone surrogate", analyze(halved), in_json(_scores("TOXICITY")))
        transcript.record(
            "suggestscore",
            lambda: service.comments().suggestscore(body=SUGGEST).execute(),
            in_json({"clientToken": "comment-12", "detectedLanguages": ["en"], "requestedLanguages": ["en"]}),
            EMPTY,
            BAD_KEY,
        )
    return transcript


def npm_client(recorder: Recorder) -> Transcript:
    """Record `analyze` with each option; its other errors come from the client itself and send nothing."""
    transcript = Transcript(
        recorder,
        "perspective-api-client",
        client=f"npm {node.version('perspective-api-client')}",
        protocol="perspective",
        redirected="the address is fixed; an interceptor of axios, its HTTP library, replaces the host",
        keys={"site": SITE_KEY},
    )

    def analyze(*given: object) -> Callable[[], Any]:
        return node.played(recorder.url, "perspective-api-client", "analyze", *given, key=SITE_KEY)

    def record(call: str, do: Callable[[], Any], *answers: Answer) -> None:
        transcript.record(f"analyze, {call}", do, *answers)

    answer = in_json(_scores("TOXICITY"))
    record("the least", analyze(TEXT), answer, *REFUSALS)
    record(
        "several attributes", analyze(TEXT, {"attributes": ["toxicity", "spam"]}), in_json(_scores("TOXICITY", "SPAM"))
    )
    record("attributes as a map", analyze(TEXT, {"attributes": {"TOXICITY": {"scoreThreshold": 0.7}}}), answer)
    record("markup, which it strips", analyze("<p>You <b>idiot</b> &amp; co.</p>"), answer)
    record("markup, kept", analyze("<p>You <b>idiot</b></p>", {"stripHTML": False}), answer)
    record("to be stored", analyze(TEXT, {"doNotStore": False}), answer)
    record("a request of one's own", analyze(ANALYZE), answer)
    # After its own error it sends an empty request all the same, whose answer nobody reads.
    record("an empty text", analyze(""), EMPTY)
    record("an empty text, unchecked", analyze("", {"validate": False}), EMPTY)
    # Cutting a text at its limit can halve a character.
    record("a lone surrogate", analyze("half a thumb \ud83d"), answer)
    repeated = node.played(recorder.url, "perspective-api-client", "analyzeRepeated", "ab ", 7000, key=SITE_KEY)
    record("a text that is too long", repeated, TOO_LONG)
    return transcript
