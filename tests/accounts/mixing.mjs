// A hostile server that has people sign in at another server's authorization server, to be given what they bring back from there
// (RFC 9700, section 4.4): it is never given anything, and what was meant for one integration is never taken for another.

import assert from "node:assert/strict";
import { SLUG, attach, connects, gate, isAskedToConnect, whoAnswers } from "./connecting.mjs";
import { startProvider } from "./provider.mjs";
import { startUpstream } from "./upstream.mjs";
import { PERSONAL, accountOf, callback, connectAccount, entered } from "./wardroom.mjs";
import { until } from "./world.mjs";

const EVIL = "evil";

/**
 * An honest server at which ada has an account, whose provider does not say in its answers who it is, and a hostile one, whose
 * provider lies from the beginning as `lie` says.
 */
async function both({ credential = () => PERSONAL, lie = () => ({}) } = {}) {
  const { at, provider: honest, upstream } = await gate({ connected: ["ada"], credential: (at, { provider }) => credential(at, provider) });
  honest.lie(SILENT);
  const evil = await startProvider();
  until(evil.stop);
  evil.lie(lie(honest));
  const server = await startUpstream(evil);
  until(server.stop);
  await attach(at, EVIL, server, PERSONAL);
  return { at, honest, upstream, evil };
}

const SILENT = { metadata: { authorization_response_iss_parameter_supported: undefined }, answer: { iss: null } };

/** What Wardroom is called at a provider, which is no secret. */
const clientAt = (provider) => provider.log.authorizations.find(({ client_id }) => client_id).client_id;

/** Nothing that may be redeemed was sent to either. */
function nothingWasSent(honest, evil) {
  assert.deepEqual(evil.log.requests.filter((request) => request === "POST /token"), [], "the hostile one is given nothing");
  assert.equal(honest.count("authorization_code"), 1, "ada's alone");
}

export const mixing = {
  async "a code that a hostile server had made for another integration is sent nowhere"() {
    for (const credential of [() => PERSONAL, async (at, honest) => entered(PERSONAL, await honest.enter(callback(at, SLUG)))]) {
      const { at, honest, upstream, evil } = await both({ credential });
      // Its page sends people on, as the client that Wardroom is at the honest one, to where that one sends them back.
      const others = { client_id: clientAt(honest), redirect_uri: callback(at, SLUG), resource: upstream.resource, scope: "mail.read" };
      evil.lie({ ...SILENT, forward: (asked) => `${honest.issuer}/auth?${new URLSearchParams({ ...asked, ...others })}` });
      const page = await connectAccount(at, EVIL, "anna", "anna");
      assert.ok(page.url.startsWith(`${callback(at, SLUG)}?code=`), `signed in at the honest one: ${page.url}`);
      assert.equal(page.status, 422);
      assert.match(page.text, /another connection/);
      nothingWasSent(honest, evil);
      for (const slug of [SLUG, EVIL]) assert.equal(await accountOf(at, slug, "anna"), "missing");
      await isAskedToConnect(at, SLUG, "anna", upstream);
      // And who means the honest one has it.
      await connects(at, SLUG, "anna");
      assert.equal(await whoAnswers(at, SLUG, "anna"), "anna");
    }
  },

  async "nobody is sent to the page of a server that says that it is another"() {
    const { at, honest, evil } = await both();
    const asked = honest.log.authorizations.length;
    evil.lie({ metadata: { ...SILENT.metadata, authorization_endpoint: `${honest.issuer}/auth` } });
    const page = await connectAccount(at, EVIL, "anna");
    assert.equal(page.status, 422);
    assert.ok(page.url.startsWith(at.url) && page.text.includes(honest.issuer), page.text);
    assert.equal(honest.log.authorizations.length, asked);
    nothingWasSent(honest, evil);
  },

  async "a client of another integration sends nobody back to a hostile one's, where the honest one is silent about itself"() {
    const { at, honest, evil } = await both({ lie: (honest) => ({ client_id: clientAt(honest) }) });
    honest.lie({ ...SILENT, hidden: true });
    evil.lie({ metadata: { ...SILENT.metadata, authorization_endpoint: `${honest.issuer}/auth` } });
    const page = await connectAccount(at, EVIL, "anna");
    assert.ok(page.url.startsWith(`${honest.issuer}/auth?`), page.url);
    assert.match(page.text, /invalid_redirect_uri/);
    nothingWasSent(honest, evil);
  },
};
