"""Ids, authors, people, keys and the errors' words."""

from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderator.domain.comments import Author, Comment
from moderator.domain.errors import Fault, InvalidInput, RateLimited
from moderator.domain.ids import CommentId, IdSource, KeyId, PersonId, SiteId, first_id_at, now_ms
from moderator.domain.people import KeyKind, Person, Role, SiteKey
from tests.builders import A_SITE


@given(st.lists(st.integers(0, 2**47), min_size=2, max_size=50))
def test_ids_grow_even_when_the_clock_steps_back(times: list[int]) -> None:
    clock = iter(times)
    source = IdSource(clock_ms=lambda: next(clock))

    made = [source.new() for _ in times]

    assert made == sorted(set(made))
    assert {len(one) for one in made} == {26}


def test_ids_sort_by_the_millisecond_of_their_making() -> None:
    first = IdSource(clock_ms=lambda: 1_000, random_bytes=lambda count: b"\xff" * count).new()
    second = IdSource(clock_ms=lambda: 1_001, random_bytes=lambda count: b"\x00" * count).new()

    assert first < second


def test_no_id_of_a_moment_stands_before_the_first_possible_one() -> None:
    ids = [
        IdSource(clock_ms=lambda at=at: at, random_bytes=lambda count, fill=fill: fill * count).new()  # type: ignore[misc]
        for at in (999, 1_000)
        for fill in (b"\x00", b"\xff")
    ]

    assert [one >= first_id_at(1_000) for one in ids] == [False, False, True, True]


def test_the_clock_counts_milliseconds_since_1970() -> None:
    assert now_ms() > 1_700_000_000_000


@pytest.mark.parametrize(
    ("author", "key"),
    [
        (Author(id="7", email="a@b.eu"), "id:7"),
        (Author(email="A@B.eu"), "email:a@b.eu"),
        (Author(name="Anna", ip="192.0.2.1"), None),
    ],
)
def test_an_author_is_known_by_the_steadiest_name(author: Author, key: str | None) -> None:
    assert author.key == key


def test_a_comment_needs_aware_times() -> None:
    with pytest.raises(ValueError, match="aware"):
        Comment(id=CommentId("c"), site_id=A_SITE, text="x", received_at=datetime(2026, 1, 1))  # noqa: DTZ001


def test_people_see_their_sites_or_all() -> None:
    everywhere = Person(id=PersonId("p"), name="Anna", role=Role.ADMIN)
    limited = Person(id=PersonId("q"), name="Ben", role=Role.MODERATOR, sites=(A_SITE,))

    assert everywhere.is_admin
    assert not limited.is_admin
    assert [replace(limited, role=role).is_senior for role in Role] == [False, True, True]
    assert everywhere.may_see(SiteId("other"))
    assert limited.may_see(A_SITE)
    assert not limited.may_see(SiteId("other"))


def test_a_public_key_works_from_its_origins_only() -> None:
    public = SiteKey(id=KeyId("k"), site_id=A_SITE, kind=KeyKind.PUBLIC, origins=("https://news.example",))
    private = SiteKey(id=KeyId("k"), site_id=A_SITE, kind=KeyKind.SITE)

    assert public.allows_origin("https://news.example")
    assert not public.allows_origin("https://evil.example")
    assert not public.allows_origin(None)
    assert private.allows_origin(None)


def test_errors_say_where_and_when() -> None:
    assert str(InvalidInput(Fault(pointer="/text", detail="too long"), Fault(pointer="", detail="odd"))) == (
        "/text: too long; /: odd"
    )
    assert RateLimited("slow down", retry_after_seconds=7).retry_after_seconds == 7
