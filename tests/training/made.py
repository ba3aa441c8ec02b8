"""Made rows and made sites for the tests of calibration and thresholds."""

import numpy as np

from moderator.domain.scoring import Label
from training.approval import Stand
from training.corpora import Row


def a_row(*, number: int = 1, source: str = "news", lang: str = "en", **labels: float) -> Row:
    """Return a labelled comment."""
    return Row(id=f"{source}:{number}", source=source, lang=lang, domain="news", text="t", split="valid", labels=labels)


def a_stand(rows: int, seed: int, *, separation: float = 1.6) -> Stand:
    """Return logits of `toxic` and `insult` on a made site: a third of the rows breaks rules, no spam."""
    chance = np.random.default_rng(seed)

    def logits(count: int, centre: float) -> np.ndarray:
        toxic = chance.normal(centre, 1.0, count)
        return np.column_stack((toxic, 0.7 * toxic + chance.normal(0.0, 0.7, count)))

    return Stand(
        labels=(Label.TOXIC, Label.INSULT),
        harmless_choosing=logits(rows // 3, 0.0),
        harmless=logits(rows // 3, 0.0),
        abuse=logits(rows // 3, separation),
        spam=np.empty((0, 2)),
    )
