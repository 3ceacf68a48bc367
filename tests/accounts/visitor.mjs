// A person with a browser, as far as links, forms and cookies go: plain requests, redirect by redirect.

import { send } from "./sending.mjs";

/** How many redirects somebody follows. */
const REDIRECTS_MAX = 20;
/** With what a browser sends the form of a page of ours. */
const FORM = { "sec-fetch-site": "same-origin", "content-type": "application/x-www-form-urlencoded" };

export class Visitor {
  #cookies = new Map();

  /** `login` is who they say they are where a provider asks; `deny` says no there. */
  constructor(login) {
    this.login = login;
  }

  /** Sends one request, and follows nothing. A form is what a page of that host would send. */
  async ask(url, form) {
    const headers = { cookie: this.cookiesFor(url), accept: "text/html" };
    const body = form && new URLSearchParams(form).toString();
    if (form) Object.assign(headers, { ...FORM, origin: new URL(url).origin });
    const { status, headers: told, text } = await send(url, { method: form ? "POST" : "GET", headers, body });
    for (const line of told["set-cookie"] ?? []) this.#keep(new URL(url), line);
    const there = status >= 300 && status < 400 ? told.location : refreshed(text);
    const to = there === undefined ? null : new URL(there, url).href;
    return { status, to, url: String(url), text };
  }

  /**
   * Goes where a URL leads, through the provider's form as well, to the page at which it ends. `before` says of a URL that it
   * is not asked for: the walk ends there, with that URL in `to`. `trail` is where it led.
   */
  async walk(url, { form, before = () => false } = {}) {
    const trail = [url];
    let answer = await this.ask(url, form);
    for (let step = 0; step < REDIRECTS_MAX; step += 1) {
      if (answer.to === null && isInteraction(answer)) answer = await this.ask(answer.url, { login: this.login });
      if (answer.to === null || before(answer.to)) return { ...answer, trail };
      trail.push(answer.to);
      answer = await this.ask(answer.to);
    }
    throw new Error(`more than ${REDIRECTS_MAX} redirects: ${trail.join(" → ")}`);
  }

  /** Opens a page and presses the button of its form, with what somebody filled in; a refusal is given as it is. */
  async press(page, filled = {}, options = {}) {
    const shown = await this.walk(page, options);
    if (shown.to !== null || shown.status !== 200) return shown;
    const csrf = hidden(shown.text, "csrf");
    if (csrf === null) throw new Error(`no form: ${shown.status} ${shown.url}\n${shown.text}`);
    return this.walk(shown.url, { ...options, form: { csrf, ...filled } });
  }

  /** What a browser would send along. */
  cookiesFor(url) {
    const { hostname, pathname } = new URL(url);
    const isBelow = (path) => pathname === path || pathname.startsWith(path.endsWith("/") ? path : `${path}/`);
    const fits = ({ host, path }) => host === hostname && isBelow(path);
    return [...this.#cookies.values()].filter(fits).map(({ name, value }) => `${name}=${value}`).join("; ");
  }

  /** As browsers do: a cookie is a host's, not a port's. */
  #keep({ hostname: host }, line) {
    const [first, ...rest] = line.split(";").map((part) => part.trim());
    const [name, value] = [first.slice(0, first.indexOf("=")), first.slice(first.indexOf("=") + 1)];
    const said = Object.fromEntries(rest.map((part) => [part.split("=")[0].toLowerCase(), part.slice(part.indexOf("=") + 1)]));
    const path = said.path ?? "/";
    const isOver = said["max-age"] === "0" || (said.expires !== undefined && Date.parse(said.expires) <= Date.now());
    if (isOver) this.#cookies.delete(`${host} ${path} ${name}`);
    else this.#cookies.set(`${host} ${path} ${name}`, { host, path, name, value });
  }
}

const isInteraction = ({ url, status }) => status === 200 && new URL(url).pathname.startsWith("/interaction/");

/** Where a page leads by itself. */
function refreshed(text) {
  const there = text.match(/<meta http-equiv="refresh" content="0; url=([^"]*)"/)?.[1];
  const known = { amp: "&", quot: '"', lt: "<", gt: ">" };
  return there?.replace(/&(?:#(\d+)|(\w+));/g, (_, number, name) => (number ? String.fromCodePoint(number) : known[name]));
}

/** What a hidden field of a page holds. */
export const hidden = (text, name) => text.match(new RegExp(`name="${name}" value="([^"]*)"`))?.[1] ?? null;
