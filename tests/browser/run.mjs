// The pages in a real browser. Ends with the line `browser: N passed, N failed`.
//
// Start reading at `checks`. Each check has a name that is a sentence, and windows of its own.

import assert from "node:assert/strict";
import { ELSEWHERE, GATE, SIBLING, demo, encrypted, endAll, open, picture, press, site, text, trial, visitor } from "./world.mjs";
import { clients } from "./clients.mjs";
import { joining } from "./joining.mjs";
import { passkeys } from "./passkeys.mjs";
import { providers } from "./providers.mjs";

const SIGNED_OUT = "You are not signed in";
const SIGNED_IN = "You are signed in as Ada Lovelace";

async function signIn(page, server, link) {
  await page.goto(server.url + link);
  await press(page, "Sign in");
  assert.match(await text(page), new RegExp(SIGNED_IN));
}

const checks = {
  async "a person signs in with a link over https, and the cookie is this host's alone"() {
    const server = await encrypted("Acme <img src=x>");
    const page = await visitor();
    await page.goto(`${server.url}/sign-in`);
    assert.match(await text(page), new RegExp(SIGNED_OUT));
    await picture(page, "sign-in");
    await page.goto(server.url + server.links[0]);
    assert.match(await text(page), /Acme <img src=x>/);
    assert.equal(await page.$("img"), null);
    await picture(page, "link");
    await press(page, "Sign in");
    assert.equal(page.url(), `${server.url}/sign-in`);
    assert.match(await text(page), new RegExp(SIGNED_IN));
    await picture(page, "signed-in");
    const cookies = await page.browserContext().cookies();
    const session = cookies.find((cookie) => cookie.name === "__Host-wardroom");
    const { domain, path, httpOnly, secure, sameSite } = session;
    const kept = { domain: GATE, path: "/", httpOnly: true, secure: true, sameSite: "Lax" };
    assert.deepEqual({ domain, path, httpOnly, secure, sameSite }, kept);
    assert.equal(await page.evaluate(() => document.cookie), "");
    await page.goto(server.url + server.links[0]);
    assert.match(await text(page), /This link opens nothing/);
    await picture(page, "link-used");
  },

  async "over http on this machine everything works under each of its names"() {
    for (const host of ["127.0.0.1", "localhost"]) {
      const server = await trial("Acme");
      server.url = server.url.replace("127.0.0.1", host);
      const page = await visitor();
      await signIn(page, server, server.links[0]);
      const names = (await page.browserContext().cookies()).map((cookie) => cookie.name).sort();
      assert.deepEqual(names, ["wardroom-trial", "wardroom-trial-browser"]);
      await press(page, "Sign out");
      assert.match(await text(page), new RegExp(SIGNED_OUT));
    }
  },

  async "whoever must sign in first comes back to the page that they wanted"() {
    const server = await encrypted("Acme");
    const page = await visitor();
    await page.goto(`${server.url}/sign-in/sessions`);
    assert.match(await text(page), new RegExp(SIGNED_OUT));
    await page.goto(server.url + server.links[0]);
    await press(page, "Sign in");
    assert.equal(page.url(), `${server.url}/sign-in/sessions`);
    assert.match(await text(page), /Where you are signed in/);
    await picture(page, "sessions");
    await press(page, "Sign out everywhere");
    assert.match(await text(page), new RegExp(SIGNED_OUT));
  },

  async "after signing out the way back shows nothing"() {
    const server = await encrypted("Acme");
    const page = await visitor();
    await signIn(page, server, server.links[0]);
    await page.goto(`${server.url}/sign-in/sessions`);
    await page.goto(`${server.url}/sign-in`);
    await press(page, "Sign out");
    for (let step = 0; step < 3; step += 1) {
      await page.goBack();
      const shown = await text(page);
      assert.doesNotMatch(shown, /Ada Lovelace|Where you are signed in|Acme/, shown);
    }
  },

  async "no page stands in a frame of another site"() {
    const server = await encrypted("Acme");
    const evil = await site();
    const page = await visitor();
    await signIn(page, server, server.links[0]);
    for (const path of ["/sign-in", "/sign-in/sessions", "/sign-in/link/wrl_1"]) {
      const frame = `<iframe src="${server.url}${path}"></iframe>`;
      await page.goto(evil.page(ELSEWHERE, frame), { waitUntil: "networkidle0" });
      const shown = page.frames().find((frame) => frame.parentFrame() !== null);
      assert.match(shown.url(), /^chrome-error:/, path);
    }
  },

  async "a form of another site changes nothing"() {
    const server = await encrypted("Acme", "Other");
    const evil = await site();
    const page = await visitor();
    await signIn(page, server, server.links[0]);
    const sent = async (host, action) => {
      const form = `<form method="post" action="${server.url}${action}"><input name="csrf" value="x"><button>go</button></form>`;
      await page.goto(evil.page(host, form));
      return press(page, "go");
    };
    for (const host of [ELSEWHERE, SIBLING]) {
      // Of a link nobody is asked for anything but a press of its button: another site must not be able to press it.
      for (const action of [server.links[1], "/sign-in/sessions", "/sign-out"]) {
        const answer = await sent(host, action);
        const status = answer.status();
        assert.ok(status === 403 || page.url() === `${server.url}/sign-in`, `${host} ${action}: ${status}`);
      }
    }
    await page.goto(`${server.url}/sign-in`);
    assert.match(await text(page), new RegExp(SIGNED_IN));
    await page.goto(server.url + server.links[1]);
    assert.match(await text(page), /Sign in as/);
  },

  async "a host below ours cannot put a session of its own into the browser"() {
    const server = await encrypted("Acme", "Other");
    const evil = await site();
    const theirs = await visitor();
    await signIn(theirs, server, server.links[1]);
    const session = (await theirs.browserContext().cookies()).find((cookie) => cookie.name === "__Host-wardroom");
    const page = await visitor();
    const set = `<script>
      document.cookie = "__Host-wardroom=${session.value}; Domain=${GATE}; Path=/; Secure";
      document.cookie = "wardroom-trial=${session.value}; Domain=${GATE}; Path=/; Secure";
    </script>`;
    await page.goto(evil.page(SIBLING, set));
    await page.goto(`${server.url}/sign-in`);
    assert.match(await text(page), new RegExp(SIGNED_OUT));
  },

  async "an empty installation is set up on a page"() {
    const server = await trial();
    const page = await visitor();
    await page.goto(server.setUp);
    await picture(page, "set-up");
    await page.locator("::-p-aria(Name of the organization)").fill("会社");
    await page.locator("::-p-aria(Your name)").fill("Ada Lovelace");
    await page.locator("::-p-aria(Your e-mail address)").fill("ada@example.com");
    await press(page, "Create it and sign in");
    await picture(page, "set-up-fault");
    await page.locator("::-p-aria(Short name in addresses)").fill("kaisha");
    await press(page, "Create it and sign in");
    assert.match(await text(page), /会社 is yours/);
    await picture(page, "founded");
    await Promise.all([page.waitForNavigation(), page.locator("::-p-aria(I have kept the key)").click()]);
    assert.match(await text(page), new RegExp(SIGNED_IN));
    // The key is shown once: to go back shows no key.
    await page.goBack();
    assert.doesNotMatch(await text(page), /wrp_/);
  },
};

checks["in the demo a visitor chooses whom to be"] = async () => {
  const server = await demo();
  const page = await visitor();
  await page.goto(server.url);
  await picture(page, "demo");
  await press(page, "Jade Park Sales Representative");
  assert.match(await text(page), /You are signed in as Jade Park/);
  // Our pages let no script ask anything; the API's own answer is a page that does.
  await page.goto(new URL("/api/v1/session", server.url).href);
  const { csrf } = JSON.parse(await text(page));
  // What Jade may not, her session may not.
  const denied = await page.evaluate(async (csrf) => {
    const headers = { "content-type": "application/json", "wardroom-csrf": csrf };
    const answer = await fetch("/api/v1/orgs/northfell", { method: "PATCH", headers, body: '{"name":"Mine"}' });
    return [answer.status, (await answer.json()).title];
  }, csrf);
  assert.deepEqual(denied, [403, "Denied"]);
  await page.goto(server.url);
  await press(page, "Sign out");
  assert.match(await text(page), /Who do you want to be/);
};

Object.assign(checks, providers, passkeys, joining, clients);

const wanted = process.argv.slice(2);
const tally = { passed: 0, failed: 0 };
try {
  console.log(`browser: ${await open()}`);
  for (const [name, check] of Object.entries(checks)) {
    if (wanted.length > 0 && !wanted.some((word) => name.includes(word))) continue;
    try {
      await check();
      tally.passed += 1;
      console.log(`browser: ${name} ... ok`);
    } catch (fault) {
      tally.failed += 1;
      console.log(`browser: ${name} ... FAILED\n${fault.stack}`);
    }
  }
} finally {
  await endAll();
}
console.log(`browser: ${tally.passed} passed, ${tally.failed} failed`);
process.exitCode = tally.failed > 0 ? 1 : 0;
