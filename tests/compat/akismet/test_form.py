"""The parsers: any bytes are a form or one error, pairs come back as they were sent, and no body takes long."""

import json
import time
from contextlib import suppress
from urllib.parse import urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from moderator.compat.akismet.form import MAX_FIELDS, MAX_NAME_BYTES, Fields, Unreadable, read_json, read_urlencoded

# What survives a form: no NUL, no lone surrogate; both would stop a database.
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=40)
NAMES = TEXTS.filter(bool)


def assert_storable(fields: Fields) -> None:
    for name in fields:
        for text in (name, fields.get(name), *fields.all(name)):
            assert "\0" not in text
            text.encode()


@given(st.binary(max_size=400), st.none() | st.text(max_size=50))
@example(b"blog_charset=%FF&a=%FF", None)
@example(b"a=%E2%82%AC&blog_charset=punycode", "idna")
@example(b"%00=%00&=&&&==%", "latin-1")
@example(b"a=%ED%A0%80", "utf-8")
def test_any_bytes_are_a_form(body: bytes, charset: str | None) -> None:
    assert_storable(read_urlencoded(body, charset))


@given(st.lists(st.tuples(NAMES, TEXTS), max_size=30))
def test_pairs_come_back_in_their_order(pairs: list[tuple[str, str]]) -> None:
    pairs = [(name, value) for name, value in pairs if name != "blog_charset"]
    fields = read_urlencoded(urlencode(pairs).encode())

    assert list(fields) == list(dict.fromkeys(name for name, _ in pairs))
    for name, _ in pairs:
        sent = [value for other, value in pairs if other == name]
        assert fields.get(name) == sent[-1]
        assert [value for value in fields.all(name) if value in sent][: len(sent)] == sent


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=10), inner, max_size=5),
        max_leaves=20,
    )
)
def test_any_json_is_a_form_or_the_one_error(value: object) -> None:
    try:
        fields = read_json(json.dumps(value).encode("utf-8", "surrogatepass"))
    except Unreadable:
        assert not isinstance(value, dict)
    else:
        assert_storable(fields)


@given(st.binary(max_size=300))
@example(b"[" * 100_000)
@example(b'{"a":' * 100_000)
@example(b'{"a":' + b"9" * 5_000 + b"}")
@example(b'{"a":"\xff"}')
@example(b'{"a":1e999,"b":NaN}')
def test_any_bytes_are_json_or_the_one_error(body: bytes) -> None:
    with suppress(Unreadable):
        assert_storable(read_json(body))


def test_json_says_what_a_form_would() -> None:
    fields = read_json(b'{"a":"x","b":true,"c":false,"d":1.5,"e":null,"f":["x",2,null],"g":{"h":1},"i":[]}')

    assert [fields.get(name) for name in "abcde"] == ["x", "true", "false", "1.5", ""]
    assert fields.all("f") == ("x", "2", "")
    assert "g" not in fields
    assert "i" not in fields


def test_halves_of_a_surrogate_pair_are_joined_or_replaced() -> None:
    fields = read_json(rb'{"joined":"\ud83d\udc4d","half":"a\ud83d"}')

    assert fields.get("joined") == "👍"
    assert fields.get("half") == "a\ufffd"


def test_of_a_name_that_comes_twice_the_last_counts() -> None:
    fields = read_urlencoded(b"a=1&b=2&a=3")

    assert fields.get("a") == "3"
    assert fields.all("a") == ("1", "3")
    assert fields.first_of("c", "b", "a") == "2"
    assert fields.get("c") == fields.first_of("c") == ""


@pytest.mark.parametrize(
    "body",
    [
        b"comment_context=budget&comment_context=city+hall",
        b"comment_context[]=budget&comment_context[]=city%20hall",
        b"comment_context%5B0%5D=budget&comment_context%5B1%5D=city+hall",
        b"comment_context[0]=budget&comment_context[1]=city+hall",
    ],
)
def test_a_list_is_written_in_four_ways(body: bytes) -> None:
    assert read_urlencoded(body).all("comment_context") == ("budget", "city hall")


def test_a_field_whose_name_only_begins_alike_is_another_one() -> None:
    assert read_urlencoded(b"a[x]=1&ab=2&a[]b=3&a[99999]=4").all("a") == ()


def test_a_name_without_an_equals_sign_is_an_empty_value() -> None:
    fields = read_urlencoded(b"comment_author_url&comment_content=x&user_role")

    assert "comment_author_url" in fields
    assert fields.get("comment_author_url") == ""


@pytest.mark.parametrize(
    ("body", "charset", "text"),
    [
        (b"a=%C3%BC", None, "ü"),
        (b"a=%C3%BC", "utf-8", "ü"),
        (b"a=%FC", "ISO-8859-1", "ü"),
        (b"a=%FC", "windows-1252", "ü"),
        (b"a=%F3", "koi8-r", "С"),
        (b"a=%82%A0", "Shift_JIS", "あ"),
        (b"a=\xfc", "latin1", "ü"),
        (b"a=%FC&blog_charset=ISO-8859-1", None, "ü"),  # The site's charset, where the bytes are no UTF-8.
        (b"a=%C3%BC&blog_charset=ISO-8859-1", None, "ü"),  # Most libraries send UTF-8, whatever the site's is.
        (b"a=%FC", None, "\ufffd"),
        (b"a=%FC", "no-such-charset", "\ufffd"),
        (b"a=%FC", "punycode", "\ufffd"),
        (b"a=%FC", "x" * 1_000, "\ufffd"),
        (b"a=%FF%FE", "utf-8", "\ufffd\ufffd"),
        (b"a=100%&b=%zz", None, "100%"),
        (b"a=x%00y", None, "xy"),
    ],
)
def test_text_is_decoded_as_told_if_that_is_known(body: bytes, charset: str | None, text: str) -> None:
    assert read_urlencoded(body, charset).get("a") == text


def test_more_fields_than_anybody_sends_are_refused() -> None:
    most = [(f"f{n}", "x") for n in range(MAX_FIELDS)]

    assert read_urlencoded(urlencode(most).encode()).get("f0") == "x"
    assert read_json(json.dumps(dict(most)).encode()).get("f0") == "x"
    with pytest.raises(Unreadable, match="more than 1000 fields"):
        read_urlencoded(urlencode([*most, ("g", "x")]).encode())
    with pytest.raises(Unreadable, match="more than 1000 fields"):
        read_json(json.dumps(dict([*most, ("g", "x")])).encode())
    with pytest.raises(Unreadable, match="more than 1000 fields"):
        read_json(json.dumps({"a": ["x"] * (MAX_FIELDS + 1)}).encode())


@pytest.mark.parametrize("unit", [b"b&", b"b=%41&", b"&", b"%41", b"%41x", b"%", b"=", b"[0]", b"+"])
def test_a_body_of_a_megabyte_takes_time_that_grows_with_its_length_alone(unit: bytes) -> None:
    def seconds(size: int) -> float:
        body = b"a=" + unit * (size // len(unit))
        best = 9.0
        for _ in range(3):
            begun = time.perf_counter()
            try:
                fields = read_urlencoded(body)
                fields.get_text("a")
                fields.all("a")
            except Unreadable:
                pass
            best = min(best, time.perf_counter() - begun)
        return best

    # Sixteen times the length: quadratic work would take 256 times as long. The floor keeps noise out.
    assert seconds(1_048_576) < 64 * max(seconds(65_536), 0.002)


def test_what_is_far_too_long_is_cut_and_still_too_long() -> None:
    body = b"a=" + b"%F0%9F%91%8D" * 80_000 + b"&" + b"n" * 100_000 + b"=1"

    fields = read_urlencoded(body)

    assert 20_000 < len(fields.get_text("a")) < 30_000
    assert 2_000 <= len(fields.get("a")) < 2_100
    assert [len(name) for name in fields] == [1, MAX_NAME_BYTES]
