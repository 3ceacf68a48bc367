"""What a Python application does around its library for OAuth: it opens the person's browser and waits for them on this
machine; and what the drivers do besides calling tools."""

import asyncio
import os
import subprocess
import time
from urllib.parse import parse_qsl, urlsplit

WAIT_SECONDS_MAX = 15
HOUR_SECONDS = 3_600

real_time = time.time


class Waiting:
    """An address of this machine at which the person comes back."""

    def __init__(self) -> None:
        self.back = ""
        self.came: asyncio.Queue[dict[str, str]] = asyncio.Queue()

    async def open(self) -> None:
        self.server = await asyncio.start_server(self.answer, "127.0.0.1", 0)
        self.back = f"http://127.0.0.1:{self.server.sockets[0].getsockname()[1]}/callback"

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\nconnection: close\r\n\r\nBack")
        await writer.drain()
        writer.close()
        await self.came.put(dict(parse_qsl(urlsplit(head.split(" ")[1]).query)))

    async def send(self, address: str) -> None:
        subprocess.Popen([os.environ["BROWSER"], address])

    async def returned(self) -> dict[str, str]:
        return await asyncio.wait_for(self.came.get(), WAIT_SECONDS_MAX)


def an_hour_later() -> None:
    """Moves the clock that the libraries ask whether a token is still good."""
    time.time = lambda: real_time() + 2 * HOUR_SECONDS


def now_again() -> None:
    time.time = real_time


async def act(step: dict) -> dict | None:
    """Steps that are no calls."""
    if step["do"] == "later":
        an_hour_later()
        return {"later": True}
    if step["do"] == "run":
        # What is refreshed once is good for another hour.
        now_again()
        done = await asyncio.to_thread(subprocess.run, step["command"], capture_output=True, text=True, check=True)
        return {"ran": done.stdout}
    return None


def may_end(session: dict, results: list[dict]) -> bool:
    """Whether a step that may be refused was the last one begun. Its result, if it has one, is taken away: the connection
    broke."""
    place = min(len(results), len(session["steps"]) - 1)
    del results[place:]
    return session["steps"][place].get("may_fail", False)
