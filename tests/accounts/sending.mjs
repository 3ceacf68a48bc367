// One HTTP request, by Node's own client: it follows nothing, adds nothing, and says `Host` as it is told.

import { request } from "node:http";

/** How long anything may take, in milliseconds. */
export const PATIENCE_MS = 25_000;

/** Which public URLs are on this machine, and at which address. */
const places = new Map();

/** From now on a public URL is asked for at an address of this machine, as by a proxy in front. */
export function reach(publicUrl, address) {
  places.set(new URL(publicUrl).origin, address);
}

/** Sends it, and gives `status`, `headers` and the whole `text`. */
export async function send(url, { method = "GET", headers = {}, body } = {}) {
  const { origin, protocol, host, pathname, search } = new URL(url);
  if (protocol !== "http:" && !places.has(origin)) throw new Error(`${url} is not on this machine`);
  const [hostname, port] = (places.get(origin) ?? host).split(":");
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const sent = request({ method, hostname, port, path: pathname + search, headers: { ...headers, host }, signal });
  const answer = await new Promise((resolve, reject) => sent.once("response", resolve).once("error", reject).end(body));
  let text = "";
  for await (const part of answer.setEncoding("utf8")) text += part;
  return { status: answer.statusCode, headers: answer.headers, text };
}
