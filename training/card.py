"""The model card around the figures, under the headings of Mitchell et al. 2019, “Model Cards for Model Reporting”.

Owns the words and the tables that come from the manifest alone; `training.analyses` has what was measured.
"""

from typing import Final

from moderator.classifier.features import COLUMNS, SCHEMA
from moderator.classifier.manifest import Manifest
from training import lexicons, sentences
from training.html import NOTHING, Section, Table, percent
from training.measure import CAUTION, Measured
from training.notices import attributions

_OWN: Final = {
    sentences.SOURCE: ("made by this program", "sentences of a grammar of our own (`training/sentences.py`)"),
    lexicons.SOURCE: ("the word lists beside the data", "weak examples; see the lists' own licences"),
}


def details(manifest: Manifest) -> Section:
    """Return what the version is, how it was fitted, and its files."""
    kept = ", ".join(f"{name} {version}" for name, version in sorted(manifest.libraries.items()))
    parent = f" Fitted on top of `{manifest.parent}`." if manifest.parent else ""
    return Section(
        "Model details",
        [
            (
                f"Version `{manifest.version}`, made on {manifest.created} by `make model`.{parent} The same files and "
                f"libraries give the same version, bit for bit. Libraries: {kept}."
            ),
            (
                f"A text becomes the set of its hashed n-grams, of characters and of words ({COLUMNS:,} columns, "
                f"scheme `{SCHEMA}`). Each label has one logistic regression over them, calibrated with Platt's two "
                "parameters at a stated share of positives. It is one linear table: every score can be traced to "
                "the words that made it."
            ),
            f"Labels: {', '.join(f'`{label}`' for label in manifest.labels)}. Licence: Apache 2.0.",
        ],
        [_fit(manifest), _files(manifest)],
    )


def _fit(manifest: Manifest) -> Section:
    rows = []
    for label in manifest.labels:
        counts = manifest.data.examples[label.value]
        one = manifest.calibration[label]
        iterations = f"{counts['iterations']:,}" if "iterations" in counts else NOTHING
        converged = {0: "no: stopped at the limit", 1: "yes"}.get(counts.get("converged", -1), NOTHING)
        rows.append(
            (
                label,
                f"{counts['rows']:,}",
                f"{counts['positives']:,}",
                iterations,
                converged,
                percent(one.prior),
                f"{one.slope:.3f}",
                f"{one.offset:+.3f}",
            )
        )
    head = ("label", "rows", "positives", "iterations", "converged", "share assumed", "slope", "offset")
    return Section(
        "Fit and calibration",
        [
            (
                "A fit that stops early is the commonest way to lose accuracy, so that it is shown. The share "
                "assumed is that of positives among a site's comments: the scores are probabilities there, and too "
                "low or too high where the share is another."
            ),
            Table(head, rows),
        ],
    )


def _files(manifest: Manifest) -> Section:
    rows = [(file.name, f"{file.bytes:,}", f"`{file.sha256}`") for file in manifest.files]
    return Section("Files", [Table(("file", "bytes", "SHA-256"), rows)])


def intended_use() -> Section:
    """Return what it is for, and what not."""
    return Section(
        "Intended use",
        [
            (
                "Sorting readers' comments on a news site or in a forum before they are published: approve, hold for a "
                "person, and reject only where a site says so. People decide what is held, and their decisions can be "
                "undone and appealed."
            ),
            (
                "It must not be used to judge, profile or punish people, to decide anything without a person who "
                "can look, for letters, messages or work that are not meant for the public, or as evidence of "
                "anything. It does not know whether a statement is true or lawful."
            ),
        ],
    )


def factors(manifest: Manifest) -> Section:
    """Return along which lines its quality differs."""
    languages = ", ".join(f"`{one}`" for one in manifest.languages) or "none"
    scripts = ", ".join(one.title() for one in manifest.scripts) or "none"
    return Section(
        "Factors",
        [
            (
                f"Language: with enough training rows are {languages}; scripts: {scripts}. What a site says is in "
                "another language, or is written in another script, is held and never approved on the scores' word "
                "alone."
            ),
            (
                "Groups of people that a text names; the kind of place it comes from (news, talk pages, social "
                "networks, forums); its length; and whether its writer tries to get round a filter. Each has its "
                "tables below."
            ),
        ],
    )


def metrics() -> Section:
    """Return how to read the figures."""
    return Section(
        "Metrics",
        [
            (
                "ROC-AUC is the probability that a positive scores above a negative: 1 is best, 0.5 is chance. PR-AUC "
                "(average precision) depends on the share of positives in the set, so compare it within a row only. "
                "Recall at 1 % or 5 % false positives is the share of positives found when that share of the negatives "
                "is held. Brackets are 95 % bootstrap intervals: they say how far chance in drawing the rows goes, and "
                "nothing of what a set leaves out."
            ),
            (
                "Calibration error is the mean distance between scores and the share of positives over 15 groups of "
                "equal size. It is meaningful only for sets whose share of positives is about the one assumed: on "
                "sets that were made half of positives it is large by construction."
            ),
        ],
    )


def evaluation_data(manifest: Manifest, measured: Measured) -> Section:
    """Return which rows it was measured on."""
    learned = manifest.data.sources
    rows: dict[str, int] = {}
    labels: dict[str, list[str]] = {}
    for label, of_label in measured.labels.items():
        for source, metric in of_label.metrics.items():
            rows[source] = max(rows.get(source, 0), metric.rows)
            labels.setdefault(source, []).append(label.value)
    return Section(
        "Evaluation data",
        [
            (
                f"{measured.rows:,} rows of the test splits, which nothing was fitted or chosen on. Texts that stand "
                "in a test split were taken out of the training splits. Sets whose names end in `_nc` may not be "
                "used commercially: they serve for measuring only. What the model says of sets that it has no "
                "training rows of is the better guide to what it will say of your comments."
            ),
            Table(
                ("set", "rows at most", "training rows", "labels measured"),
                [
                    (source, f"{rows[source]:,}", f"{learned.get(source, 0):,}", ", ".join(labels[source]))
                    for source in sorted(rows)
                ],
            ),
        ],
    )


def training_data(manifest: Manifest) -> Section:
    """Return what it learned from and whom to name for it."""
    named = {**_OWN, **attributions()}
    rows = []
    for source, count in manifest.data.sources.items():
        authors, origin = named.get(source, ("not in NOTICE", "the site's own, or unknown"))
        rows.append((source, f"{count:,}", authors, origin))
    return Section(
        "Training data",
        [
            f"{manifest.data.rows:,} rows. Fingerprint of all files: `{manifest.data.fingerprint}`.",
            (
                "Labels are those that the collections' own raters gave: often few of them, mostly American and "
                "European, who disagree among themselves. A share of raters is learned as a share. The model "
                "contains no text and no vocabulary."
            ),
            Table(("source", "rows", "authors", "from, and licence"), rows),
        ],
    )


def ethics() -> Section:
    """Return whom it may harm."""
    return Section(
        "Ethical considerations",
        [
            (
                "Whoever writes about being gay, black, Jewish or Muslim, quotes an insult to refute it, or swears "
                "among friends, is held more often than others (see groups of people). Dialects of minorities are "
                "rated as rude by raters who do not speak them, and the model learns that. A site should look at "
                "what is held for such words, and at appeals."
            ),
            (
                "Holding has a price for readers, approving for those whom a comment hurts. The levels of caution "
                "make the trade visible; a site chooses it, and should tell its readers that a machine sorts."
            ),
            (
                "The training texts are abusive, and some were written by people who never meant them to be kept. They "
                "are not shipped, and neither this report nor the model contains any of them."
            ),
        ],
    )


def caveats() -> Section:
    """Return what the report does not say."""
    return Section(
        "Caveats: what this report does not say",
        [
            (
                "How good it is on your site. Public collections are older, other people's, and picked by other rules; "
                "expect lower figures on comments of today, and measure on your own decisions."
            ),
            (
                "That words are intentions. A linear model knows words: hostility by tone, irony, rhetorical "
                "questions and insinuation escape it; negation, quotation, mild profanity and plain mentions of "
                "groups may be scored too high. Most of what it misses has no rude word in it."
            ),
            (
                "That test sets are independent. Rows of most sets come from the same collections as training rows, "
                "and share their style; sets without training rows are the better guide. Raters err, so that no "
                "figure can reach 1 for good reasons."
            ),
            "Anything of context: the article, the parent comment, the thread and the author are not seen.",
            (
                f"Anything of other levels of caution than `{CAUTION}` where a table says “held”, of thresholds that a "
                "site sets itself, or of its rules (links, phrases, rates): those come on top."
            ),
            "That attackers stop at these attacks. They were written by the same people as the defences.",
            "How fast it is: `make bench` measures that.",
        ],
    )
