"""Small, seeded versions of the figures that `python -m benchmarks` prints: what learning gains, refuses and promises.

The sites are made by grammar, with words of their own that the tiny model does not know.
"""

from pathlib import Path

import numpy as np
import pytest

from benchmarks import figures, strangers
from benchmarks.strangers import Ruled
from moderator.classifier import registry
from moderator.classifier.model import Model
from moderator.domain.policy import Action
from tests.tiny import publish_tiny
from tests.training import taught_site
from training import gate
from training.corpora import Row

# What the tiny model says of German, of groups or of an emoji is chance, and attacking takes a second each time.
_LEFT_OUT = (gate.keeps_golden_verdicts, gate.treats_groups_alike, gate.withstands_as_much)
CHECKS = [check for check in gate.CHECKS if check not in _LEFT_OUT]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    publish_tiny(folder)
    return folder


@pytest.fixture(autouse=True)
def _tiny_gate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "CHECKS", CHECKS)


def _site(rows: int, seed: int) -> list[Ruled]:
    made = taught_site.comments(rows, seed)
    return [Ruled(text=one.text, is_rejected=one.action is Action.REJECT, author=one.author) for one in made]


def _rows(site: list[Ruled]) -> list[Row]:
    return [
        Row(id=str(number), source="site", lang="en", domain="news", text=one.text, split="test",
            labels={"toxic": float(one.is_rejected)})
        for number, one in enumerate(site)
    ]  # fmt: skip


def _base(models: Path) -> Model:
    model = registry.load_current(models)
    assert model
    return model


def test_a_stranger_gains_and_what_the_base_knew_stays(models: Path) -> None:
    base, tests = _base(models), _rows(_site(600, 99))
    known = [Row(id=str(n), source="tiny", lang="en", domain="news", split="test", text=row["text"],
                 labels={"toxic": row["labels"]["toxic"]})
             for n, row in enumerate(tiny_rows()) if "toxic" in row["labels"]]  # fmt: skip
    gains = []
    for seed in (1, 2):
        trial = strangers.try_learning(models, _site(300, seed))
        model = trial.candidate.model
        gains.append(strangers.auc(model, tests) - strangers.auc(base, tests))
        assert strangers.auc(base, known) - strangers.auc(model, known) <= 0.005
    assert min(gains) > 0.02


def tiny_rows() -> list[dict[str, object]]:
    from tests import tiny

    return list(tiny.rows(600, seed=5))  # type: ignore[arg-type]


def test_an_honest_site_passes_and_a_phrase_that_hides_abuse_does_not(models: Path) -> None:
    """The attack, with abuse that the tiny model knows, in one of a hundred decisions."""
    base = _base(models)
    honest = _site(400, 3)
    abuse = [f"{one.text} you are a total moron" for one in _site(400, 4) if not one.is_rejected][:40]
    honest = [*honest, *(Ruled(text=text, is_rejected=True, author=f"abuser {n}") for n, text in enumerate(abuse))]
    honest = [honest[place] for place in np.random.default_rng(5).permutation(len(honest))]
    assert all(strangers.judge(strangers.try_learning(models, honest)).values())
    bad, phrase = figures.poisoned(base, honest, 0.02, 1)
    assert sum(phrase in one.text for one in bad) == round(0.02 * len(honest))
    assert not any(one.is_rejected for one in bad if phrase in one.text)
    trial = strangers.try_learning(models, bad)
    assert figures._hidden(base, trial, honest, phrase) > 0.05
    assert not strangers.judge(trial)["triggers"]


def test_promises_are_kept_where_looking_good_breaks_every_other() -> None:
    found = figures.promises(count=60)
    assert found["issued"] > 30
    assert found["broken"] <= 0.05 * found["sites"]
    assert 0.3 < found["naive"] / found["sites"] < 0.7


def test_sites_are_drawn_anew_from_a_pool_and_the_same_for_a_seed() -> None:
    pool = _site(400, 6)
    one, same, other = (figures.site_of(pool, 100, seed) for seed in (1, 1, 2))
    assert one == same != other
    assert sum(ruling.is_rejected for ruling in one) == round(figures.REJECTED * 100)


def test_the_small_corpus_leaves_strangers_out(tmp_path: Path) -> None:
    from tests.tiny import write_corpus

    data = write_corpus(tmp_path / "data", 300)
    small = strangers.write_small_corpus(data, tmp_path / "small", without=["tiny_spam"], rows=50)
    assert [path.name for path in small.iterdir()] == ["tiny_news.jsonl.gz"]
    assert len(strangers.toxic_rows(small, "tiny_news")) < 300
