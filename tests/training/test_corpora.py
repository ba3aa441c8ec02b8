"""Labelled files: read whole or refused with the place of the fault."""

import gzip
from pathlib import Path

import pytest

from moderator.domain.scoring import Label
from tests.tiny import write_corpus
from training import corpora
from training.corpora import BadData, Row


def _write(folder: Path, line: str) -> Path:
    path = folder / "set.jsonl.gz"
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.write(line + "\n")
    return path


def test_rows_of_a_file_are_read(tmp_path: Path) -> None:
    rows = [row for path in corpora.files(write_corpus(tmp_path)) for row in corpora.read(path)]
    assert len(rows) == 900
    assert {row.split for row in rows} == {"train", "valid", "test"}


def test_a_folder_without_labelled_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadData, match="no labelled files"):
        corpora.files(tmp_path)


@pytest.mark.parametrize("line", ["{", "[]", '{"id": "1"}', '{"id": "1", "text": 5}'])
def test_a_wrong_line_is_refused_with_its_number(tmp_path: Path, line: str) -> None:
    with pytest.raises(BadData, match=r"set\.jsonl\.gz, line 1"):
        list(corpora.read(_write(tmp_path, line)))


def test_a_label_that_a_row_does_not_have_is_unknown() -> None:
    row = Row(id="1", source="s", lang="en", domain="news", text="t", split="train", labels={"toxic": 0.5, "spam": 0.4})
    assert row.is_positive(Label.TOXIC) is True
    assert row.is_positive(Label.SPAM) is False
    assert row.is_positive(Label.THREAT) is None


def test_non_commercial_sources_weigh_nothing() -> None:
    assert not corpora.source("ucc_news_nc").is_shippable
    assert all(corpora.source("anything_nc").weight(label) == 0 for label in Label)
    assert corpora.source("a_source_that_nobody_weighed").weight(Label.TOXIC) == 1
    assert corpora.source("edos").weight(Label.TOXIC) == 0


def test_the_fingerprint_changes_with_any_byte(tmp_path: Path) -> None:
    paths = corpora.files(write_corpus(tmp_path))
    before = corpora.fingerprint(paths)
    assert corpora.fingerprint(list(reversed(paths))) == before
    paths[0].write_bytes(paths[0].read_bytes() + b"\0")
    assert corpora.fingerprint(paths) != before
