// Every handle of one person in the hands of another: links, states, codes, callbacks. None of them gives an account away.

import assert from "node:assert/strict";
import { SLUG, attach, connects, gate, isAskedToConnect, nothingCrossed, readsTools, whoAnswers } from "./connecting.mjs";
import { send } from "./sending.mjs";
import { startUpstream } from "./upstream.mjs";
import { Visitor } from "./visitor.mjs";
import { CONNECT, PERSONAL, accountOf, begin, callTool, callback, connectPage, disconnect, linkIn, take } from "./wardroom.mjs";
import { until } from "./world.mjs";

/** Opens a callback in somebody's browser, and expects a refusal before anything is asked of the provider. */
async function isRefused(provider, browser, url, why) {
  const before = provider.count("authorization_code");
  const page = await browser.walk(String(url));
  assert.notEqual(page.status, 200, `${why}: ${page.text}`);
  assert.equal(provider.count("authorization_code"), before, `${why}: the code is sent nowhere`);
}

/** A callback with other values in it. */
function but(url, values) {
  const other = new URL(url);
  for (const [name, value] of Object.entries(values)) {
    if (value === null) other.searchParams.delete(name);
    else other.searchParams.set(name, value);
  }
  return other;
}

export const handles = {
  async "whoever opens the link of another connects their own account and no other"() {
    const { at, provider, upstream } = await gate({ connected: ["ada"] });
    const link = linkIn(at, await callTool(at, SLUG, "anna", "whoami"));
    const { browser } = at.people.ben;
    browser.login = "ben";
    await browser.press(link, CONNECT);
    await isAskedToConnect(at, SLUG, "anna", upstream);
    assert.equal(await accountOf(at, SLUG, "anna"), "missing");
    assert.equal(await whoAnswers(at, SLUG, "ben"), "ben");
    nothingCrossed(provider, upstream);
  },

  async "a callback in another browser is refused, whoever is signed in there"() {
    const { at, provider, upstream } = await gate({ connected: ["ada"] });
    const back = await begin(at, SLUG, "anna");
    await isRefused(provider, at.people.ben.browser, back, "ben's browser");
    await isRefused(provider, new Visitor("eve"), back, "a browser of nobody");
    const again = new Visitor("anna");
    await isRefused(provider, again, back, "another browser of hers");
    for (const name of ["anna", "ben"]) await isAskedToConnect(at, SLUG, name, upstream);
    nothingCrossed(provider, upstream);
  },

  async "an attacker's callback that a victim is led to gives the victim nothing of the attacker's"() {
    const { at, provider, upstream } = await gate({ connected: ["ada"] });
    // Ben's code and state, once before and once after Anna has begun herself.
    const bens = await begin(at, SLUG, "ben");
    await isRefused(provider, at.people.anna.browser, bens, "before");
    const annas = await begin(at, SLUG, "anna");
    await isRefused(provider, at.people.anna.browser, bens, "after");
    await at.people.anna.browser.walk(but(annas, { code: bens.searchParams.get("code") }).href);
    await isAskedToConnect(at, SLUG, "anna", upstream);
    await isAskedToConnect(at, SLUG, "ben", upstream);
    nothingCrossed(provider, upstream);
  },

  async "a state is good once, and only as it was made"() {
    const { at, provider, upstream } = await gate({ connected: ["ada"] });
    const back = await begin(at, SLUG, "anna");
    const { browser } = at.people.anna;
    const state = back.searchParams.get("state");
    const flipped = state.slice(0, -1) + (state.endsWith("A") ? "B" : "A");
    for (const wrong of [null, "", flipped, state.slice(0, -1), `${state}A`, `${state} `]) {
      await isRefused(provider, browser, but(back, { state: wrong }), `state ${wrong}`);
    }
    for (const values of [{ code: null }, { error: "access_denied" }]) {
      await isRefused(provider, browser, but(back, values), JSON.stringify(values));
    }
    const fresh = await begin(at, SLUG, "anna");
    assert.equal((await browser.walk(fresh.href)).status, 200);
    assert.equal(await whoAnswers(at, SLUG, "anna"), "anna");
    await isRefused(provider, browser, fresh, "used");
    assert.equal(await whoAnswers(at, SLUG, "anna"), "anna", "and what it had connected stays");
    nothingCrossed(provider, upstream);
  },

  async "a state of one integration takes no code of another"() {
    const { at, provider, upstream } = await gate({ connected: ["ada"] });
    const other = await startUpstream(provider);
    until(other.stop);
    await attach(at, "calendar", other, PERSONAL);
    await connects(at, "calendar", "ada");
    await readsTools(at, "calendar");
    const [mail, calendar] = [await begin(at, SLUG, "anna"), await begin(at, "calendar", "anna")];
    const { browser } = at.people.anna;
    await browser.walk(but(mail, { code: calendar.searchParams.get("code") }).href);
    await browser.walk(but(calendar, { code: mail.searchParams.get("code") }).href);
    await isAskedToConnect(at, SLUG, "anna", upstream);
    await isAskedToConnect(at, "calendar", "anna", other);
    nothingCrossed(provider, upstream, other);
  },

  async "a form of another site, or without its word, begins nothing"() {
    const { at, provider } = await gate({ connected: ["ada"] });
    const { browser } = at.people.anna;
    const asked = provider.log.authorizations.length;
    const page = connectPage(at, SLUG);
    const cookie = browser.cookiesFor(page);
    const form = { "content-type": "application/x-www-form-urlencoded", cookie };
    const { text } = await browser.walk(page);
    const csrf = text.match(/name="csrf" value="([^"]*)"/)[1];
    const own = { origin: at.url, "sec-fetch-site": "same-origin" };
    const others = [{ origin: "https://evil.example", "sec-fetch-site": "cross-site" }, { origin: "null", "sec-fetch-site": "same-site" }];
    const senders = [...others.map((headers) => [headers, csrf]), [own, "x"], [own, ""]];
    for (const [headers, word] of senders) {
      const body = new URLSearchParams({ csrf: word, ...CONNECT }).toString();
      const sent = await send(page, { method: "POST", headers: { ...form, ...headers }, body });
      assert.ok(sent.status >= 400, `${JSON.stringify(headers)} ${word}: ${sent.status} ${sent.headers.location}`);
    }
    assert.equal((await send(callback(at, SLUG), { headers: { cookie } })).status >= 400, true);
    assert.equal(provider.log.authorizations.length, asked);
  },

  async "who was removed or lost the integration while they were away connects nothing"() {
    const { at, provider, upstream } = await gate({ connected: ["ada"] });
    const annas = await begin(at, SLUG, "anna");
    await take(at, SLUG, "anna");
    await at.people.anna.browser.walk(annas.href);
    const bens = await begin(at, SLUG, "ben");
    await at.api("ada", "DELETE", `/members/${at.people.ben.email}`);
    await at.people.ben.browser.walk(bens.href);
    for (const name of ["anna", "ben"]) assert.equal(provider.held(name, "RefreshToken"), 0, name);
    nothingCrossed(provider, upstream);
  },

  async "nobody disconnects the account of another but an admin"() {
    const { at, upstream, provider } = await gate({ connected: ["ada", "anna", "ben"] });
    assert.ok([403, 404].includes((await disconnect(at, SLUG, "ben", "anna")).status));
    assert.equal((await disconnect(at, SLUG, "ben")).status, 204, "his own");
    assert.equal(await whoAnswers(at, SLUG, "anna"), "anna");
    assert.equal((await disconnect(at, SLUG, "ada", "anna")).status, 204);
    await isAskedToConnect(at, SLUG, "anna", upstream);
    nothingCrossed(provider, upstream);
  },

  async "one person's calls among another's go out with their own account, whatever is in flight"() {
    const { at, provider, upstream } = await gate({ connected: ["ada", "anna", "ben"], protecting: { era: "legacy" } });
    const names = Array.from({ length: 60 }, (_, number) => ["anna", "ben", "ada"][number % 3]);
    upstream.refuseAll();
    const answered = await Promise.all(names.map((name) => whoAnswers(at, SLUG, name)));
    assert.deepEqual(answered, names);
    nothingCrossed(provider, upstream);
  },
};
