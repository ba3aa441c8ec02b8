"""What a form says of a comment, and by what it is known again."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderator.compat.akismet.form import Fields
from moderator.compat.akismet.wire import MissingField, Sent, loosen
from moderator.domain.comments import Article, Author
from moderator.domain.findings import Form
from moderator.domain.ids import CommentId, SiteId
from tests.builders import NOON

SITE = SiteId("site-1")


def sent(*, is_wordpress: bool = False, **fields: str) -> Sent:
    given = {"user_ip": "203.0.113.7", "comment_content": "It is fine.", **fields}
    return Sent.of(Fields({name: [value] for name, value in given.items()}), is_wordpress=is_wordpress)


def test_every_field_that_is_used_has_its_place() -> None:
    found = sent(
        comment_author="Zoë",
        comment_author_email="zoe@reader.example",
        comment_author_url="https://reader.example/",
        user_agent="Mozilla/5.0",
        user_id="7",
        permalink="https://news.example/budget",
        comment_parent="11",
        comment_date_gmt="2026-11-22T10:00:00Z",
        blog_lang="de_DE",
        comment_context="politics",
        honeypot_field_name="phone",
        phone="5550100",
    )

    comment = found.to_comment(comment_id=CommentId("c"), site_id=SITE, received_at=NOON, sections={"politics"})

    assert comment.text == "It is fine."
    assert comment.author == Author(
        id="7",
        name="Zoë",
        email="zoe@reader.example",
        url="https://reader.example/",
        ip="203.0.113.7",
        user_agent="Mozilla/5.0",
    )
    assert comment.article == Article(url="https://news.example/budget", section="politics")
    assert comment.posted_at == datetime(2026, 11, 22, 10, tzinfo=UTC)
    assert (comment.parent_id, comment.lang, comment.form) == ("11", "de", Form(is_trapped=True))


def test_what_is_not_sent_is_not_made_up() -> None:
    comment = sent(comment_parent="0", user_id="0", user_ip="").to_comment(
        comment_id=CommentId("c"), site_id=SITE, received_at=NOON
    )

    assert comment.author == Author()
    assert comment.article == Article()
    assert (comment.parent_id, comment.posted_at, comment.lang, comment.form) == (None, None, None, Form())


def test_the_address_alone_is_required_and_may_be_empty() -> None:
    assert sent(user_ip="").author.ip is None
    assert Sent.of(Fields({"comment_author_IP": ["203.0.113.9"]})).author.ip == "203.0.113.9"
    with pytest.raises(MissingField, match="user_ip"):
        Sent.of(Fields({"comment_content": ["x"]}))


def test_what_is_too_long_is_cut_where_nobody_would_miss_it() -> None:
    found = sent(comment_author="x" * 9_999, comment_author_url="x" * 9_999, permalink="x" * 9_999, user_ip="1" * 999)

    assert len(found.author.name or "") == 255
    assert len(found.author.url or "") == len(found.permalink) == 2_000
    assert len(found.author.ip or "") == 64


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-22T10:00:00Z", datetime(2026, 11, 22, 10, tzinfo=UTC)),
        ("2026-11-22T10:00:00.000Z", datetime(2026, 11, 22, 10, tzinfo=UTC)),
        ("2026-11-22T12:00:00+02:00", datetime(2026, 11, 22, 10, tzinfo=UTC)),
        ("2026-11-22 10:00:00", datetime(2026, 11, 22, 10, tzinfo=UTC)),
        ("0000-00-00 00:00:00", None),
        ("0001-01-01T00:00:00+23:00", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_times_are_written_in_many_ways(text: str, moment: datetime | None) -> None:
    assert sent(comment_date_gmt=text).posted_at == moment


@given(st.text(max_size=40))
def test_no_time_and_no_language_is_an_error(text: str) -> None:
    found = sent(comment_date_gmt=text, blog_lang=text)

    assert found.posted_at is None or found.posted_at.tzinfo is not None
    assert found.lang is None or 2 <= len(found.lang) <= 3


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("de", "de"),
        ("de_DE", "de"),
        ("pt-BR", "pt"),
        ("EN, en_GB", "en"),
        ("en, de", None),
        ("", None),
        ("klingon", None),
    ],
)
def test_a_site_with_one_language_says_which(text: str, lang: str | None) -> None:
    assert sent(blog_lang=text).lang == lang


@pytest.mark.parametrize("value", ["1", "true", "True", " TRUE "])
def test_a_test_is_said_in_many_ways(value: str) -> None:
    assert sent(is_test=value).is_test
    assert sent(akismet_pre_check=value).is_test, "a pingback that does not exist yet"


@pytest.mark.parametrize("value", ["", "0", "false", "False", "no"])
def test_a_test_can_be_said_to_be_none(value: str) -> None:
    assert not sent(is_test=value).is_test


@pytest.mark.parametrize(
    ("fields", "forced"),
    [
        ({}, None),
        ({"comment_author": "viagra-test-123"}, True),
        ({"comment_author": "akismet-guaranteed-spam"}, True),
        ({"comment_author_email": "Akismet-guaranteed-spam@example.com"}, True),
        ({"user_role": "administrator"}, False),
        ({"user_role": "editor, administrator"}, False),
        ({"user_role": "administrators"}, None),
        ({"user_role": "administrator", "comment_author": "viagra-test-123"}, False),
    ],
)
def test_some_verdicts_are_promised(fields: dict[str, str], forced: bool | None) -> None:
    assert sent(**fields).forced is forced


@pytest.mark.parametrize(
    ("fields", "is_trapped"),
    [
        ({"honeypot_field_name": "phone", "phone": "5550100"}, True),
        ({"honeypot_field_name": "phone", "POST_phone": "5550100"}, True),
        ({"honeypot_field_name": "phone", "phone": " "}, False),
        ({"honeypot_field_name": "phone"}, False),
        ({"phone": "5550100"}, False),
        ({"POST_ak_hp_textarea": "Hello"}, True),
        ({"POST_ak_hp_textarea": ""}, False),
    ],
)
def test_a_hidden_field_that_is_filled_in_gives_a_machine_away(fields: dict[str, str], is_trapped: bool) -> None:
    assert sent(**fields).is_trapped is is_trapped


def test_who_registers_without_a_text_is_judged_by_the_name() -> None:
    assert sent(comment_content=" ", comment_author="Cheap viagra", comment_type="signup").text == "Cheap viagra"
    assert sent(comment_content="").text == ""


def test_wordpress_puts_slashes_before_quotes_until_it_has_stored_a_comment() -> None:
    slashed = {"comment_content": r"It\'s a \"fine\" C:\\temp, \o/", "comment_author": r"M\'Bala"}

    new = sent(is_wordpress=True, **slashed)
    stored = sent(is_wordpress=True, recheck_reason="retry", **slashed)

    assert new.content == r"""It's a "fine" C:\temp, \o/"""
    assert new.author.name == "M'Bala"
    assert stored.content == sent(**slashed).content == slashed["comment_content"]


def test_a_comment_is_known_again_by_who_wrote_what_where() -> None:
    fields = {"comment_author": "Zoë", "comment_author_email": "z@x.example", "permalink": "https://news.example/a"}
    first = sent(**fields).external_id(SITE)

    same = [
        sent(**fields, comment_date_gmt="2026-11-22 10:00:00", user_ip="", recheck_reason="retry"),
        sent(**fields, comment_content=" It is\r\nfine. "),
        sent(**fields, comment_content="It is \\fine."),
        sent(**fields, comment_type="comment", user_role="editor", comment_context="budget"),
    ]
    others = [
        sent(**fields, comment_content="It is fine!"),
        sent(**fields, comment_type="reply"),
        sent(**{**fields, "comment_author": "Zoe"}),
        sent(**{**fields, "comment_author_email": "y@x.example"}),
        sent(**{**fields, "permalink": "https://news.example/b"}),
        sent(**fields, comment_author_url="https://x.example"),
    ]
    assert first.startswith("akismet-")
    assert {one.external_id(SITE) for one in same} == {first}
    assert len({first, *(one.external_id(SITE) for one in others)}) == len(others) + 1
    assert sent(**fields).external_id(SiteId("site-2")) != first


def test_without_an_address_the_article_is_known_by_its_number() -> None:
    assert sent(comment_post_ID="1").external_id(SITE) != sent(comment_post_ID="2").external_id(SITE)


def test_what_a_site_does_to_a_text_makes_no_other_comment_of_it() -> None:
    typed = 'Tom & Anna say <a href="https://x.example">look</a> "here"'
    stored = 'Tom &amp; Anna say <a href="https://x.example" rel="nofollow ugc">look</a> \n&quot;here&quot;'

    assert loosen(typed) == loosen(stored)
    assert loosen(typed) != loosen(typed.replace("x.example", "y.example"))


@given(st.text(max_size=100))
def test_any_text_can_be_loosened(text: str) -> None:
    assert loosen(text) == loosen(f" {text}\n")


def test_an_entity_of_thousands_of_digits_is_none() -> None:
    assert loosen(f"a&#{'9' * 5_000};b").startswith("a9")


def test_other_plugins_forms_are_not_wordpress_comments() -> None:
    assert sent(is_wordpress=True, akismet_comment_nonce="inactive").is_wordpress_comment
    assert sent(is_wordpress=True, comment_ID="34", recheck_reason="retry").is_wordpress_comment
    assert not sent(is_wordpress=True, comment_type="contact-form").is_wordpress_comment
    assert not sent(akismet_comment_nonce="passed").is_wordpress_comment
