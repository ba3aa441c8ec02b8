"""The lines that runs of learning leave: they outlive refusals, broken lines and long years, and never stop a run."""

from pathlib import Path

import msgspec

from moderator.classifier import history
from moderator.classifier.history import FILE_NAME, FOLDER, KEPT, MAX_BYTES, PastRun
from moderator.classifier.manifest import GateLine


def _run(number: int, **more: object) -> PastRun:
    return PastRun(**{"at": f"2026-11-{number:02}T03:00:00Z", "outcome": "published", "seconds": 1.5, **more})  # type: ignore[arg-type]


def test_runs_come_back_the_newest_first(tmp_path: Path) -> None:
    for number in range(1, 6):
        history.append(tmp_path, _run(number))
    assert history.read(tmp_path, most=3) == [_run(5), _run(4), _run(3)]


def test_a_refusal_says_which_lines_refused(tmp_path: Path) -> None:
    lines = [
        GateLine(check="labels", passed=True, value=20, need="≥ 20"),
        GateLine(check="recall", passed=False, value=-3.0, need="≥ −0.5 points"),
    ]
    history.append(tmp_path, _run(1, outcome="refused", gate=lines))
    (found,) = history.read(tmp_path)
    assert found.refused_by == [lines[1]]


def test_no_history_is_no_fault(tmp_path: Path) -> None:
    assert history.read(tmp_path) == []


def test_a_line_that_was_cut_hides_no_other(tmp_path: Path) -> None:
    history.append(tmp_path, _run(1))
    path = tmp_path / FOLDER / FILE_NAME
    path.write_bytes(b'{"at": "2026\n\xff\n' + path.read_bytes() + b'{"at":')
    assert history.read(tmp_path) == [_run(1)]


def test_years_of_runs_do_not_grow_without_end(tmp_path: Path) -> None:
    history.append(tmp_path, _run(1))
    path = tmp_path / FOLDER / FILE_NAME
    line = path.read_bytes()
    path.write_bytes(line * (MAX_BYTES // len(line) + 1))
    history.append(tmp_path, _run(2))
    assert path.read_bytes() == line * KEPT + msgspec.json.encode(_run(2)) + b"\n"
    assert path.stat().st_mode & 0o777 == 0o600


def test_where_nothing_can_be_written_the_line_is_lost_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / FOLDER).write_text("not a folder")
    history.append(tmp_path, _run(1))
    assert history.read(tmp_path) == []


def test_a_link_is_neither_followed_nor_shortened(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(b"x" * (MAX_BYTES + 1))
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / FILE_NAME).symlink_to(elsewhere)
    history.append(tmp_path, _run(1))
    assert elsewhere.stat().st_size == MAX_BYTES + 1
    assert history.read(tmp_path) == []


def test_a_sites_own_runs_are_read_apart(tmp_path: Path) -> None:
    for number in range(1, 7):
        history.append(tmp_path, msgspec.structs.replace(_run(number), site="site-1" if number % 2 else None))

    assert [run.at for run in history.read(tmp_path, "site-1", most=2)] == [_run(5).at, _run(3).at]
    assert [run.at for run in history.read(tmp_path)] == [_run(6).at, _run(4).at, _run(2).at]
    assert history.read(tmp_path, "site-2") == []
