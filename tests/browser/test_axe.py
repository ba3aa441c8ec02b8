"""A machine without axe-core says so; one that checks changes for everybody does not go on without it."""

from pathlib import Path

import pytest

from tests.browser.axe import MISSING, load_axe


@pytest.mark.parametrize("ci", [None, "", "0", "false"])
def test_a_machine_without_it_skips(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ci: str | None) -> None:
    monkeypatch.delenv("CI", raising=False)
    if ci is not None:
        monkeypatch.setenv("CI", ci)

    with pytest.raises(pytest.skip.Exception, match="npm ci in tests/clients"):
        load_axe(tmp_path / "axe.min.js")


@pytest.mark.parametrize("ci", ["1", "true"])
def test_ci_without_it_fails_and_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ci: str) -> None:
    monkeypatch.setenv("CI", ci)

    with pytest.raises(pytest.fail.Exception) as caught:
        load_axe(tmp_path / "axe.min.js")

    assert str(caught.value) == MISSING


def test_what_is_there_is_read(tmp_path: Path) -> None:
    path = tmp_path / "axe.min.js"
    path.write_text("window.axe = {};", "utf-8")

    assert load_axe(path) == "window.axe = {};"
