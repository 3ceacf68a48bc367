"""Drives the client of the Python package `mcp`, unmodified: reads a plan on stdin, prints what the client saw.

What a plan and an answer look like is said in `clients.py`.
"""

import asyncio
import json
import sys

from mcp import Client, MCPError
from mcp.client.auth import AuthorizationCodeResult, OAuthClientProvider
from mcp.client.streamable_http import create_mcp_http_client, streamable_http_client
from mcp.shared.auth import OAuthClientInformationFull, OAuthClientMetadata

from waiting import Waiting, act, may_end

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
        if (done := await act(step)) is not None:
            return done
        return await list_tools(client) if step["do"] == "list" else await call_tool(client, step)
    except MCPError as fault:
        return {"error": {"code": fault.error.code, "message": fault.error.message}}


class Kept:
    """What an application keeps of a sign-in."""

    def __init__(self) -> None:
        self.tokens, self.client, self.first = None, None, None

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens) -> None:
        self.tokens, self.first = tokens, self.first or tokens

    async def get_client_info(self):
        return self.client

    async def set_client_info(self, client) -> None:
        self.client = client

    def told(self) -> dict:
        refreshed = self.tokens.refresh_token != self.first.refresh_token
        return {"refreshed": refreshed, "client_id": self.client.client_id}


async def provider(session: dict, kept: Kept) -> OAuthClientProvider:
    at = Waiting()
    await at.open()
    way, known = session["sign_in"], session["sign_in"].get("known")
    about = {
        "client_name": "wardroom-client-tests",
        "redirect_uris": [at.back],
        "grant_types": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_method": "client_secret_post" if (known or {}).get("client_secret") else "none",
    }
    if known:
        kept.client = OAuthClientInformationFull(**about, **known)

    async def returned() -> AuthorizationCodeResult:
        came = await at.returned()
        if "code" not in came:
            raise RuntimeError(f"the person came back with {came}")
        return AuthorizationCodeResult(code=came["code"], state=came.get("state"), iss=came.get("iss"))

    return OAuthClientProvider(
        session["url"], OAuthClientMetadata(**about), kept, at.send, returned, client_metadata_url=way.get("document")
    )


async def run(session: dict) -> dict:
    kept, results, told = Kept(), [], {}
    if "sign_in" in session:
        http = create_mcp_http_client(auth=await provider(session, kept))
    else:
        http = create_mcp_http_client(headers={"Authorization": f"Bearer {session['key']}"})
    try:
        async with http:
            transport = streamable_http_client(session["url"], http_client=http)
            async with Client(transport, mode=MODES[session["era"]], read_timeout_seconds=20) as client:
                told = {"protocol": client.protocol_version, "results": results}
                for step in session["steps"]:
                    results.append(await take(client, step))
    except Exception as fault:
        # The whole connection ends with a sign-in that comes to nothing.
        if not may_end(session, results):
            raise
        results.append({"refused": describe(fault)})
    return told | (kept.told() if "sign_in" in session else {})


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
