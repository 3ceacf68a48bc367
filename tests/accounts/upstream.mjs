// A protected MCP server: streamable HTTP on the TypeScript SDK, in both eras, for which a provider issues the tokens.
//
// It believes a token only if it is for it (the audience), and writes down whose token came with what. `tell` changes what
// it says of itself.

import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { NodeStreamableHTTPServerTransport, toNodeHandler, toWebRequest } from "@modelcontextprotocol/node";
import { McpServer, createMcpHandler, fromJsonSchema, isLegacyRequest } from "@modelcontextprotocol/server";
import { createRemoteJWKSet, jwtVerify } from "jose";
import { SCOPES, digest } from "./provider.mjs";

const DOOR = "/mcp";
const METADATA = `/.well-known/oauth-protected-resource${DOOR}`;
/** What a tool needs; what is not named needs the first of the scopes. */
const NEEDS = { send_mail: "mail.send" };

/**
 * Starts one that `provider` protects. `era` is `both`, `legacy` (2025-11-25 with sessions) or `modern` (2026-07-28 without);
 * `verify` is `introspection` or `jwt`; `pointer` says whether a refusal names the metadata, which otherwise has to be found.
 */
export async function startUpstream(provider, { era = "both", verify = "introspection", pointer = true } = {}) {
  const server = createServer();
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  const origin = `http://127.0.0.1:${server.address().port}`;
  const resource = origin + DOOR;
  provider.protect(resource);
  const log = { calls: [], refused: [], sent: [], crossed: [] };
  const state = { told: {}, refusing: new Set(), every: false, pointer };
  const metadata = () => ({ resource, authorization_servers: [provider.issuer], scopes_supported: SCOPES,
    bearer_methods_supported: ["header"], ...state.told });
  const believe = verify === "jwt" ? bySignature(provider, resource) : byAsking(provider, resource);
  const serve = { modern: modern(log), legacy: legacy(log) };

  const refuse = (response, status, words, why, token) => {
    log.refused.push({ status, why, token });
    const known = state.pointer ? { ...words, resource_metadata: origin + METADATA } : words;
    const parts = Object.entries(known).map(([name, value]) => `${name}="${value}"`).join(", ");
    response.writeHead(status, { "www-authenticate": `Bearer ${parts}`, "content-type": "application/json" });
    response.end(JSON.stringify({ error: why }));
  };

  const answer = async (request, response) => {
    const { pathname, searchParams } = new URL(request.url, origin);
    if (pathname === METADATA) {
      return response.setHeader("content-type", "application/json").end(JSON.stringify(metadata()));
    }
    if (pathname !== DOOR) return response.writeHead(404).end();
    const [scheme, presented] = (request.headers.authorization ?? "").split(" ");
    if (searchParams.has("access_token")) return refuse(response, 400, { error: "invalid_request" }, "a token in the address");
    if (scheme !== "Bearer" || !presented) return refuse(response, 401, { scope: SCOPES[0] }, "no token");
    const token = digest(presented);
    const bearer = state.every || state.refusing.has(token) ? { why: "taken back" } : await believe(presented);
    if (bearer.why) return refuse(response, 401, { error: "invalid_token", scope: SCOPES[0] }, bearer.why, token);
    const body = await bodyOf(request);
    const tool = body?.method === "tools/call" ? body.params?.name : undefined;
    const needed = NEEDS[tool] ?? SCOPES[0];
    if (!bearer.scopes.includes(needed)) {
      const scope = [...new Set([...bearer.scopes, needed])].join(" ");
      return refuse(response, 403, { error: "insufficient_scope", scope }, `${tool ?? body?.method} needs ${needed}`, token);
    }
    request.auth = { token, clientId: bearer.client, scopes: bearer.scopes, extra: { person: bearer.person, token } };
    const isLegacy = era === "legacy" || (era === "both" && (await isLegacyRequest(await toWebRequest(request, body), body)));
    await serve[isLegacy ? "legacy" : "modern"](request, response, body);
  };
  // What fails here is a fault of these tests.
  server.on("request", (request, response) => answer(request, response).catch((fault) => (console.error(fault), response.destroy())));

  return {
    url: resource, resource, origin, log,

    /** Lays something over its metadata: another `resource`, other `authorization_servers`. */
    tell: (told) => (state.told = told),

    /** Takes back every token that there is, whatever the provider says of them. */
    refuseAll: () => (state.refusing = new Set(provider.log.tokens.map(({ token }) => token))),

    /** Refuses every token, those to come as well. */
    refuseEvery: (every) => (state.every = every),

    stop: () => new Promise((stopped) => (server.closeAllConnections(), server.close(stopped))),
  };
}

async function bodyOf(request) {
  if (request.method !== "POST") return undefined;
  let text = "";
  for await (const part of request) text += part;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whether a token is good, as its provider says when it is asked. */
function byAsking({ issuer, asker }, resource) {
  const authorization = `Basic ${Buffer.from(`${asker.client_id}:${asker.client_secret}`).toString("base64")}`;
  return async (token) => {
    const body = new URLSearchParams({ token });
    const asked = await fetch(`${issuer}/token/introspection`, { method: "POST", headers: { authorization }, body });
    const said = await asked.json();
    if (!said.active) return { why: "not in force" };
    return bearerOf(said, resource);
  };
}

/** The same by its signature, without asking about each. */
function bySignature({ issuer }, resource) {
  const keys = createRemoteJWKSet(new URL(`${issuer}/jwks`));
  return async (token) => {
    try {
      const { payload } = await jwtVerify(token, keys, { issuer, audience: resource, typ: "at+jwt" });
      return bearerOf(payload, resource);
    } catch (fault) {
      return { why: fault.message };
    }
  };
}

function bearerOf({ sub, client_id: client, aud, scope = "" }, resource) {
  if (![aud].flat().includes(resource)) return { why: `made for ${aud}` };
  const person = sub === undefined || sub === client ? "service" : sub;
  return { person, client, scopes: scope.split(" ").filter(Boolean) };
}

/** One request, one server: nothing is kept between them. */
function modern(log) {
  const handler = createMcpHandler(() => tools(log, "modern"), { legacy: "reject", onerror: (fault) => console.error(fault) });
  return toNodeHandler(handler);
}

/** Sessions, each of which is the person's who began it. */
function legacy(log) {
  const sessions = new Map();
  return async (request, response, body) => {
    const { person } = request.auth.extra;
    const id = request.headers["mcp-session-id"];
    const known = sessions.get(id);
    if (id !== undefined && known === undefined) return response.writeHead(404).end();
    if (known !== undefined && known.person !== person) {
      log.crossed.push({ session: id, of: known.person, by: person });
      return response.writeHead(404).end();
    }
    if (known !== undefined) return known.transport.handleRequest(request, response, body);
    const transport = new NodeStreamableHTTPServerTransport({
      sessionIdGenerator: () => randomUUID(),
      onsessioninitialized: (id) => sessions.set(id, { transport, person }),
    });
    transport.onclose = () => sessions.delete(transport.sessionId);
    await tools(log, "legacy").connect(transport);
    await transport.handleRequest(request, response, body);
  };
}

const schema = (properties) =>
  fromJsonSchema({ type: "object", properties, required: Object.keys(properties), additionalProperties: false });
const said = (value) => ({ content: [{ type: "text", text: JSON.stringify(value) }] });

function tools(log, era) {
  const server = new McpServer({ name: "mail", version: "1.0.0" });
  const tool = (name, description, reads, properties, work) => {
    const about = { description, annotations: { readOnlyHint: reads, destructiveHint: false }, inputSchema: schema(properties) };
    server.registerTool(name, about, (input, context) => {
      const { clientId: client, extra } = context.http.authInfo;
      log.calls.push({ person: extra.person, token: extra.token, client, tool: name, input, era });
      return said(work(extra.person, input));
    });
  };
  tool("whoami", "Says whose account this is.", true, {}, (person) => ({ person }));
  tool("list_mails", "Lists the mails of this account.", true, {}, (person) => ({ mails: [`welcome, ${person}`] }));
  tool("send_mail", "Sends a mail from this account.", false, { to: { type: "string" }, subject: { type: "string" } }, (person, input) => {
    log.sent.push({ from: person, ...input });
    return { sent: log.sent.length };
  });
  return server;
}
