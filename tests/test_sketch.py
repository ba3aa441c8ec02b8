"""Signatures: edited copies are found, other comments are not, and short ones never count."""

import subprocess
import sys
from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.texts import make_texts
from moderator import sketch
from moderator.domain.campaigns import ALIKE_FROM, likeness
from moderator.domain.ids import SiteId
from moderator.sketch import SHORTEST_CHARACTERS, sign
from tests.builders import A_SITE

TEXTS = st.text(st.characters(codec=None), max_size=300)
OFFER = (
    "I started working from home in March and earn 480 euros a day with this simple system, "
    "my neighbour laughed first and now she does the same, look at https://offer.example/start and write to me"
)
# The same article, the same view, other words.
SAME_TOPIC = (
    "The summit ended without an agreement because nobody wanted to pay for the storage of gas this winter.",
    "Of course there was no agreement at the summit: storing gas for the winter costs money and nobody wants to pay.",
    "Another summit without an agreement. Who is going to pay for gas next winter, and where will it be stored?",
    "No agreement on gas prices again. The winter will be expensive and the ministers know it very well.",
)


def are_alike(one: str, other: str) -> bool:
    first, second = sign(one, A_SITE), sign(other, A_SITE)
    return (
        first is not None
        and second is not None
        and any(a == b for a, b in zip(first.keys, second.keys, strict=True))
        and likeness(first.sketch, second.sketch) >= ALIKE_FROM
    )


def _replaced(text: str, count: int, random: Random) -> str:
    words = text.split()
    for place in random.sample(range(len(words)), count):
        words[place] = f"other{random.randrange(10_000)}"
    return " ".join(words)


EDITS: dict[str, tuple[Callable[[str, Random], str], float]] = {
    "a link": (lambda text, random: f"{text} https://x{random.randrange(99)}.example/{random.random()}", 0.99),
    "another link": (lambda text, random: f"https://a{random.randrange(99)}.example/ {text}", 0.99),
    "a name": (lambda text, random: f"{random.choice(['Anna', 'Tom Miller', 'Dear Kim', '@bob'])}, {text}", 0.99),
    "case and punctuation": (lambda text, random: text.upper().replace(",", " -").replace(".", "!!!"), 0.99),
    "white space": (lambda text, random: "\n".join(text.split(" ")), 0.99),
    "two words": (lambda text, random: _replaced(text, 2, random), 0.85),
    "each tenth word": (lambda text, random: _replaced(text, max(1, len(text.split()) // 10), random), 0.9),
    "each fifth word": (lambda text, random: _replaced(text, max(1, len(text.split()) // 5), random), 0.65),
}


@pytest.mark.parametrize("name", EDITS)
def test_edited_copies_are_found(name: str) -> None:
    """The shares hold for pairs; of a campaign a comment needs to resemble only one of those before it."""
    edit, share = EDITS[name]
    random = Random(1)
    texts = [text for text in make_texts(400, seed=5) if len(text) >= 80]

    found = sum(are_alike(text, edit(text, random)) for text in texts)

    assert found >= share * len(texts)


def test_different_comments_are_not_alike() -> None:
    signatures = [signature for text in make_texts(400, seed=6) if (signature := sign(text, A_SITE))]
    pairs = [(one, other) for n, one in enumerate(signatures) for other in signatures[:n]]

    assert len(pairs) > 70_000
    assert max(likeness(one.sketch, other.sketch) for one, other in pairs[::7]) < ALIKE_FROM
    shared = sum(bool(set(one.keys) & set(other.keys)) for one, other in pairs)
    assert shared <= 0.001 * len(pairs)  # What the index brings up in vain.


def test_comments_on_one_topic_are_not_alike() -> None:
    for n, one in enumerate(SAME_TOPIC):
        for other in SAME_TOPIC[:n]:
            first, second = sign(one, A_SITE), sign(other, A_SITE)
            assert first is not None
            assert second is not None
            assert likeness(first.sketch, second.sketch) < ALIKE_FROM


def test_disguised_letters_and_hidden_characters_change_nothing() -> None:
    plain = sign(OFFER, A_SITE)
    disguised = (
        OFFER.replace("earn", "e\u0430rn").replace("system", "sys\u200btem").replace("offer.example", "deal.example")
    )

    assert sign(disguised, A_SITE) == plain


def test_languages_without_spaces_are_compared_by_their_characters() -> None:
    text = (
        "我从三月份开始在家工作，每天用这个简单的系统可以赚四百八十欧元，我的邻居一开始还笑我，现在她也在做同样的事情"
    )
    other = "峰会没有达成协议，因为没有人愿意支付今年冬天天然气储存的费用，部长们非常清楚这个冬天会很昂贵，选民也会记住"

    assert are_alike(text, text.replace("四百八十", "五百二十"))
    assert not are_alike(text, other)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Thanks!",
        "Well said.",
        "I could not agree more with you, sir.",
        "haha " * 40,
        "https://a.example/1 https://b.example/2 https://c.example/3 https://d.example/4",
        "!" * 500,
    ],
)
def test_what_repeats_by_itself_is_not_signed(text: str) -> None:
    assert sign(text, A_SITE) is None


@given(TEXTS)
def test_any_text_is_signed_or_not_the_same_way_each_time(text: str) -> None:
    signature = sign(text, A_SITE)

    assert signature == sign(text, A_SITE)
    if len(text) < SHORTEST_CHARACTERS:
        assert signature is None
    if signature is not None:
        assert len(signature.sketch) == 128
        assert all(0 <= key < 2**63 for key in signature.keys)


@given(TEXTS)
def test_case_of_plain_letters_and_white_space_count_for_nothing(text: str) -> None:
    plain = f"{' '.join(text.split())} and now some words that make it long enough to tell".encode("ascii", "ignore")
    spaced = plain.decode().replace(" ", "\n ")

    assert sign(spaced.upper(), A_SITE) == sign(spaced.lower(), A_SITE)


def test_sites_share_no_keys() -> None:
    first, second = sign(OFFER, A_SITE), sign(OFFER, SiteId("site-2"))

    assert first is not None
    assert second is not None
    assert not set(first.keys) & set(second.keys)


def test_a_signature_is_the_same_in_another_process() -> None:
    """It is stored: nothing in it may depend on a seed that a process draws."""
    program = f"from moderator.sketch import sign; print(sign({OFFER!r}, {str(A_SITE)!r}))"
    printed = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout

    assert printed.strip() == repr(sign(OFFER, A_SITE))


def test_another_version_of_the_algorithm_has_other_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """What another version wrote must not be compared: equal places would mean nothing."""

    before = sign(OFFER, A_SITE)
    monkeypatch.setattr(sketch, "ALGORITHM", sketch.ALGORITHM + 1)
    sketch._salt.cache_clear()
    after = sign(OFFER, A_SITE)
    sketch._salt.cache_clear()

    assert before is not None
    assert after is not None
    assert not set(before.keys) & set(after.keys)
