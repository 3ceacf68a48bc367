// An MCP client in a few lines, so that a test sees every byte: revision 2026-07-28, one request for each question;
// and of the one before what only its sessions can do.

import { setTimeout } from "node:timers/promises";

import { send } from "./sending.mjs";

const [MODERN, LEGACY] = ["2026-07-28", "2025-11-25"];
const META = "io.modelcontextprotocol";
/** The time that a client takes between its first words and its first call. */
const LISTENING_MS = 1_000;

/** A value as a header takes it: as it is where that is possible. */
function written(value) {
  const text = String(value);
  const isPlain = /^[\x20-\x7e]*$/.test(text) && text.trim() === text && !/^=\?base64\?.*\?=$/i.test(text);
  return isPlain ? text : `=?base64?${Buffer.from(text).toString("base64")}?=`;
}

/** The headers that repeat values of a call, as the tool's schema wishes. */
function mirrored({ properties = {} } = {}, values = {}) {
  const wanted = Object.entries(properties).map(([name, about]) => [about["x-mcp-header"], values[name]]);
  const sent = wanted.filter(([header, value]) => /^[\w-]+$/.test(header ?? "") && value !== undefined && value !== null);
  return Object.fromEntries(sent.map(([header, value]) => [`mcp-param-${header}`, written(value)]));
}

/**
 * Asks an MCP server; gives `status`, `headers` and the last message. `capabilities` are what the client can, `schema` is that of
 * the tool that is called.
 */
export async function ask(url, token, method, params = {}, { capabilities = {}, schema } = {}) {
  const about = { protocolVersion: MODERN, clientInfo: { name: "accounts-test", version: "1" }, clientCapabilities: capabilities };
  const meta = Object.fromEntries(Object.entries(about).map(([name, value]) => [`${META}/${name}`, value]));
  const kinds = { "content-type": "application/json", accept: "application/json, text/event-stream" };
  const headers = { ...kinds, "mcp-protocol-version": MODERN, "mcp-method": method, ...mirrored(schema, params.arguments) };
  if (params.name) headers["mcp-name"] = params.name;
  if (token) headers.authorization = `Bearer ${token}`;
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params: { ...params, _meta: meta } });
  const { status, headers: told, text } = await send(url, { method: "POST", headers, body });
  return { status, headers: told, message: lastMessage(text) };
}

/** Calls a tool, `again` with answers where it asked something; `text` is what it says, `isError` whether it says so, `error` what the protocol says instead. */
export async function call(url, token, name, input = {}, { again = {}, ...options } = {}) {
  const { status, message } = await ask(url, token, "tools/call", { name, arguments: input, ...again }, options);
  const { result, error } = message ?? {};
  const text = (result?.content ?? []).map((part) => part.text ?? "").join("\n");
  return { status, error, result, isError: result?.isError === true, text };
}

/**
 * Calls a tool in a session of revision 2025-11-25, as a client that can be asked for a form; `answer` gives what a person says to a
 * question. Gives the result, or the error.
 */
export async function callInSession(url, token, name, input, answer) {
  const headers = { "content-type": "application/json", accept: "application/json, text/event-stream", authorization: `Bearer ${token}` };
  const post = (message) => fetch(url, { method: "POST", headers, body: JSON.stringify({ jsonrpc: "2.0", ...message }) });
  const about = { protocolVersion: LEGACY, capabilities: { elicitation: {} }, clientInfo: { name: "accounts-test", version: "1" } };
  const begun = await post({ id: 0, method: "initialize", params: about });
  headers["mcp-session-id"] = begun.headers.get("mcp-session-id");
  headers["mcp-protocol-version"] = LEGACY;
  await post({ method: "notifications/initialized" });
  const heard = new AbortController();
  // Questions may come on the stream of the session as well.
  const listening = fetch(url, { headers, signal: heard.signal }).then(async ({ body }) => {
    for await (const message of events(body)) if (message.id !== undefined) await post({ id: message.id, result: answer(message) });
  }).catch(() => {});
  await setTimeout(LISTENING_MS);
  try {
    return await calledInSession(post, name, input, answer);
  } finally {
    heard.abort();
    await listening;
  }
}

async function calledInSession(post, name, input, answer) {
  const answered = await post({ id: 1, method: "tools/call", params: { name, arguments: input } });
  if (!answered.headers.get("content-type").startsWith("text/event-stream")) return answered.json();
  for await (const message of events(answered.body)) {
    if (message.id === 1) return message;
    if (message.method && message.id !== undefined) await post({ id: message.id, result: answer(message) });
  }
  return { error: { message: "the stream ended before the answer" } };
}

/** The messages of a stream of events, each of which is on one line. */
async function* events(body) {
  let text = "";
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    const lines = (text + chunk).split("\n");
    text = lines.pop();
    for (const line of lines) if (line.startsWith("data:")) yield JSON.parse(line.slice(5));
  }
}

function lastMessage(text) {
  const data = text.split("\n").filter((line) => line.startsWith("data:")).pop();
  try {
    return JSON.parse(data === undefined ? text : data.slice(5));
  } catch {
    return null;
  }
}
