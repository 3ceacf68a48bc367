// Passkeys in a real browser, with a device that the browser's driver makes: added, shown, taken away, and refused.
//
// On http://localhost: browsers ask no device on a page whose certificate they do not believe.

import assert from "node:assert/strict";
import { picture, press, text, trial, visitor } from "./world.mjs";

const SIGNED_OUT = "You are not signed in";
const SIGNED_IN = "You are signed in as Ada Lovelace";

/** A server under the name of this machine, with a window in which its owner is signed in. */
async function owner(...orgs) {
  const server = await trial("Acme", ...orgs);
  server.url = server.url.replace("127.0.0.1", "localhost");
  const page = await visitor();
  await page.goto(server.url + server.links[0]);
  await press(page, "Sign in");
  assert.match(await text(page), new RegExp(SIGNED_IN));
  return { server, page };
}

/** A device of this window's. `sees` says whether it can make sure of its user. */
async function device(page, sees = true) {
  const driver = await page.createCDPSession();
  await driver.send("WebAuthn.enable");
  const options = { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: sees };
  const { authenticatorId } = await driver.send("WebAuthn.addVirtualAuthenticator", {
    options: { ...options, isUserVerified: sees, automaticPresenceSimulation: true },
  });
  const send = (command, more) => driver.send(`WebAuthn.${command}`, { authenticatorId, ...more });
  return { keys: async () => (await send("getCredentials")).credentials, send };
}

const until = (page, words) => page.waitForFunction((words) => document.body?.innerText.includes(words), {}, words);

async function add(page, server, called) {
  await page.goto(`${server.url}/sign-in/passkeys`);
  await page.locator("::-p-aria(What to call a new one)").fill(called);
  await page.locator(`::-p-aria([name="Add a passkey"][role="button"])`).click();
}

async function signOut(page, server) {
  await page.goto(`${server.url}/sign-in`);
  await press(page, "Sign out");
  assert.match(await text(page), new RegExp(SIGNED_OUT));
}

async function show(page, server) {
  await page.goto(`${server.url}/sign-in`);
  await page.locator(`::-p-aria([name="Sign in with a passkey"][role="button"])`).click();
}

/** Presses what leads to another page, and waits for none: a device answers in between. */
async function follow(page, label, role = "button") {
  await page.locator(`::-p-aria([name="${label}"][role="${role}"])`).click();
}

export const passkeys = {
  async "whoever wants it shows a passkey after a link, and is signed in by both"() {
    const { server, page } = await owner("Other");
    const held = await device(page);
    await add(page, server, "Ada's laptop");
    await until(page, "Show a passkey to turn this on");
    await follow(page, "Show a passkey to turn this on", "link");
    await until(page, "What you want to do takes a passkey");
    await follow(page, "Show a passkey");
    await until(page, "Ask for a passkey as well");
    assert.equal(page.url(), `${server.url}/sign-in/passkeys`);
    await picture(page, "passkeys-second-factor");
    await press(page, "Ask for a passkey as well");
    assert.match(await text(page), /you are asked for a passkey as well/);
    await picture(page, "passkeys-second-factor-on");
    await signOut(page, server);

    await held.send("setUserVerified", { isUserVerified: false });
    await page.goto(server.url + server.links[1]);
    await press(page, "Sign in");
    await page.waitForFunction(() => !document.querySelector("form[data-question] button").hidden);
    await picture(page, "second-step");
    assert.match(await text(page), /Show a passkey as well/);
    const other = await page.browserContext().newPage();
    await other.goto(`${server.url}/sign-in`);
    assert.match(await text(other), new RegExp(SIGNED_OUT), "the first step signs nobody in");
    await other.close();
    await page.bringToFront();
    await held.send("setUserVerified", { isUserVerified: true });
    await follow(page, "Try again");
    await until(page, SIGNED_IN);
  },

  async "an organization that asks for a passkey leads to the first one, and opens with it"() {
    const { server, page } = await owner("Other");
    await device(page);
    const headers = { authorization: `Bearer ${server.keys[0]}`, "content-type": "application/json" };
    const body = JSON.stringify({ settings: { "sign_in.second_factor": "everyone" } });
    const set = await fetch(`${server.url}/api/v1/orgs/acme`, { method: "PATCH", headers, body });
    assert.equal(set.status, 200);
    await page.goto(`${server.url}/sign-in`);
    assert.match(await text(page), /Acme\s+asks for a passkey/);
    assert.match(await text(page), /Other/);
    await picture(page, "signed-in-closed");
    await follow(page, "Show a passkey", "link");
    await until(page, "You have none yet");
    await picture(page, "second-factor-add");
    await follow(page, "Add a passkey");
    await until(page, "In this session you have shown none");
    await page.waitForSelector("form[action='/sign-in/passkey']");
    await picture(page, "second-factor-show");
    await follow(page, "Show a passkey");
    await until(page, SIGNED_IN);
    assert.doesNotMatch(await text(page), /asks for a passkey/);
    await page.goto(`${server.url}/sign-in/passkeys`);
    await picture(page, "passkeys-last-one");
  },

  async "a person adds a passkey, signs in with it, and removes it"() {
    const { server, page } = await owner();
    const held = await device(page);
    await page.goto(`${server.url}/sign-in/passkeys`);
    await picture(page, "passkeys-none");
    await add(page, server, "Ada's laptop");
    await until(page, "Ada's laptop");
    assert.equal(page.url(), `${server.url}/sign-in/passkeys`);
    await picture(page, "passkeys");
    const [key] = await held.keys();
    assert.deepEqual([key.isResidentCredential, key.rpId], [true, "localhost"]);
    // The device has one already, and says so.
    await add(page, server, "Another");
    await until(page, "This device has a passkey of yours already.");
    await picture(page, "passkey-again");

    await signOut(page, server);
    await picture(page, "sign-in-with-passkey");
    await show(page, server);
    await until(page, SIGNED_IN);
    await page.goto(`${server.url}/sign-in/sessions`);
    const counted = (await held.keys())[0].signCount;
    assert.ok(counted > key.signCount, `${counted} after ${key.signCount}`);
    // To sign in again is the same.
    await page.goto(`${server.url}/sign-in/again?return_to=%2Fsign-in%2Fpasskeys`);
    await page.locator(`::-p-aria([name="Sign in with a passkey"][role="button"])`).click();
    await until(page, "Your passkeys");
    await until(page, "Ada's laptop");

    // It is her only way in, so that it has to stay until there is another.
    assert.equal(await page.$("form[action='/sign-in/passkeys/remove']"), null);
    const [lost] = await held.keys();
    await held.send("removeVirtualAuthenticator");
    const other = await device(page);
    await add(page, server, "Ada's phone");
    await until(page, "Ada's phone");
    await picture(page, "passkeys-two");
    await press(page, "Remove");
    assert.doesNotMatch(await text(page), /Ada's laptop/);
    assert.match(await text(page), /Ada's phone/);
    await signOut(page, server);
    await other.send("removeVirtualAuthenticator");
    const found = await device(page);
    await found.send("addCredential", { credential: lost });
    await show(page, server);
    await until(page, "Nobody here signs in with this passkey");
    await picture(page, "passkey-removed");
  },

  async "a device that cannot make sure of its user is refused before it makes a passkey"() {
    const { server, page } = await owner();
    const held = await device(page, false);
    await add(page, server, "Ada's key");
    await page.waitForFunction(() => !document.querySelector("form[data-question] button").hidden);
    assert.deepEqual(await held.keys(), []);
    await page.goto(`${server.url}/sign-in/passkeys`);
    assert.doesNotMatch(await text(page), /Ada's key/);
  },

  async "a copy of a device that has fallen behind signs nobody in"() {
    const { server, page } = await owner();
    const held = await device(page);
    await add(page, server, "Ada's key");
    await until(page, "Ada's key");
    const [copied] = await held.keys();
    await signOut(page, server);
    await show(page, server);
    await until(page, SIGNED_IN);
    await signOut(page, server);
    // The copy as it was: it counts from where it was taken.
    const other = await visitor();
    const copy = await device(other);
    await copy.send("addCredential", { credential: { ...copied, signCount: 0 } });
    await show(other, server);
    await until(other, "a copy of it");
    await picture(other, "passkey-copied");
    // The device itself goes on.
    await show(page, server);
    await until(page, SIGNED_IN);
  },

  async "under another name of this machine the page says where passkeys work"() {
    const server = await trial("Acme");
    const page = await visitor();
    await show(page, server);
    await until(page, "Passkeys work under another name of this installation");
    await picture(page, "passkey-elsewhere");
    const link = await page.$eval("[data-elsewhere] a", (link) => link.href);
    assert.equal(link, `${server.url.replace("127.0.0.1", "localhost")}/sign-in`);
  },

  async "whoever runs no script is told so, and the pages work on"() {
    const { server, page } = await owner();
    await page.setJavaScriptEnabled(false);
    await page.goto(`${server.url}/sign-in/passkeys`);
    // Without scripts the driver's own way of pressing waits for ever.
    const add = page.$eval("form[action='/sign-in/passkeys/new'] button", (button) => button.click());
    await Promise.all([page.waitForNavigation(), add]);
    assert.match(await text(page), /your browser runs none here/);
    await picture(page, "passkey-without-script");
    await page.goto(`${server.url}/sign-in`);
    assert.match(await text(page), new RegExp(SIGNED_IN));
  },
};
