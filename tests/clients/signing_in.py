"""Clients that are given a URL and nothing else: their person signs in, they call tools, renew what they were given, and are
disconnected. One plan for each client and way of being known, and named checks over its answer."""

import json
import os
import sys
import tempfile
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from checks import Check, require
from clients import SigningClient, Way
from demo import Demo
from documents import REDIRECT_URIS, Documents

HERE = Path(__file__).parent
API_SECONDS_MAX = 20
# Who signs in, by job title: people who may use Stripe.
DESKS = ("Finance Manager", "Head of Operations")


def all_ways(demo: Demo, documents: Documents) -> list[Way]:
    """A client registers itself, has a document of its own, or was registered by who looks after the organization's security."""
    body = {"name": "Registered Client", "redirect_uris": REDIRECT_URIS, "confidential": True}
    headers = {"Authorization": f"Bearer {demo.keys['Owner']}", "Content-Type": "application/json"}
    path = f"/api/v1/orgs/{demo.org}/registered-clients"
    request = urllib.request.Request(demo.url + path, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=API_SECONDS_MAX) as answer:
        registered = json.loads(answer.read())
    known = {name: registered[name] for name in ("client_id", "client_secret")}
    return [
        Way("registers itself"),
        Way("has a document", {"document": documents.url}),
        Way("is registered by hand", {"known": known}),
    ]


class Visitor:
    """A person with a browser, for as long as the block lasts."""

    def __init__(self, demo: Demo, title: str):
        self.demo, self.title = demo, title

    def __enter__(self) -> "Visitor":
        self.folder = tempfile.TemporaryDirectory(prefix="wardroom-person-")
        folder = Path(self.folder.name)
        self.file, self.visits, self.log = folder / "person.json", folder / "visits", folder / "log"
        demo = self.demo
        told = {
            "url": demo.url, "org": demo.org, "email": demo.emails[self.title], "key": demo.keys[self.title],
            "answer": "connect", "visits": str(self.visits),
        }  # fmt: skip
        for file in (self.file, Path(str(self.file) + ".first")):
            file.write_text(json.dumps(told))
        # As browsers do it, it comes back at once.
        browser = folder / "browser"
        line = f'{sys.executable} {HERE / "person.py"} "$1" >>{self.log} 2>&1 &'
        browser.write_text(f"#!/bin/sh\nWARDROOM_PERSON={self.file} {line}\n")
        browser.chmod(0o755)
        self.surroundings = {**os.environ, "BROWSER": str(browser), "PYTHONWARNINGS": "ignore"}
        return self

    def __exit__(self, *_: object) -> None:
        self.folder.cleanup()

    def addresses(self) -> list[str]:
        """What was opened so far."""
        return self.visits.read_text().split() if self.visits.exists() else []

    def trouble(self) -> str:
        """What the person stumbled over."""
        return self.log.read_text()[-600:] if self.log.exists() else ""

    def disconnects(self) -> list[str]:
        return [sys.executable, str(HERE / "disconnect.py"), str(self.file)]

    def says_yes(self) -> list[str]:
        """From then on, as at the beginning."""
        return ["cp", str(self.file) + ".first", str(self.file)]


class SignIn:
    """One client, known in one way: the plan, and the checks over what came back."""

    def __init__(self, client: SigningClient, era: str, way: Way, demo: Demo):
        self.client, self.era, self.way, self.demo, self.title = client, era, way, demo, DESKS[0]
        self.customer = f"Probe {uuid.uuid4().hex[:12]}"
        self.answer: dict = {}
        self.asked_before, self.opened, self.trouble = 0, [], ""

    def at(self, title: str) -> "SignIn":
        """The same by this person."""
        self.title = title
        return self

    @property
    def where(self) -> str:
        return f"{self.client.name} ({self.era}, {self.way.name})"

    def run(self) -> None:
        with Visitor(self.demo, self.title) as visitor:
            search = {"do": "call", "tool": "stripe__search_customers", "arguments": {"query": self.customer}}
            steps = [
                {"do": "call", "tool": "stripe__create_customer", "arguments": {"name": self.customer}},
                search,
                {"do": "later"},
                search,
                {"do": "run", "command": ["cp", str(visitor.visits), str(visitor.visits) + ".before"]},
                {"do": "run", "command": visitor.disconnects()},
                {**search, "may_fail": True},
            ]  # fmt: skip
            if self.client.comes_back:
                yes = {"do": "run", "command": visitor.says_yes()}
                steps += [yes, search]
            session = {"url": self.demo.mcp_url, "era": self.era, "sign_in": self.way.told, "steps": steps}
            answer = self.client.run({"sessions": [session]}, visitor.surroundings)
            self.answer = answer["sessions"][0]
            before = Path(str(visitor.visits) + ".before")
            self.asked_before = len(before.read_text().split()) if before.exists() else 0
            self.opened, self.trouble = visitor.addresses(), visitor.trouble()

    def checks(self) -> Iterator[Check]:
        yield Check("from one URL to a called tool by signing in", self.calls)
        yield Check("is known as it shall be", self.is_known)
        yield Check("what it was given is renewed, and nobody is asked", self.renews)
        yield Check("refused on the next call once it is disconnected", self.is_refused)
        if self.client.comes_back:
            yield Check("asks the person whom it serves, and goes on once they say yes again", self.comes_back)

    def result(self, place: int) -> dict:
        why = f"{self.answer.get('error')} {self.trouble}"
        require("error" not in self.answer, f"the client says: {why}")
        return self.answer["results"][place]

    def calls(self) -> None:
        for place in (0, 1):
            self.found(self.result(place))

    def found(self, result: dict) -> None:
        require(result.get("is_error") is False, f"the call did not work: {result}")
        require(self.customer in result["text"], f"{self.customer} is not in {result['text'][:300]}")

    def is_known(self) -> None:
        self.result(0)
        client_id, told = self.answer["client_id"], self.way.told
        wanted = told.get("document") or told.get("known", {}).get("client_id")
        is_so = client_id == wanted if wanted else client_id.startswith("registered_")
        require(is_so, f"it is known as {client_id}")
        require(f"resource={quote(self.demo.mcp_url, safe='')}" in self.opened[0], f"it asks for {self.opened[0]}")

    def renews(self) -> None:
        self.found(self.result(3))
        require(self.answer["refreshed"], "it still has the tokens that it was given first")
        require(self.asked_before == 1, f"the person was asked {self.asked_before} times")

    def is_refused(self) -> None:
        require("refused" in self.result(6), f"it is answered: {self.result(6)}")

    def comes_back(self) -> None:
        self.found(self.result(8))
        require(len(self.opened) == 3, f"the person was asked {len(self.opened)} times, and not at first and twice after the end")
