"""Clients whose person first lets them only look things up: they are told what more to ask for, ask it, and go on."""

import json
import uuid
from collections.abc import Iterator

from checks import Check, require
from clients import SigningClient
from demo import Demo
from signing_in import DESKS, Visitor

# Those that ask their person again in the middle of a call: the first by themselves, the last by their application.
STEPPING_UP = ("python mcp", "python fastmcp", "typescript v2")


class StepUp:
    """One client: the plan, and the checks over what came back."""

    def __init__(self, client: SigningClient, era: str, demo: Demo):
        self.client, self.era, self.demo = client, era, demo
        self.customer = f"Probe {uuid.uuid4().hex[:12]}"
        self.answer: dict = {}
        self.opened, self.trouble = [], ""

    @property
    def where(self) -> str:
        return f"{self.client.name} ({self.era}, let do too little)"

    def run(self) -> None:
        with Visitor(self.demo, DESKS[0]) as visitor:
            told = json.loads(visitor.file.read_text())
            visitor.file.write_text(json.dumps({**told, "lets_first": "read-only"}))
            search = {"do": "call", "tool": "stripe__search_customers", "arguments": {"query": self.customer}}
            create = {"do": "call", "tool": "stripe__create_customer", "arguments": {"name": self.customer}}
            session = {"url": self.demo.mcp_url, "era": self.era, "sign_in": {}, "steps": [search, create, search]}
            answer = self.client.run({"sessions": [session]}, visitor.surroundings)
            self.answer = answer["sessions"][0]
            self.opened, self.trouble = visitor.addresses(), visitor.trouble()

    def checks(self) -> Iterator[Check]:
        yield Check("looks things up with what it was let do", self.looks)
        yield Check("asks its person for more when a call takes more, and makes the call", self.steps_up)

    def result(self, place: int) -> dict:
        require("error" not in self.answer, f"the client says: {self.answer.get('error')} {self.trouble}")
        return self.answer["results"][place]

    def looks(self) -> None:
        found = self.result(0)
        require(found.get("is_error") is False, f"the call did not work: {found}")
        require(self.customer not in found["text"], f"{self.customer} is there before it was made")

    def steps_up(self) -> None:
        for place in (1, 2):
            made = self.result(place)
            require(made.get("is_error") is False and self.customer in made["text"], f"it did not work: {made}")
        require(len(self.opened) == 2, f"the person was asked {len(self.opened)} times")
        require("tools%3Awrite" in self.opened[1], f"it asks for {self.opened[1]}")


def step_ups(clients: list[SigningClient], demo: Demo) -> list[StepUp]:
    """In every era that they speak."""
    return [StepUp(client, era, demo) for client in clients if client.name in STEPPING_UP for era in client.eras]
