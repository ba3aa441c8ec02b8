"""What administrators steer: thresholds tried on past comments, lists, and a history of who changed what."""

import html
import re
from dataclasses import replace

import pytest

from moderator.console import past_hits, workbench
from moderator.console.changes import changes
from moderator.domain.ids import SiteId
from moderator.domain.people import Role
from moderator.domain.policy import Action, Policy
from moderator.domain.scoring import Caution, Label, Threshold
from moderator.services import Services
from moderator.usecases import manage
from moderator.usecases.moderate import moderate
from tests.builders import a_comment, a_policy
from tests.console.conftest import PASSWORD, Visitor
from tests.fakes import Clock, FakeScorer
from tests.usecases.conftest import OPERATOR

pytestmark = pytest.mark.anyio


@pytest.fixture
async def admin(services: Services, visitor: Visitor, site: SiteId) -> Visitor:
    """Ada, an administrator, signed in."""
    await manage.add_person(services, OPERATOR, "Ada", Role.ADMIN, password=PASSWORD)
    await visitor.sign_in("Ada")
    return visitor


async def _post(services: Services, site: SiteId, *texts: str) -> None:
    for text in texts:
        await moderate(services, a_comment(text, site_id=site, received_at=services.now()))


def _fields(page: str) -> dict[str, str]:
    """Return what the page's form would send if nobody touched it."""
    found = dict(re.findall(r'<input[^>]* name="(\w+)"[^>]* value="([^"]*)"', page))
    found |= {
        name: text.removeprefix("\n")
        for name, text in re.findall(r'<textarea[^>]* name="(\w+)"[^>]*>(.*?)</textarea>', page, re.DOTALL)
    }
    for name, choices in re.findall(r'<select[^>]* name="(\w+)"[^>]*>(.*?)</select>', page, re.DOTALL):
        if chosen := re.search(r'<option value="(\w+)" selected', choices):
            found[name] = chosen[1]
    return {name: html.unescape(value) for name, value in found.items() if name != "csrf"}


def _table(page: str) -> dict[str, list[str]]:
    """Return the rows of the effect's table as people read them."""
    rows = re.findall(r"<tr>\s*<th scope=\"row\">(.*?)</th>(.*?)</tr>", page, re.DOTALL)
    return {
        head: [
            " ".join(html.unescape(re.sub(r"<[^>]+>", "", cell)).split())
            for cell in re.findall(r"<td[^>]*>(.*?)</td>", cells, re.DOTALL)
        ]
        for head, cells in rows
    }


async def _fill(visitor: Visitor, path: str, act: str, **changed: str) -> str:
    """Open a page, change some fields and press a button."""
    page = await visitor.open(path)
    return await visitor.submit(path, **{**_fields(page), **changed, "act": act})


PAGES = ("/console/policy", "/console/policy/{site}", "/console/policy/{site}/lists")


async def test_moderators_see_no_policy_and_no_link_to_it(visitor: Visitor, site: SiteId) -> None:
    page = await visitor.sign_in()
    assert "Policy" not in page
    for path in PAGES:
        await visitor.open(path.format(site=site))
        assert visitor.status == 403
    await visitor.open("/console")
    for path in PAGES[1:]:
        await visitor.submit(path.format(site=site), made_from="2", act="save")
        assert visitor.status == 403


async def test_signed_out_there_is_nothing(visitor: Visitor, site: SiteId) -> None:
    for path in PAGES:
        await visitor.open(path.format(site=site))
        assert visitor.status == 401


async def test_another_sites_policy_does_not_exist(services: Services, visitor: Visitor, site: SiteId) -> None:
    other = await manage.add_site(services, OPERATOR, "Other")
    await manage.add_person(services, OPERATOR, "Olga", Role.ADMIN, password=PASSWORD, only_sites=[other.site.id])
    await visitor.sign_in("Olga")
    page = await visitor.open("/console/policy")
    assert "Other: policy" in re.sub("<[^>]+>", "", page)  # The only one that she may see, at once.
    await visitor.open(f"/console/policy/{site}")
    assert visitor.status == 404
    await visitor.open("/console/policy/nothing/lists")
    assert visitor.status == 404


async def test_of_several_sites_one_is_chosen(services: Services, admin: Visitor, site: SiteId) -> None:
    await manage.add_site(services, OPERATOR, "<b>Zoo</b>")
    page = await admin.open("/console/policy")
    assert f'href="/console/policy/{site}"' in page
    assert "&lt;b&gt;Zoo" in page
    assert "<b>Zoo" not in page


@pytest.mark.parametrize("path", PAGES[1:])
async def test_a_form_without_the_sessions_token_does_nothing(
    services: Services, admin: Visitor, site: SiteId, path: str
) -> None:
    before = services.directory.policies[site]
    page = await admin.open(path.format(site=site))
    await admin.submit(path.format(site=site), **{**_fields(page), "csrf": "guessed", "act": "save"})
    assert admin.status == 403
    await admin.submit(path.format(site=site), headers={"origin": "https://evil.example"}, **_fields(page), act="save")
    assert admin.status == 403
    assert services.directory.policies[site] == before


async def test_the_page_shows_what_the_thresholds_do(services: Services, admin: Visitor, site: SiteId) -> None:
    await _post(services, site, "fine", "What an idiot.", "You scum.", "Buy viagra")
    page = await admin.open(f"/console/policy/{site}")
    assert admin.status == 200
    assert _table(page) == {
        "approved": ["1 25.0 %", "1 25.0 %"],
        "held for people": ["1 25.0 %", "1 25.0 %"],
        "rejected": ["2 50.0 %", "2 50.0 %"],
        "to the queue, a day": ["1", "1"],
        "of what people rejected, approved": ["too few decisions (0)"] * 2,
        "of what people approved, rejected": ["too few decisions (0)"] * 2,
    }
    assert page.count("<svg") == len(Label)
    assert "Scores for insult: 2 of 4 comments reach the threshold" in page
    assert "style=" not in page
    assert "<script>" not in page


async def test_a_site_without_comments_has_a_page_too(admin: Visitor, site: SiteId) -> None:
    page = await admin.open(f"/console/policy/{site}")
    assert admin.status == 200
    assert "No comments came in" in page
    page = await _fill(admin, f"/console/policy/{site}", "preview", hold_insult="0.7")
    assert admin.status == 200
    assert "No comments came in" in page


async def test_a_preview_shows_before_and_after_and_saves_nothing(
    services: Services, admin: Visitor, site: SiteId
) -> None:
    await _post(services, site, "fine", "What an idiot.", "What an idiot!", "You scum.")
    before = services.directory.policies[site]
    page = await _fill(admin, f"/console/policy/{site}", "preview", hold_insult="0.7", reject_insult="0.99")
    assert admin.status == 200
    table = _table(page)
    assert table["approved"] == ["1 25.0 %", "1 25.0 %", "3 75.0 % +2"]
    assert table["held for people"] == ["2 50.0 %", "2 50.0 %", "1 25.0 % −1"]
    assert table["rejected"] == ["1 25.0 %", "1 25.0 %", "0 0.0 % −1"]
    assert table["to the queue, a day"] == ["2", "2", "1 −1"]
    assert _fields(page)["hold_insult"] == "0.7"  # It stays to be tuned further, or saved.
    assert services.directory.policies[site] == before
    assert _fields(await admin.open(f"/console/policy/{site}"))["hold_insult"] == "0.5"


async def test_a_save_is_the_next_version_with_a_note_and_a_name(
    services: Services, admin: Visitor, site: SiteId
) -> None:
    before = services.directory.policies[site]
    note = "Elections <script>alert(1)</script>"
    page = await _fill(
        admin, f"/console/policy/{site}", "save", hold_insult="0.4", reject_insult="", caution="cautious", note=note
    )
    saved = services.directory.policies[site]
    assert saved.version == before.version + 1
    assert saved.caution is Caution.CAUTIOUS
    assert saved.thresholds[Label.INSULT] == Threshold.hold_only(0.4)
    assert (
        replace(saved, version=before.version, caution=before.caution, thresholds=before.thresholds) == before
    )  # Nothing else moved.
    assert {**saved.thresholds, Label.INSULT: 0} == {**before.thresholds, Label.INSULT: 0}
    assert f"Saved as version {saved.version}" in page
    text = " ".join(re.sub("<[^>]+>", "", page).split())
    assert "Ada" in text
    assert "caution: balanced → cautious" in text
    assert "insult: held from 0.5, rejected from 0.9 → held from 0.4" in text
    assert "Elections &lt;script&gt;" in page
    assert "<script>alert" not in page


async def test_what_people_see_besides_is_saved_with_the_thresholds(
    services: Services, admin: Visitor, site: SiteId
) -> None:
    page = await _fill(admin, f"/console/policy/{site}", "save", certified_rejects="yes", second_review_share=" 12,5 ")
    saved = services.directory.policies[site]
    assert (saved.certified_rejects, saved.second_review_share) == (True, 0.125)
    text = " ".join(re.sub("<[^>]+>", "", page).split())
    assert "certified rejects: no → yes" in text
    assert "second review share: as the service is set → 12.5 %" in text
    assert (_fields(page)["certified_rejects"], _fields(page)["second_review_share"]) == ("yes", "12.5")
    await _fill(admin, f"/console/policy/{site}", "save", second_review_share="0")
    assert services.directory.policies[site].second_review_share == 0  # None at all is not what the service is set to.
    await _fill(admin, f"/console/policy/{site}", "save", certified_rejects="no", second_review_share="")
    saved = services.directory.policies[site]
    assert (saved.certified_rejects, saved.second_review_share) == (False, None)


async def test_a_form_without_these_fields_leaves_them(services: Services, admin: Visitor, site: SiteId) -> None:
    before = await manage.set_policy(
        services, OPERATOR, site, replace(a_policy(), certified_rejects=True, second_review_share=0.5)
    )
    fields = _fields(await admin.open(f"/console/policy/{site}"))
    del fields["certified_rejects"], fields["second_review_share"]
    await admin.submit(f"/console/policy/{site}", **fields, act="save")
    assert services.directory.policies[site] == replace(before, version=before.version + 1)


async def test_a_preview_holds_what_no_certificate_lets_the_machine_reject(
    services: Services, admin: Visitor, site: SiteId
) -> None:
    await _post(services, site, "fine", "What an idiot.", "You scum.", "You scum!")
    page = await _fill(admin, f"/console/policy/{site}", "preview", certified_rejects="yes", second_review_share="50")
    table = _table(page)
    assert table["held for people"][1:] == ["1 25.0 %", "3 75.0 % +2"]
    assert table["rejected"][1:] == ["2 50.0 %", "0 0.0 % −2"]
    assert "that would be about 1.5 a day" in page
    assert "They do not yet." in page
    services.directory.certified[site] = (Action.REJECT,)
    page = await _fill(admin, f"/console/policy/{site}", "preview", certified_rejects="yes")
    assert _table(page)["rejected"][1:] == ["2 50.0 %", "2 50.0 %"]
    assert "They do at present." in page


async def test_what_a_missing_certificate_held_is_judged_by_its_scores(
    services: Services, admin: Visitor, site: SiteId
) -> None:
    await manage.set_policy(services, OPERATOR, site, replace(a_policy(), certified_rejects=True))
    await _post(services, site, "You scum.")
    page = await _fill(admin, f"/console/policy/{site}", "preview", certified_rejects="no", reject_insult="2")
    assert _table(page)["held for people"][:2] == ["1 100.0 %"] * 2
    assert "they held or rejected 0, whatever the thresholds" in page


async def test_an_untouched_form_changes_nothing_but_the_version(
    services: Services, admin: Visitor, site: SiteId
) -> None:
    odd = {
        Label.INSULT: Threshold(hold_at=0.123456789, reject_at=1.5),
        Label.SPAM: Threshold(hold_at=2.0, reject_at=2.0),
    }
    before = await manage.set_policy(
        services,
        OPERATOR,
        site,
        replace(
            a_policy(thresholds=odd),
            banned_phrases=("a & b", "“x”"),
            suspect_patterns=(" two  spaces ",),
            certified_rejects=True,
            second_review_share=0.123456789,
        ),
    )
    for path in (f"/console/policy/{site}", f"/console/policy/{site}/lists"):
        await _fill(admin, path, "save")
        assert admin.status == 200
    after = services.directory.policies[site]
    assert after == replace(before, version=before.version + 2)


async def test_empty_fields_go_back_to_the_model(services: Services, admin: Visitor, site: SiteId) -> None:
    await _fill(admin, f"/console/policy/{site}", "save", hold_insult="", reject_insult="")
    assert Label.INSULT not in services.directory.policies[site].thresholds


@pytest.mark.parametrize(
    ("changed", "field", "says"),
    [
        ({"hold_threat": "0.9"}, "hold_threat", "may be 0.5 at most"),
        ({"hold_insult": "0.9", "reject_insult": "0.4"}, "reject_insult", "not below 0.9"),
        ({"hold_insult": "", "reject_insult": "0.4"}, "hold_insult", "from where on it is held"),
        ({"hold_insult": "much"}, "hold_insult", "a number above 0"),
        ({"hold_insult": "nan"}, "hold_insult", "a number above 0"),
        ({"hold_insult": "0"}, "hold_insult", "a number above 0"),
        ({"reject_insult": "-1"}, "reject_insult", "a number above 0"),
        ({"second_review_share": "101"}, "second_review_share", "a number from 0 to 100"),
        ({"second_review_share": "-0.1"}, "second_review_share", "a number from 0 to 100"),
        ({"second_review_share": "NaN"}, "second_review_share", "a number from 0 to 100"),
        ({"second_review_share": "1e999999999"}, "second_review_share", "a number from 0 to 100"),
        ({"second_review_share": "a few"}, "second_review_share", "a number from 0 to 100"),
    ],
)
@pytest.mark.parametrize("act", ["preview", "save"])
async def test_what_is_wrong_stands_at_its_field(
    services: Services, admin: Visitor, site: SiteId, changed: dict[str, str], field: str, says: str, act: str
) -> None:
    before = services.directory.policies[site]
    page = await _fill(admin, f"/console/policy/{site}", act, **changed)
    assert admin.status == 422
    found = re.search(rf'<p class="fault" id="fault-{field}">(.*?)</p>', page)
    assert found
    assert says in html.unescape(re.sub("<[^>]+>", "", found[1]))
    for name, value in changed.items():
        assert _fields(page)[name] == value
    assert services.directory.policies[site] == before


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"caution": "reckless"}, "Nothing was saved"),
        ({"certified_rejects": "perhaps"}, "no such choice"),
        ({"note": "x" * 2001}, "at most 2000 characters"),
    ],
)
async def test_what_no_field_lets_one_type_is_refused_too(
    services: Services, admin: Visitor, site: SiteId, changed: dict[str, str], says: str
) -> None:
    before = services.directory.policies[site]
    page = await _fill(admin, f"/console/policy/{site}", "save", **changed)
    assert admin.status == 422
    assert says in page
    assert services.directory.policies[site] == before


@pytest.mark.parametrize(
    "changes_of",
    [{"path": "/console/policy/{site}", "hold_insult": "0.2"}, {"path": "/console/policy/{site}/lists"}],
)
async def test_the_second_of_two_administrators_is_told_and_overwrites_nothing(
    services: Services, admin: Visitor, site: SiteId, changes_of: dict[str, str]
) -> None:
    fields = dict(changes_of)
    path = fields.pop("path").format(site=site)
    page = await admin.open(path)
    theirs = await manage.set_policy(services, OPERATOR, site, a_policy(link_limit=7), note="quicker")
    for act in ("save", "preview", "save"):
        answer = await admin.submit(path, **{**_fields(page), **fields, "act": act})
        assert admin.status == 409
        text = " ".join(re.sub("<[^>]+>", "", answer).split())
        assert f"the operator saved version {theirs.version} meanwhile" in text
        assert "link limit: 2 → 7" in text
        assert _fields(answer)["made_from"] == str(theirs.version - 1)
        assert all(_fields(answer)[name] == value for name, value in fields.items())
        assert services.directory.policies[site] == theirs


@pytest.mark.parametrize(("version", "status"), [("", 422), ("-1", 422), ("²", 422), ("9" * 16, 422), ("99", 404)])
async def test_a_form_must_name_the_version_that_it_was_made_from(
    admin: Visitor, site: SiteId, version: str, status: int
) -> None:
    await _fill(admin, f"/console/policy/{site}", "save", made_from=version)
    assert admin.status == status


async def test_a_form_from_long_ago_is_late_too(services: Services, admin: Visitor, site: SiteId) -> None:
    page = await admin.open(f"/console/policy/{site}")
    for number in range(25):
        await manage.set_policy(services, OPERATOR, site, a_policy(link_limit=number))
    answer = await admin.submit(f"/console/policy/{site}", **{**_fields(page), "act": "preview"})
    assert admin.status == 409
    assert "The newest 20 versions are shown" in answer
    assert "Version 27" in answer
    assert "Version 7" not in answer


async def test_only_the_newest_of_many_comments_are_judged_and_the_page_says_so(
    services: Services, admin: Visitor, site: SiteId, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbench, "MOST_COMMENTS", 3)
    await _post(services, site, "What an idiot.")
    clock.forward(hours=1)
    await _post(services, site, "one", "two", "three")
    page = await admin.open(f"/console/policy/{site}")
    assert "a sample, there were more" in page
    assert _table(page)["approved"] == ["3 100.0 %", "3 100.0 %"]


async def test_what_was_read_is_kept_for_two_minutes_and_for_its_site_alone(
    services: Services, admin: Visitor, site: SiteId, clock: Clock
) -> None:
    other = (await manage.add_site(services, OPERATOR, "Other")).site.id
    await moderate(services, replace(a_comment("fine", site_id=site), lang="en", received_at=services.now()))
    assert _table(await admin.open(f"/console/policy/{site}"))["approved"] == ["1 100.0 %"] * 2
    await _post(services, site, "fine, too")
    clock.forward(seconds=119)
    assert _table(await admin.open(f"/console/policy/{site}"))["approved"] == ["1 100.0 %"] * 2
    assert "No comments came in" in await admin.open(f"/console/policy/{other}")
    await admin.open(f"/console/policy/{site}")
    assert _table(await admin.open(f"/console/policy/{site}"))["approved"] == ["2 100.0 %"] * 2
    await _post(services, site, "fine, three")
    clock.forward(seconds=121)
    assert _table(await admin.open(f"/console/policy/{site}"))["approved"] == ["3 100.0 %"] * 2


async def test_a_saved_version_is_judged_at_once_though_comments_are_kept(
    services: Services, admin: Visitor, site: SiteId
) -> None:
    await _post(services, site, "What an idiot.")
    page = await _fill(admin, f"/console/policy/{site}", "save", hold_insult="0.7")
    assert _table(page)["approved"] == ["0 0.0 %", "1 100.0 %"]


async def test_comments_that_no_model_scored_stay_with_people(services: Services, admin: Visitor, site: SiteId) -> None:
    services.scorer = FakeScorer(version=None)
    await _post(services, site, "What an idiot.")
    page = await _fill(admin, f"/console/policy/{site}", "preview", hold_insult="0.1")
    assert _table(page)["held for people"] == ["1 100.0 %"] * 3
    assert "they held or rejected 1, whatever the thresholds" in page


async def test_old_comments_are_not_judged(services: Services, admin: Visitor, site: SiteId, clock: Clock) -> None:
    await _post(services, site, "What an idiot.")
    clock.forward(days=29)
    await _post(services, site, "fine")
    await admin.sign_in("Ada")
    assert _table(await admin.open(f"/console/policy/{site}"))["to the queue, a day"] == ["0", "0"]
    assert _table(admin.page)["held for people"] == ["1 50.0 %", "1 50.0 %"]
    clock.forward(days=2)
    await admin.sign_in("Ada")
    assert _table(await admin.open(f"/console/policy/{site}"))["approved"] == ["1 100.0 %", "1 100.0 %"]


async def test_new_phrases_show_what_they_would_have_hit(services: Services, admin: Visitor, site: SiteId) -> None:
    await _post(services, site, "Buy <b>gold</b> now!", "g o l d here", "Nothing of it", *["More gold, please"] * 3)
    before = services.directory.policies[site]
    page = await _fill(
        admin,
        f"/console/policy/{site}/lists",
        "preview",
        banned_phrases="gold\r\n\r\n  gold ",
        suspect_patterns="noth.ng\nnever(seen)?",
    )
    assert admin.status == 200
    text = " ".join(html.unescape(re.sub("<[^>]+>", "", page)).split())
    assert "reject gold 5 comments" in text
    assert "hold noth.ng pattern 1 comment" in text
    assert "hold never(seen)? pattern 0 comments" in text
    assert "in 6 comments of the last 30 days" in text
    assert "banned phrases: added “gold”" in text
    assert page.count("More gold, please") == 3  # At most three examples.
    assert "<b>gold" not in page
    assert services.directory.policies[site] == before


async def test_an_example_begins_with_a_whole_word_shortly_before_what_was_hit(
    services: Services, admin: Visitor, site: SiteId
) -> None:
    await _post(services, site, f"{'before ' * 30}gold{' after' * 50}", f"{'x' * 300} gold", "nothing here")
    page = await _fill(admin, f"/console/policy/{site}/lists", "preview", banned_phrases="gold")
    found = [html.unescape(re.sub("<[^>]+>", "", one)) for one in re.findall(r"<q>(.*?)</q>", page, re.DOTALL)]
    assert len(found) == 2
    assert found[0] == f"…{'x' * 69} gold"
    assert re.fullmatch(r"…before (before )+gold( after)+( a\w*)?…", found[1])
    assert len(found[1]) <= 162


async def test_lists_are_saved_an_entry_a_line(services: Services, admin: Visitor, site: SiteId) -> None:
    page = await _fill(
        admin,
        f"/console/policy/{site}/lists",
        "save",
        banned_phrases="buy now\r\n</textarea><script>\r\n",
        blocked_domains="bad.example",
    )
    saved = services.directory.policies[site]
    assert saved.banned_phrases == ("buy now", "</textarea><script>")
    assert saved.blocked_domains == ("bad.example",)
    assert "Saved as version" in page
    assert "</textarea><script>" not in page
    assert _fields(page)["banned_phrases"] == "buy now\n</textarea><script>"
    assert "nothing is saved yet" not in page


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("banned_patterns", "fine\n(", "“(”: not an RE2 pattern"),
        ("suspect_patterns", "a*", "“a*”: matches nothing at all"),
        ("blocked_domains", "ok.example\nhttps://x.example/", "“https://x.example/”: "),
        ("suspect_phrases", "y" * 201, "at most 200 characters"),
        ("suspect_phrases", "\n".join(map(str, range(2001))), "at most 2000, not 2001"),
    ],
)
@pytest.mark.parametrize("act", ["preview", "save"])
async def test_what_is_no_pattern_and_no_domain_is_said_at_its_field(
    services: Services, admin: Visitor, site: SiteId, field: str, value: str, says: str, act: str
) -> None:
    before = services.directory.policies[site]
    page = await _fill(admin, f"/console/policy/{site}/lists", act, **{field: value})
    assert admin.status == 422
    found = re.search(rf'<p class="fault" id="fault-{field}">(.*?)</p>', page)
    assert found
    assert says in html.unescape(re.sub("<[^>]+>", "", found[1]))
    assert _fields(page)[field] == value
    assert services.directory.policies[site] == before


async def test_long_lists_fit_into_the_form_and_endless_ones_do_not(
    services: Services, admin: Visitor, site: SiteId
) -> None:
    many = "\n".join(f"ünwanted phrase number {number}" for number in range(2000))
    await _fill(admin, f"/console/policy/{site}/lists", "save", banned_phrases=many)
    assert len(services.directory.policies[site].banned_phrases) == 2000
    await _fill(admin, f"/console/policy/{site}/lists", "save", banned_phrases="x" * 3_000_000)
    assert admin.status == 422


async def test_looking_for_hits_ends_in_time(
    services: Services, admin: Visitor, site: SiteId, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _post(services, site, "gold", "gold")
    monkeypatch.setattr(past_hits, "MOST_SECONDS", -1.0)
    monkeypatch.setattr(past_hits, "MOST_ENTRIES", 1)
    page = await _fill(admin, f"/console/policy/{site}/lists", "preview", banned_phrases="gold\nsilver")
    text = " ".join(re.sub("<[^>]+>", "", page).split())
    assert "in 0 comments of the last 30 days, the newest: a sample, there were more" in text
    assert "The first 1 were looked for; 1 more were not" in text


def test_changes_are_told_in_words() -> None:
    before = Policy(
        version=1,
        banned_phrases=("a", "b"),
        suspect_phrases=("x", "y"),
        sections={"sport": {Label.SPAM: Threshold(hold_at=0.2, reject_at=0.4)}},
        audit_share=0.05,
    )
    after = replace(
        before,
        version=2,
        link_limit=None,
        hold_personal_data=False,
        banned_phrases=("b", "c", "d", "e", "f", "g"),
        suspect_phrases=("y", "x"),
        thresholds={Label.SPAM: Threshold.hold_only(1.5)},
        sections={},
        audit_share=None,
        second_review_share=0.0,
    )
    assert changes(before, after) == [
        "spam: the model’s → never held",
        "in sport: spam: held from 0.2, rejected from 0.4 → the model’s",
        "link limit: 2 → none",
        "banned phrases: added “c”, “d”, “e” and 2 more, removed “a”",
        "suspect phrases: put in another order",
        "hold personal data: yes → no",
        "audit share: 5.0 % → as the service is set",
        "second review share: as the service is set → 0.0 %",
    ]
    assert changes(after, after) == []
