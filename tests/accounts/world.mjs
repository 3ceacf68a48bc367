// What the checks stand on: a Wardroom on a folder of its own with three people, and the end of everything at the end.
//
// Needs nothing but Node and the executable.

import { execFile, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { PATIENCE_MS, reach, send } from "./sending.mjs";
import { Visitor } from "./visitor.mjs";

/** The product takes what begins with WARDROOM_ for its settings, and refuses what it does not know. */
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("WARDROOM_")));

/** The first owner, and two members; at a provider they go by the same names. */
const OWNER = "ada";
const MEMBERS = ["anna", "ben"];
const address = (name) => `${name}@example.com`;

const endings = [];

/** Something that is ended when everything is over. */
export function until(end) {
  endings.push(end);
}

export async function endAll() {
  for (const end of endings.splice(0).reverse()) await end();
}

function executable() {
  const path = process.env.WARDROOM_BIN;
  if (!path) throw new Error("WARDROOM_BIN is not set: it names the executable under test");
  return path;
}

async function told(...line) {
  const { stdout } = await promisify(execFile)(executable(), line, { env });
  return JSON.parse(stdout);
}

/** Starts `wardroom serve` and waits until it says where. */
async function serve(data, settings, port = 0) {
  const line = ["serve", "--data", data, "--listen", `127.0.0.1:${port}`, "--plain-http-hosts", "127.0.0.1,localhost", "--log", "warn"];
  const child = spawn(executable(), [...line, ...settings], { env, stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const stop = async (signal = "SIGTERM") => {
    child.kill(signal);
    await ended;
  };
  until(() => stop("SIGKILL"));
  const said = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).once("line", resolve);
    ended.then((code) => reject(new Error(`wardroom serve ended by itself with ${code}`)));
    setTimeout(() => reject(new Error("wardroom serve does not say where it is")), PATIENCE_MS).unref();
  });
  const [url, address] = said.slice("serving ".length).split(", listening on ");
  if (address) reach(url, address);
  return { url, stop };
}

/**
 * A Wardroom with an organization of three people: `ada`, who may everything, `anna` and `ben`. Each has a key, and a browser
 * in which they are signed in; `stranger` is a browser of somebody who is nobody there.
 */
export async function wardroom({ settings = [], members = MEMBERS } = {}) {
  const data = await mkdtemp(join(tmpdir(), "wardroom-accounts-"));
  until(() => rm(data, { recursive: true, force: true }));
  const founded = await told("init", "--json", "--data", data, "--org", "Acme", "--owner", address(OWNER), "--owner-name", OWNER);
  const org = founded.org.slug;
  const people = { [OWNER]: { email: address(OWNER), id: founded.owner.id, key: founded.key, link: founded.link } };
  if (members.length > 0) {
    // Links are made while no server runs, and members are taken in while one does.
    const first = await serve(data, settings);
    for (const name of members) people[name] = await takeIn({ url: first.url, org, key: founded.key }, name);
    await first.stop();
    for (const name of members) people[name].link = (await told("link", "--json", "--data", data, address(name))).link;
  }
  let running = await serve(data, settings);
  const at = { org, orgId: founded.org.id, people, data, url: running.url };
  for (const [name, person] of Object.entries(people)) {
    person.name = name;
    person.browser = new Visitor(name);
    person.signIn = () => person.browser.press(at.url + new URL(person.link).pathname);
    const page = await person.signIn();
    if (page.status !== 200) throw new Error(`${name} is not signed in: ${page.status} ${page.text}`);
  }
  at.api = (name, method, path, body) => api({ url: at.url, org, key: people[name].key }, method, path, body);
  // At the same port, since it is a part of the URL that people and providers know.
  at.restart = async () => {
    await running.stop();
    running = await serve(data, settings, new URL(at.url).port);
  };
  return at;
}

async function takeIn(at, name) {
  const body = { email: address(name), name, issue_key: { label: "tests" } };
  const { status, told } = await api(at, "POST", "/members", body);
  if (status !== 201) throw new Error(`${name} is not taken in: ${status} ${JSON.stringify(told)}`);
  return { email: address(name), id: told.id, key: told.key.secret };
}

/** Asks the management API with a key; a refusal is an answer like any other. */
async function api({ url, org, key }, method, path, body) {
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  const { status, text } = await send(`${url}/api/v1/orgs/${org}${path}`, { method, headers, body: body && JSON.stringify(body) });
  return { status, told: text === "" ? null : JSON.parse(text) };
}

/** Asks until there is an answer that is not `undefined`. */
export async function waitFor(what, ask) {
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end; ) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`${what} did not come within ${PATIENCE_MS} ms`);
}
