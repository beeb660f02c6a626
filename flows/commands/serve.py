"""``cleanclaim serve``: a Prefect server with every deployment on its schedule."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import Annotated

import typer

from flows import desk

START_SECONDS = 120


def serve(
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", help="Port of Prefect's pages and API.")] = 4200,
    home: desk.Home = None,
) -> None:
    """Serve what an analyst opens in the browser, and run both flows on their schedules, until Ctrl-C.

    Where PREFECT_API_URL names a server already, that one is used and only the deployments are served.
    """
    desk.enter(home)
    server = None
    if "PREFECT_API_URL" not in os.environ:
        server = _start(host, port)
        os.environ["PREFECT_API_URL"] = f"http://{host}:{port}/api"
    try:
        import prefect

        from flows.deployments import deployments

        desk.out.print(f"open http://{host}:{port}  (Ctrl-C ends it)")
        prefect.serve(*deployments())
    except KeyboardInterrupt:
        pass
    finally:
        if server:
            server.terminate()
            server.wait(timeout=15)


def _start(host: str, port: int) -> subprocess.Popen[bytes]:
    """Start Prefect's server and wait until it answers."""
    import httpx

    command = [sys.executable, "-m", "prefect", "server", "start", "--host", host, "--port", str(port)]
    pages = {
        "PREFECT_SERVER_UI_API_URL": f"http://{host}:{port}/api",  # the pages otherwise look for port 4200
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    }
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=os.environ | pages)
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            desk.fail(desk.USAGE, f"Prefect's server did not start on port {port}; is the port taken?")
        try:
            if httpx.get(f"http://{host}:{port}/api/health", timeout=2).status_code == 200:
                return server
        except httpx.TransportError:
            time.sleep(0.3)
    server.terminate()
    desk.fail(desk.USAGE, "Prefect's server did not answer in time")
