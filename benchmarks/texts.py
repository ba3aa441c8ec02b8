"""Made-up comments: good for timing, worthless for quality. About 350 characters on average, some ten times longer."""

import random

_TEXT = """
the of and to in a is that for it on with as are be this was by have from at not they which their will but has
or an its were we had more been can if who would one other about there up so out when what them into than some
could time no only like also these new should minister summit parliament sanctions pipeline embassy border
treaty commission council president election ballot journalist budget deficit inflation energy winter storage
tariff harbour grain convoy ceasefire envoy spokesman coalition referendum veto subsidy farmer railway
corridor tunnel refugee visa passport currency pension hospital school teacher nurse engineer factory worker
union strike wage city river mountain village island coast forest field market street bridge square station
airport museum theatre believe argue claim deny admit refuse accept reject support oppose propose demand
expect promise threaten warn quickly slowly never always often rarely perhaps certainly honestly frankly
obviously merely nearly hardly
"""
_WORDS = _TEXT.split()
_SYLLABLES = ("ka", "lo", "mi", "ter", "van", "sol", "dra", "pen", "ruk", "bel", "sti", "nor", "gra", "fel", "um", "is")


def make_texts(count: int, *, seed: int = 1) -> list[str]:
    """Return `count` texts, the same ones for the same seed."""
    randomness = random.Random(seed)
    return [_text(randomness) for _ in range(count)]


def _text(randomness: random.Random) -> str:
    length = min(1_550, max(40, int(randomness.lognormvariate(5.54, 0.75))))
    words: list[str] = []
    size = 0
    while size < length:
        word = randomness.choice(_WORDS)
        if randomness.random() < 0.06:  # A rare word, a name, a typing error.
            word = "".join(randomness.choice(_SYLLABLES) for _ in range(randomness.randint(2, 4)))
        if randomness.random() < 0.08:
            word += randomness.choice([",", ".", "!", "?", ":"])
        words.append(word)
        size += len(word) + 1
    return " ".join(words)[:length].capitalize() + "."
