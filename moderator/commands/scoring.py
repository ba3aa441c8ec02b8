"""`moderator score`: what the model and the policy make of a text, and why, in words."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import click
from rich.console import Console
from rich.text import Text

from moderator.classifier import registry
from moderator.classifier.scorer import Scorer
from moderator.commands.output import Command, emit
from moderator.console.text import Piece, pieces
from moderator.domain.comments import Comment
from moderator.domain.errors import NotFound
from moderator.domain.ids import CommentId, SiteId
from moderator.domain.judging import judge
from moderator.domain.policy import Facts, Policy, Reason
from moderator.domain.scoring import Caution, Label, Scored, Span
from moderator.personal import find_personal, looks_personal
from moderator.services import utc_now
from moderator.settings import load_settings

WORTH_A_SPAN: Final = 0.1
CAUTIONS: Final = [level.value for level in Caution]
BAR: Final = 20
MOST_WORDS: Final = 6
STYLES: Final = {"approve": "bold green", "hold": "bold yellow", "reject": "bold red"}


@click.command("score", cls=Command)
@click.argument("texts", nargs=-1)
@click.option(
    "--caution",
    type=click.Choice([level.value for level in Caution]),
    default=Caution.BALANCED.value,
    show_default=True,
)
@click.option("--lang", help="The language of the texts (BCP 47), as a site would say it.")
@click.option("--site", help="Score with the model that this site uses (its id). Default: the one of all sites.")
def score_command(texts: tuple[str, ...], caution: str, lang: str | None, site: str | None) -> None:
    """Score TEXTS, or the lines of standard input, and say why. Needs no service and stores nothing."""
    settings = load_settings()
    models = Path(settings.models)
    version = registry.version_used_by(models, SiteId(site) if site else None)
    if version is None:
        raise NotFound(f"There is no current model in {settings.models}.")
    model = registry.load_version(models, version)
    lines = list(texts) or [line.rstrip("\n") for line in sys.stdin]
    scorer = Scorer(model)
    policy = model.complete(Policy(version=1, caution=Caution(caution)))
    found = scorer.score_many(lines, [lang] * len(lines))
    results = [_result(scorer, policy, text, scored, lang) for text, scored in zip(lines, found, strict=True) if scored]
    emit(
        {"model": model.version, "caution": caution, "results": results},
        lambda: _print(results, policy, model.version),
    )


def _result(scorer: Scorer, policy: Policy, text: str, scored: Scored, lang: str | None) -> dict[str, Any]:
    comment = Comment(id=CommentId("-"), site_id=SiteId("-"), text=text, received_at=utc_now())
    personal = find_personal(text, lang) if looks_personal(text) else ()
    verdict = judge(policy, comment, scored, Facts(personal=tuple(one.kind for one in personal)))
    held = {reason.label for reason in verdict.reasons}
    explained = [label for label, score in scored.scores.items() if score >= WORTH_A_SPAN or label in held]
    house_rules = scorer.house_rules(text)
    return {
        "text": text,
        "verdict": verdict.action.value,
        "scores": {label.value: round(score, 4) for label, score in scored.scores.items()},
        **({} if house_rules is None else {"house_rules": round(house_rules, 4)}),
        "signals": [signal.value for signal in scored.signals],
        "reasons": [_reason(reason) for reason in verdict.reasons],
        "spans": [
            {"start": one.start, "end": one.end, "label": one.label.value, "weight": round(one.weight, 4)}
            for one in scorer.explain(text, explained)
        ],
    }


def _reason(reason: Reason) -> dict[str, Any]:
    return {
        "code": reason.code.value,
        "label": reason.label,
        "score": round(reason.score, 4) if reason.score is not None else None,
        "threshold": round(reason.threshold, 4) if reason.threshold is not None else None,
        "detail": reason.detail,
    }


def _print(results: Sequence[dict[str, Any]], policy: Policy, version: str) -> None:
    """Print for people: in colour on a terminal, and the same words without colour elsewhere."""
    console = Console(highlight=False, soft_wrap=True)
    for result in results:
        spans = [Span(**one | {"label": Label(one["label"])}) for one in result["spans"]]
        verdict = result["verdict"]
        marks = _weightiest(spans, result["scores"])
        console.print(Text.assemble((verdict.upper(), STYLES[verdict]), "  ", _marked(result["text"], marks)))
        for reason in result["reasons"]:
            console.print(Text(f"  {reason['detail']}"))
        for label, score in sorted(result["scores"].items(), key=lambda one: -one[1]):
            console.print(_score_line(Label(label), score, policy, result["text"], spans))
        if "house_rules" in result:
            console.print(Text(f"  {'rejected here':<16} {result['house_rules']:6.3f}  by this site's own rules"))
    console.print(Text(f"Model {version}, {policy.caution} caution, a site without rules of its own.", "dim"))


def _score_line(label: Label, score: float, policy: Policy, text: str, spans: Sequence[Span]) -> Text:
    line = Text(f"  {label.replace('_', ' '):<16} {score:6.3f} ")
    threshold = policy.thresholds.get(label)
    style = ""
    if threshold is not None and score >= threshold.hold_at:
        style = "red" if score >= threshold.reject_at else "yellow"
    line.append(f"{'█' * round(score * BAR):<{BAR}}", style)
    if threshold is not None and style:
        line.append(
            f" rejected from {threshold.reject_at:.2f}" if style == "red" else f" held from {threshold.hold_at:.2f}"
        )
    words = sorted((one for one in spans if one.label is label), key=lambda one: -one.weight)[:MOST_WORDS]
    if words:
        line.append(" because of ")
        line.append(", ".join(f"“{_seen(text[one.start : one.end])}” {one.weight:.0%}" for one in words))
    line.rstrip()
    return line


def _weightiest(spans: Sequence[Span], scores: Mapping[str, float]) -> list[Span]:
    """Return one span for each place: that of the label which scores highest through it."""
    ordered = sorted(spans, key=lambda one: scores[one.label] * one.weight)
    return list({(one.start, one.end): one for one in ordered}.values())


def _marked(text: str, spans: Sequence[Span]) -> Text:
    """Return a text with each word that drove a score in brackets, with its label and its share of the evidence."""
    marked = Text()
    for mark, group in groupby(_with_marks(text, spans), key=lambda one: one[0]):
        shown = "".join(_shown(piece) for _, piece in group)
        if mark is None:
            marked.append(shown)
            continue
        label, weight, is_strong = mark
        marked.append("[")
        marked.append(shown, "bold red" if is_strong else "red")
        marked.append(f": {label.replace('_', ' ')} {weight:.0%}", "dim")
        marked.append("]")
    return marked


_Mark = tuple[Label, float, bool]


def _with_marks(text: str, spans: Sequence[Span]) -> Iterator[tuple[_Mark | None, Piece]]:
    """Yield the pieces of a text with their marks; what is hidden within a word has the mark of the word."""
    mark: _Mark | None = None
    for piece in pieces(text, spans):
        if piece.hidden is None:
            mark = (piece.label, piece.weight, piece.is_strong) if piece.label else None
        yield mark, piece


def _shown(piece: Piece) -> str:
    """Return what a terminal may print: characters that it would obey or not show are named instead."""
    return piece.text if piece.hidden is None or piece.text in "\n\t" else f"‹{piece.hidden}›"


def _seen(text: str) -> str:
    return "".join(_shown(piece) for piece in pieces(text))
