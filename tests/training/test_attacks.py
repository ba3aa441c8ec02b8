"""Ways to hide words, and what is left of the recall under them."""

import unicodedata
from random import Random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from moderator.classifier.evasion import hides_letters
from moderator.classifier.normalise import normalise
from training import attacks
from training.attacks import ATTACKS, CLEAN_SCRIPTS, Survival, measure_attacks, needlessly_held

INSULT = "You are a stupid idiot, nobody likes such people"
TEXTS = st.text(st.characters(codec=None), max_size=60) | st.text(
    "abeilostT4 .!\u0430\u044f\U0001f600\u200b", max_size=60
)

each_attack = pytest.mark.parametrize("name", ATTACKS)


def _after(name: str, text: str, seed: int = 1) -> str:
    return ATTACKS[name].change(text, Random(seed))


def _letters(text: str) -> str:
    return "".join(letter for letter in text if letter.isalpha())


def test_each_attack_is_found_under_its_name() -> None:
    assert all(name == attack.name for name, attack in ATTACKS.items())


def test_hiding_should_cost_less_than_other_words() -> None:
    assert {attack.is_hiding for attack in ATTACKS.values()} == {True, False}
    assert all(attack.target == (0.95 if attack.is_hiding else 0.90) for attack in ATTACKS.values())


@each_attack
@given(text=TEXTS, seed=st.integers(0, 99))
@example(text="", seed=0)
@example(text="\ud800", seed=0)
@example(text="a b c d e f", seed=0)
@example(text="     ", seed=0)
@example(text="aaaaaa bbbbbb", seed=0)
def test_any_text_survives_as_some_text_and_always_the_same(name: str, text: str, seed: int) -> None:
    after = _after(name, text, seed)
    assert after or not text
    assert after == _after(name, text, seed)


@each_attack
def test_an_insult_is_changed(name: str) -> None:
    assert all(_after(name, INSULT, seed) != INSULT for seed in range(20))


@each_attack
@pytest.mark.parametrize("text", ["\U0001f600\U0001f525", "7 + 5 = 12"])
def test_what_has_no_words_is_left_as_it_is_but_for_padding(name: str, text: str) -> None:
    assert text in _after(name, text)
    assert name == "padding" or _after(name, text) == text


@pytest.mark.parametrize("name", ["zero_width", "combining", "full_width"])
def test_what_is_only_decorated_reads_the_same_to_the_model(name: str) -> None:
    assert normalise(_after(name, INSULT)) == normalise(INSULT)


def test_leet_writes_signs_for_letters() -> None:
    after = _after("leet", "Asses toil")
    assert len(after) == len("Asses toil")
    allowed = {"a": "4@", "s": "5$", "e": "3", "t": "7", "o": "0", "i": "1!", "l": "1|", " ": ""}
    assert all(sign in before + allowed[before.lower()] for before, sign in zip("Asses toil", after, strict=True))


def test_look_alikes_come_from_other_alphabets_and_short_words_stay() -> None:
    after = _after("homoglyphs", INSULT)
    assert len(after) == len(INSULT)
    scripts = {unicodedata.name(letter).split()[0] for letter in _letters(after)}
    assert scripts == {"LATIN", "CYRILLIC", "GREEK"}
    assert after.startswith("You are a ")


def test_characters_without_width_stand_between_letters() -> None:
    after = _after("zero_width", "idiot")
    assert after != "idiot"
    assert _letters(after) == "idiot"
    assert after[0] == "i"
    assert after[-1] == "t"


def test_longer_words_are_spelled_apart() -> None:
    spelled = {_after("spacing", "an idiot", seed) for seed in range(30)}
    assert spelled == {"an i d i o t", "an i.d.i.o.t", "an i-d-i-o-t", "an i_d_i_o_t"}


def test_full_width_letters_are_those_of_unicode() -> None:
    assert _after("full_width", "Idiot 7, \u044f!") == "\uff29\uff44\uff49\uff4f\uff54 7, \u044f!"


def test_one_letter_is_drawn_out() -> None:
    after = _after("repeats", "idiot")
    assert 7 <= len(after) <= 12
    assert "".join(sorted(set(after))) == "diot"
    assert any(letter * 3 in after for letter in "idot")


def test_marks_follow_letters() -> None:
    after = _after("combining", "idiot")
    assert _letters(after) == "idiot"
    assert not unicodedata.combining(after[0])
    assert any(unicodedata.category(letter)[0] == "M" for letter in after)


def test_directions_are_turned_round_within_and_backwards() -> None:
    turned = {_after("bidi", "idiot", seed) for seed in range(60)}
    assert "\u202etoidi\u202c" in turned
    assert {"\u202aidiot\u202c", "\u202didiot\u202c"} < turned
    assert any(text[0] == "i" for text in turned)
    assert all(text.endswith("\u202c") for text in turned)


def test_two_inner_letters_are_swapped_in_words_of_five_letters() -> None:
    assert {_after("swapped", "that idiot", seed) for seed in range(30)} == {"that iidot", "that idoit"}
    assert _after("swapped", "aaaaaa") == "aaaaaa"


def test_words_are_glued_and_other_spaces_stay() -> None:
    assert _after("glued", "an idiot") == "anidiot"
    assert _after("glued", "  , !  ") == "  , !  "
    assert _after("glued", INSULT).replace(" ", "") == INSULT.replace(" ", "")


def test_padding_is_several_times_as_long_and_pleasant() -> None:
    after = _after("padding", INSULT)
    before, _, behind = after.partition(INSULT)
    assert before.endswith(". ")
    assert behind.startswith(" ")
    assert len(before) + len(behind) >= attacks.PADDING_TIMES * len(INSULT)
    assert "idiot" not in before + behind


def _is_approved(text: str) -> tuple[bool, bool]:
    approved = "idiot" not in text.casefold()
    return approved, approved and not hides_letters(text)


def test_survival_counts_what_was_caught_by_score_and_by_signal() -> None:
    found = {one.name: one for one in measure_attacks(["an idiot", "an idiot", "a fool"], _is_approved, 3)}
    assert list(found) == list(ATTACKS)
    assert found["zero_width"] == Survival(name="zero_width", rows=1, kept=1.0, by_score=0.0)
    assert found["swapped"] == Survival(name="swapped", rows=1, kept=0.0, by_score=0.0)
    assert found["padding"] == Survival(name="padding", rows=1, kept=1.0, by_score=1.0)


def test_shares_are_of_the_rows() -> None:
    texts = [f"idiot number {number} writes idiot" for number in range(40)]
    found = {one.name: one for one in measure_attacks(texts, _is_approved, 3)}
    assert found["repeats"].rows == 40
    assert found["glued"].kept == 1.0
    assert found["leet"].by_score < 0.2


def test_texts_that_are_approved_or_that_an_attack_leaves_alone_are_no_rows() -> None:
    assert all(one.rows == 0 and one.kept == 1.0 for one in measure_attacks(["a fool"], _is_approved, 1))
    found = {one.name: one for one in measure_attacks(["idiot"], _is_approved, 1)}
    assert (found["glued"].rows, found["swapped"].rows) == (0, 1)


def test_a_seed_makes_the_same_attacks_whatever_else_is_measured() -> None:
    texts = [f"idiot {number}\ud800" for number in range(9)]

    def attacked(chosen: list[str], seed: int) -> set[str]:
        asked: set[str] = set()

        def never(text: str) -> tuple[bool, bool]:
            asked.add(text)
            return False, False

        measure_attacks(chosen, never, seed)
        return asked

    assert attacked(texts[4:], 1) < attacked(texts, 1)
    assert not attacked(texts[4:], 2) <= attacked(texts, 1)


def test_ten_scripts_have_sentences_of_their_own() -> None:
    assert len(CLEAN_SCRIPTS) == 10
    assert all(len(texts) >= 4 for texts in CLEAN_SCRIPTS.values())
    assert len({text for texts in CLEAN_SCRIPTS.values() for text in texts}) == sum(map(len, CLEAN_SCRIPTS.values()))


def test_no_ordinary_sentence_of_any_script_is_taken_for_hiding() -> None:
    assert needlessly_held() == ()
    assert needlessly_held(lambda text: hides_letters(unicodedata.normalize("NFC", text))) == ()
    assert needlessly_held(lambda text: hides_letters(unicodedata.normalize("NFD", text))) == ()


def test_needless_holds_are_named() -> None:
    assert needlessly_held(lambda text: "Wikipedia" in text) == (CLEAN_SCRIPTS["Greek"][3], CLEAN_SCRIPTS["Hebrew"][3])
