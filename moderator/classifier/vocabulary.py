"""Which words a text has, as hashed columns: what can be counted and compared over days, and never read."""

from collections import Counter
from collections.abc import Iterable

from moderator.classifier.features import ascending, hashed, windows
from moderator.classifier.normalise import normalise


def count_words(texts: Iterable[str]) -> Counter[int]:
    """Return how many of the texts have each word in their first window of some two thousand characters."""
    found: Counter[int] = Counter()
    for text in texts:
        for _, window in windows(normalise(text)):
            found.update(ascending(hashed(window).words.copy()).tolist())
            break
    return found
