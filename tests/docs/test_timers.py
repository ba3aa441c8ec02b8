"""The files that learn every night are read by the tools they are for, and name commands that are there."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from training.__main__ import main

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd here")
def test_systemd_reads_the_service_and_the_timer(tmp_path: Path) -> None:
    """The service's account and program are not on this machine: in their place stand ones that are."""
    unit = (DEPLOY / "moderator-learn.service").read_text("utf-8")
    unit = re.sub(r"(?m)^ExecStart=\S+", "ExecStart=/bin/true", unit)
    unit = re.sub(r"(?m)^(User|Group)=.*$", r"\1=root", unit)
    (tmp_path / "moderator-learn.service").write_text(unit, "utf-8")
    (tmp_path / "moderator-learn.timer").write_bytes((DEPLOY / "moderator-learn.timer").read_bytes())
    files = [str(path) for path in sorted(tmp_path.iterdir())]
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *files], capture_output=True, text=True, check=False
    )  # fmt: skip
    said = [line for line in (done.stdout + done.stderr).splitlines() if "moderator-learn" in line]
    assert (done.returncode, said) == (0, []), done.stderr


def test_each_command_in_them_is_one_of_ours() -> None:
    texts = [path.read_text("utf-8") for path in (*sorted(DEPLOY.iterdir()), ROOT / "compose.yaml")]
    found = [found for text in texts for found in re.findall(r"python -m training ([a-z]+)((?: --[a-z-]+)*)", text)]
    assert len(found) >= 4
    for command, options in found:
        said = CliRunner().invoke(main, [command, "--help"])
        assert said.exit_code == 0
        assert all(option in said.output for option in options.split())


def test_the_line_of_cron_has_five_times_an_account_and_a_command() -> None:
    lines = [line for line in (DEPLOY / "moderator-learn.cron").read_text("utf-8").splitlines() if line[:1].isdigit()]
    assert len(lines) == 1
    assert re.fullmatch(r"\d+ \d+ \* \* \* moderator cd \S+ && .*\bpython -m training run --json >> \S+", lines[0])
