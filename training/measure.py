"""Everything that is measured about a model on rows that it has not seen: scored once, counted in many ways.

Owns what is measured and in which order; `training.report` shows it, and the manifest keeps the short figures.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from moderator.classifier.manifest import Goal, Metric, ScoreGroup
from moderator.classifier.model import Model
from moderator.classifier.scorer import Scorer
from moderator.domain.scoring import Caution, Label, Signal
from training import bias, calibrate, evaluate, slices
from training.attacks import ATTACKS, CLEAN_SCRIPTS, Survival, measure_attacks
from training.bias import BiasTable
from training.corpora import Row
from training.identities import with_identity
from training.intervals import Intervals, intervals
from training.progress import Progress
from training.reliability import group
from training.slices import ByLanguage, Held, Mistake, NewsThreshold, is_made
from training.targets import Figure, Key, Reached, compare

SEED: Final = 1
CAUTION: Final = Caution.BALANCED  # The level that a site has unless it chooses another.
ATTACKED: Final = 600  # Positives that are attacked, in every way.
LONGEST_ATTACKED: Final = 1_000  # Characters.
NATURAL: Final = ("ucc_news_nc", "wiki_context")  # Sets of `toxic` whose share of positives is that of a real site.
MEBIBYTE: Final = 2**20


@dataclass(frozen=True, slots=True)
class Sample:
    """Scores of one label and which of the rows have it: what a picture is drawn from."""

    scores: NDArray[np.floating]
    positive: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class OfScript:
    """Our own clean sentences in one script: how many there are, and how many are held for what."""

    script: str
    sentences: int
    by_score: int
    hidden: int
    unreadable: int
    other_language: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OfLabel:
    """What was measured of one label.

    `sample` are rows as a site might see them, at artificial rates. `missed` are the positives that score lowest,
    `needless` the negatives that score highest.
    """

    metrics: Mapping[str, Metric]
    intervals: Mapping[str, Intervals]
    sample: Sample
    languages: list[ByLanguage]
    missed: list[Mistake]
    needless: list[Mistake]


@dataclass(frozen=True, slots=True, kw_only=True)
class OfLevel:
    """What a level of caution holds of natural test rows, by all scores together: shares, None without such rows."""

    harmless: int
    harmless_held: float | None
    breaking: int
    breaking_held: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OfToxic:
    """What is measured of `toxic` alone: sets at their own rate, groups of people, and the news threshold."""

    natural: Mapping[str, Sample]
    bias: Mapping[str, BiasTable]
    news: NewsThreshold | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What was measured. It holds no text; of rows it knows scores, and the ids of the worst mistakes."""

    rows: int
    labels: Mapping[Label, OfLabel]
    toxic: OfToxic | None
    levels: Mapping[Caution, OfLevel]
    other_sources: Mapping[Label, list[Held]]
    attacks: list[Survival]
    scripts: list[OfScript]
    targets: list[Reached]

    def metrics(self) -> dict[str, dict[str, Metric]]:
        """Return the figures by label and set, as the manifest keeps them."""
        return {label.value: dict(one.metrics) for label, one in self.labels.items()}

    def reliability(self, priors: Mapping[Label, float]) -> dict[Label, list[ScoreGroup]]:
        """Return how far scores are the probabilities that they claim to be, where `priors` of comments have a label.

        Labels of whose sample all rows, or none, are positive are left out: there is nothing to compare.
        """
        return {
            label: [_rounded(one) for one in group(of.sample.scores, of.sample.positive, prior=priors[label])]
            for label, of in self.labels.items()
            if of.sample.positive.any() and not of.sample.positive.all()
        }

    def goals(self) -> list[Goal]:
        """Return the targets as the manifest keeps them."""
        return [
            Goal(name=one.target.name, goal=one.target.goal, value=one.value, is_met=one.is_met) for one in self.targets
        ]


def _rounded(one: ScoreGroup) -> ScoreGroup:
    """Return a group as it is kept: six digits are more than any of its figures is sure of."""
    shares = {name: round(getattr(one, name), 6) for name in ("predicted", "observed", "low", "high")}
    return msgspec.structs.replace(one, **shares)


Holds = Mapping[Label, float]


def measure(
    model: Model, test: Sequence[Row], valid: Sequence[Row], sizes: Mapping[str, int], progress: Progress
) -> Measured:
    """Measure a model.

    Args:
        model: calibrated, with its thresholds, languages and scripts.
        test: rows of the test splits.
        valid: rows of the valid splits, also of sets that only measure: the news threshold is set on them.
        sizes: the version's files in bytes.
    """
    news = [row for row in valid if row.domain == "news" and row.is_positive(Label.TOXIC) is False]
    scores, of_news = np.split(_score(model, [*test, *news], progress), [len(test)])
    holds: Holds = {label: one.hold_at for label, one in model.thresholds(CAUTION).items()}
    columns = {label: scores[:, column] for column, label in enumerate(model.labels)}
    attacks = _attack(model, test, holds, progress)
    scripts = [_script(Scorer(model), model, script, holds) for script in CLEAN_SCRIPTS]
    labels = _labels(test, columns, evaluate.evaluate(test, scores, model.labels), holds, progress)
    toxic = None
    if Label.TOXIC in columns:
        of_news = of_news[:, model.labels.index(Label.TOXIC)]
        toxic = _toxic(test, columns[Label.TOXIC], slices.News(news, of_news), holds[Label.TOXIC], progress)
    return Measured(
        rows=len(test),
        labels=labels,
        toxic=toxic,
        levels=_levels(model, test, scores),
        other_sources={
            label: slices.other_sources(test, columns[label], label, holds[label])
            for label in (Label.SPAM, Label.TOXIC)
            if label in columns
        },
        attacks=attacks,
        scripts=scripts,
        targets=compare(dict(_figures(labels, toxic, attacks, scripts, sizes))),
    )


def _score(model: Model, rows: Sequence[Row], progress: Progress) -> NDArray[np.float32]:
    found = np.empty((len(rows), len(model.labels)), np.float32)
    for begin in range(0, len(rows), 1_000):
        progress("evaluate", begin, len(rows))
        found[begin : begin + 1_000] = model.scores_many([row.text for row in rows[begin : begin + 1_000]])
    progress("evaluate", len(rows), len(rows))
    return found


def _labels(
    rows: Sequence[Row],
    columns: Mapping[Label, NDArray[np.floating]],
    metrics: Mapping[str, Mapping[str, Metric]],
    holds: Holds,
    progress: Progress,
) -> dict[Label, OfLabel]:
    done, every = 0, sum(map(len, metrics.values())) + len(columns)
    found = {}
    for label, column in columns.items():
        own = {}
        for source, places in slices.by_source(rows, slices.judged(rows, label)).items():
            if source in metrics[label.value]:
                own[source] = intervals(column[places], slices.truths(rows, places, label), SEED)
                done += 1
                progress("measure", done, every)
        missed, needless = slices.worst_mistakes(rows, column, label)
        found[label] = OfLabel(
            metrics=metrics[label.value],
            intervals=own,
            sample=_sample(rows, column, label),
            languages=slices.languages(rows, column, label, holds[label]),
            missed=missed,
            needless=needless,
        )
        done += 1
        progress("measure", done, every)
    return found


def _sample(rows: Sequence[Row], column: NDArray[np.floating], label: Label) -> Sample:
    """Return the rows of the test split that are chosen as those of the calibration are."""
    own = np.array([n for n, row in enumerate(rows) if not is_made(row)], np.intp)
    chosen = calibrate.choose_rows([rows[n] for n in own], label)
    return Sample(column[own[chosen.rows]], chosen.positive)


def _toxic(
    rows: Sequence[Row], scores: NDArray[np.floating], news: slices.News, hold_at: float, progress: Progress
) -> OfToxic:
    natural = slices.judged(rows, Label.TOXIC, lambda row: row.source in NATURAL)
    made = slices.by_source(rows, slices.judged(rows, Label.TOXIC, is_made))
    tables = {}
    for number, (source, own) in enumerate(made.items(), 1):
        tables[source] = bias.bias_table([with_identity(rows[n]) for n in own], scores[own])
        progress("bias", number, len(made))
    return OfToxic(
        natural={
            source: Sample(scores[own], slices.truths(rows, own, Label.TOXIC))
            for source, own in slices.by_source(rows, natural).items()
        },
        bias=tables,
        news=slices.news_threshold(news, rows, scores, hold_at),
    )


def _levels(model: Model, rows: Sequence[Row], scores: NDArray[np.floating]) -> dict[Caution, OfLevel]:
    natural = [n for n, row in enumerate(rows) if row.source not in calibrate.UNNATURAL and not is_made(row)]
    breaking: NDArray[np.bool_] = np.array(
        [any(rows[n].is_positive(label) for label in model.labels) for n in natural], np.bool_
    )
    found = {}
    for caution in Caution:
        bounds = model.thresholds(caution)
        held: NDArray[np.bool_] = np.any(scores[natural] >= [bounds[label].hold_at for label in model.labels], axis=1)
        found[caution] = OfLevel(
            harmless=int((~breaking).sum()),
            harmless_held=_mean(held[~breaking]),
            breaking=int(breaking.sum()),
            breaking_held=_mean(held[breaking]),
        )
    return found


def _mean(truths: NDArray[np.bool_]) -> float | None:
    return float(truths.mean()) if truths.size else None


def _attack(model: Model, rows: Sequence[Row], holds: Holds, progress: Progress) -> list[Survival]:
    """Attack a sample of the positives of `toxic`: natural comments, chosen by their ids."""
    positives = [
        row
        for row in rows
        if row.is_positive(Label.TOXIC)
        and row.source not in calibrate.UNNATURAL
        and not is_made(row)
        and len(row.text) <= LONGEST_ATTACKED
        and (row.lang in model.languages or not model.languages)
    ]
    positives.sort(key=lambda row: hashlib.sha256(row.id.encode()).digest())
    texts = [row.text for row in positives[:ATTACKED]]
    scorer = Scorer(model)
    done, every = 0, len(texts) * (1 + len(ATTACKS))

    def is_approved(text: str) -> tuple[bool, bool]:
        nonlocal done
        done += 1
        progress("attacks", min(done, every), every)
        passes = _passes(model, text, holds)
        scored = scorer.score(text) if passes else None
        # Not the language: what is not taken for the language that it is would be held for the wrong reason.
        return passes, scored is not None and not set(scored.signals) - {Signal.UNSUPPORTED_LANGUAGE}

    found = measure_attacks(texts, is_approved, SEED)
    progress("attacks", every, every)
    return found


def _passes(model: Model, text: str, holds: Holds) -> bool:
    """Return whether every score is below its threshold."""
    scores = zip(model.labels, model.scores(text).tolist(), strict=True)
    return all(score < holds[label] for label, score in scores)


def _script(scorer: Scorer, model: Model, script: str, holds: Holds) -> OfScript:
    texts = CLEAN_SCRIPTS[script]
    signals = [scored.signals for text in texts if (scored := scorer.score(text))]
    return OfScript(
        script=script,
        sentences=len(texts),
        by_score=sum(not _passes(model, text, holds) for text in texts),
        hidden=sum(Signal.OBFUSCATED in own for own in signals),
        unreadable=sum(Signal.UNREADABLE in own for own in signals),
        other_language=sum(Signal.UNSUPPORTED_LANGUAGE in own for own in signals),
    )


def _figures(
    labels: Mapping[Label, OfLabel],
    toxic: OfToxic | None,
    attacks: Sequence[Survival],
    scripts: Sequence[OfScript],
    sizes: Mapping[str, int],
) -> Iterator[tuple[Key, float]]:
    """Yield what the targets ask for."""
    for label, of_label in labels.items():
        for source, metric in of_label.metrics.items():
            yield (Figure.AUC, label.value, source), metric.auc
            yield (Figure.RECALL_AT_5, label.value, source), metric.recall_at_5
            yield (Figure.CALIBRATION_ERROR, label.value, source), metric.calibration_error
    for one in toxic.news.sets if toxic and toxic.news else ():
        yield (Figure.FALSE_POSITIVES, Label.TOXIC.value, one.source), one.news
    for source, table in toxic.bias.items() if toxic else ():
        if table.mean:
            yield (Figure.BPSN_MEAN, Label.TOXIC.value, source), table.mean.bpsn
            yield (Figure.BPSN_WORST, Label.TOXIC.value, source), min(term.auc.bpsn for term in table.terms)
    for survival in attacks:
        if survival.rows:
            yield (Figure.SURVIVAL, survival.name, ""), survival.kept
    sentences = sum(one.sentences for one in scripts)
    yield (Figure.MORE_HELD, "", "ten scripts"), round(sum(one.hidden for one in scripts) / sentences, 4)
    yield (Figure.BYTES, "", ""), round(sum(sizes.values()) / MEBIBYTE, 2)
