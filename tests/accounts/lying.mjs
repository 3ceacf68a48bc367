// Servers and providers that say of themselves what is not so, or lead elsewhere: nobody is sent there, and nothing of anybody.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { SLUG, connects, gate, isAskedToConnect } from "./connecting.mjs";
import { pair } from "./fixtures.mjs";
import { startProvider } from "./provider.mjs";
import { PERSONAL, accountOf, begin, callTool, connectAccount, connectIntegration, isCallback } from "./wardroom.mjs";
import { until, wardroom } from "./world.mjs";

/** What was asked of a provider that changes something or takes a secret. */
const posts = (provider) => provider.log.requests.filter((request) => !request.startsWith("GET "));

/** Somebody who listens where Wardroom is not allowed to go, and what came there. */
async function trap() {
  const hits = [];
  const server = createServer((request, response) => {
    hits.push(`${request.method} ${request.url}`);
    response.writeHead(404).end();
  });
  await new Promise((listening) => server.listen(0, "127.0.0.2", listening));
  until(() => new Promise((stopped) => (server.closeAllConnections(), server.close(stopped))));
  return { hits, url: `http://127.0.0.2:${server.address().port}` };
}

export const lying = {
  async "nothing is sent to another issuer to which a server suddenly points"() {
    const { at, provider, upstream } = await gate({ connected: ["ada", "anna"] });
    const other = await startProvider();
    until(other.stop);
    other.protect(upstream.resource);
    upstream.tell({ authorization_servers: [other.issuer] });
    provider.revoke("anna");
    await isAskedToConnect(at, SLUG, "anna", upstream);
    assert.deepEqual(posts(other), []);
    upstream.refuseAll();
    await isAskedToConnect(at, SLUG, "ada", upstream);
    assert.deepEqual(posts(other), [], "no token, secret or registration of the first one goes there");
  },

  async "a code of one issuer is not taken to another that took its place meanwhile"() {
    const { at, provider, upstream } = await gate({ connected: ["ada"] });
    // Neither says of itself in its answers who it is.
    const silent = { metadata: { authorization_response_iss_parameter_supported: undefined }, answer: { iss: null } };
    const other = await startProvider();
    until(other.stop);
    other.protect(upstream.resource);
    for (const issuer of [provider, other]) issuer.lie(silent);
    const annas = await begin(at, SLUG, "anna");
    upstream.tell({ authorization_servers: [other.issuer] });
    const bens = await connectAccount(at, SLUG, "ben", "ben", { before: isCallback(at) });
    await at.people.anna.browser.walk(annas.href);
    assert.equal(other.count("authorization_code"), 0, "it would have a code that is none of its own");
    // Nor the other way round.
    upstream.tell({});
    await connectAccount(at, SLUG, "anna", "anna", { before: isCallback(at) });
    const before = provider.count("authorization_code");
    if (bens.to !== null) await at.people.ben.browser.walk(bens.to);
    assert.equal(provider.count("authorization_code"), before);
  },

  async "metadata that names another issuer, and an answer of another, connect nothing"() {
    const { at, provider } = await gate({ connected: ["ada"] });
    const elsewhere = "http://127.0.0.1:1";
    const asked = provider.log.authorizations.length;
    // Nobody is sent to it, not even where its answer is of one mind with what it publishes.
    for (const issuer of [elsewhere, `${provider.issuer}/`]) {
      provider.lie({ metadata: { issuer }, answer: { iss: issuer } });
      assert.notEqual((await connectAccount(at, SLUG, "anna")).status, 200, issuer);
      assert.equal(provider.log.authorizations.length, asked, issuer);
    }
    for (const iss of [elsewhere, `${provider.issuer}/`, null]) {
      provider.lie({ answer: { iss } });
      const page = await connectAccount(at, SLUG, "anna");
      assert.notEqual(page.status, 200, `${iss}: ${page.text}`);
      assert.equal(provider.count("authorization_code"), 1, `${iss}: the code goes nowhere`);
      assert.equal(await accountOf(at, SLUG, "anna"), "missing");
    }
    provider.lie({ metadata: { code_challenge_methods_supported: undefined } });
    assert.notEqual((await connectAccount(at, SLUG, "anna")).status, 200, "no proof of the code, no account");
    provider.lie({});
    await connects(at, SLUG, "anna");
  },

  async "a server that says that it is another is not signed in to"() {
    const { at, provider, upstream } = await gate({ connected: ["ada"] });
    const asked = provider.log.authorizations.length;
    for (const resource of ["http://127.0.0.1:1/mcp", `${upstream.origin}/other`, `${upstream.origin}.evil.example/mcp`]) {
      upstream.tell({ resource });
      const page = await connectAccount(at, SLUG, "anna");
      assert.notEqual(page.status, 200, `${resource}: ${page.text}`);
    }
    assert.equal(provider.log.authorizations.length, asked);
    // The same where it says so from the beginning.
    const [fresh, there] = [await wardroom(), await pair()];
    there.upstream.tell({ resource: "https://mail.example.com/mcp" });
    const { status } = await connectIntegration(fresh, SLUG, there.upstream.url, PERSONAL);
    assert.ok(status === 422 || (await connectAccount(fresh, SLUG, "ada")).status !== 200, `${status}`);
    assert.deepEqual(there.provider.log.authorizations, []);
  },

  async "metadata that leads where Wardroom may not go leads nowhere"() {
    const { at, provider, upstream } = await gate({ connected: ["ada"] });
    const { hits, url } = await trap();
    const ways = [() => upstream.tell({ authorization_servers: [url] })];
    const hosts = ["127.0.0.2", "0x7f.2", "[::ffff:127.0.0.2]"];
    const places = [...hosts.map((host) => `${url.replace("127.0.0.2", host)}/x`), "file:///etc/passwd"];
    for (const door of ["token_endpoint", "registration_endpoint"]) {
      for (const there of places) {
        ways.push(() => (upstream.tell({}), provider.lie({ metadata: { [door]: there } })));
      }
    }
    for (const way of ways) {
      way();
      // What was registered once need not be again: the account is what must not come to be where a token is asked for there.
      await connectAccount(at, SLUG, "anna").catch((fault) => assert.match(fault.message, /not on this machine/));
      assert.deepEqual(hits, []);
    }
    assert.equal(provider.held("ada", "RefreshToken"), 1, "what was connected stays");
  },

  async "a person is sent to pages alone, and not to whatever an address can be"() {
    const { at, provider } = await gate({ connected: ["ada"] });
    for (const place of ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "http://id.example.com/auth", "cursor://x"]) {
      provider.lie({ metadata: { authorization_endpoint: place } });
      const page = await connectAccount(at, SLUG, "anna", "anna", { before: (url) => !url.startsWith(at.url) || isCallback(at)(url) });
      assert.equal(page.to, null, `${place}: sent to ${page.to}`);
      assert.notEqual(page.status, 200, place);
    }
  },
};
