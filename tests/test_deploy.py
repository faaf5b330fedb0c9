"""What stands under deploy/ is what the tools that read it accept."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

DEPLOY = Path(__file__).resolve().parents[1] / "deploy"
HERE = (("/opt/budgetqa/bin/budgetqa", "/bin/true"), ("User=budgetqa", "User=daemon"), ("Group=budgetqa", "Group=daemon"))


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_systemd_knows_every_line_of_the_unit(tmp_path: Path) -> None:
    text = (DEPLOY / "budgetqa.service").read_text("utf-8")
    for was, now in HERE:
        assert was in text
        text = text.replace(was, now)
    unit = tmp_path / "budgetqa.service"
    unit.write_text(text, "utf-8")
    done = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
