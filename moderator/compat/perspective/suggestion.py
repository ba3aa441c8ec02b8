"""`comments:suggestscore`: what a client thinks a text's scores should be. It teaches a little and decides nothing."""

from moderator.classifier.scorer import Scorer
from moderator.compat.perspective.attributes import label_of
from moderator.compat.perspective.errors import Refusal
from moderator.compat.perspective.languages import Languages
from moderator.compat.perspective.wire import AttributeScoresIn, SuggestIn, SuggestOut, check_type, text_of, too_long
from moderator.domain.comments import MAX_TEXT_CHARACTERS
from moderator.domain.errors import Fault, InvalidInput
from moderator.domain.ids import SiteId
from moderator.domain.scoring import Label
from moderator.services import Services
from moderator.usecases.teaching import suggest


async def take_suggestion(services: Services, site_id: SiteId, sent: SuggestIn) -> SuggestOut:
    """Keep the labels that a client suggests for a text, once for each label.

    Raises:
        Refusal: there is no text or no score, or no label stands for an attribute.
    """
    text = text_of(sent.comment, sent.context)
    if len(text) > MAX_TEXT_CHARACTERS:
        raise too_long()
    if "\x00" in text:  # PostgreSQL cannot store it.
        raise InvalidInput(Fault(pointer="/comment/text", detail="must not contain U+0000"))
    scorer = services.scorer_of(site_id)
    labels = _labels(scorer, sent)
    languages = Languages.of(scorer, text, sent.languages or ())
    await suggest(services, site_id, text, labels, lang=languages.first)
    return SuggestOut(
        client_token=sent.client_token,
        detected_languages=list(languages.detected),
        requested_languages=list(languages.requested),
    )


def _labels(scorer: Scorer, sent: SuggestIn) -> dict[Label, float]:
    if not sent.attribute_scores:
        raise Refusal("attribute_scores must not be empty")
    model = scorer.model
    known = model.labels if model else tuple(Label)
    return {label_of(name, known): _value(name, scores) for name, scores in sent.attribute_scores.items()}


def _value(attribute: str, scores: AttributeScoresIn | None) -> float:
    """Return the suggested score; where only parts of the text have one, the highest of them."""
    given = [scores.summary_score] if scores and scores.summary_score else []
    if not given and scores:
        given = [span.score for span in scores.span_scores or [] if span.score]
    for one in given:
        check_type(one.type, attribute)
    values = [one.value for one in given if one.value is not None]
    if not values:
        raise Refusal(f"No score is given for attribute {attribute}")
    if not all(0.0 <= value <= 1.0 for value in values):
        raise Refusal(f"A score of attribute {attribute} is not between 0 and 1")
    return max(values)
