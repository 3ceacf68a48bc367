// Everything that these tests ask of Wardroom about accounts, and nothing else does: who changes a door changes it here.
//
// `at` is a world of `world.mjs`, `name` one of its people.

import { call } from "./mcp.mjs";

const OWNER = "ada";

/** What Wardroom is told about how it shows itself: an account that an admin connects, one for each person, or a client's own. */
export const SHARED = { kind: "oauth", whose: "organization" };
export const PERSONAL = { kind: "oauth", whose: "person" };
export const entered = (credential, { id, secret }) => ({ ...credential, client_id: id, secret });
export const asClient = ({ client_id, client_secret }) => ({ kind: "client_credentials", client_id, secret: client_secret });

/** 1. `POST /integrations`: connects a server; it answers 201 also where its tools cannot be read before there is an account. */
export const connectIntegration = (at, slug, url, credential) =>
  at.api(OWNER, "POST", "/integrations", { slug, title: slug, url, ...(credential && { credential }) });

/** 2. `POST /integrations/{slug}/refresh`: reads its tools, with the account of whoever asks. */
export const readTools = (at, slug, name = OWNER) => at.api(name, "POST", `/integrations/${slug}/refresh`, {});

/** 3. `PUT /members/{email}/integrations/{slug}`: gives it to somebody. */
export const give = (at, slug, name) => at.api(OWNER, "PUT", `/members/${at.people[name].email}/integrations/${slug}`, { profile: "full" });

/** 4. The page on which somebody connects their account, and an admin the shared one: `GET` shows a form, `POST` leads away. */
export const connectPage = (at, slug) => `${at.url}/connect/${at.org}/${slug}`;

/** 5. Where a provider sends people back. */
export const callback = (at) => `${at.url}/connect/callback`;
export const isCallback = (at) => (url) => url.startsWith(`${callback(at)}?`);

/** 6. `GET /integrations/{slug}`: `account` is what the asker has there, as `connected`, `broken` or `missing`. */
export async function accountOf(at, slug, name) {
  const { told } = await at.api(name, "GET", `/integrations/${slug}`);
  return told.account?.state;
}

/** 7. `GET /integrations/{slug}/accounts`: everybody's, for admins; gives the state by name, or the status of a refusal. */
export async function accounts(at, slug, name = OWNER) {
  const { status, told } = await at.api(name, "GET", `/integrations/${slug}/accounts`);
  if (status !== 200) return status;
  const nameOf = (email) => Object.values(at.people).find((person) => person.email === email)?.name;
  return Object.fromEntries(told.items.map(({ person, state }) => [person ? nameOf(person.email) : "everybody", state]));
}

/** 8. `DELETE /integrations/{slug}/account`: disconnects one's own, or the shared one. */
export const disconnect = (at, slug, name) => at.api(name, "DELETE", `/integrations/${slug}/account`);

/** 9. `DELETE /integrations/{slug}/accounts/{email}`: an admin disconnects somebody's. */
export const disconnectOther = (at, slug, name, other) => at.api(name, "DELETE", `/integrations/${slug}/accounts/${at.people[other].email}`);

/** 10. A tool call at the door of one integration, as an AI client of somebody makes it. */
export const callTool = (at, slug, name, tool, input = {}, options = {}) =>
  call(`${at.url}/o/${at.org}/mcp/${slug}`, at.people[name].key, tool, input, options);

/** 11. The link in an answer that says that an account is missing or broken: in its text, or as a URL that a client is to open. */
export function linkIn(at, { text, result, error }) {
  const urls = Object.values(result?.inputRequests ?? {}).map((asked) => asked.params?.url);
  const known = [...urls, ...`${text} ${error?.message ?? ""}`.split(/[\s"'<>()]+/)].map((word) => word?.replace(/[.,]$/, ""));
  return known.find((word) => word?.startsWith(`${at.url}/connect/`)) ?? null;
}

/** Somebody connects an account, saying at the provider that they are `login`; gives the page at which it ends. */
export function connectAccount(at, slug, name, login = name) {
  const { browser } = at.people[name];
  browser.login = login;
  return browser.press(connectPage(at, slug));
}

/** Somebody begins to, and is stopped on the way back; gives the URL to which the provider sends them. */
export async function begin(at, slug, name, login = name) {
  const { browser } = at.people[name];
  browser.login = login;
  const { to, status, text } = await browser.press(connectPage(at, slug), {}, { before: isCallback(at) });
  if (to === null) throw new Error(`no way back: ${status} ${text}`);
  return new URL(to);
}
