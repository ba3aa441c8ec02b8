"""The discovery document, from which Google's client libraries build their methods and learn where to send calls."""

import re
from typing import Any, Final

from starlette.types import Scope

from moderator.settings import Settings
from moderator.web import has_trusted_peer, header

VERSION: Final = "v1alpha1"
# A name or address with or without a port (RFC 3986, section 3.2), and nothing that could be a path or another host.
_HOST: Final = re.compile(r"[A-Za-z0-9._~-]+(:\d{1,5})?|\[[0-9A-Fa-f:.]+\](:\d{1,5})?")

Json = dict[str, Any]


def root_of(scope: Scope, settings: Settings) -> str:
    """Return the address of this service, with a slash at the end.

    Where MODERATOR_PUBLIC_URL does not say, it is the one that the client has used: its `Host`, and the scheme that a
    trusted proxy tells of in `X-Forwarded-Proto`.
    """
    host = header(scope, b"host") or ""
    if settings.public_url or not _HOST.fullmatch(host):
        return f"{settings.address}/"
    scheme = header(scope, b"x-forwarded-proto") if has_trusted_peer(scope) else None
    return f"{scheme if scheme in ('http', 'https') else scope['scheme']}://{host}/"


def discovery_document(root: str) -> Json:
    """Return the document of a service at `root`."""
    return {
        "kind": "discovery#restDescription",
        "discoveryVersion": "v1",
        "id": f"commentanalyzer:{VERSION}",
        "name": "commentanalyzer",
        "canonicalName": "Comment Analyzer",
        "version": VERSION,
        "revision": "20261125",
        "title": "Comment Analyzer API, served by a moderation service of one's own",
        "description": "Scores of a comment, and suggestions of what they should have been.",
        "protocol": "rest",
        "rootUrl": root,
        "servicePath": "",
        "baseUrl": root,
        "basePath": "",
        "parameters": _PARAMETERS,
        "schemas": _SCHEMAS,
        "resources": {"comments": {"methods": _METHODS}},
    }


def _query(description: str, kind: str = "string", **more: object) -> Json:
    return {"type": kind, "location": "query", "description": description, **more}


_PARAMETERS: Final[Json] = {
    "key": _query("The key of a site."),
    "alt": _query("The form of the answer; there is only one.", default="json"),
    "fields": _query("Accepted and passed over."),
    "prettyPrint": _query("Accepted and passed over.", "boolean", default="true"),
    "quotaUser": _query("Accepted and passed over."),
    "$.xgafv": _query("Accepted and passed over."),
    "access_token": _query("Not used; send a key."),
    "oauth_token": _query("Not used; send a key."),
    "callback": _query("Not used."),
    "upload_protocol": _query("Not used."),
    "uploadType": _query("Not used."),
}


def _method(name: str, request: str, answer: str, description: str) -> Json:
    path = f"{VERSION}/comments:{name}"
    return {
        "id": f"commentanalyzer.comments.{name}",
        "description": description,
        "httpMethod": "POST",
        "path": path,
        "flatPath": path,
        "parameters": {},
        "parameterOrder": [],
        "request": {"$ref": request},
        "response": {"$ref": answer},
    }


_METHODS: Final[Json] = {
    "analyze": _method(
        "analyze", "AnalyzeCommentRequest", "AnalyzeCommentResponse", "Score a comment. Nothing is stored."
    ),
    "suggestscore": _method(
        "suggestscore",
        "SuggestCommentScoreRequest",
        "SuggestCommentScoreResponse",
        "Say what the scores of a comment should have been.",
    ),
}


def _schemas(**shapes: Json) -> Json:
    return {name: {"id": name, "type": "object", "properties": properties} for name, properties in shapes.items()}


def _map_of(name: str) -> Json:
    return {"type": "object", "additionalProperties": {"$ref": name}}


def _list_of(member: Json) -> Json:
    return {"type": "array", "items": member}


_TEXT: Final[Json] = {"type": "string"}
_YES_OR_NO: Final[Json] = {"type": "boolean"}
_NUMBER: Final[Json] = {"type": "number", "format": "float"}
_OFFSET: Final[Json] = {
    "type": "integer",
    "format": "int32",
    "description": "Counted in UTF-16 code units; the end is exclusive.",
}
_SCORE_TYPE: Final[Json] = {
    "type": "string",
    "enum": ["SCORE_TYPE_UNSPECIFIED", "PROBABILITY", "STD_DEV_SCORE", "PERCENTILE", "RAW"],
    "description": "Only PROBABILITY is served, which is also the default.",
}
_TEXT_TYPE: Final[Json] = {
    "type": "string",
    "enum": ["TEXT_TYPE_UNSPECIFIED", "PLAIN_TEXT", "HTML"],
    "description": "Only PLAIN_TEXT is served, which is also the default.",
}
_BOTH_REQUESTS: Final[Json] = {
    "comment": {"$ref": "TextEntry"},
    "context": {"$ref": "Context"},
    "languages": _list_of(_TEXT),
    "clientToken": _TEXT,
    "communityId": _TEXT,
    "sessionId": _TEXT,
}
_SCHEMAS: Final[Json] = _schemas(
    AnalyzeCommentRequest={
        **_BOTH_REQUESTS,
        "requestedAttributes": _map_of("AttributeParameters"),
        "spanAnnotations": _YES_OR_NO,
        "dropUnsupportedAttributes": _YES_OR_NO,
        "doNotStore": _YES_OR_NO,
    },
    AnalyzeCommentResponse={
        "attributeScores": _map_of("AttributeScores"),
        "languages": _list_of(_TEXT),
        "detectedLanguages": _list_of(_TEXT),
        "clientToken": _TEXT,
    },
    SuggestCommentScoreRequest={**_BOTH_REQUESTS, "attributeScores": _map_of("AttributeScores")},
    SuggestCommentScoreResponse={
        "clientToken": _TEXT,
        "detectedLanguages": _list_of(_TEXT),
        "requestedLanguages": _list_of(_TEXT),
    },
    TextEntry={"text": _TEXT, "type": _TEXT_TYPE},
    Context={
        "entries": _list_of({"$ref": "TextEntry"}),
        "articleAndParentComment": {"$ref": "ArticleAndParentComment"},
    },
    ArticleAndParentComment={"article": {"$ref": "TextEntry"}, "parentComment": {"$ref": "TextEntry"}},
    AttributeParameters={"scoreType": _SCORE_TYPE, "scoreThreshold": _NUMBER},
    AttributeScores={"summaryScore": {"$ref": "Score"}, "spanScores": _list_of({"$ref": "SpanScore"})},
    SpanScore={"begin": _OFFSET, "end": _OFFSET, "score": {"$ref": "Score"}},
    Score={"value": _NUMBER, "type": _SCORE_TYPE},
)
