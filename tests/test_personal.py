"""Personal data in a text: found where it stands, and nothing taken for it that is none. All examples are made up."""

import subprocess
import sys
from itertools import pairwise

import phonenumbers.phonenumbermatcher
import pytest
import stdnum.iban
import stdnum.luhn
from hypothesis import example, given
from hypothesis import strategies as st

from moderator.domain.scoring import PersonalData
from moderator.personal import CANDIDATES, LONGEST_CHARACTERS, MASK, Found, find_personal, looks_personal, mask

ORDINARY = (
    "The Commission should have listened to the farmers before it decided this. In 2014 we were told the same, and "
    "prices rose by 12 % anyway."
)


def _seen(text: str, lang: str | None = None) -> list[tuple[PersonalData, str]]:
    return [(one.kind, text[one.start : one.end]) for one in find_personal(text, lang)]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("Write to anna.b@news.example, please.", "anna.b@news.example"),
        ("(anna+votes@post.news.example)", "anna+votes@post.news.example"),
        ("пишите: анна@почта.рф!", "анна@почта.рф"),
        ("a@b.xn--p1ai", "a@b.xn--p1ai"),
    ],
)
def test_addresses_are_found(text: str, address: str) -> None:
    assert _seen(text) == [(PersonalData.EMAIL, address)]


@pytest.mark.parametrize(
    ("text", "lang", "number"),
    [
        ("ring +49 30 23125 123 now", None, "+49 30 23125 123"),
        ("ring +49 30 23125 123 now", "fr", "+49 30 23125 123"),
        ("ruf 030 23125123 an", "de", "030 23125123"),
        ("ruf 030/23125123 an", "de-DE", "030/23125123"),
        ("ring 020 7946 0123", "en", "020 7946 0123"),
        ("call (202) 456-1414", "en-US", "(202) 456-1414"),
        ("Tél. : 01.42.68.53.00.", "fr", "01.42.68.53.00"),
        ("llama al 612 345 678", "es", "612 345 678"),
        ("liga 912 345 678", "pt", "912 345 678"),
        ("звони 8 (912) 345-67-89", "ru", "8 (912) 345-67-89"),
        ("bel 0612345678", "nl", "0612345678"),
        ("tel. 512 345 678", "pl", "512 345 678"),
        ("chiama 06 698 12345", "it", "06 698 12345"),
    ],
)
def test_phone_numbers_are_found_as_they_are_written_there(text: str, lang: str | None, number: str) -> None:
    assert _seen(text, lang) == [(PersonalData.PHONE, number)]


def test_without_a_language_a_number_needs_its_country() -> None:
    assert _seen("ruf 030 23125123 an") == []
    assert _seen("ruf 030 23125123 an", "xx") == []


@pytest.mark.parametrize(
    ("text", "kind", "number"),
    [
        ("to DE89 3704 0044 0532 0130 00 AN DER ECKE", PersonalData.IBAN, "DE89 3704 0044 0532 0130 00"),
        ("to gb82west12345698765432.", PersonalData.IBAN, "gb82west12345698765432"),
        ("4111 1111 1111 1111 12/27", PersonalData.CARD, "4111 1111 1111 1111"),
        ("4111-1111-1111-1111", PersonalData.CARD, "4111-1111-1111-1111"),
        ("3782 822463 10005", PersonalData.CARD, "3782 822463 10005"),
        ("5555555555554444", PersonalData.CARD, "5555555555554444"),
        ("36 574 261 809", PersonalData.NATIONAL_ID, "36 574 261 809"),
        ("2 55 08 14 168 025 38", PersonalData.NATIONAL_ID, "2 55 08 14 168 025 38"),
        ("DNI 54362315-K", PersonalData.NATIONAL_ID, "54362315-K"),
        ("X2482300W", PersonalData.NATIONAL_ID, "X2482300W"),
        ("RCCMNL83S18D969H", PersonalData.NATIONAL_ID, "RCCMNL83S18D969H"),
        ("44051401359", PersonalData.NATIONAL_ID, "44051401359"),
        ("85.07.30-033.28", PersonalData.NATIONAL_ID, "85.07.30-033.28"),
        ("mijn BSN is 111222333", PersonalData.NATIONAL_ID, "111222333"),
    ],
)
def test_numbers_with_a_checksum_are_found(text: str, kind: PersonalData, number: str) -> None:
    assert _seen(text) == [(kind, number)]


@pytest.mark.parametrize(
    "text",
    [
        ORDINARY,
        "2014-2020, 2021–2027 and 2028/2034",
        "02.03.2014, 2. 3. 2014, 02/03/2014, 2014-03-02, 02.03.2014-05.03.2014",
        "2023/0046(COD), COM(2021) 206 final, (EU) 2016/679, C-311/18, OJ L 119, 4.5.2016, p. 1",
        "1 000 000 000 or 600 000 000 people",
        "€ 612 345 678, 612.345.678 EUR, 512 345 678 zł and 1.234.567,89 €",
        "192.168.100.200 and 10.0.0.1.",
        "https://news.example/a/4111111111111111?tel=+493023125123&to=a@news.example",
        "news.example/4111111111111111 and www.news.example/+493023125123",
        "ISBN 978-3-16-148410-0",
        "0.123456789",
        "20140302123000",
        "111222333",
        "4111 1111 1111 1112",
        "1111 1111 1111 1117",
        "4444444444444444444",
        "DE88 3704 0044 0532 0130 00",
        "@anna said 1, 2, 3",
        "44051401358 and 54362315A",
    ],
)
@pytest.mark.parametrize("lang", [None, "en", "de", "fr", "es", "pt", "ru", "nl", "pl", "it"])
def test_other_figures_are_left_alone(text: str, lang: str | None) -> None:
    assert _seen(text, lang) == []


def test_what_is_found_stands_in_the_order_of_the_text() -> None:
    text = "🙂 +49 30 23125 123, 4111 1111 1111 1111, anna@news.example"
    kinds = [kind for kind, _ in _seen(text)]
    assert kinds == [PersonalData.PHONE, PersonalData.CARD, PersonalData.EMAIL]


def test_a_masked_text_keeps_its_length_and_the_last_two_characters() -> None:
    text = "Ring +49 30 23125 123 or anna@news.example, now."
    assert mask(text, find_personal(text)) == "Ring +•• •• ••••• •23 or ••••@••••.•••••le, now."
    assert mask(text, ()) == text


def test_an_ordinary_text_loads_neither_library() -> None:
    program = (
        "import sys; from moderator.personal import find_personal; "
        f"assert find_personal({ORDINARY!r}, 'en') == (); "
        "assert not {'phonenumbers', 'stdnum'} & set(sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
    assert not looks_personal(ORDINARY)


def test_beyond_the_longest_text_nothing_is_looked_at() -> None:
    text = " " * LONGEST_CHARACTERS + "anna@news.example +49 30 23125 123"
    assert find_personal(text) == ()


HOSTILE = [
    "1",
    "1 ",
    "1.",
    "+1 ",
    "(1(",
    "a@",
    "a.",
    "a@a.bc ",
    "€ 1",
    "www.",
    "DE89 ",
    "DE00 A1A1 A1A1 A1A1 A1A1 A1A1 A1A1 A1A1 A1 ",
    "4111 1111 1111 1112 ",
    "4111 1111 1111 1111 ",
    "030 23125123, ",
    "44051401358 ",
    "a@xn--x-",
    "12.",
]


@pytest.mark.parametrize("bait", HOSTILE)
def test_however_much_is_sent_few_candidates_are_checked(bait: str, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = {"iban": 0, "luhn": 0, "parse": 0}

    def counting(name: str, module: object, attribute: str) -> None:
        original = getattr(module, attribute)

        def counted(*given: object, **named: object) -> object:
            calls[name] += 1
            return original(*given, **named)

        monkeypatch.setattr(module, attribute, counted)

    counting("iban", stdnum.iban, "is_valid")
    counting("luhn", stdnum.luhn, "is_valid")
    counting("parse", phonenumbers.phonenumbermatcher, "parse")

    found = find_personal(bait * (LONGEST_CHARACTERS // len(bait)), "de")

    assert len(found) <= CANDIDATES
    assert calls["luhn"] <= CANDIDATES
    assert calls["iban"] <= CANDIDATES * 60
    assert calls["parse"] <= CANDIDATES * 30


PIECES = st.sampled_from(
    [
        *HOSTILE,
        "anna@news.example",
        "+493023125123",
        "DE89370400440532013000",
        "X2482300W",
        "BSN 111222333",
        "\n",
        "\u202e",
    ]
)
TEXTS = st.lists(PIECES | st.text(st.characters(codec=None), max_size=8), max_size=12).map("".join)


@given(text=TEXTS, lang=st.none() | st.sampled_from(["en", "de", "fr", "es", "nl-BE", "xx", "x-é!"]))
@example(text="4111111111111111@news.example +49 30 23125 123", lang="de")
def test_places_are_valid_sorted_and_apart_and_masks_keep_the_text(text: str, lang: str | None) -> None:
    found = find_personal(text, lang)

    assert all(0 <= one.start < one.end <= len(text) for one in found)
    assert all(before.end <= after.start for before, after in pairwise(found))
    masked = mask(text, found)
    assert len(masked) == len(text)
    assert mask(masked, found) == masked
    assert all(new == old or (new == MASK and old.isalnum()) for new, old in zip(masked, text, strict=True))
    assert looks_personal(text) or not found


@given(text=st.text(max_size=30), places=st.lists(st.tuples(st.integers(0, 40), st.integers(0, 10)), max_size=4))
def test_a_mask_takes_any_places(text: str, places: list[tuple[int, int]]) -> None:
    found = [Found(PersonalData.PHONE, start, start + length) for start, length in places]
    assert len(mask(text, found)) == len(text)
