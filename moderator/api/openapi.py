"""The OpenAPI 3.1 document, made from the route table and the wire structs: what is served is what is described."""

from functools import cache
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from moderator import __version__
from moderator.api import case_schemas, model_schemas, schemas
from moderator.api.problems import MEDIA_TYPE, Problem
from moderator.api.routes import OPERATIONS, Operation

_REFUSALS = {
    400: "Malformed JSON",
    401: "No key or token, or one that is unknown or revoked",
    403: "A key or token that may not do this",
    404: "Nothing with that id that this caller may see",
    409: "The thing has moved on since the caller last looked",
    413: "A text or body over its cap",
    415: "A compressed body",
    422: "Wrong or unknown members, each with its JSON pointer",
    429: "Too many requests; Retry-After says when to come again",
    503: "Nothing was done; Retry-After says when to come again",
}
_SUMMARIES = {200: "OK", 201: "Recorded", 202: "Accepted", 204: "Done"}
_CALLERS = {"site": "site key", "person": "person's token", "admin": "administrator's token"}
_QUERY = {
    "state": {"type": "string", "enum": ["open", "closed"], "default": "open"},
    "cursor": {"type": "string"},
    "limit": {"type": "integer", "minimum": 1, "maximum": 200, "default": 50},
}
_EXAMPLES: dict[str, Any] = {
    "CommentIn": {
        "external_id": "wp-1234",
        "text": "The summit ended without an agreement on gas prices.",
        "article": {"url": "https://news.example/summit", "section": "politics"},
        "author": {"id": "7", "name": "Anna"},
    },
    "BatchIn": {"comments": [{"text": "First."}, {"text": "Second."}]},
    "ScoreIn": {"texts": ["The summit ended without an agreement."]},
    "ReportIn": {"reason": "hate", "note": "Attacks a whole people."},
    "ClaimIn": {"count": 5},
    "EscalationIn": {"note": "Is this a call to violence?"},
    "ScopeIn": {"site": "01kb3z5q4w7n2e9c8r6t1y0h5m"},
    "DecisionIn": {"action": "reject", "reason": "insult", "generation": 1},
}


@cache
def build_document() -> dict[str, Any]:
    """Return the document."""
    shapes = {one for op in OPERATIONS for one in (op.takes, *op.answers.values()) if one is not None}
    shapes -= {schemas.BatchIn}  # Its items are raw bytes to the decoder; described by hand below.
    kinds = sorted(shapes | {Problem, schemas.PublicOutcomeOut}, key=lambda kind: kind.__name__)
    _, components = msgspec.json.schema_components(kinds, ref_template="#/components/schemas/{name}")
    components |= _batch_schemas()
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _describe(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "moderator",
            "version": __version__,
            "description": "Comment moderation: a score, a verdict, a queue for people. Unknown members are refused; "
            "of duplicate members the last one counts. Offsets in spans count Unicode code points.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "siteKey": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A site key, or where said a public key",
                },
                "personToken": {"type": "http", "scheme": "bearer", "description": "From `person add`"},
            },
        },
    }


def _describe(operation: Operation) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": operation.view.__name__ if hasattr(operation.view, "__name__") else "submit_comment",
        "summary": operation.summary,
        "responses": _responses(operation),
    }
    if operation.caller != "any":
        found["description"] = f"Needs a {_CALLERS[operation.caller]}."
        found["security"] = [{"siteKey": []} if operation.caller == "site" else {"personToken": []}]
    parameters = [
        {"name": name[1:-1], "in": "path", "required": True, "schema": {"type": "string"}}
        for name in operation.path.split("/")
        if name.startswith("{")
    ]
    parameters += [{"name": name, "in": "query", "schema": _QUERY[name]} for name in operation.query]
    if operation.path == "/v1/comments":
        parameters.append({"name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "maxLength": 257}})
    if parameters:
        found["parameters"] = parameters
    if operation.takes is not None:
        name = operation.takes.__name__
        content = {"schema": {"$ref": f"#/components/schemas/{name}"}, "example": _EXAMPLES[name]}
        required = operation.takes not in (
            schemas.ReportIn,
            case_schemas.ClaimIn,
            case_schemas.EscalationIn,
            model_schemas.ScopeIn,
        )
        found["requestBody"] = {"required": required, "content": {"application/json": content}}
    return found


def _responses(operation: Operation) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for status, shape in operation.answers.items():
        answer: dict[str, Any] = {"description": _SUMMARIES[status]}
        if operation.path == "/v1/comments/batch":
            answer["content"] = {"application/json": {"schema": {"$ref": "#/components/schemas/BatchOut"}}}
        elif operation.path == "/metrics":
            answer["content"] = {"text/plain": {"schema": {"type": "string"}}}
        elif shape is not None:
            schema: dict[str, Any] = {"$ref": f"#/components/schemas/{shape.__name__}"}
            if operation.path == "/v1/comments":  # With a public key the answer is the reduced one.
                schema = {"anyOf": [schema, {"$ref": "#/components/schemas/PublicOutcomeOut"}]}
            answer["content"] = {"application/json": {"schema": schema}}
        found[str(status)] = answer
    refuses = set(operation.refuses) | ({401, 403, 429, 503} if operation.caller != "any" else set())
    refuses |= {400, 422} if operation.takes or operation.query else set()
    refuses |= {503} if operation.path in ("/readyz", "/metrics") else set()
    for status in sorted(refuses):
        content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
        found[str(status)] = {"description": _REFUSALS[status], "content": content}
    return found


def _batch_schemas() -> dict[str, Any]:
    return {
        "BatchIn": {
            "type": "object",
            "title": "BatchIn",
            "required": ["comments"],
            "additionalProperties": False,
            "properties": {
                "comments": {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": 1_000,
                    "items": {"$ref": "#/components/schemas/CommentIn"},
                }
            },
        },
        "BatchOut": {
            "type": "object",
            "title": "BatchOut",
            "required": ["outcomes"],
            "properties": {
                "outcomes": {
                    "type": "array",
                    "items": {
                        "anyOf": [
                            {"$ref": "#/components/schemas/OutcomeOut"},
                            {
                                "type": "object",
                                "required": ["problem"],
                                "properties": {"problem": {"$ref": "#/components/schemas/Problem"}},
                            },
                        ]
                    },
                }
            },
        },
    }


async def serve_document(request: Request[Any]) -> Response:
    """`GET /openapi.json`."""
    return Response(msgspec.json.encode(build_document()), media_type="application/json")
