"""Starts the demo company on a fresh folder and stops it again."""

import contextlib
import json
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

START_SECONDS_MAX = 90
STOP_SECONDS_MAX = 20


@dataclass(frozen=True)
class Demo:
    """The running demo: where it is, and the key of each identity by job title or bot name."""

    url: str
    mcp_url: str
    org: str
    keys: dict[str, str]
    names: dict[str, str]
    emails: dict[str, str]


@contextlib.contextmanager
def running_demo(wardroom: str, *settings: str) -> Iterator[Demo]:
    """Runs `wardroom demo` until the block is left."""
    with tempfile.TemporaryDirectory(prefix="wardroom-clients-") as folder:
        log = Path(folder) / "demo.log"
        data = Path(folder) / "data"
        with log.open("wb") as sink:
            command = [wardroom, "demo", "--listen", "127.0.0.1:0", "--data", str(data), *settings]
            process = subprocess.Popen(
                command, stdout=sink, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, env=plain_surroundings()
            )
        try:
            yield read_demo(await_file(data / "demo.json", process, log))
            if process.poll() is not None:
                raise RuntimeError(f"the demo ended on its way with {process.returncode}:\n{tail_of(log)}")
        finally:
            stop(process)


def plain_surroundings() -> dict[str, str]:
    """The environment without our own variables: Wardroom refuses settings that it does not know."""
    return {name: value for name, value in os.environ.items() if not name.startswith("WARDROOM_")}


def await_file(path: Path, process: subprocess.Popen, log: Path) -> dict:
    """The file as soon as it is there and whole; the demo writes it when everything runs."""
    deadline = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the demo ended with {process.returncode}:\n{tail_of(log)}")
        with contextlib.suppress(FileNotFoundError, ValueError):
            return json.loads(path.read_text())
        time.sleep(0.05)
    raise RuntimeError(f"the demo was not up in {START_SECONDS_MAX} s:\n{tail_of(log)}")


def tail_of(log: Path) -> str:
    return log.read_text(errors="replace")[-4000:]


def read_demo(told: dict) -> Demo:
    keys = {person["title"]: person["key"] for person in told["people"]}
    keys |= {bot["name"]: bot["key"] for bot in told["workspace_keys"]}
    names = {person["title"]: person["name"] for person in told["people"]}
    emails = {person["title"]: person["email"] for person in told["people"]}
    return Demo(told["url"], told["mcp_url"], told["org"], keys, names, emails)


def stop(process: subprocess.Popen) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_SECONDS_MAX)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(STOP_SECONDS_MAX)
        raise RuntimeError(f"the demo did not stop within {STOP_SECONDS_MAX} s of SIGTERM") from None
