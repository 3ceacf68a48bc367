"""Unmodified real MCP clients against the demo company, given nothing but a URL and a key; and once more with the URL alone,
when their person signs in.

Needs `WARDROOM_BIN` (the executable), `WARDROOM_CLIENTS_NPM` (the folder that holds the `node_modules` of
`package.json`) and `WARDROOM_CLIENTS_RMCP` (the executable of `rmcp/`), and runs in a Python that has `requirements.txt`;
`cargo xtask test` prepares all four. Prints one line per check; the last line is `clients: N passed, N failed`, and the
exit code says the same. Words on the command line narrow the run to the clients whose name holds one of them.

Start reading at `main`; `checks.py` says what must hold, `company.py` who shall see what.
"""

import json
import os
import shutil
import subprocess
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

# The folder of the tests stays as it is in the repository.
sys.dont_write_bytecode = True

from checks import Check, Failed, Round, SwitchedOff, require
from clients import Trouble, Way, all_clients, find_inspector_node, signing_clients, versions
from company import COUNTS, TOOLS
from demo import Demo, running_demo
from documents import serving_documents
from signing_in import DESKS, SignIn, all_ways
from stepping_up import StepUp, step_ups
from suites import authorization_server

# Two at a time: each client is a process or many, and the demo needs room too.
AT_ONCE = 2
API_SECONDS_MAX = 20


class Tally:
    """Counts and prints the checks."""

    def __init__(self) -> None:
        self.passed = self.failed = 0

    def hold(self, where: str, check: Check) -> None:
        try:
            check.hold()
        except Failed as fault:
            self.fail(f"{where}: {check.name}", str(fault))
        else:
            self.passed += 1
            print(f"ok      {where}: {check.name}")

    def fail(self, what: str, why: str) -> None:
        self.failed += 1
        print(f"FAILED  {what}\n        {why}")


def main() -> int:
    tally = Tally()
    try:
        wanted = sys.argv[1:]
        npm = Path(setting("WARDROOM_CLIENTS_NPM"))
        print("clients with", ", ".join(versions(npm)))
        clients = [one for one in all_clients(npm) if not wanted or any(word in one.name for word in wanted)]
        with (
            serving_documents() as documents,
            running_demo(setting("WARDROOM_BIN"), "--destination-ca-file", documents.authority) as demo,
        ):
            tally.hold("the table", Check("holds as many tools as were promised", counts_hold))
            run_rounds([Round(client, era, demo) for client in clients for era in client.eras], tally)
            run_sign_ins(npm, all_ways(demo, documents), demo, wanted, tally)
            with tool_switched_off(demo):
                run_rounds([SwitchedOff(client, era, demo) for client in clients for era in client.eras], tally)
    except (Trouble, RuntimeError, OSError) as fault:
        tally.fail("setting up", str(fault))
    except KeyError as field:
        tally.fail("setting up", f"the demo's file lacks {field}")
    print(f"clients: {tally.passed} passed, {tally.failed} failed")
    return 0 if tally.failed == 0 and tally.passed > 0 else 1


def setting(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise Trouble(f"{name} is not set; `cargo xtask test` sets it")
    return value


def counts_hold() -> None:
    for integration, count in COUNTS.items():
        found = sum(len(tools) for tools in TOOLS[integration].values())
        require(found == count, f"{integration} has {found} tools, not {count}")


def run_rounds(rounds: list[Round] | list[StepUp], tally: Tally, at_once: int = AT_ONCE) -> None:
    """Runs the clients side by side, and then holds their checks one after the other."""
    with ThreadPoolExecutor(at_once) as pool:
        for one, trouble in zip(rounds, pool.map(run_round, rounds), strict=True):
            if trouble is not None:
                tally.fail(f"{one.where}: the client runs", trouble)
                continue
            for check in one.checks():
                tally.hold(one.where, check)


def run_sign_ins(npm: Path, ways: list[Way], demo: Demo, wanted: list[str], tally: Tally) -> None:
    """The clients once more, without a key. Each of two people sits at one desk, and uses one client after the other."""
    clients = [one for one in signing_clients(npm) if not wanted or any(word in one.name for word in wanted)]
    # In every era one way, and every way in one era.
    rounds = [SignIn(client, era, ways[0], demo) for client in clients for era in client.eras]
    rounds += [SignIn(client, client.eras[-1], way, demo) for client in clients for way in ways[1:]]
    desks = [rounds[desk::len(DESKS)] for desk in range(len(DESKS))]
    with ThreadPoolExecutor(len(DESKS)) as pool:
        troubles = [trouble for desk in pool.map(run_desk, desks, DESKS) for trouble in desk]
    for one, trouble in zip([it for desk in desks for it in desk], troubles, strict=True):
        if trouble is not None:
            tally.fail(f"{one.where}: the client runs", trouble)
            continue
        for check in one.checks():
            tally.hold(one.where, check)
    # One person, who uses one client after the other.
    run_rounds(step_ups(clients, demo), tally, 1)
    node = find_inspector_node(npm, shutil.which("node"))
    for check in authorization_server(node, npm, demo):
        if not wanted or any(word in check.name for word in wanted):
            tally.hold("the authorization server", check)


def run_desk(rounds: list[SignIn], title: str) -> list[str | None]:
    return [run_round(one.at(title)) for one in rounds]


def run_round(one: Round | SignIn | StepUp) -> str | None:
    try:
        one.run()
    except (Trouble, OSError, ValueError, KeyError, subprocess.SubprocessError) as fault:
        return f"{type(fault).__name__}: {fault}"
    return None


class tool_switched_off:
    """Switches refunds off for the finance manager, as the owner would, for as long as the block lasts."""

    def __init__(self, demo: Demo):
        self.demo = demo

    def __enter__(self) -> None:
        self.grant(["create_refund"])

    def __exit__(self, *_: object) -> None:
        self.grant([])

    def grant(self, tools_off: list[str]) -> None:
        demo = self.demo
        path = f"/api/v1/orgs/{demo.org}/members/{demo.emails['Finance Manager']}/integrations/stripe"
        body = json.dumps({"profile": "no-delete", "tools_off": tools_off}).encode()
        headers = {"Authorization": f"Bearer {demo.keys['Owner']}", "Content-Type": "application/json"}
        request = urllib.request.Request(demo.url + path, body, headers, method="PUT")
        with urllib.request.urlopen(request, timeout=API_SECONDS_MAX) as answer:
            answer.read()


if __name__ == "__main__":
    sys.exit(main())
