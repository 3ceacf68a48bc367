// Accounts as they should be: shared by an admin, of a client of its own, one per person; connected, shown, disconnected.

import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { pair } from "./fixtures.mjs";
import { ask } from "./mcp.mjs";
import { startUpstream } from "./upstream.mjs";
import { Visitor } from "./visitor.mjs";
import {
  CONNECT, PERSONAL, SHARED, accountOf, accounts, asClient, begin, callTool, callback, connectAccount, connectIntegration, connectPage,
  disconnect, entered, give, linkIn, readTools, take,
} from "./wardroom.mjs";
import { until, waitFor, wardroom } from "./world.mjs";

export const SLUG = "mail";
export const MAIL = { to: "x@example.com", subject: "hello" };

/**
 * A Wardroom to which a protected server is connected as `credential` says, given to anna and ben; `connected` have an account
 * there already. Where each has their own, the first of them reads the tools.
 */
export async function gate({ credential = PERSONAL, connected = [], provided = {}, protecting = {} } = {}) {
  const [at, there] = await Promise.all([wardroom(), pair(provided, protecting)]);
  await attach(at, SLUG, there.upstream, typeof credential === "function" ? await credential(at, there) : credential);
  for (const name of connected) await connects(at, SLUG, name);
  if (connected.length > 0) await readsTools(at, SLUG);
  return { at, ...there };
}

/** Connects another protected server. */
export async function attach(at, slug, upstream, credential) {
  const { status, told } = await connectIntegration(at, slug, upstream.url, credential);
  assert.equal(status, 201, JSON.stringify(told));
  for (const name of ["anna", "ben"]) assert.ok((await give(at, slug, name)).status < 300);
}

export async function connects(at, slug, name, login = name) {
  const page = await connectAccount(at, slug, name, login);
  assert.equal(page.status, 200, `${name}: ${page.status} ${page.url} ${page.text}`);
  assert.ok(page.url.startsWith(at.url), `${name} ends at ${page.url}`);
}

export async function readsTools(at, slug) {
  const { told } = await at.api("ada", "GET", `/integrations/${slug}`);
  if (told.tool_count > 0) return;
  const read = await readTools(at, slug);
  assert.ok(read.status < 300, JSON.stringify(read.told));
}

/** Whose account answers somebody's call. */
export async function whoAnswers(at, slug, name) {
  const answer = await callTool(at, slug, name, "whoami");
  assert.ok(answer.status === 200 && !answer.error && !answer.isError, `${name}: ${JSON.stringify(answer)}`);
  return JSON.parse(answer.text).person;
}

/** A call that is answered with the link to connect an account, and reaches nobody. */
export async function isAskedToConnect(at, slug, name, upstream) {
  const before = upstream.log.calls.length;
  const answer = await callTool(at, slug, name, "whoami");
  assert.equal(linkIn(at, answer), connectPage(at, slug), `${name}: ${JSON.stringify(answer)}`);
  assert.equal(upstream.log.calls.length, before, "nothing was sent");
}

/** No token of one person came with what another asked for, and none went to a server for which it was not made. */
export function nothingCrossed(provider, ...upstreams) {
  const owners = new Map(provider.log.tokens.filter(({ token }) => token).map(({ token, person }) => [token, person ?? "service"]));
  for (const { log } of upstreams) {
    assert.deepEqual(log.crossed, []);
    for (const { token, person } of log.calls) assert.equal(person, owners.get(token));
    assert.deepEqual(log.refused.filter(({ why }) => why.startsWith("made for")), []);
  }
}

export const connecting = {
  async "an admin connects one account, and everybody's calls go out with it"() {
    const { at, provider, upstream } = await gate({ credential: SHARED });
    const refused = await connectAccount(at, SLUG, "anna");
    assert.ok([403, 404].includes(refused.status), `nobody else can: ${refused.status}`);
    assert.equal(provider.count("authorization_code"), 0);
    await connects(at, SLUG, "ada", "mailbox");
    await readsTools(at, SLUG);
    for (const name of ["ada", "anna", "ben"]) assert.equal(await whoAnswers(at, SLUG, name), "mailbox");
    assert.equal(provider.count("authorization_code"), 1);
    assert.deepEqual(await accounts(at, SLUG), { everybody: "connected" });
    nothingCrossed(provider, upstream);
  },

  async "with a client's own secret nobody connects anything"() {
    const { at, provider, upstream } = await gate({ credential: (_, { provider }) => asClient(provider.service) });
    await readsTools(at, SLUG);
    for (const name of ["anna", "ben"]) assert.equal(await whoAnswers(at, SLUG, name), "service");
    const [asked] = provider.log.tokens;
    assert.deepEqual([asked.grant, asked.resource], ["client_credentials", upstream.resource]);
    assert.equal(provider.log.registrations.length, 0);
    const tokens = provider.count("client_credentials");
    upstream.refuseAll();
    assert.equal(await whoAnswers(at, SLUG, "anna"), "service");
    assert.equal(provider.count("client_credentials"), tokens + 1, "a new one, once");
  },

  async "each person connects their own account, in both eras of the server"() {
    for (const era of ["modern", "legacy", "both"]) {
      const { at, provider, upstream } = await gate({ connected: ["ada", "anna", "ben"], protecting: { era } });
      for (const name of ["anna", "ben", "ada", "anna"]) assert.equal(await whoAnswers(at, SLUG, name), name, era);
      assert.deepEqual(await accounts(at, SLUG), { ada: "connected", anna: "connected", ben: "connected" });
      assert.deepEqual(await accounts(at, SLUG, "anna"), { anna: "connected" }, "whose accounts there are is for admins");
      for (const asked of [...provider.log.authorizations.filter(({ client_id }) => client_id), ...provider.log.tokens]) {
        assert.equal(asked.resource, upstream.resource);
      }
      nothingCrossed(provider, upstream);
    }
  },

  async "a token that is signed, metadata that has to be found, and a client that was entered by hand work as well"() {
    const protecting = { verify: "jwt", pointer: false };
    const credential = async (at, { provider }) => entered(PERSONAL, await provider.enter(callback(at, SLUG)));
    const provided = { format: "jwt", registration: false };
    const { at, provider, upstream } = await gate({ credential, connected: ["ada", "anna"], provided, protecting });
    assert.equal(await whoAnswers(at, SLUG, "anna"), "anna");
    assert.equal(provider.log.registrations.length, 0);
    nothingCrossed(provider, upstream);
  },

  async "a call without an account is answered with the link, and nothing is sent"() {
    const { at, provider, upstream } = await gate({ connected: ["ada"] });
    await isAskedToConnect(at, SLUG, "anna", upstream);
    assert.equal(await accountOf(at, SLUG, "anna"), "missing");
    assert.equal(provider.count("authorization_code"), 1, "ada's alone");
    // Where the client can open a URL it is asked to.
    const answer = await callTool(at, SLUG, "anna", "whoami", {}, { capabilities: { elicitation: { url: {} } } });
    const [asked] = Object.values(answer.result?.inputRequests ?? {});
    assert.deepEqual([asked?.method, asked?.params.mode, linkIn(at, answer)], ["elicitation/create", "url", connectPage(at, SLUG)]);
    // The link is all that it takes.
    const { browser } = at.people.anna;
    browser.login = "anna";
    assert.equal((await browser.press(linkIn(at, answer), CONNECT)).status, 200);
    assert.equal(await whoAnswers(at, SLUG, "anna"), "anna");
  },

  async "the link asks a stranger to sign in, and is nothing to whom the integration was not given"() {
    const { at } = await gate({ connected: ["ada"] });
    const stranger = await new Visitor("eve").walk(connectPage(at, SLUG));
    assert.match(stranger.text, /sign in|signed in/i);
    await take(at, SLUG, "ben");
    const opened = (slug) => at.people.ben.browser.walk(connectPage(at, slug));
    const [known, unknown] = [await opened(SLUG), await opened("calendar")];
    assert.deepEqual([known.status, known.text.replaceAll(SLUG, "X")], [unknown.status, unknown.text.replaceAll("calendar", "X")]);
  },

  async "a tool that needs more is answered with the link, and the account has both afterwards"() {
    const { at, provider, upstream } = await gate({ connected: ["ada", "anna"] });
    const answer = await callTool(at, SLUG, "anna", "send_mail", MAIL);
    assert.equal(linkIn(at, answer), connectPage(at, SLUG), JSON.stringify(answer));
    assert.equal(upstream.log.sent.length, 0);
    assert.equal(await whoAnswers(at, SLUG, "anna"), "anna", "the rest still works");
    await connects(at, SLUG, "anna");
    const wanted = provider.log.authorizations.filter(({ scope }) => scope).at(-1).scope.split(" ");
    assert.deepEqual(["mail.read", "mail.send"].filter((scope) => !wanted.includes(scope)), []);
    assert.equal((await callTool(at, SLUG, "anna", "send_mail", MAIL)).isError, false);
    assert.deepEqual(upstream.log.sent, [{ from: "anna", ...MAIL }]);
  },

  async "a disconnected account is used no longer, here or there, and comes back by connecting again"() {
    const { at, provider, upstream } = await gate({ connected: ["ada", "anna", "ben"] });
    assert.equal((await disconnect(at, SLUG, "anna")).status, 204);
    assert.equal(await accountOf(at, SLUG, "anna"), "missing");
    await waitFor("the provider to be told", () => provider.log.revocations[0]);
    assert.equal(provider.held("anna", "RefreshToken"), 0);
    await isAskedToConnect(at, SLUG, "anna", upstream);
    assert.equal(await whoAnswers(at, SLUG, "ben"), "ben");
    await connects(at, SLUG, "anna");
    assert.equal(await whoAnswers(at, SLUG, "anna"), "anna");
  },

  async "who leaves takes their account along"() {
    const { at, provider, upstream } = await gate({ connected: ["ada", "anna", "ben"] });
    const { told } = await at.api("ada", "GET", `/members/${at.people.ben.email}/consequences`);
    assert.equal(told.ends.accounts, 1);
    assert.equal((await at.api("ada", "DELETE", `/members/${at.people.ben.email}`)).status, 200);
    assert.deepEqual(await accounts(at, SLUG), { ada: "connected", anna: "connected" });
    assert.equal((await callTool(at, SLUG, "ben", "whoami")).status, 401);
    await waitFor("the provider to be told", () => provider.log.revocations[0]);
    assert.equal(provider.held("ben", "RefreshToken"), 0);
    assert.equal(await whoAnswers(at, SLUG, "anna"), "anna");
    nothingCrossed(provider, upstream);
  },

  async "an account that is connected anew outlives the one before, and both end with the integration"() {
    const { at, provider } = await gate({ connected: ["ada", "anna"] });
    await connects(at, SLUG, "anna");
    assert.equal(await whoAnswers(at, SLUG, "anna"), "anna");
    assert.deepEqual(provider.log.revocations, []);
    assert.equal((await at.api("ada", "DELETE", `/integrations/${SLUG}`)).status, 204);
    await waitFor("the provider to be told", () => provider.log.revocations[1]);
    assert.equal(provider.held("ada", "RefreshToken"), 0);
    assert.deepEqual(new Set(provider.log.revocations.map(({ status }) => status)), new Set([200]));
  },

  async "somebody who says no at the provider has no account and is told so"() {
    const { at, provider, upstream } = await gate({ connected: ["ada"] });
    const page = await connectAccount(at, SLUG, "anna", "deny");
    assert.ok(page.url.startsWith(at.url), page.url);
    assert.equal(await accountOf(at, SLUG, "anna"), "missing");
    assert.equal(provider.count("authorization_code"), 1, "ada's alone");
    await isAskedToConnect(at, SLUG, "anna", upstream);
  },

  async "two servers behind one provider have an account each"() {
    const { at, provider, upstream } = await gate({ connected: ["ada", "anna"] });
    const other = await startUpstream(provider);
    until(other.stop);
    await attach(at, "calendar", other, PERSONAL);
    await connects(at, "calendar", "ada", "ada-calendar");
    await readsTools(at, "calendar");
    await isAskedToConnect(at, "calendar", "anna", other);
    const page = async () => (await at.people.anna.browser.walk(`${at.url}/sign-in/connect/${at.org}`)).text;
    assert.match(await page(), /href="\/connect\/acme\/calendar">which is not connected yet: connect it</);
    await connects(at, "calendar", "anna", "anna-calendar");
    assert.match(await page(), /href="\/connect\/acme\/calendar">which is connected</);
    assert.equal(await whoAnswers(at, "calendar", "anna"), "anna-calendar");
    assert.equal(await whoAnswers(at, SLUG, "anna"), "anna");
    nothingCrossed(provider, upstream, other);
  },

  async "no token stands in clear in the data folder, in an answer or on a page"() {
    const { at, provider } = await gate({ connected: ["ada", "anna"] });
    const back = await begin(at, SLUG, "ben");
    const page = await at.people.ben.browser.walk(back.href);
    const url = `${at.url}/o/${at.org}/mcp/${SLUG}`;
    const shown = [page.text, (await at.api("ada", "GET", `/integrations/${SLUG}`)).told, (await at.api("ada", "GET", "/audit")).told,
      (await ask(url, at.people.ben.key, "tools/list")).message].map((text) => JSON.stringify(text));
    const files = (await readdir(at.data, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
    const kept = await Promise.all(files.map((entry) => readFile(join(entry.parentPath, entry.name), "latin1")));
    assert.ok(provider.log.secrets.length >= 6);
    for (const secret of [...provider.log.secrets, back.searchParams.get("code")]) {
      assert.ok(![...shown, ...kept].some((text) => text.includes(secret)), `${secret} is found`);
    }
  },
};
