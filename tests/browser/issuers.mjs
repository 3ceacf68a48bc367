// Issuers with whom people sign in: a real one, and one that says whatever it is told to.
//
// The real one is `oidc-provider` as it comes, over https with the certificate of the run. The other is written here, with
// nothing but Node, so that it can break every rule; it is on http, which is for issuers on this machine alone.

import { createHmac, createSign, generateKeyPairSync, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { Provider } from "oidc-provider";
import { certificate, until } from "./world.mjs";

export const CLIENT = { id: "wardroom", secret: "topaz-of-the-tests" };

async function listening(server) {
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  until(() => new Promise((resolve) => (server.closeAllConnections(), server.close(resolve))));
  return server.address().port;
}

/** The real issuer: whoever says a name there is that name, with the address name@example.com. */
export async function realIssuer(back) {
  const server = createTlsServer(await certificate());
  const issuer = `https://127.0.0.1:${await listening(server)}`;
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const client = { client_id: CLIENT.id, client_secret: CLIENT.secret, redirect_uris: [back] };
  const provider = new Provider(issuer, {
    clients: [client],
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
    cookies: { keys: [randomBytes(16).toString("hex")] },
    jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), use: "sig", kid: "rsa" }] },
    ttl: { Session: 3_600, Interaction: 3_600, Grant: 3_600, IdToken: 600, AccessToken: 600 },
    findAccount: (_, id) => ({
      accountId: id,
      claims: () => ({ sub: id, email: `${id}@example.com`, email_verified: true, name: id }),
    }),
  });
  const answer = provider.callback();
  server.on("request", (request, response) => {
    // Its pages ask for a font from elsewhere, which is no part of what is tested.
    response.setHeader("content-security-policy", "default-src 'self' 'unsafe-inline'");
    answer(request, response);
  });
  return { issuer };
}

const encoded = (value) => Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");

/** An issuer that lies: `tell` says how, about the next who comes. */
export async function liar() {
  const [own, other] = [0, 1].map(() => generateKeyPairSync("rsa", { modulusLength: 2048 }));
  const published = { ...own.publicKey.export({ format: "jwk" }), use: "sig", kid: "own" };
  const server = createServer();
  const issuer = `http://127.0.0.1:${await listening(server)}`;
  const codes = new Map();
  let lie = {};

  const signed = ({ header = {}, claims = {}, key = "own" }, nonce) => {
    const now = Math.floor(Date.now() / 1_000);
    const honest = { iss: issuer, sub: "7", aud: CLIENT.id, exp: now + 300, iat: now, auth_time: now, nonce,
      email: "ada@example.com", email_verified: true };
    const message = `${encoded({ alg: "RS256", kid: "own", ...header })}.${encoded({ ...honest, ...claims })}`;
    if (key === "none") return `${message}.`;
    // The public key as the secret of a mac, for whoever lets the token say how it is checked.
    const secret = own.publicKey.export({ format: "pem", type: "spki" });
    if (key === "mac") return `${message}.${createHmac("sha256", secret).update(message).digest("base64url")}`;
    return `${message}.${createSign("sha256").update(message).sign((key === "own" ? own : other).privateKey, "base64url")}`;
  };
  const doors = {
    "/.well-known/openid-configuration": () => ({ issuer, authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`, jwks_uri: `${issuer}/keys`, authorization_response_iss_parameter_supported: true,
      ...lie.discovery }),
    "/keys": () => ({ keys: lie.keys ?? [published] }),
    "/authorize": (query, _, response) => {
      const code = randomBytes(8).toString("hex");
      codes.set(code, query.get("nonce"));
      const to = new URL(query.get("redirect_uri"));
      const answer = { code, state: query.get("state"), iss: issuer, ...lie.answer };
      for (const [name, value] of Object.entries(answer)) if (value !== null) to.searchParams.set(name, value);
      if (lie.held) return void response.end(to.href);
      response.writeHead(303, { location: to.href }).end();
    },
    "/token": (_, form) => {
      const nonce = codes.get(form.get("code"));
      if (nonce === undefined) return { error: "invalid_grant" };
      codes.delete(form.get("code"));
      return { access_token: "a", token_type: "Bearer", id_token: signed(lie.token ?? {}, nonce), ...lie.exchange };
    },
  };
  server.on("request", async (request, response) => {
    const { pathname, searchParams } = new URL(request.url, issuer);
    const door = doors[pathname];
    if (door === undefined) return response.writeHead(404).end();
    let body = "";
    for await (const part of request) body += part;
    if (lie.moved === pathname) return response.writeHead(302, { location: `${issuer}/elsewhere` }).end();
    const answer = door(searchParams, new URLSearchParams(body), response);
    if (answer) response.setHeader("content-type", "application/json").end(JSON.stringify(answer));
  });
  return { issuer, tell: (next) => (lie = next) };
}
