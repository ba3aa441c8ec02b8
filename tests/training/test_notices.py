"""The NOTICE as a table."""

from pathlib import Path

from training.notices import attributions


def test_every_shippable_source_of_the_shipped_model_has_an_attribution() -> None:
    found = attributions()
    assert found["civil_raw"].authors.startswith("Borkan et al.")
    assert "CC0" in found["civil_raw"].origin
    assert not found["civil_raw"].origin.startswith("from ")


def test_entries_are_a_name_and_two_lines(tmp_path: Path) -> None:
    notice = tmp_path / "NOTICE"
    notice.write_text(
        "Product\nCopyright\n\nmy_set\n    Ada et al.\n    from ada/comments; CC0\n\nwords in a row\n", "utf-8"
    )
    assert attributions(notice) == {"my_set": ("Ada et al.", "ada/comments; CC0")}


def test_without_a_notice_there_are_none(tmp_path: Path) -> None:
    assert attributions(tmp_path / "NOTICE") == {}
