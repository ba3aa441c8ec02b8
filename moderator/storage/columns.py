"""How values lie in columns: times, JSON, reasons and spans. Shared by the aggregates' mappers."""

import json
from datetime import UTC, datetime, timedelta

from moderator.domain.policy import Action, Reason, Rule
from moderator.domain.scoring import Label, Span

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def to_ms(moment: datetime) -> int:
    """Return an aware time as whole milliseconds since 1970, UTC. Exact: no floating point on the way."""
    return (moment - _EPOCH) // _MILLISECOND


def from_ms(milliseconds: int) -> datetime:
    """Return milliseconds since 1970 as an aware time."""
    return _EPOCH + milliseconds * _MILLISECOND


def from_ms_or_none(milliseconds: int | None) -> datetime | None:
    """Return milliseconds since 1970 as an aware time, or None."""
    return None if milliseconds is None else from_ms(milliseconds)


def to_json(value: object) -> str:
    """Return compact JSON with sorted keys: the same value is the same text."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def reasons_to_json(reasons: tuple[Reason, ...]) -> str:
    """Return a verdict's reasons as JSON."""
    if not reasons:
        return "[]"
    return to_json(
        [
            {
                "code": reason.code,
                "action": reason.action,
                "detail": reason.detail,
                "label": reason.label,
                "score": reason.score,
                "threshold": reason.threshold,
            }
            for reason in reasons
        ]
    )


def reasons_from_json(text: str) -> tuple[Reason, ...]:
    """Return the reasons that `reasons_to_json` wrote."""
    if text == "[]":
        return ()
    return tuple(
        Reason(
            code=Rule(found["code"]),
            action=Action(found["action"]),
            detail=found["detail"],
            label=None if found["label"] is None else Label(found["label"]),
            score=found["score"],
            threshold=found["threshold"],
        )
        for found in json.loads(text)
    )


def spans_to_json(spans: tuple[Span, ...]) -> str:
    """Return spans as JSON: start, end, label, weight."""
    if not spans:
        return "[]"
    return to_json([[span.start, span.end, span.label, round(span.weight, 4)] for span in spans])


def spans_from_json(text: str) -> tuple[Span, ...]:
    """Return the spans that `spans_to_json` wrote."""
    if text == "[]":
        return ()
    return tuple(
        Span(start=start, end=end, label=Label(label), weight=weight) for start, end, label, weight in json.loads(text)
    )
