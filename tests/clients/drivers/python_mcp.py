"""Drives the client of the Python package `mcp`, unmodified: reads a plan on stdin, prints what the client saw.

What a plan and an answer look like is said in `clients.py`.
"""

import asyncio
import json
import sys

from mcp import Client, MCPError
from mcp.client.streamable_http import create_mcp_http_client, streamable_http_client

# `auto` is what a user gets who says nothing: it asks the server, which must answer with the modern era.
MODES = {"legacy": "legacy", "modern": "auto"}


async def list_tools(client: Client) -> dict:
    names, cursor = [], None
    while True:
        page = await client.list_tools(cursor=cursor)
        names += [tool.name for tool in page.tools]
        cursor = page.next_cursor
        if cursor is None:
            return {"tools": names}


async def call_tool(client: Client, step: dict) -> dict:
    told = []

    async def on_progress(progress: float, total: float | None, message: str | None) -> None:
        told.append({"progress": progress, "total": total})

    watch = {"progress_callback": on_progress} if step.get("progress") else {}
    result = await client.call_tool(step["tool"], step.get("arguments", {}), **watch)
    texts = [block.text for block in result.content if block.type == "text"]
    return {"is_error": bool(result.is_error), "text": "\n".join(texts), "progress": told}


async def take(client: Client, step: dict) -> dict:
    try:
        return await list_tools(client) if step["do"] == "list" else await call_tool(client, step)
    except MCPError as fault:
        return {"error": {"code": fault.error.code, "message": fault.error.message}}


async def run(session: dict) -> dict:
    http = create_mcp_http_client(headers={"Authorization": f"Bearer {session['key']}"})
    async with http:
        transport = streamable_http_client(session["url"], http_client=http)
        async with Client(transport, mode=MODES[session["era"]], read_timeout_seconds=20) as client:
            results = [await take(client, step) for step in session["steps"]]
            return {"protocol": client.protocol_version, "results": results}


async def main() -> None:
    answers = []
    for session in json.load(sys.stdin)["sessions"]:
        try:
            answers.append(await asyncio.wait_for(run(session), 40))
        except Exception as fault:  # whatever a client throws is what its user would see
            answers.append({"error": describe(fault)})
    json.dump({"sessions": answers}, sys.stdout)


def describe(fault: BaseException) -> str:
    inner = getattr(fault, "exceptions", None)
    return "; ".join(describe(one) for one in inner) if inner else f"{type(fault).__name__}: {fault}"


asyncio.run(main())
