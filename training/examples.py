"""The golden set in the gate: what comes with the service, and what sites want of every version."""

from collections.abc import Collection, Mapping, Sequence

from moderator.classifier.manifest import GateLine
from moderator.classifier.model import Model
from moderator.domain.golden import GoldenExample, is_held
from moderator.domain.ids import SiteId
from moderator.domain.policy import Policy
from training import golden
from training.fairness import languages_of
from training.trial import Trial


def keeps_golden_verdicts(trial: Trial) -> Sequence[GateLine]:
    """Check that no example that the version in use judges rightly is judged wrongly, ours or a site's."""
    evidence = trial.lessons.evidence
    models = trial.champion, trial.candidate.model
    ours = check_ours(*models, languages_of(evidence.recent))
    return [ours, check_sites(*models, evidence.examples, evidence.policies)]


def check_ours(champion: Model, candidate: Model, languages: Collection[str] = ()) -> GateLine:
    """Return the line of the examples that come with the service.

    Args:
        languages: those of the site's comments, none where that is not known. What is harmless in another language may
            be held on this site; what is foul may pass in none.
    """
    wrong, asked = [], 0
    for number, text in enumerate(golden.TEXTS):
        if languages and golden.LANGUAGES.get(text) not in {None, *languages}:
            continue
        asked += 1
        was_held, holds = (_holds(model, Policy(version=1), text) for model in (champion, candidate))
        if was_held == (text in golden.HARMFUL) and holds != was_held:
            wrong.append(f"{number} is {'held' if holds else 'approved'}")
    return GateLine(
        check="golden set",
        passed=not wrong,
        value=len(wrong),
        need="0 worse",
        detail=f"of {asked} examples " + (", ".join(wrong) or "none is judged worse than by the version in use"),
    )


def check_sites(
    champion: Model, candidate: Model, examples: Sequence[GoldenExample], policies: Mapping[SiteId, Policy]
) -> GateLine:
    """Return the line of the sites' own examples, each by its site's thresholds; an example for all by the usual ones.

    What both versions judge wrongly refuses nobody: else an example that nothing can learn would stop all learning.
    """
    worse: list[str] = []
    still: list[str] = []
    for one in examples:
        policy = policies.get(one.site_id) if one.site_id else None
        was_right, right = (
            one.is_right(is_held=_holds(model, policy or Policy(version=1), one.text))
            for model in (champion, candidate)
        )
        if not right:
            (worse if was_right else still).append(one.id)
    said = [
        f"{says}: {', '.join(ids)}"
        for says, ids in (("judged wrongly now", worse), ("judged wrongly as before", still))
        if ids
    ]
    return GateLine(
        check="own examples",
        passed=not worse,
        value=len(worse),
        need="0 worse",
        detail=f"of {len(examples)} examples of the sites " + ("; ".join(said) or "none is judged wrongly")
        if examples
        else "no site has examples of its own (moderator golden add)",
    )


def _holds(model: Model, policy: Policy, text: str) -> bool:
    scores = dict(zip(model.labels, model.scores(text).tolist(), strict=True))
    return is_held(scores, model.complete(policy).thresholds)
