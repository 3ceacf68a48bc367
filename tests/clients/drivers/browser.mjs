// What an application does around a library for OAuth: it opens the person's browser, and waits at an address of this machine
// until they are sent back there.

import { spawn } from "node:child_process";
import { createServer } from "node:http";

const WAIT_MS_MAX = 15_000;

/** Where people can be sent back to, and who waits for them there. */
export async function waiting() {
  let arrive;
  const listener = createServer((request, response) => {
    const url = new URL(request.url, "http://127.0.0.1");
    response.end("<title>Back</title><p>You can close this window.</p>");
    if (url.pathname === "/callback") arrive?.(url);
  });
  await new Promise((listening) => listener.listen(0, "127.0.0.1", listening));
  listener.unref();
  const back = `http://127.0.0.1:${listener.address().port}/callback`;
  return {
    back,
    /** Opens the browser there, and gives the address at which the person comes back. */
    async sent(address) {
      let timer;
      const late = new Promise((_, reject) => {
        timer = setTimeout(() => reject(new Error("nobody came back")), WAIT_MS_MAX);
      });
      const came = new Promise((resolve) => (arrive = resolve));
      spawn(process.env.BROWSER, [address], { stdio: "ignore" });
      const url = await Promise.race([came, late]);
      clearTimeout(timer);
      return new URL(url.pathname + url.search, back);
    },
    close: () => listener.close(),
  };
}
