"""Runs the application on uvicorn with two workers, on the command line of all example servers.

    serve.py --policy DIR/policy.cltp --listen 127.0.0.1:0 [--state NAME] [--log FILE] [--unguarded]
"""

from __future__ import annotations

import argparse
import os
import socket
import sys
import threading
import time

import uvicorn
from uvicorn.supervisors import Multiprocess


def main() -> None:
    line = argparse.ArgumentParser()
    line.add_argument("--policy", required=True)
    line.add_argument("--listen", required=True)
    line.add_argument("--state", default="acme-api")
    line.add_argument("--log", default="")
    line.add_argument("--unguarded", action="store_true")
    given = line.parse_args()
    os.environ.update(EXAMPLE_POLICY=given.policy, EXAMPLE_STATE=given.state, EXAMPLE_LOG=given.log)
    if given.unguarded:
        os.environ["EXAMPLE_UNGUARDED"] = "1"
    host, port = given.listen.rsplit(":", 1)
    # With its protocol named, asyncio sends small answers at once (TCP_NODELAY); socket.create_server leaves it out.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, int(port)))
    listener.listen(1024)
    # Proxies are the policy's matter: the server itself must not believe their headers. The middleware would not be fooled either.
    # A proxy keeps a connection for longer than uvicorn's 5 s, and would meet one that was closed a moment ago.
    config = uvicorn.Config(
        "app:create", factory=True, workers=2, proxy_headers=False, access_log=False, log_level="warning", timeout_keep_alive=75
    )
    threading.Thread(target=announce, args=(listener.getsockname()[:2],), daemon=True).start()
    Multiprocess(config, sockets=[listener]).run()


def announce(address: tuple[str, int]) -> None:
    """Says where it listens once a worker has answered."""
    for _ in range(600):
        try:
            with socket.create_connection(address, timeout=1) as probe:
                probe.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                if probe.recv(1):
                    print(f"listening {address[0]}:{address[1]}", flush=True)
                    return
        except OSError:
            pass
        time.sleep(0.05)
    sys.exit("no worker answered")


if __name__ == "__main__":
    main()
