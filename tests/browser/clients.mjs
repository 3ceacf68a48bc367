// How an AI client is connected: its person is asked in a browser, and it gets tokens for their yes.

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { picture, press, shows, text, trial, visitor } from "./world.mjs";

/** A client that listens on the person's own machine, and what it was brought. */
async function client() {
  const brought = [];
  const listener = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url, "http://127.0.0.1");
    // The browser asks for an icon as well.
    if (pathname === "/callback") brought.push(Object.fromEntries(searchParams));
    response.end("<title>Back</title><p>You can close this window.</p>");
  });
  await new Promise((listening) => listener.listen(0, "127.0.0.1", listening));
  listener.unref();
  return { brought, back: `http://127.0.0.1:${listener.address().port}/callback` };
}

async function asked(server, { back }) {
  const metadata = await (await fetch(`${server.url}/.well-known/oauth-authorization-server`)).json();
  const registered = await fetch(metadata.registration_endpoint, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ client_name: "Assistant <b>Nine</b>", redirect_uris: [back.replace(/:\d+\//, "/")] }),
  });
  assert.equal(registered.status, 201);
  const { client_id } = await registered.json();
  const verifier = randomBytes(32).toString("base64url");
  const page = new URL(metadata.authorization_endpoint);
  page.search = new URLSearchParams({
    response_type: "code",
    client_id,
    redirect_uri: back,
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
    code_challenge_method: "S256",
    state: "a state",
    resource: `${server.url}/mcp`,
  });
  return { page: page.href, client_id, verifier, metadata };
}

export const clients = {
  async "whoever pastes the URL into an AI client signs in, says yes, and is sent back with a code that gives tokens"() {
    const server = await trial("Acme");
    const assistant = await client();
    const wanted = await asked(server, assistant);
    const page = await visitor();
    await page.goto(wanted.page);
    await shows(page, "You are not signed in");
    await page.goto(server.url + server.links[0]);
    await press(page, "Sign in");
    // Back where the client had sent them.
    const said = await text(page);
    for (const part of ["Connect Assistant <b>Nine</b>?", "Acme", "Ada Lovelace", new URL(assistant.back).host, "your own computer"]) {
      assert.ok(said.includes(part), `${part}: ${said}`);
    }
    await picture(page, "connect");
    await press(page, "Connect");
    assert.equal(await page.title(), "Back", "the policy of the page lets its form end up there");
    const [{ code, state, iss }] = assistant.brought;
    assert.deepEqual([state, iss], ["a state", server.url]);
    const form = { grant_type: "authorization_code", code, client_id: wanted.client_id, code_verifier: wanted.verifier };
    const given = await fetch(wanted.metadata.token_endpoint, { method: "POST", body: new URLSearchParams(form) });
    const { access_token } = await given.json();
    const listed = await fetch(`${server.url}/mcp`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${access_token}`,
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
      },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list" }),
    });
    assert.equal(listed.status, 200);
    // And once more, to say no.
    await page.goto((await asked(server, assistant)).page);
    await press(page, "Do not connect");
    assert.equal(assistant.brought[1].error, "access_denied");
  },
};
