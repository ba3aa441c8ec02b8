"""Links as people see them, and hosts as browsers do."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderator.domain.findings import NO_LINKS, Doubt
from moderator.links import MOST_LINKS, canonical, check_domains, find_links, host_of


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("no links at all", 0),
        ("The E.U. and the U.S. agree, e.g. on gas.", 0),
        ("mail me at someone@example.eu/ or first.last@example.com", 0),
        ("and/or, 3.14, 24/7, file.py, A // B, 192.168.0.1", 0),
        ("That was over.it was fun. Good.so we go", 0),
        ("see https://example.eu and http://b.example", 2),
        ("www.example.eu", 1),
        ("look at example.eu/offer now", 1),
        ("look at example.zz/offer now", 1),
        ("google.com, amazon.de and сайт.рф", 3),
        ("hxxp://example.com hxxps://b.example", 2),
        ("example dot com, example [dot] com, example(.)com and example {punkt} de", 4),
        ("connect the dot company", 0),
        ("http : //example.com", 1),
        ("http:\\\\example.com", 1),
        ("//example.com/x", 1),
        ("example。com and ｅｘａｍｐｌｅ．ｃｏｍ and exa\u200bmple.com", 3),
        ("[a word](https://a.example/x)", 1),
        ("[https://a.example/x](https://a.example/x)", 1),
        ('<a href="https://a.example/x" rel="nofollow">https://a.example/x</a>', 1),
        ("<a href=https://a.example/x>a.example</a>", 1),
        ("[url=https://a.example/x]www.a.example[/url]", 1),
        ("[url]https://a.example/x[/url]", 1),
        ("<https://a.example/x> <https://a.example/x>", 2),
        ("https://a.example/x\nhttps://a.example/x", 2),
        ("http://2130706433/ http://[2001:db8::1]/x", 2),
        ("https:// and http://localhost", 0),
        ("", 0),
    ],
)
def test_links_are_counted_as_people_see_them(text: str, count: int) -> None:
    assert find_links(text).count == count


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://Example.EU./x?y#z", "example.eu"),
        ("https://user:word@example.eu:8080/", "example.eu"),
        ("https://news.example@evil.example/", "evil.example"),
        ("https://news.example\\@evil.example/", "news.example"),
        ("https://%65vil.example/", "evil.example"),
        ("//example.eu", "example.eu"),
        ("example.eu", "example.eu"),
        ("https://xn--mnchen-3ya.example", "münchen.example"),
        ("https://MÜNCHEN.example", "münchen.example"),
        ("https://[2001:DB8::1]:80/", "[2001:db8::1]"),
        ("not a url", None),
        ("https:///", None),
        ("", None),
    ],
)
def test_the_host_is_the_one_that_a_browser_goes_to(url: str, host: str | None) -> None:
    assert host_of(url) == host


def test_what_is_no_punycode_stays_as_it_is() -> None:
    assert canonical("xn--%%%.example") == "xn--%%%.example"
    assert canonical("xn--99999999999.example") == "xn--99999999999.example"


@pytest.mark.parametrize(
    "written", ["münchen.example", "MÜNCHEN.example.", "xn--mnchen-3ya.example", "mu\u0308nchen。example"]
)
def test_all_spellings_of_a_host_are_one(written: str) -> None:
    assert canonical(written) == "münchen.example"
    assert find_links(f"https://{written}/x", blocked=("xn--mnchen-3ya.example",)).blocked == "münchen.example"
    assert find_links(f"https://{written}/x", blocked=("München.example",)).blocked == "münchen.example"


def test_links_to_trusted_domains_do_not_count_and_raise_no_doubts() -> None:
    text = "https://news.example/a www.news.example sub.news.example/b https://bit.ly/x https://other.example"

    found = find_links(text, trusted=("news.example", "bit.ly"))

    assert (found.count, found.doubt) == (1, None)


@pytest.mark.parametrize(
    "text",
    [
        "http://bad.it/x",
        "go to bad.it now",
        "deep.er.bad.it",
        ".".join("abcdefghijkl") + ".bad.it",
        "https://news.example@bad.it",
        "[news.example](https://bad.it)",
        "bad dot it, or rather bad[.]it",
    ],
)
def test_a_blocked_domain_is_found_with_all_below_it(text: str) -> None:
    found = find_links(text, trusted=("news.example",), blocked=("bad.it",))

    assert found.blocked is not None
    assert found.blocked.endswith("bad.it")


@pytest.mark.parametrize(
    "text", ["notbad.it", "bad.it.example/x", "https://news.example/bad.it", "bad. It was", "a@bad.it"]
)
def test_what_only_has_its_letters_is_not_blocked(text: str) -> None:
    assert find_links(text, blocked=("bad.it",)).blocked is None


def test_a_suspect_domain_and_the_authors_own_address_are_named() -> None:
    text = "nothing here"

    found = find_links(text, author_url="https://www.bad.example/me", blocked=("bad.example",), suspect=("example",))

    assert (found.count, found.blocked, found.suspect) == (0, "www.bad.example", "www.bad.example")
    assert find_links(text, author_url="https://www.bad.example/me") == NO_LINKS
    assert find_links(text, author_url="no address", blocked=("bad.example",)) == NO_LINKS


@pytest.mark.parametrize(
    ("text", "doubt"),
    [
        ("https://bit.ly/abc", Doubt.SHORTENED),
        ("http://2130706433/", Doubt.NAMELESS),
        ("http://192.0.2.7/x", Doubt.NAMELESS),
        ("http://[2001:db8::1]/", Doubt.NAMELESS),
        ("https://n\u0435ws.example", Doubt.LOOK_ALIKE),
        ("https://xn--80ak6aa92e.com", Doubt.LOOK_ALIKE),
        ("https://bank.examp1e/x", Doubt.LOOK_ALIKE),
        ("https://bànk.example", Doubt.LOOK_ALIKE),
        ("https://barnk.example", None),
        ("https://rnail.example", Doubt.LOOK_ALIKE),
        ("https://bank.example.evil.example", Doubt.LOOK_ALIKE),
        ("[https://bank.example](https://evil.example)", Doubt.MASKED),
        ('<a href="https://evil.example/x">www.bank.example</a>', Doubt.MASKED),
        ("[www.evil.example](https://evil.example/x)", None),
        ("https://www.bank.example and mail.example", None),
        ("https://сосна.рф and https://münchen.example", None),
        ("an ordinary https://other.example/x", None),
    ],
)
def test_what_is_wrong_with_a_link_is_told(text: str, doubt: Doubt | None) -> None:
    found = find_links(text, trusted=("bank.example",), blocked=("mail.example",))

    assert found.doubt is doubt
    assert (found.doubtful is None) is (doubt is None)


def test_domains_that_are_none_are_refused_with_their_place() -> None:
    faults = check_domains(
        "blocked_domains", ["example.eu", "https://example.eu", "example.eu/x", "", "münchen.de", "zip"]
    )

    assert [fault.pointer for fault in faults] == [f"/blocked_domains/{place}" for place in (1, 2, 3)]
    assert check_domains("blocked_domains", ["a.example"] * 5_001)[0].detail == "at most 5000, not 5001"


def test_no_more_links_are_looked_at_than_are_worth_it() -> None:
    assert find_links("https://a.example " * 2 * MOST_LINKS).count == MOST_LINKS


_PARTS = [
    *("http://", "www.", "a.", ".com", "/", "[.]", " dot ", "[", "](", "<a href=", '"', ">", "%65", "@", "xn--"),
    *("\u0430", "\u200b", "1", "-", ":"),
]
_LONG_PARTS = [*_PARTS, "a", "a.a.", "a-", "http://a.com ", "[http://a.com](", "a@a.", "xn--a.", "()"]


@given(
    st.lists(st.sampled_from(_PARTS)).map("".join) | st.text(st.characters(codec=None)),
    st.lists(st.sampled_from(["a.com", "com", "xn--a", "1.a"])).map(tuple),
)
def test_any_text_is_taken(text: str, domains: tuple[str, ...]) -> None:
    found = find_links(text, author_url=text, trusted=domains[:1], blocked=domains[1:], suspect=domains)

    assert 0 <= found.count <= MOST_LINKS
    assert (found.doubt is None) == (found.doubtful is None)


def _cpu_seconds(text: str) -> float:
    """Return the least processor time of three looks: what others do on this machine hardly counts."""
    times = []
    for _ in range(3):
        started = time.process_time()
        find_links(text, blocked=("b.example",))
        times.append(time.process_time() - started)
    return min(times)


@pytest.mark.parametrize(
    "part", [*_PARTS, "a", "a.a.", "a-", "http://a.com ", "[http://a.com](", "a@a.", "xn--a.", "()"]
)
def test_four_times_the_text_takes_about_four_times_the_work(part: str) -> None:
    few, many = (_cpu_seconds((part * length)[:length]) for length in (5_000, 20_000))

    assert many < 10 * few + 0.05
