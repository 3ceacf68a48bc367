// Accounts whose tokens end: refreshed ahead and on a refusal, once for all; broken ones shown to whom they belong.

import assert from "node:assert/strict";
import { SLUG, connects, gate, isAskedToConnect, nothingCrossed, whoAnswers } from "./connecting.mjs";
import { PERSONAL, SHARED, accountOf, accounts, asClient, callTool, isMissed, linkIn } from "./wardroom.mjs";
import { waitFor } from "./world.mjs";

const CALLS = 100;

/** Many calls at the same time. */
const parallel = (at, name, count = CALLS) => Promise.all(Array.from({ length: count }, () => whoAnswers(at, SLUG, name)));

export const refreshing = {
  async "a token is refreshed before it ends, and the server never sees an old one"() {
    const { at, provider, upstream } = await gate({ connected: ["ada", "anna"], provided: { access_s: 4 } });
    await waitFor("a refresh", async () => {
      assert.equal(await whoAnswers(at, SLUG, "anna"), "anna");
      return provider.log.tokens.some(({ grant, person }) => grant === "refresh_token" && person === "anna") || undefined;
    });
    assert.deepEqual(upstream.log.refused.filter(({ token }) => token), []);
    const refresh = provider.log.tokens.find(({ grant }) => grant === "refresh_token");
    assert.equal(refresh.resource, upstream.resource);
    nothingCrossed(provider, upstream);
  },

  async "a token that the server takes back early is refreshed, and the call goes on"() {
    const { at, provider, upstream } = await gate({ connected: ["ada", "anna"] });
    assert.equal(await whoAnswers(at, SLUG, "anna"), "anna");
    upstream.refuseAll();
    assert.equal(await whoAnswers(at, SLUG, "anna"), "anna");
    assert.equal(provider.refreshes(), 1);
    // And again: the refresh token was rotated.
    provider.revokeAccess("anna");
    assert.equal(await whoAnswers(at, SLUG, "anna"), "anna");
    assert.equal(provider.refreshes(), 2);
  },

  async "a server that refuses every token is asked twice and no more"() {
    const { at, provider, upstream } = await gate({ connected: ["ada", "anna"] });
    provider.log.tokens.length = 0;
    upstream.log.refused.length = 0;
    upstream.refuseEvery(true);
    const answer = await callTool(at, SLUG, "anna", "whoami");
    assert.ok(answer.error || answer.isError, JSON.stringify(answer));
    assert.equal(provider.refreshes(), 1);
    assert.equal(upstream.log.refused.length, 2);
    upstream.refuseEvery(false);
  },

  async "a hundred calls with a token that is over make one refresh"() {
    for (const credential of [PERSONAL, SHARED]) {
      const { at, provider, upstream } = await gate({ credential, connected: ["ada"] });
      assert.equal(await whoAnswers(at, SLUG, "ada"), "ada");
      upstream.refuseAll();
      const held = provider.hold();
      const calls = parallel(at, "ada");
      await waitFor("the refresh", async () => held.waiting() || undefined);
      // What is asked now comes behind all of them.
      for (let time = 0; time < 3; time += 1) await at.api("ada", "GET", "/integrations");
      held.release();
      assert.deepEqual(new Set(await calls), new Set(["ada"]));
      assert.equal(held.waiting(), 1, "one flight");
      assert.equal(provider.refreshes(), 1);
      assert.equal(provider.held("ada", "RefreshToken"), 1);
      nothingCrossed(provider, upstream);
    }
  },

  async "two persons refresh at the same time, each their own"() {
    const { at, provider, upstream } = await gate({ connected: ["ada", "anna", "ben"] });
    await Promise.all(["anna", "ben"].map((name) => whoAnswers(at, SLUG, name)));
    upstream.refuseAll();
    const [annas, bens] = await Promise.all([parallel(at, "anna", 50), parallel(at, "ben", 50)]);
    assert.deepEqual([...new Set(annas), ...new Set(bens)], ["anna", "ben"]);
    assert.equal(provider.refreshes(), 2);
    nothingCrossed(provider, upstream);
  },

  async "a client's own secret gets one token for a hundred calls"() {
    const { at, provider, upstream } = await gate({ credential: (_, { provider }) => asClient(provider.service) });
    assert.equal(await whoAnswers(at, SLUG, "anna"), "service");
    const before = provider.count("client_credentials");
    upstream.refuseAll();
    assert.deepEqual(new Set(await parallel(at, "anna")), new Set(["service"]));
    assert.equal(provider.count("client_credentials"), before + 1);
  },

  async "an account that was ended at the provider is shown as broken to its person and to admins, and to nobody else"() {
    const { at, provider, upstream } = await gate({ connected: ["ada", "anna", "ben"] });
    provider.revoke("anna");
    await isAskedToConnect(at, SLUG, "anna", upstream);
    assert.equal(await accountOf(at, SLUG, "anna"), "broken");
    assert.equal(await accountOf(at, SLUG, "ben"), "connected");
    assert.deepEqual(await accounts(at, SLUG), { ada: "connected", anna: "broken", ben: "connected" });
    assert.deepEqual(await accounts(at, SLUG, "ben"), { ben: "connected" });
    // It stays among the tools that are listed, and nothing is asked again and again.
    const asked = provider.log.tokens.length;
    for (let time = 0; time < 5; time += 1) await isAskedToConnect(at, SLUG, "anna", upstream);
    assert.equal(provider.log.tokens.length, asked, "a refusal that is final is not tried again");
    assert.equal(await whoAnswers(at, SLUG, "ben"), "ben");
    await connects(at, SLUG, "anna");
    assert.equal(await accountOf(at, SLUG, "anna"), "connected");
    assert.equal(await whoAnswers(at, SLUG, "anna"), "anna");
  },

  async "a shared account that was ended is shown to admins, and a member's call says whom to ask"() {
    const { at, provider } = await gate({ credential: SHARED });
    assert.equal(await isMissed(at), true);
    await connects(at, SLUG, "ada");
    assert.equal(await isMissed(at), false);
    provider.revoke("ada");
    const answer = await callTool(at, SLUG, "anna", "whoami");
    assert.ok(answer.error || answer.isError, JSON.stringify(answer));
    assert.equal(linkIn(at, answer), null, "she cannot mend it");
    assert.match(JSON.stringify(answer), /ada/);
    assert.deepEqual(await accounts(at, SLUG), { everybody: "broken" });
    assert.equal(await isMissed(at), true);
    await connects(at, SLUG, "ada");
    assert.equal(await isMissed(at), false);
    assert.equal(await whoAnswers(at, SLUG, "anna"), "ada");
  },

  async "a provider that is down for a moment is said to be, and the account is kept"() {
    const { at, provider, upstream } = await gate({ connected: ["ada", "anna"] });
    for (const trouble of ["down", "nonsense"]) {
      assert.equal(await whoAnswers(at, SLUG, "anna"), "anna");
      upstream.refuseAll();
      provider.trouble(trouble);
      const answer = await callTool(at, SLUG, "anna", "whoami");
      assert.ok(answer.error || answer.isError, `${trouble}: ${JSON.stringify(answer)}`);
      assert.match(JSON.stringify(answer), /again/, "it can be tried again");
      assert.equal(linkIn(at, answer), null, "to connect again mends nothing");
      assert.ok(["connected", "troubled"].includes(await accountOf(at, SLUG, "anna")));
      provider.wellAgain();
      assert.equal(await whoAnswers(at, SLUG, "anna"), "anna", trouble);
      assert.equal(await accountOf(at, SLUG, "anna"), "connected");
    }
    assert.equal(provider.count("authorization_code"), 2, "nobody had to connect again");
  },

  async "a provider that says nothing lets nobody wait for ever, and the account is kept"() {
    const { at, provider, upstream } = await gate({ connected: ["ada", "anna"] });
    upstream.refuseAll();
    const held = provider.hold();
    const answer = await callTool(at, SLUG, "anna", "whoami");
    assert.ok(answer.error || answer.isError, JSON.stringify(answer));
    assert.equal(linkIn(at, answer), null);
    assert.ok(["connected", "troubled"].includes(await accountOf(at, SLUG, "anna")));
    held.release();
  },

  async "a refresh whose answer is lost leaves an account that is broken, and never one that hides it"() {
    const { at, provider, upstream } = await gate({ connected: ["ada", "anna"] });
    upstream.refuseAll();
    provider.trouble("lost", 1);
    const answer = await callTool(at, SLUG, "anna", "whoami");
    assert.ok(answer.error || answer.isError, JSON.stringify(answer));
    await isAskedToConnect(at, SLUG, "anna", upstream);
    assert.equal(await accountOf(at, SLUG, "anna"), "broken");
  },

  async "an account outlives a restart, with the token that was rotated last"() {
    const { at, provider, upstream } = await gate({ connected: ["ada", "anna"] });
    upstream.refuseAll();
    assert.equal(await whoAnswers(at, SLUG, "anna"), "anna");
    await at.restart();
    upstream.refuseAll();
    assert.equal(await whoAnswers(at, SLUG, "anna"), "anna");
    assert.equal(provider.refreshes(), 2);
  },
};
