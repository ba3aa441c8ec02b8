"""The learning page: what was learned, what the gate said, what waits, and the cards to fetch."""

import re
import shutil
from dataclasses import replace

import msgspec
import numpy as np
import pytest

from moderator.classifier import delta as deltas
from moderator.classifier import history, registry
from moderator.classifier.delta import Delta
from moderator.classifier.features import columns
from moderator.classifier.history import PastRun
from moderator.classifier.manifest import File, GateLine, Golden, Learned, Manifest, TaughtLabel
from moderator.classifier.scorer import Scorer
from moderator.domain.ids import CommentId, SiteId
from moderator.domain.people import Role
from moderator.domain.policy import Action
from moderator.domain.review import Automation, Detection, ReasonCode, Source
from moderator.services import Services, load_model
from moderator.storage import comments, decisions
from moderator.storage.comments import Record
from moderator.usecases import manage
from tests.builders import a_comment, an_outcome
from tests.console.conftest import PASSWORD, Visitor
from tests.storage.rows import a_decision
from tests.tiny import publish_tiny
from tests.usecases.conftest import OPERATOR

pytestmark = pytest.mark.anyio

LEARNED = "learned-1"
WORD = "snollygoster"
FELL = "budget"


@pytest.fixture
def base(services: Services) -> str:
    """The base, in use."""
    version = publish_tiny(services.models_folder)
    services.scorer = Scorer(None)
    assert load_model(services)
    return version


@pytest.fixture
def learned(services: Services, base: str) -> str:
    """A version in use that weighs one word more and another less."""
    models = services.models_folder
    manifest = registry.read_manifest(models, base)
    _, weights = registry.load_weights(models, manifest)
    parts = [(columns(WORD).astype(np.int32), 3.0), (columns(FELL).astype(np.int32), -3.0)]
    chosen = np.unique(np.concatenate([own for own, _ in parts]))
    change = np.zeros((chosen.size, len(manifest.labels)), np.float16)
    for own, amount in parts:
        change[np.isin(chosen, own), 0] = amount
    found = Delta(columns=chosen, weights=change)

    def describe(files: list[File]) -> Manifest:
        described = msgspec.structs.replace(
            manifest, version=LEARNED, parent=base, files=files, created="2026-11-25T03:00:00Z", curve=None
        )
        model = registry.new_model(described, found.over(weights))
        golden = [
            Golden(text=one.text, scores=dict(zip(model.labels, model.scores(one.text).tolist(), strict=True)))
            for one in manifest.golden
        ]
        taught = Learned(
            base=manifest.files[0], sites=[], rows=77, waiting=5, since="", until="",
            labels={"toxic": TaughtLabel(rows=70, positives=30, moves="weights", strength=0.3)}, gate=[],
        )  # fmt: skip
        return msgspec.structs.replace(described, golden=golden, learned=taught)

    registry.publish(models, LEARNED, {deltas.FILE_NAME: deltas.pack(found)}, describe)
    registry.activate(models, LEARNED)
    assert load_model(services)
    return LEARNED


@pytest.fixture
async def admin(services: Services, visitor: Visitor) -> Visitor:
    await manage.add_person(services, OPERATOR, "Ada", Role.ADMIN, password=PASSWORD)
    await visitor.sign_in("Ada")
    return visitor


async def _decide(services: Services, site: SiteId, *texts: str) -> list[CommentId]:
    """Store comments that Ada rejected, the last one last."""
    person = next(one.id for one in services.directory.people.values() if one.name == "Ada")
    found = []
    for text in texts:
        comment = a_comment(text, site_id=site, received_at=services.now())
        outcome = replace(an_outcome(comment, verdict=Action.HOLD), model=services.scorer.version)
        ruling = a_decision(
            comment.id, site_id=site, source=Source.MODERATOR, action=Action.REJECT, reason=ReasonCode.INSULT,
            person_id=person, detection=Detection.POLICY, automation=Automation.PARTIALLY, decided_at=services.now(),
        )  # fmt: skip
        async with services.database.transaction() as connection:
            await comments.add(connection, [Record(comment=comment, outcome=outcome)])
            await decisions.append(connection, [ruling])
        found.append(comment.id)
    return found


def _text(page: str) -> str:
    return " ".join(re.sub("<[^>]+>", " ", page).split())


def _row(page: str, word: str) -> str:
    rows = re.findall(r"<tr>.*?</tr>", page, re.DOTALL)
    return next(row for row in rows if f"<bdi>{word}</bdi>" in row)


async def test_it_shows_the_words_that_rose_and_fell_and_where_they_stand(
    admin: Visitor, services: Services, site: SiteId, learned: str
) -> None:
    ids = await _decide(services, site, f"What a {WORD}", f"One more {WORD}, and the {FELL}", f"The {FELL} again")
    page = await admin.open("/console/learning")
    assert admin.status == 200
    text = _text(page)
    assert "77 judged comments taught" in text
    assert text.index("weigh more now") < text.index(WORD) < text.index("weigh less now")
    assert page.index("weigh less now") < page.index(f"<bdi>{FELL}</bdi>")
    for comment_id in ids[:2]:
        assert f"/console/comments/{comment_id}" in _row(page, WORD)
    assert "the weight of words" in text


async def test_an_erased_comment_leaves_the_page(
    admin: Visitor, services: Services, site: SiteId, learned: str
) -> None:
    ids = await _decide(services, site, f"What a {WORD}", f"One more {WORD}")
    assert WORD in await admin.open("/console/learning")
    async with services.database.transaction() as connection:
        assert await comments.erase(connection, ids[0], 1)
    page = await admin.open("/console/learning")
    assert WORD not in page
    assert "no word weighs otherwise" in _text(page)


async def test_refused_runs_are_shown_with_what_refused_them(admin: Visitor, services: Services, base: str) -> None:
    refusing = GateLine(check="recall", passed=False, value=-3.5, need="≥ −0.5 points", detail="of 40 <i>rejected</i>")
    passing = GateLine(check="labels", passed=True, value=40, need="≥ 20")
    for run in (
        PastRun(at="2026-11-22T03:00:00Z", outcome="failed", seconds=0.1, problem="The disk is <b>full</b>."),
        PastRun(at="2026-11-23T03:00:00Z", outcome="activated", seconds=3.0, version=LEARNED, rows=60, gate=[passing]),
        PastRun(
            at="2026-11-24T03:00:00Z", outcome="refused", seconds=2.5, rows=77, waiting=2, until="2026-11-24T02:00:00Z",
            gate=[passing, refusing],
        ),
    ):  # fmt: skip
        history.append(services.models_folder, run)
    page = await admin.open("/console/learning")
    text = _text(page)
    assert "refused by the gate" in text
    assert text.index("2026-11-24") < text.index("2026-11-23")
    assert "-3.5" in text or "−3.5" in text
    assert "&lt;i&gt;rejected" in page
    assert "<b>full" not in page
    assert "nothing that was decided here has changed it yet" in text
    assert re.search(r"wait for a second pair of eyes\s*</dt><dd>2</dd>", page)


async def test_decisions_that_no_run_has_read_are_counted(
    admin: Visitor, services: Services, site: SiteId, base: str
) -> None:
    await _decide(services, site, "One comment.", "Another one.")
    counted = r"decisions that no run has read</dt><dd>(\d+)</dd>"
    found = re.search(counted, await admin.open("/console/learning"))
    assert found
    assert found[1] == "2"
    until = f"{services.now():%Y-%m-%dT%H:%M:%SZ}"
    history.append(
        services.models_folder, PastRun(at=until, outcome="nothing_to_learn", seconds=1.0, rows=2, until=until)
    )
    found = re.search(counted, await admin.open("/console/learning"))
    assert found
    assert found[1] == "0"


async def test_an_administrator_of_one_site_sees_no_other_sites_words(
    admin: Visitor, other: Visitor, services: Services, site: SiteId, learned: str
) -> None:
    elsewhere = (await manage.add_site(services, OPERATOR, "Elsewhere")).site.id
    await _decide(services, site, f"What a {WORD}", f"One more {WORD}")
    await manage.add_person(services, OPERATOR, "Cara", Role.ADMIN, password=PASSWORD, only_sites=[elsewhere])
    await other.sign_in("Cara")
    page = await other.open("/console/learning")
    assert other.status == 200
    assert WORD not in page
    await other.open(f"/console/learning?own={site}")
    assert other.status == 404


async def test_a_base_that_is_gone_leaves_a_page_without_words(
    admin: Visitor, services: Services, site: SiteId, base: str, learned: str
) -> None:
    await _decide(services, site, f"What a {WORD}", f"One more {WORD}")
    shutil.rmtree(services.models_folder / base)
    page = await admin.open("/console/learning")
    assert admin.status == 200
    assert "cannot be read" in _text(page)


async def test_without_a_model_there_is_a_page_too(admin: Visitor, services: Services) -> None:
    services.scorer = Scorer(None)
    text = _text(await admin.open("/console/learning"))
    assert "No model is in use" in text
    assert "No run has been made yet" in text
    assert "Nobody has given a second opinion" in text


async def test_a_report_is_fetched_as_a_file_that_runs_nothing(admin: Visitor, services: Services, base: str) -> None:
    path = f"/console/models/{base}/report"
    await admin.open(path)
    assert admin.status == 404
    (services.models_folder / base / "report.html").write_text("<h1>A report</h1><script>1</script>")
    assert await admin.open(path) == "<h1>A report</h1><script>1</script>"
    assert "sandbox" in admin.headers["content-security-policy"]
    assert admin.headers["content-disposition"] == f'attachment; filename="{base}-report.html"'
    assert f'href="{path}" download' in await admin.open("/console/learning")
    (services.models_folder / base / "report.html").unlink()
    (services.models_folder / base / "report.html").symlink_to("/etc/hostname")
    await admin.open(path)
    assert admin.status == 404
    await admin.open("/console/models/nothing/report")
    assert admin.status == 404


async def test_moderators_see_none_of_it(visitor: Visitor, base: str) -> None:
    await visitor.sign_in()
    for path in ("/console/learning", f"/console/models/{base}/report"):
        await visitor.open(path)
        assert visitor.status == 403


def test_every_outcome_of_a_run_has_words() -> None:
    from moderator.console.learning import MOVES, OUTCOMES
    from training.run import Outcome

    assert {outcome.value for outcome in Outcome} <= set(OUTCOMES)
    assert set(MOVES) == {"nothing", "intercept", "calibration", "weights"}


@pytest.fixture
def own(services: Services, site: SiteId, learned: str) -> str:
    """Use the version that learned for the site alone; all others share the base."""
    base = registry.read_manifest(services.models_folder, learned).parent
    registry.activate(services.models_folder, str(base))
    registry.activate(services.models_folder, learned, site=site)
    assert load_model(services)
    return learned


async def test_a_sites_own_version_and_its_runs_are_shown_apart(
    admin: Visitor, services: Services, site: SiteId, own: str
) -> None:
    other = (await manage.add_site(services, OPERATOR, "Other")).site.id
    ids = await _decide(services, site, f"What a {WORD}", f"One more {WORD}")
    for at, of, said in (
        ("2026-11-24T03:00:00Z", None, "the shared one"),
        ("2026-11-25T03:00:00Z", site, "its own"),
        ("2026-11-26T03:00:00Z", other, "another's"),
    ):
        run = PastRun(at=at, outcome="failed", seconds=1.0, site=of, problem=f"a run of {said}")
        history.append(services.models_folder, run)

    shared = _text(await admin.open("/console/learning"))
    assert "as it was shipped" in shared
    assert ("a run of the shared one" in shared, "a run of its own" in shared, "a run of another" in shared) == (
        True,
        False,
        False,
    )
    page = await admin.open(f"/console/learning?site={site}")
    text = _text(page)
    assert "News has a version of its own" in text
    assert f"{own} is in use" in text
    assert f"/console/comments/{ids[0]}" in _row(page, WORD)
    assert ("a run of the shared one" in text, "a run of its own" in text, "a run of another" in text) == (
        False,
        True,
        False,
    )
    assert f'<option value="{site}" selected>' in page
    text = _text(await admin.open(f"/console/learning?site={other}"))
    assert "Other has no version of its own and uses the one that all share" in text
    assert "as it was shipped" in text
    assert WORD not in text


async def test_another_sites_version_does_not_exist(
    services: Services, visitor: Visitor, site: SiteId, own: str
) -> None:
    elsewhere = (await manage.add_site(services, OPERATOR, "Elsewhere")).site.id
    await manage.add_person(services, OPERATOR, "Olga", Role.ADMIN, password=PASSWORD, only_sites=[elsewhere])
    await visitor.sign_in("Olga")
    page = await visitor.open("/console/learning")
    assert (visitor.status, site in page) == (200, False)
    await visitor.open(f"/console/learning?site={site}")
    assert visitor.status == 404
