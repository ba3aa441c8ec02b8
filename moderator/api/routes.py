"""The route table of version 1: path, method, view, who may ask, and what is sent and answered.

The router, the OpenAPI document and the tests' matrix of routes and roles are all made from it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from moderator.api import case_schemas, cases, comments, health, model_schemas, models, schemas


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method of one path. `caller` is site, person, admin or any; `answers` maps a status to its shape."""

    method: str
    path: str
    view: Any  # a function of a request, or an ASGI endpoint object
    caller: str
    summary: str
    takes: type | None = None
    answers: Mapping[int, type | None] = field(default_factory=dict)
    query: Sequence[str] = ()
    refuses: Sequence[int] = ()


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        method="POST",
        path="/v1/comments",
        view=comments.SubmitComment(),
        caller="site",
        summary="Moderate a comment",
        takes=schemas.CommentIn,
        answers={201: schemas.OutcomeOut, 200: schemas.OutcomeOut},
        refuses=(409, 413, 415),
    ),
    Operation(
        method="POST",
        path="/v1/comments/batch",
        view=comments.submit_batch,
        caller="site",
        summary="Moderate up to 1,000 comments, each by itself",
        takes=schemas.BatchIn,
        answers={200: schemas.OutcomeOut},
        refuses=(413, 415),
    ),
    Operation(
        method="GET",
        path="/v1/comments/{id}",
        view=comments.read_comment,
        caller="site",
        summary="Read the outcome as it now stands",
        answers={200: schemas.OutcomeOut},
        refuses=(404,),
    ),
    Operation(
        method="DELETE",
        path="/v1/comments/{id}",
        view=comments.erase_comment,
        caller="site",
        summary="Erase text and author; the skeleton of decisions stays",
        answers={204: None},
        refuses=(404,),
    ),
    Operation(
        method="POST",
        path="/v1/comments/{id}/reports",
        view=comments.report_comment,
        caller="site",
        summary="Report a comment",
        takes=schemas.ReportIn,
        answers={202: schemas.ReportOut},
        refuses=(404, 413, 415),
    ),
    Operation(
        method="POST",
        path="/v1/score",
        view=comments.score_texts,
        caller="site",
        summary="Score texts; nothing is stored or learned",
        takes=schemas.ScoreIn,
        answers={200: schemas.ScoreOut},
        refuses=(413, 415),
    ),
    Operation(
        method="GET",
        path="/v1/cases",
        view=cases.list_cases,
        caller="person",
        summary="List the queue, the most urgent first",
        answers={200: case_schemas.CasesOut},
        query=("state", "cursor", "limit"),
    ),
    Operation(
        method="POST",
        path="/v1/cases/claim",
        view=cases.claim_cases,
        caller="person",
        summary="Claim the most urgent free cases",
        takes=case_schemas.ClaimIn,
        answers={200: case_schemas.ClaimedOut},
        refuses=(413, 415),
    ),
    Operation(
        method="POST",
        path="/v1/cases/{id}/decision",
        view=cases.decide_case,
        caller="person",
        summary="Decide a case",
        takes=case_schemas.DecisionIn,
        answers={200: case_schemas.DecisionOut},
        refuses=(404, 409, 413, 415),
    ),
    Operation(
        method="POST",
        path="/v1/cases/{id}/escalate",
        view=cases.escalate_case,
        caller="person",
        summary="Pass a claimed case on to a senior colleague",
        takes=case_schemas.EscalationIn,
        answers={204: None},
        refuses=(404, 409, 413, 415),
    ),
    Operation(
        method="POST",
        path="/v1/cases/{id}/release",
        view=cases.release_case,
        caller="person",
        summary="Give a claimed case back to the queue",
        answers={204: None},
        refuses=(404, 409),
    ),
    Operation(
        method="POST",
        path="/v1/decisions/{id}/undo",
        view=cases.undo_decision,
        caller="person",
        summary="Take back the newest decision on a comment",
        answers={200: case_schemas.DecisionOut},
        refuses=(404, 409),
    ),
    Operation(
        method="GET",
        path="/v1/models",
        view=models.list_models,
        caller="admin",
        summary="List the model versions",
        answers={200: model_schemas.ModelsOut},
    ),
    Operation(
        method="POST",
        path="/v1/models/rollback",
        view=models.rollback_model,
        caller="admin",
        summary="Go back to the model before this one",
        takes=model_schemas.ScopeIn,
        answers={200: model_schemas.ActivatedOut},
        refuses=(404, 409),
    ),
    Operation(
        method="POST",
        path="/v1/models/{version}/activate",
        view=models.activate_model,
        caller="admin",
        summary="Check a model version and use it",
        takes=model_schemas.ScopeIn,
        answers={200: model_schemas.ActivatedOut},
        refuses=(404, 409),
    ),
    Operation(
        method="GET",
        path="/healthz",
        view=health.healthz,
        caller="any",
        summary="The process lives",
        answers={200: schemas.HealthOut},
    ),
    Operation(
        method="GET",
        path="/readyz",
        view=health.readyz,
        caller="any",
        summary="The database takes writes",
        answers={200: schemas.ReadyOut},
    ),
    Operation(
        method="GET",
        path="/metrics",
        view=health.metrics,
        caller="any",
        summary="Prometheus metrics",
        answers={200: None},
    ),
)
