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

/** 1. `POST /integrations`: connects a server; its tools are read with the first account of somebody who may change it. */
export const connectIntegration = (at, slug, url, credential) =>
  at.api(OWNER, "POST", "/integrations", { slug, title: slug, url, ...(credential && { credential }) });

/** 2. `POST /integrations/{slug}/refresh`: reads its tools again, with the account of whoever asks. */
export const readTools = (at, slug, name = OWNER) => at.api(name, "POST", `/integrations/${slug}/refresh`, {});

/** 3. `PUT /members/{email}/integrations/{slug}`: gives it to somebody; `DELETE` takes it. */
const grant = (at, slug, name) => `/members/${at.people[name].email}/integrations/${slug}`;
export const give = (at, slug, name) => at.api(OWNER, "PUT", grant(at, slug, name), { profile: "full" });
export const take = (at, slug, name) => at.api(OWNER, "DELETE", grant(at, slug, name));

/**
 * 4. `GET /connect/{org}/{slug}`: the page on which somebody connects their account, and an admin the shared one; its form, sent
 * by `POST`, leads to a page that leads away.
 */
export const connectPage = (at, slug) => `${at.url}/connect/${at.org}/${slug}`;
export const CONNECT = { answer: "connect" };

/** 5. Where a provider sends people back, for each integration to another address; from there to the page again. */
export const callback = (at, slug) => `${connectPage(at, slug)}/back`;
export const isCallback = (at) => (url) => url.startsWith(`${at.url}/connect/`) && new URL(url).pathname.endsWith("/back");

/** How the states of an account are called here. */
const STATES = { works: "connected", troubled: "troubled", ended: "broken" };

async function listed(at, slug, name) {
  const { status, told } = await at.api(name, "GET", `/integrations/${slug}/accounts`);
  if (status !== 200) throw new Error(`the accounts at ${slug} are not told to ${name}: ${status} ${JSON.stringify(told)}`);
  return told.items.map(({ id, person, state }) => ({ id, state: STATES[state], of: person === null ? "everybody" : person.name }));
}

/** 6. `GET /integrations/{slug}/accounts`: for admins everybody's, for others their own; gives the states by name. */
export async function accounts(at, slug, name = OWNER) {
  return Object.fromEntries((await listed(at, slug, name)).map(({ of, state }) => [of, state]));
}

/** What somebody is told of their own: `connected`, `troubled`, `broken` or `missing`. */
export const accountOf = async (at, slug, name) => (await accounts(at, slug, name))[name] ?? "missing";

/** Whether whoever looks after the organization is told that everybody's account is missing or broken. */
export async function isMissed(at, name = OWNER) {
  const { told } = await at.api(name, "GET", "/advice");
  return told.items.some(({ code }) => code === "account-missing");
}

/** 7. `DELETE /integrations/{slug}/accounts/{id}`: disconnects one's own, or another's, by the id that an admin sees. */
export async function disconnect(at, slug, name, of = name) {
  const { id } = (await listed(at, slug, OWNER)).find((account) => account.of === of);
  return at.api(name, "DELETE", `/integrations/${slug}/accounts/${id}`);
}

/** 8. A tool call at the door of one integration, as an AI client of somebody makes it. */
export const callTool = (at, slug, name, tool, input = {}, options = {}) =>
  call(`${at.url}/o/${at.org}/mcp/${slug}`, at.people[name].key, tool, input, options);

/**
 * 9. The link in an answer that says that an account is missing or broken: in its text, or as a URL that a client is to open. It
 * may name the organization by its id, and is given with its short name.
 */
export function linkIn(at, { text, result, error }) {
  const asked = [...Object.values(result?.inputRequests ?? {}).map(({ params }) => params), ...(error?.data?.elicitations ?? [])];
  const words = `${text} ${error?.message ?? ""}`.split(/[\s"'<>()]+/).map((word) => word.replace(/[.,;:]+$/, ""));
  const link = [...asked.map(({ url }) => url), ...words].find((word) => word?.startsWith(`${at.url}/connect/`));
  return link?.replace(`/connect/${at.orgId}/`, `/connect/${at.org}/`) ?? null;
}

/** Somebody connects an account, saying at the provider that they are `login`; gives the page at which it ends. */
export function connectAccount(at, slug, name, login = name, options = {}) {
  const { browser } = at.people[name];
  browser.login = login;
  return browser.press(connectPage(at, slug), CONNECT, options);
}

/** Somebody begins to, and is stopped on the way back; gives the URL to which the provider sends them. */
export async function begin(at, slug, name, login = name) {
  const { to, status, text } = await connectAccount(at, slug, name, login, { before: isCallback(at) });
  if (to === null) throw new Error(`no way back: ${status} ${text}`);
  return new URL(to);
}
