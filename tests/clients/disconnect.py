"""Disconnects every client that a person has connected, as they would by hand, and from then on says no when they are asked.

Drivers run it between two calls; its argument is the file that says who the person is (`person.py`)."""

import json
import sys
import urllib.request
from pathlib import Path

API_SECONDS_MAX = 20


def ask(told: dict, method: str, path: str) -> dict:
    headers = {"Authorization": f"Bearer {told['key']}"}
    request = urllib.request.Request(f"{told['url']}/api/v1/orgs/{told['org']}{path}", headers=headers, method=method)
    with urllib.request.urlopen(request, timeout=API_SECONDS_MAX) as answer:
        return json.loads(answer.read() or b"{}")


def main() -> None:
    file = Path(sys.argv[1])
    told = json.loads(file.read_text())
    file.write_text(json.dumps({**told, "answer": "refuse"}))
    clients = ask(told, "GET", "/clients")["items"]
    if not clients:
        raise SystemExit("no client is connected")
    for client in clients:
        ask(told, "DELETE", f"/clients/{client['id']}")


if __name__ == "__main__":
    main()
