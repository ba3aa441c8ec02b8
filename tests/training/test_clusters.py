"""Near-duplicates are one text, over years and under any name that the service remembers."""

from moderator.domain.ids import CommentId, SiteId
from training.clusters import Clusters

HERE, THERE = SiteId("here"), SiteId("there")
LONG = "The commission has proposed a new law on the storage of gas before the next winter begins in Europe"


def _roots(*texts: str) -> list[int]:
    clusters = Clusters()
    for text in texts:
        clusters.add(text, HERE)
    return clusters.roots()


def test_a_text_with_a_word_changed_is_the_same_text() -> None:
    other = "Nobody has asked the farmers what the harvest of this dry summer will cost them in the end"
    assert _roots(LONG, other, LONG.replace("next", "coming"), LONG.upper()) == [0, 1, 0, 0]


def test_short_texts_are_one_when_they_are_equal() -> None:
    assert _roots("Thanks!", "Thank you!", "thanks") == [0, 1, 0]


def test_sites_have_clusters_of_their_own() -> None:
    clusters = Clusters()
    for site in (HERE, THERE, HERE):
        clusters.add(LONG, site)
    assert clusters.roots() == [0, 1, 0]


def test_a_campaign_that_the_service_found_counts() -> None:
    clusters = Clusters()
    for number in range(3):
        clusters.add(f"A text of its own, number {number}", HERE, CommentId("first") if number != 1 else None)
    assert clusters.roots() == [0, 1, 0]


def test_a_large_cluster_stays_one() -> None:
    assert set(_roots(*[f"{LONG} {number}" for number in range(60)])) == {0}
