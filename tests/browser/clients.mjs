// How an AI client is connected: its person is asked in a browser, and it gets tokens for their yes.

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { demo, picture, press, shows, text, trial, visitor } from "./world.mjs";

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

/** What a client does that knows an address alone: it finds the way, registers itself, and opens a page in the browser. */
async function asked(mcp, { back }) {
  const refused = await fetch(mcp, { method: "POST", headers: { "content-type": "application/json" }, body: "{}" });
  assert.equal(refused.status, 401);
  const [, where] = /resource_metadata="([^"]+)"/.exec(refused.headers.get("www-authenticate"));
  const { resource, authorization_servers } = await (await fetch(where)).json();
  const metadata = await (await fetch(`${authorization_servers[0]}/.well-known/oauth-authorization-server`)).json();
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
    resource,
  });
  return { page: page.href, client_id, verifier, metadata, resource };
}

/** What a client gets for the code that it was brought. */
async function given({ client_id, verifier, metadata }, code) {
  const form = { grant_type: "authorization_code", code, client_id, code_verifier: verifier };
  const answer = await fetch(metadata.token_endpoint, { method: "POST", body: new URLSearchParams(form) });
  assert.equal(answer.status, 200);
  return answer.json();
}

/** The token among it. */
async function exchanged(wanted, code) {
  return (await given(wanted, code)).access_token;
}

/** The names of the tools that a token lets call. */
async function tools(mcp, token) {
  const listed = await fetch(mcp, {
    method: "POST",
    headers: {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
    },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list" }),
  });
  assert.equal(listed.status, 200);
  const told = await listed.text();
  const { result } = JSON.parse(told.startsWith("{") ? told : /^data: (\{.*)$/m.exec(told)[1]);
  return result.tools.map((tool) => tool.name);
}

export const clients = {
  async "whoever pastes the URL into an AI client signs in, says yes, and is sent back with a code that gives tokens"() {
    const server = await trial("Acme");
    const assistant = await client();
    const wanted = await asked(`${server.url}/mcp`, assistant);
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
    await tools(`${server.url}/mcp`, await exchanged(wanted, code));
    // And once more, to say no.
    await page.goto((await asked(`${server.url}/mcp`, assistant)).page);
    await press(page, "Do not connect");
    assert.equal(assistant.brought[1].error, "access_denied");
    // Whose session ends while they read says nothing, and is asked again once they have signed in.
    await page.goto((await asked(`${server.url}/mcp`, assistant)).page);
    await page.deleteCookie(...(await page.cookies()));
    await press(page, "Connect");
    assert.match(page.url(), /\/sign-in\?return_to=%2Foauth%2Fauthorize%3F/);
    assert.equal(assistant.brought.length, 2);
  },

  async "whoever is sent here by a client that cannot be connected is told why and what to do, and goes on or back as they choose"() {
    const server = await trial("Acme");
    const page = await visitor();
    await page.goto(server.url + server.links[0]);
    await press(page, "Sign in");
    const wanted = await asked(`${server.url}/mcp`, { back: "https://assistant.example/callback" });
    const told = async (name, changes, status, words) => {
      const faulty = new URL(wanted.page);
      for (const [field, value] of Object.entries(changes)) faulty.searchParams.set(field, value);
      assert.equal((await page.goto(faulty.href)).status(), status, name);
      const said = await text(page);
      for (const part of ["This client cannot be connected", "To your addresses for AI clients", ...words]) assert.ok(said.includes(part), `${name}: ${said}`);
      await picture(page, `client-${name}`);
      const [back] = await page.$$eval("a.button", (links) => links.map((link) => link.href));
      await Promise.all([page.waitForNavigation(), page.locator("::-p-aria([name='To your addresses for AI clients'][role='link'])").click()]);
      await shows(page, "You are signed in as Ada Lovelace");
      return back && new URL(back);
    };
    const nothing = "an address at which there is nothing that you may use";
    const back = await told("not-safe", { code_challenge_method: "plain" }, 400, ["Whoever makes it can", "must be S256", "assistant.example"]);
    assert.deepEqual([back.host, back.searchParams.get("error")], ["assistant.example", "invalid_request"]);
    assert.ok(await told("astray", { resource: `${server.url}/o/acme/nothing` }, 400, [nothing, "assistant.example"]));
    // Nobody is offered to go to whom it was not registered for.
    for (const [name, changes, status, words] of [
      ["elsewhere", { resource: `${server.url}/o/other/mcp` }, 404, [nothing]],
      ["unknown", { client_id: "registered_00000000000000000000" }, 400, ["is not known here", "connect it again"]],
      ["address", { redirect_uri: "https://evil.example/callback" }, 400, ["has not registered the address"]],
      ["undocumented", { client_id: `https://${new URL(server.url).host}/none.json` }, 400, ["cannot be read; try again"]],
    ]) {
      assert.equal(await told(name, changes, status, words), undefined, name);
      assert.ok(!(await page.content()).includes("evil.example"));
    }
  },

  async "how much a client may do is chosen by keyboard, and without a script"() {
    const server = await trial("Acme");
    const assistant = await client();
    const page = await visitor();
    await page.goto(server.url + server.links[0]);
    await press(page, "Sign in");
    await page.setJavaScriptEnabled(false);
    const wanted = await asked(`${server.url}/mcp`, assistant);
    await page.goto(wanted.page);
    assert.ok(await page.$("::-p-aria([name='What it may do'][role='group'])"), "the choices are one group, with its name");
    const chosen = () => page.$eval("input[name='profile']:checked", (choice) => choice.labels[0].innerText.trim());
    assert.equal(await chosen(), "Everything that you may do, deleting included\nThis is what it asks for.");
    // The group is one stop of the tab key, at what is chosen; arrows choose.
    do await page.keyboard.press("Tab");
    while (!(await page.evaluate(() => document.activeElement.matches("input[name='profile']"))));
    await page.keyboard.press("ArrowUp");
    assert.equal(await chosen(), "Look things up and change them, but delete nothing");
    await page.keyboard.press("ArrowUp");
    assert.equal(await chosen(), "Only look things up");
    await picture(page, "connect-to-look");
    await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
    assert.equal((await given(wanted, assistant.brought[0].code)).scope, "tools:read");
    // Who asks for no more than that is let do no more, and there is nothing to choose.
    const less = await asked(`${server.url}/mcp`, assistant);
    await page.goto(`${less.page}&scope=tools%3Aread`);
    await shows(page, "It asks for no more than this: Only look things up.");
    assert.equal(await page.$("input[type='radio']"), null);
    await page.focus("button[value='connect']");
    await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
    assert.equal((await given(less, assistant.brought[1].code)).scope, "tools:read");
  },

  async "in the demo the printed URL works at once: whoever pastes it chooses whom to be, says yes, and that is two clicks"() {
    const server = await demo();
    const assistant = await client();
    const wanted = await asked(server.mcp, assistant);
    assert.equal(wanted.resource, server.mcp);
    const page = await visitor();
    let clicks = 0;
    const click = async (label) => {
      clicks += 1;
      await press(page, label);
    };
    await page.goto(wanted.page);
    await click("Fiona Castell Finance Manager");
    const said = await text(page);
    assert.ok(said.includes("Connect Assistant <b>Nine</b>?") && said.includes("Fiona"), said);
    await click("Connect");
    assert.equal(await page.title(), "Back");
    assert.equal(clicks, 2);
    const names = await tools(server.mcp, await exchanged(wanted, assistant.brought[0].code));
    assert.ok(names.some((name) => name.startsWith("stripe")), names.join());
  },

  async "one page says how to connect, and what one may use, and copies what is to be pasted"() {
    const server = await demo();
    const page = await visitor();
    await page.goto(server.url);
    await press(page, "Fiona Castell Finance Manager");
    await Promise.all([page.waitForNavigation(), page.locator("::-p-aria([name='Connect'][role='link'])").click()]);
    await shows(page, server.mcp);
    await picture(page, "connect-guide");
    for (const name of ["Claude Code", "VS Code"]) await page.locator(`::-p-xpath(//summary[contains(., '${name}')])`).click();
    await page.locator("::-p-xpath(//summary[contains(., 'Stripe')])").click();
    await shows(page, "list_customers");
    await picture(page, "connect-guide-open");
    // Another origin than https has a clipboard on this machine alone, and the browser asks for it.
    await page.browserContext().overridePermissions(new URL(server.url).origin, ["clipboard-read", "clipboard-write", "clipboard-sanitized-write"]);
    const [copy] = await page.$$("button[data-copy]");
    await copy.click();
    await shows(page, "Copied");
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), server.mcp);
    // Without a script everything is there but the buttons.
    await page.setJavaScriptEnabled(false);
    await page.reload();
    const visible = await page.$$eval("button[data-copy]", (buttons) => buttons.filter((button) => button.checkVisibility()).length);
    assert.equal(visible, 0);
    const [first] = await page.$$("summary");
    await first.click();
    assert.ok((await text(page)).includes(`claude mcp add --transport http northfell ${server.mcp}`));
  },

  async "one page lists what somebody has connected, and disconnects it after a question"() {
    const server = await demo();
    const assistant = await client();
    const page = await visitor();
    await page.goto(new URL("/sign-in/clients", server.url).href);
    await press(page, "Fiona Castell Finance Manager");
    await shows(page, "You have connected none");
    await picture(page, "clients-none");
    const tokens = [];
    for (const mcp of [server.mcp, `${server.mcp}/stripe`]) {
      const wanted = await asked(mcp, assistant);
      await page.goto(wanted.page);
      await press(page, "Connect");
      tokens.push(await exchanged(wanted, assistant.brought.at(-1).code));
    }
    await tools(server.mcp, tokens[0]);
    await page.goto(new URL("/sign-in/clients", server.url).href);
    // When a client was used is written down soon, and nobody waits for it.
    while (!(await text(page)).includes("last used")) await page.reload();
    await shows(page, "for everything that you may use");
    await shows(page, "for Stripe");
    await shows(page, "never used");
    await picture(page, "clients");
    // The newest stands first: the one for Stripe.
    await Promise.all([page.waitForNavigation(), page.locator("::-p-aria([name='Disconnect'][role='link'])").click()]);
    await shows(page, "Disconnect Assistant <b>Nine</b>?");
    await picture(page, "client-disconnect");
    await press(page, "Disconnect");
    const left = await text(page);
    assert.ok(left.includes("for everything") && !left.includes("for Stripe"), left);
    await tools(server.mcp, tokens[0]);
    const shut = await fetch(`${server.mcp}/stripe`, { method: "POST", headers: { authorization: `Bearer ${tokens[1]}` }, body: "{}" });
    assert.equal(shut.status, 401);
  },
};
