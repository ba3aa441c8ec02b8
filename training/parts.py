"""The figures of the report by parts: languages, groups of people, other sources, attacks, scripts, single mistakes."""

from collections.abc import Iterator
from itertools import zip_longest
from typing import Final

from training import bias
from training.attacks import ATTACKS
from training.bias import Aucs, BiasTable
from training.html import NOTHING, Part, Section, Table, percent
from training.measure import CAUTION, Measured
from training.slices import NEWS_SHARE, Held, Mistake

_LOW: Final = 0.70  # A BPSN below which a group is named.


def languages(measured: Measured) -> Section:
    """Return each label by language."""
    head = ("language", "rows", "positives", "AUC", "false positives", "recall", "more held", "sets")
    sections = []
    for label, of_label in measured.labels.items():
        rows = [
            (
                one.lang,
                f"{one.rows:,}",
                f"{one.positives:,}",
                NOTHING if one.auc is None else f"{one.auc:.3f}",
                percent(one.false_positives),
                percent(one.recall),
                percent(one.more_held, digits=2),
                ", ".join(one.sets),
            )
            for one in of_label.languages
        ]
        if rows:
            sections.append(Section(label.value, [Table(head, rows)]))
    return Section(
        "By language",
        [
            (
                f"False positives are the negatives held at the threshold that all languages share (`{CAUTION}`), "
                "recall the positives held there. Where they differ from language to language the threshold does "
                "not carry over. “More held” are negatives that only the signs of hidden letters hold. Templates "
                "are left out, and so are sets of one class."
            ),
        ],
        sections,
    )


def groups(measured: Measured) -> Iterator[Section]:
    """Yield how evenly groups of people are treated, where there are templates to measure it on."""
    if measured.toxic and measured.toxic.bias:
        yield Section(
            "Groups of people",
            [
                (
                    "Sentences made from templates, foul or harmless, of which many name a group; scored as `toxic`. "
                    "Subgroup compares foul and harmless sentences that name the group. BPSN compares foul sentences "
                    "without it and harmless ones with it: low means that naming the group looks foul. BNSP is the "
                    "other way round: low means that abuse of the group passes. Means are generalised ones with "
                    f"exponent {_signed(bias.POWER)}, which low figures dominate (Borkan et al. 2019). The German and "
                    "Dutch templates do not say whom they name: words of our own find it (`training/identities.py`)."
                ),
            ],
            [_group(source, table) for source, table in measured.toxic.bias.items()],
        )


def _signed(number: float) -> str:
    return f"{number:g}".replace("-", "−")


def _group(source: str, table: BiasTable) -> Section:
    if table.mean is None:
        return Section(source, [f"No group has {bias.FEWEST} foul and {bias.FEWEST} harmless sentences."])
    terms = sorted(table.terms, key=lambda term: term.auc.bpsn)
    worst = {name: min(terms, key=lambda term: getattr(term.auc, name)) for name in Aucs.__struct_fields__}
    names = {"subgroup": "subgroup", "bpsn": "BPSN", "bnsp": "BNSP"}
    summary = [
        (names[name], f"{getattr(table.mean, name):.3f}", f"{getattr(term.auc, name):.3f}", term.term)
        for name, term in worst.items()
    ]
    low = ", ".join(term.term for term in terms if term.auc.bpsn < _LOW) or "none"
    rows = [
        (
            term.term,
            term.rows,
            term.positives,
            *(f"{value:.3f}" for value in (term.auc.subgroup, term.auc.bpsn, term.auc.bnsp)),
        )
        for term in terms
    ]
    parts: list[Part] = [
        f"{table.rows:,} sentences, AUC of all together {table.auc:.3f}. Groups with a BPSN below {_LOW:.2f}: {low}.",
        Table(("figure", f"mean of {len(terms)} groups", "worst", "of"), summary),
        Table(("group", "rows", "foul", "subgroup", "BPSN", "BNSP"), rows, "The groups, those that look foulest first"),
    ]
    if table.skipped:
        parts.append(f"Too few sentences to say anything: {', '.join(table.skipped)}.")
    return Section(source, parts)


def news(measured: Measured) -> Iterator[Section]:
    """Yield what the news threshold does to harmless rows."""
    if measured.toxic and (found := measured.toxic.news):
        rows = [
            (one.source, f"{one.rows:,}", percent(one.news), percent(one.held))
            for one in sorted(found.sets, key=lambda one: (one.news, one.source))
        ]
        share = percent(NEWS_SHARE, digits=0)
        yield Section(
            "False positives at the news threshold",
            [
                (
                    f"The threshold of `toxic` that {share} of {found.rows:,} harmless news comments of the "
                    f"valid splits reach is {found.threshold:.4f} ({', '.join(found.sources)}). The table has the "
                    f"share of harmless test rows above it, and from the shipped threshold of `{CAUTION}` on."
                ),
                Table(("set", "harmless rows", "above the news threshold", "held"), rows),
            ],
        )


def other_sources(measured: Measured) -> Section:
    """Return what a label says of sources that it has nothing to do with."""
    sections = []
    for label, found in measured.other_sources.items():
        rows = [_held(one) for one in found]
        head = ("source", "harmless rows", "median score", "95 % quantile", "held", "judged for it")
        sections.append(Section(f"{label} on harmless rows", [Table(head, rows)]))
    return Section(
        "Source style",
        [
            (
                "A label that had learned how its sources write, instead of what is wrong with their positives, would "
                f"score harmless rows of one source or another high. Held: from the threshold of `{CAUTION}` on. Rows "
                "that nobody judged for the label are harmless by everything that people did say of them, so that a "
                "few may be held rightly."
            ),
        ],
        sections,
    )


def _held(one: Held) -> tuple[object, ...]:
    judged = "yes" if one.is_judged else "no"
    return one.source, f"{one.rows:,}", f"{one.median:.4f}", f"{one.high:.4f}", percent(one.held), judged


def attacks(measured: Measured) -> Section:
    """Return what is left of the recall under each attack."""
    rows = []
    for one in measured.attacks:
        attack = ATTACKS[one.name]
        outcome = "✓ met" if one.kept >= attack.target else f"✗ missed by {percent(attack.target - one.kept)}"
        kind = "hiding" if attack.is_hiding else "wording"
        rows.append(
            (
                one.name,
                kind,
                f"{one.rows:,}",
                percent(one.by_score),
                percent(one.kept),
                f"≥ {percent(attack.target, digits=0)}",
                outcome if one.rows else "not measured",
            )
        )
    head = ("attack", "kind", "rows", "by score", "by score and signals", "target", "outcome")
    return Section(
        "Attacks",
        [
            (
                f"Toxic test rows that are held at `{CAUTION}` as they stand, changed as people change words to get "
                "past a filter: what share is held nevertheless, by the scores alone, and by scores and signals "
                "together. A hiding attack changes characters and leaves what a reader sees; a wording attack changes "
                "what a reader sees."
            ),
            Table(head, rows),
        ],
    )


def scripts(measured: Measured) -> Section:
    """Return what happens to clean text in ten scripts."""
    rows = [
        (one.script, one.sentences, one.by_score, one.hidden, one.unreadable, one.other_language)
        for one in measured.scripts
    ]
    head = ("script", "sentences", "held by score", "for hidden letters", "as unknown script", "as unknown language")
    return Section(
        "Clean text in many scripts",
        [
            (
                "Ordinary sentences of our own. None should be taken for hidden letters. A script or language with too "
                "few training rows is held on purpose: a site that wants such comments published unseen must say so."
            ),
            Table(head, rows),
        ],
    )


def mistakes(measured: Measured) -> Section:
    """Return the ids of the rows that are furthest off. Their texts stay where they are."""
    sections = []
    for label, one in measured.labels.items():
        pairs = zip_longest(map(_mistake, one.missed), map(_mistake, one.needless), fillvalue=("", ""))
        if rows := [(*missed, *needless) for missed, needless in pairs]:
            head = ("positives that score lowest", "score", "negatives that score highest", "score")
            sections.append(Section(label.value, [Table(head, rows)]))
    return Section(
        "Worst mistakes",
        [
            (
                "Test rows on which all raters agreed, by their ids in the labelled files: positives that score "
                "lowest, and negatives that score highest. Some are mistakes of the raters."
            ),
        ],
        sections,
    )


def _mistake(one: Mistake) -> tuple[str, str]:
    return f"`{one.id}`", f"{one.score:.4f}"
