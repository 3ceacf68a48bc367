"""What must hold through every client, as one plan for it and named checks over its answer.

A plan is made once per client and era: all sessions in one go, because starting a client costs more than a call.
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from company import GIVEN, tools_of
from demo import Demo

VERSIONS = {"modern": "2026-07-28", "legacy": "2025-11-25"}
# As long as each other, so that not even a length tells them apart.
HIDDEN, ABSENT, ABSENT_INTEGRATION = "salesforce__get_account", "salesforce__get_acc0unt", "salesf0rce__get_account"
PROGRESS_STEPS = 4


class Failed(AssertionError):
    """A check that does not hold, in one sentence."""


@dataclass(frozen=True)
class Check:
    """One named check; `hold` raises what is wrong."""

    name: str
    hold: object


def require(holds: bool, sentence: str) -> None:
    if not holds:
        raise Failed(sentence)


class Round:
    """One client in one era against the demo: the plan, and the checks over what came back."""

    def __init__(self, client, era: str, demo: Demo):
        self.client, self.era, self.demo = client, era, demo
        self.customer = f"Probe {uuid.uuid4().hex[:12]}"
        self.sessions: list[dict] = []
        self.places: dict[str, int] = {}
        self.answer: dict = {}
        self.lay_plan()

    @property
    def where(self) -> str:
        return f"{self.client.name} ({self.era})"

    def lay_plan(self) -> None:
        for identity in GIVEN:
            self.add(f"list {identity}", identity, [{"do": "list"}])
        self.add("work", "Finance Manager", [
            {"do": "call", "tool": "stripe__create_customer", "arguments": {"name": self.customer}},
            {"do": "call", "tool": "stripe__search_customers", "arguments": {"query": self.customer}},
        ])  # fmt: skip
        self.add("hidden", "Finance Manager", [
            {"do": "call", "tool": name, "arguments": {}} for name in (HIDDEN, ABSENT, ABSENT_INTEGRATION)
        ])  # fmt: skip
        self.add("wrong key", "Finance Manager", [{"do": "list"}], key="wrp_" + "0" * 34)
        if self.client.features.calls_unlisted:
            self.add("denied", "Finance Manager", [
                {"do": "call", "tool": "stripe__delete_customer", "arguments": {"customer": "cus_001001"}},
                {"do": "call", "tool": "stripe__list_customers", "arguments": {}},
            ])  # fmt: skip
        if self.client.features.shows_progress:
            arguments = {"steps": PROGRESS_STEPS, "step_ms": 30}
            call = {"do": "call", "tool": "google-analytics__run_funnel_report", "arguments": arguments}
            self.add("progress", "Marketing Analyst", [{**call, "progress": True}])
        one = f"{self.demo.url}/o/{self.demo.org}/mcp/stripe"
        self.add("one integration", "Finance Manager", [{"do": "list"}], url=one)

    def add(self, name: str, identity: str, steps: list[dict], *, key: str | None = None, url: str | None = None):
        self.places[name] = len(self.sessions)
        self.sessions.append({
            "url": url or self.demo.mcp_url, "key": key or self.demo.keys[identity], "era": self.era, "steps": steps,
        })  # fmt: skip

    def run(self) -> None:
        self.answer = self.client.run({"sessions": self.sessions})

    def session(self, name: str) -> dict:
        return self.answer["sessions"][self.places[name]]

    def results(self, name: str) -> list[dict]:
        session = self.session(name)
        require("error" not in session, f"the client says: {session.get('error')}")
        return session["results"]

    def checks(self) -> Iterator[Check]:
        if self.client.features.shows_version:
            yield Check("speaks the version of its era", self.speaks_its_version)
        for identity in GIVEN:
            yield Check(f"{identity}: exactly the tools of the table", lambda who=identity: self.lists_exactly(who))
        yield Check("one integration's URL has its own names", self.lists_one_integration)
        yield Check("a call works and the next one reads what it wrote", self.call_works)
        yield Check("a hidden tool answers as one that does not exist", self.hidden_is_absent)
        yield Check("a wrong key opens nothing", self.wrong_key_opens_nothing)
        if "denied" in self.places:
            yield Check("a denied call names the reason and whom to ask", self.denial_explains)
        if "progress" in self.places:
            yield Check("progress arrives, in order and to the end", self.progress_arrives)

    def speaks_its_version(self) -> None:
        self.results("list Owner")
        protocol = self.session("list Owner")["protocol"]
        require(protocol == VERSIONS[self.era], f"it speaks {protocol}")

    def lists_exactly(self, identity: str) -> None:
        require_set(self.results(f"list {identity}")[0], tools_of(identity))

    def lists_one_integration(self) -> None:
        own = {name.removeprefix("stripe__") for name in tools_of("Finance Manager")}
        require_set(self.results("one integration")[0], own)

    def call_works(self) -> None:
        created, found = self.results("work")
        for result in (created, found):
            require("is_error" in result and not result["is_error"], f"the call did not work: {result}")
            require(self.customer in result["text"], f"{self.customer} is not in {result['text'][:300]}")

    def hidden_is_absent(self) -> None:
        answers = []
        for name, result in zip((HIDDEN, ABSENT, ABSENT_INTEGRATION), self.results("hidden"), strict=True):
            require("error" in result, f"{name} answered {result}")
            message = result["error"]["message"]
            require("denied" not in message.lower(), f"{name} is told to be denied: {message}")
            answers.append((result["error"]["code"], message.replace(name, "NAME")))
        require(len(set(answers)) == 1, f"the answers differ: {answers}")

    def wrong_key_opens_nothing(self) -> None:
        self.results("list Finance Manager")
        session = self.session("wrong key")
        require("error" in session or all("error" in result for result in session["results"]), f"it opens {session}")

    def denial_explains(self) -> None:
        denied, allowed = self.results("denied")
        require_denial(denied, ["delete_customer", "never delete"], self.demo)
        require(allowed.get("is_error") is False, f"reading customers answers {allowed}")

    def progress_arrives(self) -> None:
        (result,) = self.results("progress")
        require(result.get("is_error") is False, f"the call did not work: {result}")
        steps = [told["progress"] for told in result["progress"]]
        require(len(steps) == PROGRESS_STEPS, f"{len(steps)} notifications of {PROGRESS_STEPS} arrived: {steps}")
        require(steps == sorted(set(steps)), f"they are out of order: {steps}")
        require(steps[-1] == result["progress"][-1]["total"], f"the last one is not the end: {result['progress']}")


class SwitchedOff(Round):
    """The same client while one tool of Stripe is switched off for the finance manager (PW-41)."""

    TOOL = "stripe__create_refund"

    def lay_plan(self) -> None:
        look_up = {"do": "call", "tool": "stripe__list_customers", "arguments": {}}
        self.add("list", "Finance Manager", [{"do": "list"}, look_up])
        if self.client.features.calls_unlisted:
            refund = {"do": "call", "tool": self.TOOL, "arguments": {"payment_intent": "pi_000001"}}
            self.add("denied", "Finance Manager", [refund])

    def checks(self) -> Iterator[Check]:
        yield Check("a tool switched off for one person: gone from her list, the rest works", self.list_lacks_it)
        if "denied" in self.places:
            yield Check("a tool switched off for one person: the call names the reason", self.call_explains)

    def list_lacks_it(self) -> None:
        listed, looked_up = self.results("list")
        require_set(listed, tools_of("Finance Manager") - {self.TOOL})
        require(looked_up.get("is_error") is False, f"looking customers up answers {looked_up}")

    def call_explains(self) -> None:
        require_denial(self.results("denied")[0], ["create_refund", "switched off for you"], self.demo)


def require_set(listed: dict, expected: set[str]) -> None:
    require("tools" in listed, f"the list answers {listed}")
    names = listed["tools"]
    require(len(names) == len(set(names)), "a name is listed twice")
    missing, extra = sorted(expected - set(names)), sorted(set(names) - expected)
    require(not missing and not extra, f"missing {missing}, too many {extra}")


def require_denial(result: dict, words: list[str], demo: Demo) -> None:
    """A denial is a tool's own error, which clients show to model and person, and it names who could help."""
    require(result.get("is_error") is True, f"it answers {result}")
    text = result["text"]
    for word in words:
        require(word in text, f"`{word}` is not in: {text}")
    helpers = [demo.names["Owner"], demo.names["Head of Operations"]]
    require(any(name in text for name in helpers), f"nobody to ask is named in: {text}")
