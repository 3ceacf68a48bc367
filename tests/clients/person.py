"""A person with a browser: opens an address, signs in where that is asked, says yes or no, and is sent back.

Clients start it in place of a browser, by the variable BROWSER. Who it is and what they say is in the JSON file that
`WARDROOM_PERSON` names: `url` (of the demo), `email`, `answer` (`connect` or `refuse`), `visits` (a file that gets a
line for each address that was opened) and, where they first let the client do less than it asks, `lets_first` (a profile). It fails where a page is not what a person would expect.
"""

import json
import os
import re
import sys
import urllib.error
import urllib.request
from html import unescape
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode, urljoin, urlsplit

PAGE_SECONDS_MAX = 20
STEPS_MAX = 8


class Stay(urllib.request.HTTPRedirectHandler):
    """Says where a page sends on to, instead of going there."""

    def redirect_request(self, *_: object) -> None:
        return None


class Person:
    """One visit: a browser that knows nothing yet."""

    def __init__(self, url: str, email: str, answer: str, lets: str | None = None):
        self.url, self.email, self.answer, self.lets = url, email, answer, lets
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()), Stay)

    def open(self, address: str) -> str:
        """Goes wherever it leads, and gives what stands on the last page."""
        status, text, to = self.ask(address)
        for _ in range(STEPS_MAX):
            if status in (302, 303):
                address = urljoin(address, to)
                status, text, to = self.ask(address)
            elif self.is_ours(address) and 'action="/sign-in/as"' in text:
                # After signing in as somebody, they are where they wanted to go.
                status, text, to = self.send("/sign-in/as", text, email=self.email)
            elif self.is_ours(address) and 'action="/oauth/authorize"' in text:
                fields = {name: value_of(text, name) for name in ("request", "organization")}
                fields["profile"] = self.lets or chosen_in(text, "profile")
                status, text, to = self.send("/oauth/authorize", text, **fields, answer=self.answer)
            else:
                break
        # What a client says to whoever said no is its own affair.
        if self.is_ours(address) or (status != 200 and self.answer == "connect"):
            raise SystemExit(f"the person is not sent back but stands at {address} with {status}:\n{text[:400]}")
        return text

    def is_ours(self, address: str) -> bool:
        return urlsplit(address).netloc == urlsplit(self.url).netloc

    def send(self, path: str, page: str, **fields: str) -> tuple[int, str, str]:
        form = urlencode({"csrf": value_of(page, "csrf"), **fields}).encode()
        headers = {"Origin": self.url, "Sec-Fetch-Site": "same-origin"}
        return self.ask(urllib.request.Request(self.url + path, form, headers))

    def ask(self, request: str | urllib.request.Request) -> tuple[int, str, str]:
        try:
            answer = self.opener.open(request, timeout=PAGE_SECONDS_MAX)
        except urllib.error.HTTPError as told:
            answer = told
        with answer:
            return answer.status, answer.read().decode(), answer.headers.get("Location", "")


def value_of(page: str, name: str) -> str:
    """What a form has for this field when it comes."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    if found is None:
        raise SystemExit(f"there is no field {name} in:\n{page[:400]}")
    return unescape(found[1])


def chosen_in(page: str, name: str) -> str:
    """Which of the choices of a form is made when it comes; where there is only one, it is no choice."""
    found = re.search(rf'name="{name}" value="([^"]*)" checked', page)
    return unescape(found[1]) if found else value_of(page, name)


def main() -> None:
    told = json.loads(Path(os.environ["WARDROOM_PERSON"]).read_text())
    with open(told["visits"], "a") as visits:
        visits.write(sys.argv[1] + "\n")
    is_first = len(Path(told["visits"]).read_text().split()) == 1
    lets = told.get("lets_first") if is_first else None
    Person(told["url"], told["email"], told["answer"], lets).open(sys.argv[1])


if __name__ == "__main__":
    main()
