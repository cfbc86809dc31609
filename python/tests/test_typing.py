"""The stubs say what the module has, and the package is typed by them."""

from __future__ import annotations

import subprocess
import sys


def run(*command: str) -> str:
    done = subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_stubs_are_those_of_the_module() -> None:
    assert "no issues found" in run("mypy.stubtest", "caltrop._caltrop")


def test_a_user_s_code_is_checked(tmp_path) -> None:
    good = tmp_path / "good.py"
    good.write_text('import caltrop\nwait: int = caltrop.rate.Limiter("1/second").take(b"a").retry_after\n')
    run("mypy", "--strict", str(good))
    bad = tmp_path / "bad.py"
    bad.write_text("import caltrop\ncaltrop.Guard.load(7)\n")
    done = subprocess.run([sys.executable, "-m", "mypy", "--strict", str(bad)], capture_output=True, text=True)
    assert done.returncode == 1 and "arg-type" in done.stdout
