"""Starting an example server on a free port and stopping it, with nothing left behind."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

START_S = 30


def SERVERS(root: Path, target: Path) -> dict[str, list[str]]:
    """The servers by the names in the table."""
    return {
        "axum (Rust)": [str(target / "debug" / "caltrop-example-rust")],
        "libmicrohttpd (C)": [str(target / "examples" / "caltrop-example-c")],
        "FastAPI, 2 workers": [str(root / ".venv" / "bin" / "python"), str(root / "examples" / "fastapi" / "serve.py")],
    }


@contextmanager
def running(command: list[str], project: Path, log: Path) -> Iterator[str]:
    """Runs a server with a state of its own; gives where it listens."""
    state = f"demo-{os.getpid()}-{time.monotonic_ns()}"
    line = [*command, "--policy", str(project / "policy.cltp"), "--listen", "127.0.0.1:0", "--state", state, "--log", str(log)]
    secrets = {"CALTROP_PEPPER_1_FILE": str(project / "pepper-1")}
    # A session of its own: its workers end with it, also when this process is interrupted.
    server = subprocess.Popen(line, env=os.environ | secrets, stdout=subprocess.PIPE, text=True, start_new_session=True)
    try:
        assert server.stdout is not None
        ready, _, _ = select.select([server.stdout], [], [], START_S)
        said = server.stdout.readline() if ready else ""
        if not said.startswith("listening "):
            raise SystemExit(f"{command[-1]} does not listen: {said!r}")
        yield "http://" + said.split()[1]
    finally:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()
        Path(f"/dev/shm/caltrop.{os.geteuid()}.{state}.3").unlink(missing_ok=True)
