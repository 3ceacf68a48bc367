"""What others have written to examine an authorization server: two libraries that take nothing that the standards do not let, and
the scenarios of the official conformance suite."""

import json
import re
import subprocess
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from checks import Check, require
from clients import free_port
from demo import Demo
from signing_in import DESKS, Visitor

HERE = Path(__file__).parent
SECONDS_MAX = 60
SCENARIOS = {"authorization-server-metadata-endpoint": 2, "authorization-code-grant": 1}


@dataclass(frozen=True)
class Strict:
    """A strict library, with one of the two documents of the server."""

    node: str
    library: str
    algorithm: str
    demo: Demo

    def hold(self) -> None:
        with Visitor(self.demo, DESKS[0]) as visitor:
            plan = {"url": self.demo.mcp_url, "algorithm": self.algorithm, "library": self.library}
            done = subprocess.run(
                [self.node, str(HERE / "drivers" / "strict.mjs")], input=json.dumps(plan), capture_output=True,
                text=True, timeout=SECONDS_MAX, check=False, env=visitor.surroundings,
            )  # fmt: skip
            require(done.returncode == 0, f"it ended with {done.returncode}: {done.stderr[-1500:]}")
            told = json.loads(done.stdout)
            wanted = {"listed": 200, "refreshed": True, "after": 401}
            require(told == wanted, f"it told {told}; {visitor.trouble()}")


@dataclass(frozen=True)
class Conformance:
    """The official suite, which is let in by a person as any client is."""

    node: str
    npm: Path
    demo: Demo

    def hold(self) -> None:
        port, script = free_port(), self.npm / "node_modules/@modelcontextprotocol/conformance/dist/index.js"
        command = [
            self.node, str(script), "authorization", "--url", self.demo.url, "--client-id", self.register(),
            "--resource", self.demo.mcp_url, "--port", str(port),
        ]  # fmt: skip
        with Visitor(self.demo, DESKS[0]) as visitor:
            suite = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            said = []
            try:
                for line in suite.stdout:
                    said.append(line)
                    # It says where to go, and then begins to wait.
                    if "Callback server started" in line:
                        subprocess.run([visitor.surroundings["BROWSER"], address_in(said)], check=True)
                code = suite.wait(SECONDS_MAX)
            finally:
                suite.kill()
                suite.wait()
            text = "".join(said)
            for scenario, checks in SCENARIOS.items():
                wanted = f"{scenario}: {checks} passed, 0 failed"
                require(wanted in text, f"`{wanted}` is not in: {text[-3000:]} {visitor.trouble()}")
            require(code == 0, f"it ended with {code}: {text[-3000:]}")

    def register(self) -> str:
        about = {"redirect_uris": ["http://127.0.0.1/callback"], "token_endpoint_auth_method": "none"}
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(self.demo.url + "/oauth/register", json.dumps(about).encode(), headers)
        with urllib.request.urlopen(request, timeout=SECONDS_MAX) as answer:
            return json.loads(answer.read())["client_id"]


def address_in(said: list[str]) -> str:
    return re.search(r"^(http\S+/oauth/authorize\?\S+)$", "".join(said), re.MULTILINE)[1]


def authorization_server(node: str, npm: Path, demo: Demo) -> Iterator[Check]:
    for library in ("oauth4webapi", "openid-client"):
        for algorithm in ("oauth2", "oidc"):
            name = f"{library} goes the whole way, by the document of {algorithm}"
            yield Check(name, Strict(node, library, algorithm, demo).hold)
    yield Check("the scenarios of the conformance suite pass", Conformance(node, npm, demo).hold)
