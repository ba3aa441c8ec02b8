"""`comments:analyze`: a text's scores. Nothing is stored, counted or learned."""

from collections.abc import Mapping, Sequence

import anyio.to_thread

from moderator.classifier.scorer import Scorer
from moderator.compat.perspective.attributes import asks_house_rules, label_of
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
from moderator.domain.ids import SiteId
from moderator.domain.teaching import HOUSE_RULES
from moderator.services import Services
from moderator.usecases.moderate import scores_many

_DECIMALS = 6

Scores = Mapping[str, float]  # By label, and by `house_rules` where that is asked for.


async def analyze(services: Services, site_id: SiteId, asked: AnalyzeIn) -> AnalyzeOut:
    """Return the scores that a request asks for.

    Raises:
        Refusal: it asks for what Perspective refuses, or for what no label stands for.
        NoModel: there is no model to ask.
    """
    text = text_of(asked.comment, asked.context)
    if not asked.requested_attributes:
        raise Refusal("Missing requested_attributes", "NO_REQUESTED_ATTRIBUTES")
    scorer = services.scorer_of(site_id)
    languages = Languages.of(scorer, text, asked.languages or ())
    parts = sentences(text) if asked.span_annotations else []
    texts = [text, *(text[begin:end] for begin, end in parts)]
    scored = await _score(scorer, texts, with_house_rules=asks_house_rules(asked.requested_attributes))
    if not scored[0]:
        raise NoModel("No model is loaded.")
    labels = _labels(asked.requested_attributes, known=tuple(scored[0]))
    if not languages.are_supported(scorer):
        if not asked.drop_unsupported_attributes:
            raise languages.refusal(next(iter(labels)))
        labels = {}
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


async def _score(scorer: Scorer, texts: Sequence[str], *, with_house_rules: bool) -> list[Scores]:
    """Return the scores of each text; with `house_rules` where the site's model knows them."""
    found: list[Scores] = [
        {label.value: score for label, score in scores.items()} for scores in await scores_many(scorer, texts)
    ]
    if not with_house_rules:
        return found
    rules = await anyio.to_thread.run_sync(lambda: [scorer.house_rules(text) for text in texts])
    return [
        scores if house is None else {**scores, HOUSE_RULES: house} for scores, house in zip(found, rules, strict=True)
    ]


def _labels(
    requested: Mapping[str, AttributeParameters | None], *, known: Sequence[str]
) -> dict[str, tuple[str, AttributeParameters | None]]:
    labels = {attribute: (label_of(attribute, known), wanted) for attribute, wanted in requested.items()}
    for attribute, wanted in requested.items():
        check_type(wanted.score_type if wanted else None, attribute)
    return labels


def _threshold(wanted: AttributeParameters | None) -> float:
    return wanted.score_threshold or 0.0 if wanted else 0.0


def _attribute_scores(label: str, whole: Scores, spans: Sequence[tuple[int, int, Scores]]) -> AttributeScores:
    return AttributeScores(
        span_scores=[SpanScore(begin=begin, end=end, score=_rounded(scores, label)) for begin, end, scores in spans],
        summary_score=_rounded(whole, label),
    )


def _rounded(scores: Scores, label: str) -> Score:
    return Score(value=round(scores[label], _DECIMALS))
