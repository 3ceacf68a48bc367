// Signing in with a provider, and the sign-ins that somebody has: a real issuer end to end, and one that lies.

import assert from "node:assert/strict";
import { CLIENT, liar, realIssuer } from "./issuers.mjs";
import { encryptedAt, mailbox, picture, place, press, shows, signInWith, text, visitor } from "./world.mjs";

const TITLE = "Acme ID";
const SIGNED_IN = "You are signed in as Ada Lovelace";

/** A server on which Ada can sign in with an issuer, and which keeps its mail. */
async function gate(issuer) {
  const at = await place();
  const there = await issuer(`${at.url}/sign-in/back`);
  const mails = await mailbox();
  const server = await encryptedAt(at, [...(await signInWith(there.issuer, TITLE, CLIENT)), ...mails.settings], "Acme");
  return { ...server, ...there, mails };
}

/** Signs in at the real issuer, by its own forms, and lets it tell us who that is. */
async function identify(page, name) {
  await page.locator('input[name="login"]').fill(name);
  await page.locator('input[name="password"]').fill("x");
  await Promise.all([page.waitForNavigation(), page.locator('button[type="submit"]').click()]);
  if ((await page.$('input[value="consent"]')) !== null) {
    await Promise.all([page.waitForNavigation(), page.locator('button[type="submit"]').click()]);
  }
}

/** Presses a button that leads to an issuer by way of a page of ours. */
async function leave(page, label) {
  await page.locator(`::-p-aria([name="${label}"][role="button"])`).click();
}

async function accounts(page, server) {
  await page.goto(`${server.url}/api/v1/identities`);
  return JSON.parse(await text(page)).items.map((identity) => identity.account);
}

async function isSignedIn(page, server) {
  return (await page.goto(`${server.url}/api/v1/session`)).status() === 200;
}

/** Ada, by the link that the first owner is given. */
async function adaByLink(page, server) {
  await page.goto(server.url + server.links[0]);
  await press(page, "Sign in");
  await shows(page, SIGNED_IN);
}

const real = {
  async "a person signs in with a real provider, whose certificate comes from its own authority"() {
    const server = await gate(realIssuer);
    const page = await visitor();
    await page.goto(`${server.url}/sign-in/sessions`);
    await picture(page, "provider-sign-in");
    await leave(page, `Sign in with ${TITLE}`);
    await page.waitForSelector('input[name="login"]');
    await identify(page, "ada");
    await shows(page, "Where you are signed in");
    assert.equal(page.url(), `${server.url}/sign-in/sessions`, "to where she wanted to go");
    assert.deepEqual(await accounts(page, server), ["ada@example.com"]);
    await page.goto(`${server.url}/sign-in`);
    await press(page, "Sign out");
    // The issuer still knows her: it sends her back at once.
    await leave(page, `Sign in with ${TITLE}`);
    await shows(page, SIGNED_IN);
    assert.deepEqual(await accounts(page, server), ["ada@example.com"]);
    // To show again who she is she signs in there anew.
    await page.goto(`${server.url}/sign-in/again?return_to=%2Fsign-in%2Fidentities`);
    await leave(page, `Sign in with ${TITLE}`);
    await page.waitForSelector('input[name="login"]');
    await identify(page, "ada");
    await shows(page, "Your sign-ins");

    const stranger = await visitor();
    await stranger.goto(`${server.url}/sign-in`);
    await leave(stranger, `Sign in with ${TITLE}`);
    await stranger.waitForSelector('input[name="login"]');
    await identify(stranger, "eve");
    await shows(stranger, "Nobody here signs in with this account: ask for an invitation");
    await picture(stranger, "provider-nobody");
    assert.equal(await isSignedIn(stranger, server), false);
  },

  async "a person adds an account of a real provider and an address, and removes one"() {
    const server = await gate(realIssuer);
    const page = await visitor();
    await adaByLink(page, server);
    await Promise.all([page.waitForNavigation(), page.locator("::-p-aria(Your sign-ins)").click()]);
    await shows(page, "You came by a link");
    await picture(page, "identities-none");
    await leave(page, `Add an account of ${TITLE}`);
    await page.waitForSelector('input[name="login"]');
    await identify(page, "lovelace");
    await shows(page, "Sign in as Ada Lovelace with this account?");
    assert.match(await text(page), /lovelace@example\.com/);
    await picture(page, "identity-new");
    await press(page, "Add it");
    await shows(page, "lovelace@example.com");
    assert.doesNotMatch(await text(page), /Remove/, "the last one stays");

    await page.locator("::-p-aria(An e-mail address of yours)").fill("ada@home.example");
    await press(page, "Send a link there");
    await picture(page, "identity-sent");
    const mail = await server.mails.to("ada@home.example");
    const link = mail.match(/https:\S+\/sign-in\/identities\/email\/wrl_\w+/)[0];
    const elsewhere = await visitor();
    await elsewhere.goto(link);
    await shows(elsewhere, "You are not signed in");
    await page.goto(link);
    await shows(page, "Sign in as Ada Lovelace with this account?");
    await press(page, "Add it");
    assert.deepEqual(await accounts(page, server), ["lovelace@example.com", "ada@home.example"]);
    await page.goto(`${server.url}/sign-in/identities`);
    await picture(page, "identities");
    await press(page, "Remove");
    assert.deepEqual(await accounts(page, server), ["ada@home.example"]);

    // What was removed lets nobody in, and the address lets her in.
    const back = await visitor();
    await back.goto(`${server.url}/sign-in`);
    await leave(back, `Sign in with ${TITLE}`);
    await back.waitForSelector('input[name="login"]');
    await identify(back, "lovelace");
    await shows(back, "Nobody here signs in with this account");
  },
};

const DISBELIEVED = `What ${TITLE} answered cannot be believed, so nobody was signed in`;
const token = (claims) => ({ token: { claims } });
const now = () => Math.floor(Date.now() / 1_000);

/** What is wrong, how it is said, and what the page says. */
const lies = {
  "another issuer": [() => token({ iss: "https://id.evil.example" }), DISBELIEVED],
  "another audience": [() => token({ aud: "another" }), DISBELIEVED],
  "made for another of two": [() => token({ aud: [CLIENT.id, "another"], azp: "another" }), DISBELIEVED],
  "the nonce of another sign-in": [() => token({ nonce: "n" }), DISBELIEVED],
  "no nonce": [() => token({ nonce: undefined }), DISBELIEVED],
  "another key": [() => ({ token: { key: "other" } }), DISBELIEVED],
  "a key that nobody publishes": [() => ({ token: { key: "other", header: { kid: "other" } } }), DISBELIEVED],
  "no signature": [() => ({ token: { key: "none", header: { alg: "none", kid: undefined } } }), DISBELIEVED],
  "the public key as a secret": [() => ({ token: { key: "mac", header: { alg: "HS256" } } }), DISBELIEVED],
  "a token that is over": [() => token({ exp: now() - 3_600, iat: now() - 7_200 }), "The clocks of Acme ID"],
  "a token of tomorrow": [() => token({ iat: now() + 86_400, exp: now() + 86_700 }), "The clocks of Acme ID"],
  "an address that was not verified": [() => token({ email_verified: false }), "was not verified"],
  "an address that is verified in words": [() => token({ email_verified: "true" }), "says neither true nor false"],
  "no address": [() => token({ email: undefined }), "gives no e-mail address"],
  "an answer of another issuer": [() => ({ answer: { iss: "https://id.evil.example" } }), "comes from another provider"],
  "an answer of nobody": [() => ({ answer: { iss: null } }), "does not say which provider"],
  "a state of its own": [() => ({ answer: { state: "wro_x" } }), "was not begun in this browser"],
  "two answers": [() => ({ answer: { error: "access_denied" } }), "either a code or an error"],
  "a code that it does not take": [() => ({ answer: { code: "x" } }), "does not know this sign-in any more"],
  "no id_token": [() => ({ exchange: { id_token: undefined } }), DISBELIEVED],
  "an answer from elsewhere": [() => ({ moved: "/token" }), "does not let this installation ask"],
};

const hostile = {
  async "a provider that lies signs nobody in and becomes nobody's sign-in"() {
    const server = await gate(liar);
    for (const [name, [lie, words]] of Object.entries(lies)) {
      const page = await visitor();
      await page.goto(`${server.url}/sign-in`);
      server.tell(lie());
      await leave(page, `Sign in with ${TITLE}`);
      await shows(page, "This did not work").catch(() => assert.fail(`${name}: ${page.url()}`));
      const said = await text(page);
      assert.ok(said.includes(words), `${name}: ${said}`);
      assert.doesNotMatch(said, /id_token|nonce|\baud\b|\biss\b|evil\.example/, `${name}: ${said}`);
      if (["another key", "an address that was not verified", "a token that is over"].includes(name)) {
        await picture(page, `provider-lies-${name.replaceAll(" ", "-")}`);
      }
      assert.equal(await isSignedIn(page, server), false, name);
      await page.browserContext().close();
    }
    // Nothing of all that was Ada's: her address lets in once, and the account is hers from then on.
    const page = await visitor();
    server.tell({});
    await page.goto(`${server.url}/sign-in`);
    await leave(page, `Sign in with ${TITLE}`);
    await shows(page, SIGNED_IN);
    assert.deepEqual(await accounts(page, server), ["ada@example.com"]);
    // Somebody else there who has her address now is not her.
    const other = await visitor();
    server.tell({ token: { claims: { sub: "8" } } });
    await other.goto(`${server.url}/sign-in`);
    await leave(other, `Sign in with ${TITLE}`);
    await shows(other, "This address has another sign-in here".slice(5));
    await picture(other, "provider-other-subject");
    assert.equal(await isSignedIn(other, server), false);
    // And she herself is, whatever address she has there.
    server.tell({ token: { claims: { email: "ada@elsewhere.example", email_verified: false } } });
    await other.goto(`${server.url}/sign-in`);
    await leave(other, `Sign in with ${TITLE}`);
    await shows(other, SIGNED_IN);
    assert.deepEqual(await accounts(other, server), ["ada@example.com"]);
  },

  async "a provider that lies adds nothing to the sign-ins of somebody who is signed in"() {
    const server = await gate(liar);
    const page = await visitor();
    await adaByLink(page, server);
    const add = async (lie) => {
      await page.goto(`${server.url}/sign-in/identities`);
      server.tell(lie);
      await leave(page, `Add an account of ${TITLE}`);
    };
    for (const name of ["another issuer", "another audience", "another key", "no signature", "the nonce of another sign-in", "an answer of another issuer", "a state of its own"]) {
      const [lie, words] = lies[name];
      await add(lie());
      await shows(page, "This did not work");
      assert.ok((await text(page)).includes(words), name);
      assert.deepEqual(await accounts(page, server), [], name);
    }
    await add({});
    await shows(page, "with this account?");
    await press(page, "Add it");
    assert.deepEqual(await accounts(page, server), ["ada@example.com"]);
    await add({});
    await shows(page, "This is one of your sign-ins already");
    await picture(page, "identity-taken");
  },

  async "what was begun in one browser is of no use in another"() {
    const server = await gate(liar);
    const [page, other] = [await visitor(), await visitor()];
    await adaByLink(page, server);
    server.tell({ held: true });
    const begun = async (path, label) => {
      await page.goto(server.url + path);
      await leave(page, label);
      await shows(page, "/sign-in/back?");
      return text(page);
    };
    const link = await begun("/sign-in/identities", `Add an account of ${TITLE}`);
    await other.goto(`${server.url}/sign-in`);
    await leave(other, `Sign in with ${TITLE}`);
    await shows(other, "/sign-in/back?");
    const theirs = await text(other);
    // A stranger's account for Ada, and Ada's for a stranger.
    for (const [browser, address] of [[other, link], [page, theirs]]) {
      await browser.goto(address);
      await shows(browser, "This sign-in was not begun in this browser");
    }
    assert.equal(await isSignedIn(other, server), false);
    assert.deepEqual(await accounts(page, server), []);
    await page.goto(link);
    await shows(page, "with this account?");
  },

  async "a provider that says that it is another one, or leads elsewhere, keeps nobody from signing in in another way"() {
    const discoveries = [
      { discovery: { issuer: "https://id.evil.example" } },
      { discovery: { token_endpoint: "http://id.evil.example/token" } },
      { moved: "/.well-known/openid-configuration" },
    ];
    for (const [at, lie] of discoveries.entries()) {
      const server = await gate(liar);
      const page = await visitor();
      server.tell(lie);
      await page.goto(`${server.url}/sign-in`);
      await press(page, `Sign in with ${TITLE}`);
      assert.match(await text(page), /Acme ID cannot be used to sign in at the moment/);
      if (at === 0) await picture(page, "provider-unusable");
      await adaByLink(page, server);
    }
  },
};

export const providers = { ...real, ...hostile };
