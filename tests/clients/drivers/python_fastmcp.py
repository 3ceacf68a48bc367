"""Drives the client of the Python package `fastmcp`, unmodified: reads a plan on stdin, prints what the client saw.

What a plan and an answer look like is said in `clients.py`.
"""

import asyncio
import json
import sys

from fastmcp import Client
from fastmcp.client.auth import OAuth
from mcp import MCPError

from waiting import act, may_end

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
        if (done := await act(step)) is not None:
            return done
        if step["do"] == "list":
            return {"tools": [tool.name for tool in await client.list_tools()]}
        return await call_tool(client, step)
    except MCPError as fault:
        return {"error": {"code": fault.error.code, "message": fault.error.message}}


def authorization(session: dict) -> object:
    """A key, or what it does by itself with the word `oauth`, or the same with what is to be said beforehand."""
    if "sign_in" not in session:
        return session["key"]
    way = session["sign_in"]
    if "document" in way:
        return OAuth(client_metadata_url=way["document"], callback_host="127.0.0.1", callback_timeout=15)
    if "known" in way:
        return OAuth(**way["known"], callback_host="127.0.0.1", callback_timeout=15)
    return "oauth"


async def run(session: dict) -> dict:
    auth, results, told = authorization(session), [], {}
    try:
        async with Client(session["url"], auth=auth, mode=MODES[session["era"]], timeout=20) as client:
            told |= {"protocol": client.protocol_version, "results": results}
            if "sign_in" not in session:
                results += [await take(client, step) for step in session["steps"]]
                return told
            kept = client.transport.auth.token_storage_adapter
            first, told["client_id"] = await kept.get_tokens(), (await kept.get_client_info()).client_id
            for step in session["steps"]:
                results.append(await take(client, step))
                told["refreshed"] = (await kept.get_tokens()).refresh_token != first.refresh_token
    except Exception as fault:
        # The whole connection ends with a sign-in that comes to nothing.
        if not may_end(session, results):
            raise
        results.append({"refused": f"{type(fault).__name__}: {fault}"})
    return told


async def main() -> None:
    answers = []
    for session in json.load(sys.stdin)["sessions"]:
        try:
            answers.append(await asyncio.wait_for(run(session), 40))
        except Exception as fault:  # whatever a client throws is what its user would see
            answers.append({"error": f"{type(fault).__name__}: {fault}"})
    json.dump({"sessions": answers}, sys.stdout)


asyncio.run(main())
