"""`comments:analyze`: a text's scores. Nothing is stored, counted or learned."""

from collections.abc import Mapping, Sequence

from moderator.compat.perspective.attributes import label_of
from moderator.compat.perspective.errors import NoModel, Refusal
from moderator.compat.perspective.languages import Languages
from moderator.compat.perspective.sentences import sentences
from moderator.compat.perspective.utf16 import utf16_offsets
from moderator.compat.perspective.wire import (
    AnalyzeIn,
    AnalyzeOut,
    AttributeParameters,
    AttributeScores,
    Score,
    SpanScore,
    check_type,
    text_of,
)
from moderator.domain.scoring import Label
from moderator.services import Services

_DECIMALS = 6

Scores = Mapping[Label, float]


def analyze(services: Services, asked: AnalyzeIn) -> AnalyzeOut:
    """Return the scores that a request asks for.

    Raises:
        Refusal: it asks for what Perspective refuses, or for what no label stands for.
        NoModel: there is no model to ask.
    """
    text = text_of(asked.comment, asked.context)
    labels = _labels(services, asked.requested_attributes or {})
    languages = Languages.of(services, text, asked.languages or ())
    if not languages.are_supported(services):
        if not asked.drop_unsupported_attributes:
            raise languages.refusal(next(iter(labels)))
        labels = {}
    parts = sentences(text) if asked.span_annotations else []
    scored = services.scorer.probabilities([text, *(text[begin:end] for begin, end in parts)])
    if scored is None:
        raise NoModel("No model is loaded.")
    places = utf16_offsets(text, (offset for part in parts or [(0, len(text))] for offset in part))
    spans = list(zip(places[::2], places[1::2], scored[1:] or scored, strict=True))
    answered = {
        attribute: _attribute_scores(label, scored[0], spans)
        for attribute, (label, wanted) in labels.items()
        if scored[0][label] >= _threshold(wanted)
    }
    return AnalyzeOut(
        attribute_scores=answered,
        languages=list(languages.effective),
        detected_languages=list(languages.detected),
        client_token=asked.client_token,
    )


def known_labels(services: Services) -> Sequence[Label]:
    """Return the labels that the model has; all that there are, while there is no model."""
    model = services.scorer.model
    return model.labels if model else tuple(Label)


def _labels(
    services: Services, requested: Mapping[str, AttributeParameters | None]
) -> dict[str, tuple[Label, AttributeParameters | None]]:
    if not requested:
        raise Refusal("Missing requested_attributes", "NO_REQUESTED_ATTRIBUTES")
    known = known_labels(services)
    labels = {attribute: (label_of(attribute, known), wanted) for attribute, wanted in requested.items()}
    for attribute, wanted in requested.items():
        check_type(wanted.score_type if wanted else None, attribute)
    return labels


def _threshold(wanted: AttributeParameters | None) -> float:
    return wanted.score_threshold or 0.0 if wanted else 0.0


def _attribute_scores(label: Label, whole: Scores, spans: Sequence[tuple[int, int, Scores]]) -> AttributeScores:
    return AttributeScores(
        span_scores=[SpanScore(begin=begin, end=end, score=_score(scores, label)) for begin, end, scores in spans],
        summary_score=_score(whole, label),
    )


def _score(scores: Scores, label: Label) -> Score:
    return Score(value=round(scores[label], _DECIMALS))
