"""Files that name versions: for all sites and for one, in use and on trial; each replaced whole."""

from pathlib import Path

import pytest

from moderator.classifier import pointers, registry
from moderator.classifier.pointers import CURRENT, SHADOW, SHARED, Trial
from moderator.domain.errors import Conflict, ModelRefused, NotFound
from moderator.domain.ids import SiteId
from tests.learned import publish_learned

SITE, OTHER = SiteId("site-1"), SiteId("site-2")


@pytest.fixture
def base(models: Path) -> str:
    return registry.current_version(models) or ""


@pytest.fixture
def learned(models: Path) -> str:
    return publish_learned(models)


def test_a_site_may_have_a_version_of_its_own(models: Path, base: str, learned: str) -> None:
    assert registry.version_used_by(models, SITE) == base
    registry.activate(models, learned, SITE)
    assert registry.current_version(models, SITE) == learned
    assert registry.version_used_by(models, SITE) == learned
    assert registry.version_used_by(models, OTHER) == registry.current_version(models) == base
    assert pointers.sites_with(models, CURRENT) == [SITE]
    assert registry.list_versions(models) == sorted([base, learned])


def test_a_site_goes_back_to_what_all_use_and_forth_again(models: Path, base: str, learned: str) -> None:
    registry.activate(models, learned, SITE)
    assert registry.previous_version(models, SITE) == SHARED
    assert registry.rollback(models, SITE) == SHARED
    assert registry.current_version(models, SITE) is None
    assert registry.version_used_by(models, SITE) == base
    assert registry.rollback(models, SITE) == learned
    assert registry.current_version(models, SITE) == learned
    registry.activate(models, SHARED, SITE)
    assert registry.version_used_by(models, SITE) == base
    registry.activate(models, base, SITE)
    assert registry.rollback(models, SITE) == SHARED


def test_a_site_that_never_had_its_own_has_nothing_to_go_back_to(models: Path) -> None:
    with pytest.raises(Conflict):
        registry.rollback(models, SITE)


def test_all_sites_together_cannot_use_what_all_use(models: Path) -> None:
    with pytest.raises(NotFound):
        registry.activate(models, SHARED)
    with pytest.raises(ModelRefused):
        registry.publish(models, SHARED, {}, lambda _: pytest.fail("It has no manifest."))


@pytest.mark.parametrize("site", ["..", "../CURRENT", "", "/etc", "a/b", "A"])
def test_what_is_no_sites_id_names_no_file(models: Path, site: str, learned: str) -> None:
    with pytest.raises(ModelRefused):
        registry.activate(models, learned, SiteId(site))


def test_strangers_in_the_folder_of_sites_are_no_sites(models: Path, learned: str) -> None:
    registry.activate(models, learned, SITE)
    (models / "sites" / ".hidden").mkdir()
    (models / "sites" / "empty").mkdir()
    (models / "sites" / "a-file").write_text("x")
    assert pointers.sites_with(models, CURRENT) == [SITE]
    assert pointers.sites_with(models, SHADOW) == []


def test_a_trial_is_begun_replaced_and_ended(models: Path, base: str, learned: str) -> None:
    assert registry.find_trial(models) is None
    with pytest.raises(NotFound):
        registry.start_trial(models, Trial(version="unknown-1", started_ms=1))
    first = Trial(version=learned, started_ms=5, promotes=True)
    registry.start_trial(models, first)
    assert registry.find_trial(models) == first
    registry.start_trial(models, first, SITE)
    second = Trial(version=base, started_ms=6)
    registry.start_trial(models, second)
    assert registry.find_trial(models) == second
    pointers.end_trial(models)
    pointers.end_trial(models, OTHER)
    assert registry.find_trial(models) is None
    assert registry.find_trial(models, SITE) == first
    assert registry.current_version(models) == base


@pytest.mark.parametrize("content", [b"", b"learned-1\n", b"learned-1\nsoon\n", b"../x\n5\n", b"\xff\n5\n"])
def test_a_damaged_trial_is_none(models: Path, content: bytes) -> None:
    (models / SHADOW).write_bytes(content)
    with pytest.raises(ModelRefused):
        pointers.read_trial(models)
    assert registry.find_trial(models) is None
