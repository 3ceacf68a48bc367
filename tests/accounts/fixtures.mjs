// The fixtures by themselves: what the provider and the protected server do towards the TypeScript SDK's own client, so that
// a check that fails says something about Wardroom and not about them.

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { Client, StreamableHTTPClientTransport, UnauthorizedError } from "@modelcontextprotocol/client";
import { call } from "./mcp.mjs";
import { digest, startProvider } from "./provider.mjs";
import { startUpstream } from "./upstream.mjs";
import { Visitor } from "./visitor.mjs";
import { until } from "./world.mjs";

const BACK = "http://127.0.0.1:9/callback";
/** What a client says of itself. */
const ABOUT = { redirect_uris: [BACK], grant_types: ["authorization_code", "refresh_token"], application_type: "native" };

/** A provider and a server that it protects. */
export async function pair(provided = {}, protecting = {}) {
  const provider = await startProvider(provided);
  until(provider.stop);
  const upstream = await startUpstream(provider, protecting);
  until(upstream.stop);
  return { provider, upstream };
}

/** What the SDK's client keeps, and somebody who goes where it sends them. */
class Keeper {
  redirectUrl = BACK;
  clientMetadata = { client_name: "SDK", ...ABOUT };

  constructor(login) {
    this.visitor = new Visitor(login);
  }

  state = () => (this.sent = randomBytes(8).toString("hex"));
  clientInformation = () => this.client;
  saveClientInformation = (client) => (this.client = client);
  tokens = () => this.kept;
  saveTokens = (tokens) => (this.kept = tokens);
  codeVerifier = () => this.verifier;
  saveCodeVerifier = (verifier) => (this.verifier = verifier);
  redirectToAuthorization = (url) => (this.wanted = url.href);
  saveDiscoveryState = (state) => (this.discovered = state);
  discoveryState = () => this.discovered;
}

/** Connects the SDK's client as somebody, from 401 to an open connection. */
async function connected(upstream, login, options = {}) {
  const keeper = new Keeper(login);
  const open = async () => {
    const client = new Client({ name: "fixtures", version: "1" }, options);
    const transport = new StreamableHTTPClientTransport(new URL(upstream.url), { authProvider: keeper });
    await client.connect(transport);
    return { client, transport };
  };
  const transport = new StreamableHTTPClientTransport(new URL(upstream.url), { authProvider: keeper });
  const refused = await new Client({ name: "fixtures", version: "1" }, options).connect(transport).then(() => null, (fault) => fault);
  assert.ok(refused instanceof UnauthorizedError, `${refused}`);
  const { to } = await keeper.visitor.walk(keeper.wanted, { before: (url) => url.startsWith(BACK) });
  const { searchParams } = new URL(to);
  assert.equal(searchParams.get("state"), keeper.sent);
  await transport.finishAuth(searchParams);
  return { keeper, ...(await open()) };
}

const spoken = (result) => JSON.parse(result.content[0].text);
const MODERN = { versionNegotiation: { mode: "auto" } };

/** Tokens of a person without a client's help: registration, code, exchange. */
export async function tokensFor(provider, login, { resource, scope = "mail.read" }) {
  const post = async (path, body, headers = {}) => (await fetch(provider.issuer + path, { method: "POST", body, headers })).json();
  const about = { ...ABOUT, token_endpoint_auth_method: "none" };
  const { client_id } = await post("/reg", JSON.stringify(about), { "content-type": "application/json" });
  const code_verifier = randomBytes(32).toString("base64url");
  const code_challenge = createHash("sha256").update(code_verifier).digest("base64url");
  const proof = { code_challenge, code_challenge_method: "S256" };
  const query = { response_type: "code", client_id, redirect_uri: BACK, scope, resource, state: "s", ...proof };
  const page = `${provider.issuer}/auth?${new URLSearchParams(query)}`;
  const walked = await new Visitor(login).walk(page, { before: (url) => url.startsWith(BACK) });
  const answer = Object.fromEntries(new URL(walked.to).searchParams);
  const asked = (form) => post("/token", new URLSearchParams({ client_id, resource, ...form }));
  const given = await asked({ grant_type: "authorization_code", code: answer.code, redirect_uri: BACK, code_verifier });
  const refresh = (refresh_token) => asked({ grant_type: "refresh_token", refresh_token });
  return { client_id, answer, given, refresh };
}

export const fixtures = {
  async "the SDK's client comes from a refusal to a called tool, in both eras"() {
    for (const [era, protecting, options] of [["modern", {}, MODERN], ["legacy", { era: "legacy" }, {}], ["legacy", {}, {}]]) {
      const { provider, upstream } = await pair({}, protecting);
      const { client, keeper } = await connected(upstream, "anna", options);
      const { tools } = await client.listTools();
      assert.deepEqual(tools.map(({ name }) => name).sort(), ["list_mails", "send_mail", "whoami"]);
      assert.deepEqual(spoken(await client.callTool({ name: "whoami", arguments: {} })), { person: "anna" });
      const [called] = upstream.log.calls;
      assert.deepEqual([called.era, called.token], [era, digest(keeper.kept.access_token)]);
      const [asked] = provider.log.tokens;
      assert.deepEqual([asked.grant, asked.resource, asked.person], ["authorization_code", upstream.resource, "anna"]);
      await client.close();
    }
  },

  async "tokens are opaque or signed, and one for another server is refused"() {
    for (const [format, verify] of [["opaque", "introspection"], ["jwt", "jwt"]]) {
      const { provider, upstream } = await pair({ format }, { verify });
      const other = await startUpstream(provider, { verify });
      until(other.stop);
      const { given } = await tokensFor(provider, "anna", other);
      assert.equal(given.access_token.split(".").length, format === "jwt" ? 3 : 1);
      assert.match((await call(other.url, given.access_token, "whoami")).text, /anna/);
      assert.equal((await call(upstream.url, given.access_token, "whoami")).status, 401, `${format} ${verify}`);
      assert.equal(upstream.log.calls.length, 0);
    }
  },

  async "a tool that needs more is refused with what it needs, and works with it"() {
    const { provider, upstream } = await pair();
    const mail = { to: "x@example.com", subject: "hello" };
    const { given } = await tokensFor(provider, "anna", upstream);
    assert.equal((await call(upstream.url, given.access_token, "send_mail", mail)).status, 403);
    assert.equal(upstream.log.sent.length, 0);
    const more = await tokensFor(provider, "anna", { ...upstream, scope: "mail.read mail.send" });
    assert.match((await call(upstream.url, more.given.access_token, "send_mail", mail)).text, /sent/);
    assert.deepEqual(upstream.log.sent, [{ from: "anna", ...mail }]);
  },

  async "a refresh token is good once, and used again it ends what it stood for"() {
    const { provider, upstream } = await pair({ access_s: 1 });
    const { answer, given, refresh } = await tokensFor(provider, "ben", upstream);
    assert.equal(answer.iss, provider.issuer);
    assert.equal(given.expires_in, 1);
    provider.settings.access_s = 60;
    const next = await refresh(given.refresh_token);
    assert.match((await call(upstream.url, next.access_token, "whoami")).text, /ben/);
    assert.equal((await refresh(given.refresh_token)).error, "invalid_grant");
    assert.equal((await refresh(next.refresh_token)).error, "invalid_grant");
    assert.equal((await call(upstream.url, next.access_token, "whoami")).status, 401);
    assert.equal(provider.refreshes(), 1);
  },

  async "a client that is somebody itself gets a token of its own"() {
    const { provider, upstream } = await pair();
    const { client_id, client_secret } = provider.service;
    const authorization = `Basic ${Buffer.from(`${client_id}:${client_secret}`).toString("base64")}`;
    const form = { grant_type: "client_credentials", scope: "mail.read", resource: upstream.resource };
    const given = await fetch(`${provider.issuer}/token`, { method: "POST", headers: { authorization }, body: new URLSearchParams(form) });
    assert.match((await call(upstream.url, (await given.json()).access_token, "whoami")).text, /"service"/);
    assert.equal(provider.count("client_credentials"), 1);
  },

  async "the provider makes each trouble that it is told to make"() {
    const { provider, upstream } = await pair();
    const { given, refresh } = await tokensFor(provider, "anna", upstream);
    provider.trouble("down", 1);
    await assert.rejects(() => refresh(given.refresh_token), SyntaxError);
    provider.trouble("invalid_grant", 1);
    assert.equal((await refresh(given.refresh_token)).error, "invalid_grant");
    const held = provider.hold();
    const waiting = refresh(given.refresh_token);
    while (held.waiting() === 0) await new Promise(setImmediate);
    held.release();
    const next = await waiting;
    assert.ok(next.access_token);
    provider.trouble("lost", 1);
    await assert.rejects(() => refresh(next.refresh_token));
    provider.wellAgain();
    assert.equal((await refresh(next.refresh_token)).error, "invalid_grant", "it was used, by an answer that was lost");
    const ben = await tokensFor(provider, "ben", upstream);
    provider.revokeAccess("ben");
    assert.equal((await call(upstream.url, ben.given.access_token, "whoami")).status, 401);
    const [again] = [await ben.refresh(ben.given.refresh_token)];
    assert.match((await call(upstream.url, again.access_token, "whoami")).text, /ben/);
    provider.revoke("ben");
    assert.equal((await ben.refresh(again.refresh_token)).error, "invalid_grant");
    provider.lie({ metadata: { issuer: "http://127.0.0.1:1" }, answer: { iss: "http://127.0.0.1:1" } });
    const metadata = await (await fetch(`${provider.issuer}/.well-known/oauth-authorization-server`)).json();
    assert.equal(metadata.issuer, "http://127.0.0.1:1");
    assert.equal((await tokensFor(provider, "anna", upstream)).answer.iss, "http://127.0.0.1:1");
  },

  async "what the provider publishes has what a client has to see"() {
    const { provider, upstream } = await pair();
    for (const name of ["oauth-authorization-server", "openid-configuration"]) {
      const metadata = await (await fetch(`${provider.issuer}/.well-known/${name}`)).json();
      assert.equal(metadata.issuer, provider.issuer);
      assert.deepEqual(metadata.code_challenge_methods_supported, ["S256"]);
      assert.equal(metadata.authorization_response_iss_parameter_supported, true);
      for (const door of ["registration", "revocation", "introspection", "token", "authorization"]) {
        assert.ok(metadata[`${door}_endpoint`], door);
      }
    }
    const refused = await fetch(upstream.url, { method: "POST" });
    assert.equal(refused.status, 401);
    const challenge = refused.headers.get("www-authenticate");
    const [, pointer] = challenge.match(/resource_metadata="([^"]+)"/);
    assert.match(challenge, /scope="mail\.read"/);
    assert.equal(new URL(pointer).pathname, "/.well-known/oauth-protected-resource/mcp");
    const { resource, authorization_servers } = await (await fetch(pointer)).json();
    assert.deepEqual([resource, authorization_servers], [upstream.url, [provider.issuer]]);
  },
};
