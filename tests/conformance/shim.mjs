// A stand-in for what a client does that has a key: it adds the key to every request, and hands on all else as it comes.

import { once } from "node:events";
import { Agent, createServer, request } from "node:http";

/** What is not handed on: what is between two neighbours alone, and a key where there is one already. */
const NOT_HANDED_ON = new Set(["connection", "keep-alive", "authorization"]);

/** Header lines as `rawHeaders` has them, without those; `change` may give another value. */
function handedOn(lines, change = (value) => value) {
  const pairs = lines.flatMap((name, at) => (at % 2 === 0 ? [[name, lines[at + 1]]] : []));
  return pairs.filter(([name]) => !NOT_HANDED_ON.has(name.toLowerCase())).flatMap(([name, value]) => [name, change(value, name.toLowerCase())]);
}

/**
 * Stands in front of `url`; gives the URL of the same path here, and `end`. A host or origin that is the shim's own is handed on as
 * the one behind it, since that is whom the client means; every other one as it is, so that it is judged there.
 */
export async function startShim(url, key) {
  const behind = new URL(url);
  const agent = new Agent({ keepAlive: false });
  const server = createServer((asked, answering) => {
    const own = `127.0.0.1:${server.address().port}`;
    const meant = (value, name) => (name === "host" || name === "origin" ? value.replace(own, behind.host) : value);
    const headers = [...handedOn(asked.rawHeaders, meant), "authorization", `Bearer ${key}`];
    const { method, url: path } = asked;
    const sent = request({ agent, hostname: behind.hostname, port: behind.port, method, path, headers, setHost: false });
    sent.once("response", (answer) => {
      answering.writeHead(answer.statusCode, answer.statusMessage, handedOn(answer.rawHeaders));
      answering.flushHeaders();
      answer.pipe(answering);
      answer.once("error", () => answering.destroy());
    });
    sent.once("error", () => answering.destroy());
    // Whoever is gone waits for nothing, and what is behind has to see that.
    answering.once("close", () => sent.destroy());
    asked.pipe(sent);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const end = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${server.address().port}${behind.pathname}`, end };
}
