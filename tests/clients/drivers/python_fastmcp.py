"""Drives the client of the Python package `fastmcp`, unmodified: reads a plan on stdin, prints what the client saw.

What a plan and an answer look like is said in `clients.py`.
"""

import asyncio
import json
import sys

from fastmcp import Client
from mcp import MCPError

# `auto` is what a user gets who says nothing: it asks the server, which must answer with the modern era.
MODES = {"legacy": "legacy", "modern": "auto"}


async def call_tool(client: Client, step: dict) -> dict:
    told = []

    async def on_progress(progress: float, total: float | None, message: str | None) -> None:
        told.append({"progress": progress, "total": total})

    watch = {"progress_handler": on_progress} if step.get("progress") else {}
    result = await client.call_tool(step["tool"], step.get("arguments", {}), raise_on_error=False, **watch)
    texts = [block.text for block in result.content if block.type == "text"]
    return {"is_error": bool(result.is_error), "text": "\n".join(texts), "progress": told}


async def take(client: Client, step: dict) -> dict:
    try:
        if step["do"] == "list":
            return {"tools": [tool.name for tool in await client.list_tools()]}
        return await call_tool(client, step)
    except MCPError as fault:
        return {"error": {"code": fault.error.code, "message": fault.error.message}}


async def run(session: dict) -> dict:
    async with Client(session["url"], auth=session["key"], mode=MODES[session["era"]], timeout=20) as client:
        results = [await take(client, step) for step in session["steps"]]
        return {"protocol": client.protocol_version, "results": results}


async def main() -> None:
    answers = []
    for session in json.load(sys.stdin)["sessions"]:
        try:
            answers.append(await asyncio.wait_for(run(session), 40))
        except Exception as fault:  # whatever a client throws is what its user would see
            answers.append({"error": f"{type(fault).__name__}: {fault}"})
    json.dump({"sessions": answers}, sys.stdout)


asyncio.run(main())
