"""A site's own reasons: which lists it may have, and what a named one stands for."""

from dataclasses import replace

import pytest

from moderator.domain.errors import InvalidInput
from moderator.domain.reasons import (
    DEFAULT_REASONS,
    MAX_REASON_NAME_CHARACTERS,
    MAX_REASONS,
    MAX_REFERENCE_CHARACTERS,
    TAKEN_KEYS,
    Ground,
    ReasonCode,
    SiteReason,
    check_reasons,
    choose_reason,
)
from moderator.domain.sites import SiteSettings

RUDE = SiteReason(name="Rude", key="1", reason=ReasonCode.INSULT, reference="Rules, 4")
HATE = SiteReason(name="Hate speech", key="2", reason=ReasonCode.HATE, ground=Ground.LAW, reference="StGB § 130")


def faults_of(*reasons: SiteReason) -> list[tuple[str, str]]:
    with pytest.raises(InvalidInput) as caught:
        check_reasons(reasons)
    return [(fault.pointer, fault.detail) for fault in caught.value.faults]


def test_every_code_has_a_key_of_its_own_from_the_beginning() -> None:
    assert {one.reason for one in DEFAULT_REASONS} == set(ReasonCode)
    assert len({one.key for one in DEFAULT_REASONS}) == len(ReasonCode)
    assert not {one.key for one in DEFAULT_REASONS} & TAKEN_KEYS
    assert [one.name for one in DEFAULT_REASONS if one.ground is Ground.LAW] == ["illegal"]


def test_only_another_list_is_the_sites_own() -> None:
    assert not SiteSettings().has_own_reasons
    assert SiteSettings(reasons=DEFAULT_REASONS[:3]).has_own_reasons


def test_a_list_with_names_keys_and_paragraphs_is_fine() -> None:
    check_reasons([RUDE, HATE])
    check_reasons([replace(RUDE, name=f"Rule {key}", key=key) for key in "0123456789BDFGHILMOPTVWYZ"])


@pytest.mark.parametrize("count", [0, MAX_REASONS + 1])
def test_a_list_has_one_to_thirty_reasons(count: int) -> None:
    assert ("", f"1 to {MAX_REASONS} reasons") in faults_of(*[RUDE] * count)


@pytest.mark.parametrize("key", sorted(TAKEN_KEYS))
def test_a_key_of_the_console_is_no_reasons_key(key: str) -> None:
    assert faults_of(replace(RUDE, key=key)) == [("/0/key", "the console uses this key itself")]


@pytest.mark.parametrize("key", ["", "12", "b", "Ä", "½", "²", " "])
def test_a_key_is_one_digit_or_letter(key: str) -> None:
    assert faults_of(replace(RUDE, key=key)) == [("/0/key", "one digit or one letter, A to Z")]


def test_two_reasons_share_neither_name_nor_key() -> None:
    assert faults_of(RUDE, replace(HATE, name="RUDE", key="1")) == [
        ("/1/name", "another reason has this name"),
        ("/1/key", "another reason has this key"),
    ]


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"name": " "}, "/0/name"),
        ({"name": "x" * (MAX_REASON_NAME_CHARACTERS + 1)}, "/0/name"),
        ({"reference": "x" * (MAX_REFERENCE_CHARACTERS + 1)}, "/0/reference"),
        ({"ground": Ground.LAW, "reference": None}, "/0/reference"),
        ({"ground": Ground.LAW, "reference": "  "}, "/0/reference"),
    ],
)
def test_what_a_statement_of_reasons_could_not_say_is_refused(changed: dict[str, object], pointer: str) -> None:
    assert [found for found, _ in faults_of(replace(RUDE, **changed))] == [pointer]  # type: ignore[arg-type]


def test_a_reason_is_found_by_its_name() -> None:
    assert choose_reason([RUDE, HATE], "Hate speech", None) is HATE
    assert choose_reason([RUDE, HATE], "Hate speech", ReasonCode.HATE) is HATE
    assert choose_reason([RUDE], None, ReasonCode.SPAM) is None


@pytest.mark.parametrize(("name", "code"), [("Hate", None), ("Rude", ReasonCode.HATE)])
def test_a_reason_that_the_list_has_not_so_is_refused(name: str, code: ReasonCode | None) -> None:
    with pytest.raises(InvalidInput):
        choose_reason([RUDE, HATE], name, code)
