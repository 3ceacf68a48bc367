// What the tests stand on: servers on folders of their own, a site that means harm, and one browser.
//
// Every server gets port 0 and an empty folder. The names below lead to this machine in this browser alone.

import { execFile, spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { createSocket } from "node:dgram";
import { request } from "node:http";
import { createServer, request as tlsRequest } from "node:https";
import { createInterface } from "node:readline";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import puppeteer from "puppeteer-core";

const WARDROOM = required("WARDROOM_BIN");
const CERTIFICATE = required("WARDROOM_BROWSER_CERTIFICATE");
const PICTURES = required("WARDROOM_BROWSER_PICTURES");
const BROWSER = required("WARDROOM_BROWSER");

/** The host of the installation, one below it, and one that has nothing to do with it. */
export const GATE = "gate.example.test";
export const SIBLING = "evil.gate.example.test";
export const ELSEWHERE = "elsewhere.example.test";

/** How long anything may take, in milliseconds. */
const PATIENCE = 30_000;

/** The product takes what begins with WARDROOM_ for its settings, and refuses what it does not know. */
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("WARDROOM_")));

function required(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set; run this by \`cargo xtask test --only-browser\``);
  return value;
}

/** What is to be ended when everything is over. */
const endings = [];

export async function endAll() {
  for (const end of endings.reverse()) await end();
}

async function folder() {
  const path = await mkdtemp(join(tmpdir(), "wardroom-browser-"));
  endings.push(() => rm(path, { recursive: true, force: true }));
  return path;
}

/** Starts the executable, and gives its first lines of output. */
async function started(line, lines) {
  const child = spawn(WARDROOM, line, { env, stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  endings.push(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  const said = [];
  const reader = createInterface({ input: child.stdout });
  await new Promise((resolve, reject) => {
    reader.on("line", (text) => {
      said.push(text);
      if (lines(said)) resolve();
    });
    ended.then((code) => reject(new Error(`wardroom ${line[0]} ended by itself with ${code}`)));
    setTimeout(() => reject(new Error(`wardroom ${line[0]} said only ${said.join(" / ")}`)), PATIENCE).unref();
  });
  return { said, end: () => child.kill("SIGKILL") };
}

const after = (text, mark) => text.slice(text.indexOf(mark) + mark.length);

/** Founds an organization in a folder; gives the token of its owner's link, and their key. */
export async function found(data, org, owner) {
  const line = ["init", "--json", "--data", data, "--org", org, "--owner", owner, "--owner-name", "Ada Lovelace"];
  const { stdout } = await promisify(execFile)(WARDROOM, line, { env });
  const founded = JSON.parse(stdout);
  return { link: new URL(founded.link).pathname, key: founded.key };
}

/** A server over https under its public name; `links` are of an owner of one organization each. */
export async function encrypted(...orgs) {
  return encryptedAt(await place(), [], ...orgs);
}

/** Where a server can be: the port is a part of the public URL, so that it must be known before. */
export async function place() {
  const port = await freePort();
  return { port, url: `https://${GATE}:${port}` };
}

/** The same there, with more settings. */
export async function encryptedAt({ port, url }, settings, ...orgs) {
  const data = await folder();
  const founded = [];
  for (const org of orgs) founded.push(await found(data, org, "ada@example.com"));
  const [links, keys] = [founded.map((one) => one.link), founded.map((one) => one.key)];
  const files = ["--tls-cert-file", join(CERTIFICATE, "cert.pem"), "--tls-key-file", join(CERTIFICATE, "key.pem")];
  const line = ["serve", "--data", data, "--listen", `127.0.0.1:${port}`, "--public-url", url, "--log", "error"];
  await started([...line, ...files, ...settings], (said) => said.length > 0);
  return { url, links, keys };
}

/** The settings for people to sign in with an issuer. */
export async function signInWith(issuer, title, client) {
  const secret = join(await folder(), "client-secret");
  await writeFile(secret, client.secret);
  const line = ["--oidc-issuer", issuer, "--oidc-client-id", client.id, "--oidc-client-secret-file", secret];
  const own = issuer.startsWith("https:") ? ["--oidc-ca-file", join(CERTIFICATE, "cert.pem")] : [];
  return [...line, "--oidc-title", title, ...own];
}

/** The settings for mail to be kept as files, and the mail there, by its beginning, once there is so much. */
export async function mailbox() {
  const mails = await folder();
  const settings = ["--mail-server", `file:${mails}`, "--mail-from", "Gate <gate@example.com>"];
  const read = async () => {
    const names = (await readdir(mails)).filter((name) => name.endsWith(".eml"));
    // Long lines are broken in a mail, and an equals sign is written out.
    const texts = names.map(async (name) => (await readFile(join(mails, name), "utf8")).replaceAll("=\r\n", "").replaceAll("=3D", "="));
    return Promise.all(texts);
  };
  const to = async (address, words = "") => {
    for (const end = Date.now() + PATIENCE; Date.now() < end; ) {
      const mail = (await read()).find((text) => text.includes(words) && (text.includes(`To: ${address}`) || text.includes(`<${address}>`)));
      if (mail) return mail;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error(`no mail came for ${address}`);
  };
  return { settings, to };
}

/** Asks the API with a key, which is for programs and not for pages. */
export async function api({ url, keys }, method, path, body) {
  const { protocol, port } = new URL(url);
  const headers = { authorization: `Bearer ${keys[0]}`, "content-type": "application/json", host: new URL(url).host };
  const options = { method, host: "127.0.0.1", port, path: `/api/v1/orgs/acme${path}`, headers, rejectUnauthorized: false };
  const sent = protocol === "https:" ? tlsRequest({ ...options, servername: GATE }) : request(options);
  const answer = await new Promise((resolve, reject) => sent.once("response", resolve).once("error", reject).end(body && JSON.stringify(body)));
  let told = "";
  for await (const part of answer) told += part;
  if (answer.statusCode >= 300) throw new Error(`${method} ${path}: ${answer.statusCode} ${told}`);
  return told === "" ? null : JSON.parse(told);
}

/** A DNS server on this machine that knows what is published, and answers every question for a TXT record. */
export async function nameServer() {
  const records = new Map();
  const socket = createSocket("udp4");
  socket.on("message", (query, from) => {
    let [at, labels] = [12, []];
    for (; query[at] > 0; at += query[at] + 1) labels.push(query.toString("latin1", at + 1, at + 1 + query[at]));
    const question = query.subarray(12, at + 5);
    const text = records.get(labels.join(".").toLowerCase());
    const head = Buffer.from(query.subarray(0, 12));
    head.writeUInt16BE(text === undefined ? 0x8183 : 0x8180, 2);
    [1, text === undefined ? 0 : 1, 0, 0].forEach((count, place) => head.writeUInt16BE(count, 4 + 2 * place));
    const [name, length] = [Buffer.from([0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 1]), Buffer.alloc(3)];
    length.writeUInt16BE((text?.length ?? 0) + 1, 0);
    length[2] = text?.length ?? 0;
    socket.send(Buffer.concat([head, question, ...(text === undefined ? [] : [name, length, Buffer.from(text)])]), from.port, from.address);
  });
  await new Promise((resolve) => socket.bind(0, "127.0.0.1", resolve));
  endings.push(() => new Promise((resolve) => socket.close(resolve)));
  return { address: `127.0.0.1:${socket.address().port}`, publish: (name, text) => records.set(name, text) };
}

/** The certificate of the run, with its key. */
export async function certificate() {
  return { cert: await readFile(join(CERTIFICATE, "cert.pem")), key: await readFile(join(CERTIFICATE, "key.pem")) };
}

/** Something that is ended when everything is over. */
export function until(end) {
  endings.push(end);
}

/** A server over http on this machine, as somebody tries it out. */
export async function trial(...orgs) {
  const data = await folder();
  const founded = [];
  for (const org of orgs) founded.push(await found(data, org, "ada@example.com"));
  const [links, keys] = [founded.map((one) => one.link), founded.map((one) => one.key)];
  const lines = orgs.length === 0 ? 2 : 1;
  const line = ["serve", "--data", data, "--listen", "127.0.0.1:0", "--log", "warn"];
  const { said } = await started(line, (said) => said.length === lines);
  const setUp = said[1] && after(said[1], "set up: ");
  return { url: after(said[0], "serving "), links, keys, setUp };
}

/** The demo company. */
export async function demo() {
  const data = await folder();
  const line = ["demo", "--data", join(data, "demo"), "--listen", "127.0.0.1:0"];
  const { said } = await started(line, (said) => said.some((text) => text.includes("ctrl-c ends the demo")));
  const where = said.find((text) => text.includes("sign in  "));
  const paste = said.find((text) => text.includes("MCP URL  "));
  return { url: after(where, "sign in  ").trim().split(" ")[0], mcp: after(paste, "MCP URL  ").trim().split(" ")[0] };
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A site that means harm: it answers every address with the page that was put there. */
export async function site() {
  const pages = new Map();
  const server = createServer(await certificate(), (request, response) => {
    response.setHeader("content-type", "text/html; charset=utf-8");
    response.end(pages.get(request.url) ?? "");
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  endings.push(() => new Promise((resolve) => (server.closeAllConnections(), server.close(resolve))));
  const { port } = server.address();
  let number = 0;
  return {
    /** The address of a page of this site, under one of its names. */
    page(host, html) {
      number += 1;
      pages.set(`/${number}`, `<!doctype html><title>x</title>${html}`);
      return `https://${host}:${port}/${number}`;
    },
  };
}

let browser;

export async function open() {
  await mkdir(PICTURES, { recursive: true });
  const here = [GATE, SIBLING, ELSEWHERE].map((name) => `MAP ${name} 127.0.0.1`).join(", ");
  browser = await puppeteer.launch({
    executablePath: BROWSER,
    acceptInsecureCerts: true,
    // In a container there is often nobody but root, who gets no sandbox; only our own pages are opened.
    args: ["--no-sandbox", `--host-resolver-rules=${here}`],
  });
  endings.push(() => browser.close());
  return browser.version();
}

/** A window that knows nothing of the others. */
export async function visitor() {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  return page;
}

/** Presses a button, by what stands on it, and waits for the page that comes of it. */
export async function press(page, label) {
  const [answer] = await Promise.all([page.waitForNavigation(), page.locator(`::-p-aria([name="${label}"][role="button"])`).click()]);
  return answer;
}

/** Waits until a page of ours is there, by what stands on it. */
export async function shows(page, words) {
  await page.waitForFunction((words) => document.body?.innerText.includes(words), {}, words);
}

export const text = (page) => page.evaluate(() => document.body.innerText);

/** Takes pictures of what a page looks like, for whoever wants to see: light and dark, wide and narrow. */
export async function picture(page, name) {
  for (const scheme of ["light", "dark"]) {
    for (const [size, width] of [["wide", 1100], ["narrow", 340]]) {
      await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
      await page.setViewport({ width, height: 700 });
      await page.screenshot({ path: join(PICTURES, `${name}-${scheme}-${size}.png`), fullPage: true });
      const wider = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
      if (wider) throw new Error(`${name} is wider than its window (${size})`);
    }
  }
  await page.emulateMediaFeatures([]);
  await page.setViewport({ width: 1100, height: 700 });
}
