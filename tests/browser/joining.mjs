// How somebody joins: by the link of an invitation, and by the mail domain of their company.

import assert from "node:assert/strict";
import { api, encryptedAt, mailbox, nameServer, picture, place, press, shows, text, trial, visitor } from "./world.mjs";

/** Signs in by a mail that comes to an address. */
async function signInByMail(page, mails, address) {
  await page.locator("::-p-aria(Your e-mail address)").fill(address);
  await press(page, "Send me a link");
  const link = (await mails.to(address, "/sign-in/mail/")).match(/https:\S+\/sign-in\/mail\/wrl_\w+/)[0];
  await page.goto(link);
  await press(page, "Sign in");
}

async function gate(...settings) {
  const mails = await mailbox();
  const server = await encryptedAt(await place(), [...mails.settings, ...settings], "Acme");
  return { ...server, mails };
}

const NEW = { email: "ann@example.org", name: "Ann Beryl", note: "See you on Monday, at the front desk." };

export const joining = {
  async "whoever has the link of an invitation sees what it offers and joins, where the link is enough"() {
    const server = await trial("Acme");
    await api(server, "PATCH", "", { settings: { "invite.address": "any" } });
    const { id: team } = await api(server, "POST", "/teams", { title: "Sales" });
    const sent = await api(server, "POST", "/invitations", { ...NEW, teams: [{ team }] });
    const page = await visitor();
    await page.goto(server.url + new URL(sent.link).pathname);
    const said = await text(page);
    for (const part of ["Join Acme", "Ada Lovelace invites you", "a•••@example.org", NEW.note, "Sales", "It can be accepted once"]) {
      assert.ok(said.includes(part), `${part}: ${said}`);
    }
    await picture(page, "invitation-link");
    await press(page, "Join");
    await shows(page, "You are signed in as Ann Beryl");
    assert.match(await text(page), /Acme/);
    await picture(page, "invitation-joined");
    // It is used up.
    const late = await visitor();
    await late.goto(server.url + new URL(sent.link).pathname);
    await shows(late, "This link opens nothing");
    await picture(late, "invitation-used");
    // To say no is a button as well.
    const other = await api(server, "POST", "/invitations", { email: "bo@example.org" });
    await late.goto(server.url + new URL(other.link).pathname);
    await press(late, "Decline");
    await shows(late, "You have declined the invitation");
    await picture(late, "invitation-declined");
  },

  async "where the address has to be shown, somebody else is told so and whom it is for joins"() {
    const server = await gate();
    const sent = await api(server, "POST", "/invitations", NEW);
    const eve = await visitor();
    // Of another address, invited as well, and signed in with it.
    await api(server, "POST", "/invitations", { email: "eve@example.org", name: "Eve" });
    await eve.goto(sent.link);
    await shows(eve, "show that this address is yours");
    assert.equal(await eve.$("::-p-aria([name='Join'][role='button'])"), null);
    await picture(eve, "invitation-address");
    await Promise.all([eve.waitForNavigation(), eve.locator("::-p-aria(Sign in)").click()]);
    await signInByMail(eve, server.mails, "eve@example.org");
    await shows(eve, "You are signed in, in a way that does not show it");
    assert.equal(eve.url(), sent.link, "back where she was");
    assert.equal(await eve.$("::-p-aria([name='Join'][role='button'])"), null);
    await picture(eve, "invitation-other-address");
    const ann = await visitor();
    await ann.goto(sent.link);
    await Promise.all([ann.waitForNavigation(), ann.locator("::-p-aria(Sign in)").click()]);
    await signInByMail(ann, server.mails, NEW.email);
    await shows(ann, "Join Acme");
    await picture(ann, "invitation-address-shown");
    await press(ann, "Join");
    await shows(ann, "You are signed in as Ann Beryl");
    assert.match(await text(ann), /Acme/);
    const { items } = await api(server, "GET", "/members");
    assert.deepEqual(items.map(({ email }) => email).sort(), ["ada@example.com", NEW.email]);
  },

  async "somebody of an organization's mail domain is offered to ask, asks, and is let in"() {
    const names = await nameServer();
    const server = await gate("--dns-server", names.address);
    const claimed = await api(server, "POST", "/mail-domains", { name: "corp.example" });
    names.publish(claimed.record.name, claimed.record.text);
    await api(server, "POST", "/mail-domains/corp.example/verify", {});
    await api(server, "PUT", "/mail-domains/corp.example", { mode: "request" });
    const page = await visitor();
    await page.goto(`${server.url}/sign-in`);
    await signInByMail(page, server.mails, "bo@corp.example");
    await shows(page, "Acme is here for people with an address at corp.example");
    await picture(page, "join-offer");
    await press(page, "Ask to join");
    await shows(page, "You have asked to join");
    await picture(page, "join-asked");
    const { items } = await api(server, "GET", "/join-requests");
    assert.equal(items.length, 1);
    await api(server, "POST", `/join-requests/${items[0].person}/approve`, {});
    await page.goto(`${server.url}/sign-in`);
    const said = await text(page);
    assert.ok(said.includes("Acme") && !said.includes("have asked"), said);
    await picture(page, "join-approved");
  },
};
