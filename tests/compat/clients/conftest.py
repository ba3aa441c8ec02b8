"""One real service for all clients: a site with both kinds of key, and texts whose verdict is known."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from moderator.domain.scoring import Label
from tests.compat.clients import node
from tests.compat.tables import row_counts_in
from tests.server import Service
from tests.tiny import publish_tiny

# Spam is rejected on its score; a phrase holds, whatever the scores say. The tiny model's own thresholds for the rarer
# labels are next to nothing: a harmless text would be held for the number in it.
POLICY = {
    "thresholds": {
        **{label.value: {"hold_at": 0.5, "reject_at": 0.9} for label in Label},
        "spam": {"hold_at": 0.6, "reject_at": 0.9},
    },
    "suspect_phrases": ["on good authority"],
    "duplicate_limit": 1000,
    "campaign_limit": 1000,
}


class ClientService(Service):
    """A service with a site's two keys, and a look at its tables from outside."""

    akismet_key = ""

    def rows(self) -> dict[str, int]:
        """Return how many rows each table has."""
        return row_counts_in(self.database)

    def comments(self, text: str) -> list[tuple[str, str, str]]:
        """Return id, verdict and status of every stored comment with a text."""
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as connection:
            found: list[tuple[str, str, str]] = connection.execute(
                "SELECT id, verdict, status FROM comments WHERE text = ? ORDER BY id", (text,)
            ).fetchall()
            return found

    def feedback(self, text: str) -> list[tuple[str, float, str]]:
        """Return label, value and provenance of every word from outside on a text, stored as a comment or not."""
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as connection:
            found: list[tuple[str, float, str]] = connection.execute(
                "SELECT label, value, provenance FROM feedback LEFT JOIN comments ON comments.id = comment_id"
                " WHERE coalesce(feedback.text, comments.text) = ? ORDER BY label",
                (text,),
            ).fetchall()
            return found


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClientService]:
    folder: Path = tmp_path_factory.mktemp("clients")
    publish_tiny(folder / "models", languages=["en"])
    service = ClientService(folder)
    try:
        site = service.json("site", "add", "News", "--akismet-key")
        service.key, service.akismet_key = site["key"], site["akismet_key"]
        service.json("policy", "set", "News", "-", text=json.dumps(POLICY))
        yield service.start()
    finally:
        service.close()


@pytest.fixture(scope="session")
def needs_node() -> None:
    reason = node.why_not()
    if reason is not None:
        pytest.skip(reason)
