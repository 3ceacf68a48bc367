"""Who shall see what: the table that the demo company must show through every client, written down independently.

`tools.json` holds every tool of every integration under what it really does, which its annotations may deny. An
identity's tools are the integrations it was given, cut to the classes of its profile.
"""

import json
from pathlib import Path

CLASSES = {
    "read-only": ("read",),
    "no-delete": ("read", "write"),
    "full": ("read", "write", "delete"),
}
TOOLS: dict[str, dict[str, list[str]]] = json.loads((Path(__file__).parent / "tools.json").read_text())
EVERYTHING = dict.fromkeys(TOOLS, "full")

# By job title, or by name for the bot.
GIVEN: dict[str, dict[str, str]] = {
    "Owner": EVERYTHING,
    "Head of Operations": EVERYTHING,
    "Sales Representative": {"salesforce": "full", "sendgrid": "no-delete"},
    "Marketing Analyst": {"google-analytics": "read-only", "google-ads": "read-only"},
    "Finance Manager": {"stripe": "no-delete"},
    "Support bot": {"salesforce": "read-only", "outlook": "no-delete"},
}

# How many tools the three integrations have that the issue counts; a shorter table would prove less.
COUNTS = {"salesforce": 20, "stripe": 50, "outlook": 29}


def tools_of(identity: str) -> set[str]:
    """The names that this identity's client must list, no more and no fewer."""
    return {
        f"{integration}__{tool}"
        for integration, profile in GIVEN[identity].items()
        for tool_class in CLASSES[profile]
        for tool in TOOLS[integration][tool_class]
    }
