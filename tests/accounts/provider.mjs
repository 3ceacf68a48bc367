// A real authorization server: `oidc-provider` as it comes, with a switch for each trouble that such a server makes.
//
// Whoever signs in there says a name and is that name. What was asked of it is in its logs, what it does next is told to it
// by `trouble`, `hold` and `lie`; nothing here knows Wardroom.

import { createHash, generateKeyPairSync, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { Provider, errors } from "oidc-provider";

/** How long whatever has no life of its own here lives, in seconds. */
const LONG_S = 3_600;
const WELL_KNOWN = new Set(["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"]);

export const digest = (token) => createHash("sha256").update(token).digest("hex").slice(0, 16);

/** Everything that the provider keeps, in one map, so that all that is somebody's can be found. */
class Kept {
  constructor(model, map) {
    Object.assign(this, { model, map });
  }

  key = (id) => `${this.model}:${id}`;

  async upsert(id, payload, lives) {
    const ends = lives === undefined ? Infinity : Date.now() + lives * 1_000;
    this.map.set(this.key(id), { payload, ends });
  }

  async find(id) {
    const { payload, ends } = this.map.get(this.key(id)) ?? { ends: 0 };
    return ends > Date.now() ? payload : undefined;
  }

  async findByUid(uid) {
    return [...this.map.values()].find(({ payload }) => payload.kind === this.model && payload.uid === uid)?.payload;
  }

  async consume(id) {
    this.map.get(this.key(id)).payload.consumed = Math.floor(Date.now() / 1_000);
  }

  async destroy(id) {
    this.map.delete(this.key(id));
  }

  async revokeByGrantId(grantId) {
    forget(this.map, ({ payload }, key) => key.startsWith(`${this.model}:`) && payload.grantId === grantId);
  }
}

function forget(map, isMeant) {
  for (const [key, entry] of map) if (isMeant(entry, key)) map.delete(key);
}

/** The scopes of the servers that it protects. */
export const SCOPES = ["mail.read", "mail.send"];

/** A client that asks whether tokens are good: what a protected server is at its provider. */
const ASKER = { client_id: "protected-server", client_secret: randomBytes(16).toString("hex") };
/** A client that is somebody itself. */
const SERVICE = { client_id: "service", client_secret: "slate-of-the-tests" };

/**
 * Starts one. `format` is `opaque` or `jwt`; `access_s` is how long access tokens live, and can be changed at any time in
 * `settings`.
 */
export async function startProvider({ format = "opaque", access_s = LONG_S, registration = true } = {}) {
  const settings = { format, access_s };
  const [kept, resources] = [new Map(), new Set()];
  const log = { authorizations: [], tokens: [], registrations: [], revocations: [], requests: [], secrets: [] };
  const server = createServer();
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const adapter = function (model) {
    return new Kept(model, kept);
  };
  const provider = new Provider(issuer, { adapter, ...configuration({ settings, resources, registration }) });
  const switches = { troubles: [], held: null, lie: {} };
  provider.use((context, next) => misbehave(context, next, switches, log));
  provider.use((context, next) => told(context, next, log));
  provider.use((context, next) => signedOut(context, next, kept));
  // What it answers with 500 is a fault of these tests.
  provider.on("server_error", (_, fault) => console.error(fault));
  const answer = provider.callback();
  server.on("request", (request, response) => {
    if (request.url.startsWith("/interaction/")) return void interact(provider, request, response);
    answer(request, response);
  });

  return {
    issuer, log, settings, asker: ASKER, service: SERVICE,

    /** Makes a protected server known. */
    protect: (resource) => resources.add(resource),

    /** A client that somebody entered by hand, with its secret. */
    async enter(redirect, more = {}) {
      const client = { client_id: `entered-${randomBytes(4).toString("hex")}`, client_secret: randomBytes(16).toString("hex"),
        redirect_uris: [redirect], grant_types: ["authorization_code", "refresh_token"], ...more };
      kept.set(`Client:${client.client_id}`, { payload: client, ends: Infinity });
      return { id: client.client_id, secret: client.client_secret };
    },

    /** How many requests for a token there were, of one kind. */
    count: (grant) => log.tokens.filter((asked) => asked.grant === grant).length,
    refreshes: () => log.tokens.filter((asked) => asked.grant === "refresh_token" && asked.status === 200).length,

    /**
     * What comes of the next `times` requests for a token: `down` (503), `invalid_grant`, `invalid_client`, `nonsense` (200
     * with a page), or `lost`: it is done, and the connection ends before the answer.
     */
    trouble: (kind, times = Infinity) => (switches.troubles = Array(Math.min(times, 1_000)).fill(kind)),
    wellAgain: () => (switches.troubles = []),

    /** Lets requests for a token wait until the function that this gives is called; `waiting` says how many do. */
    hold() {
      let release;
      const held = { waiting: 0, until: new Promise((resolve) => (release = resolve)) };
      switches.held = held;
      return { waiting: () => held.waiting, release: () => ((switches.held = null), release()) };
    },

    /**
     * Lies: `metadata` is laid over what it publishes, `answer` over what it sends people back with (null takes away), `client_id`
     * is what it calls whoever registers; `forward` says where its page sends people instead; `hidden`, that it publishes nothing.
     */
    lie: (lie) => (switches.lie = lie),

    /** Everything that somebody allowed here ends, without a word to anybody. */
    revoke: (person) => forget(kept, ({ payload }) => payload.accountId === person && payload.kind !== "Session"),

    /** The access tokens of somebody end, the rest stays. */
    revokeAccess: (person) => forget(kept, ({ payload }) => payload.accountId === person && payload.kind === "AccessToken"),

    /** What of somebody's is in force, by kind. */
    held: (person, kind) => [...kept.values()].filter(({ payload, ends }) =>
      payload.accountId === person && payload.kind === kind && !payload.consumed && ends > Date.now()).length,

    /** Nobody listens there any more. */
    stop: () => new Promise((stopped) => (server.closeAllConnections(), server.close(stopped))),
  };
}

function configuration({ settings, resources, registration }) {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const none = { redirect_uris: [], response_types: [] };
  const info = (_, resource) => {
    if (!resources.has(resource)) throw new errors.InvalidTarget();
    return { scope: SCOPES.join(" "), audience: resource, accessTokenTTL: settings.access_s, accessTokenFormat: settings.format,
      jwt: { sign: { alg: "RS256" } } };
  };
  return {
    clients: [{ ...ASKER, ...none, grant_types: [] }, { ...SERVICE, ...none, grant_types: ["client_credentials"] }],
    cookies: { keys: [randomBytes(16).toString("hex")] },
    jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), use: "sig", kid: "rsa" }] },
    scopes: ["openid", "offline_access", ...SCOPES],
    ttl: { Session: LONG_S, Interaction: LONG_S, Grant: LONG_S, RefreshToken: LONG_S, AuthorizationCode: 60, IdToken: LONG_S,
      AccessToken: (_, token) => token.resourceServer?.accessTokenTTL ?? LONG_S,
      ClientCredentials: (_, token) => token.resourceServer?.accessTokenTTL ?? LONG_S },
    pkce: { required: () => true },
    rotateRefreshToken: true,
    issueRefreshToken: (_, client) => client.grantTypeAllowed("refresh_token"),
    expiresWithSession: () => false,
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    renderError: (context, out) => {
      context.type = "json";
      context.body = out;
    },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: { enabled: true, allowedPolicy: (_, client) => client.clientId === ASKER.client_id },
      revocation: { enabled: true, allowedPolicy: (_, client, token) => token.clientId === client.clientId },
      registration: { enabled: registration },
      resourceIndicators: { enabled: true, getResourceServerInfo: info, useGrantedResource: () => false },
    },
  };
}

/** The page on which somebody says who they are and allows what is asked: a form with one field, `login`. */
async function interact(provider, request, response) {
  const { params } = await provider.interactionDetails(request, response);
  if (request.method !== "POST") {
    response.setHeader("content-type", "text/html; charset=utf-8");
    return response.end('<!doctype html><title>Sign in</title><form method="post"><input name="login"><button>Allow</button></form>');
  }
  let body = "";
  for await (const part of request) body += part;
  const login = new URLSearchParams(body).get("login");
  if (login === "deny") return provider.interactionFinished(request, response, { error: "access_denied" });
  const grant = new provider.Grant({ accountId: login, clientId: params.client_id });
  const scope = params.scope ?? "";
  grant.addOIDCScope(scope);
  for (const resource of [params.resource ?? []].flat()) grant.addResourceScope(resource, scope);
  await provider.interactionFinished(request, response, { login: { accountId: login }, consent: { grantId: await grant.save() } });
}

/** The troubles come before anything is done; `lost` alone comes after. */
async function misbehave(context, next, switches, log) {
  log.requests.push(`${context.method} ${context.path}`);
  const isForToken = context.method === "POST" && context.path === "/token";
  if (isForToken && switches.held) {
    switches.held.waiting += 1;
    await switches.held.until;
    // Whoever asked has gone.
    if (context.req.destroyed) return;
  }
  const { metadata, answer, client_id, forward, hidden } = switches.lie;
  if (hidden && WELL_KNOWN.has(context.path)) return void (context.status = 404);
  if (forward && context.method === "GET" && context.path === "/auth") return context.redirect(forward(context.query));
  const trouble = isForToken ? switches.troubles.shift() : undefined;
  if (trouble !== undefined && trouble !== "lost") {
    let body = "";
    for await (const part of context.req) body += part;
    const form = new URLSearchParams(body);
    log.tokens.push({ grant: form.get("grant_type"), resource: form.get("resource"), status: trouble });
    const answers = { down: [503, "try again later"], nonsense: [200, "<title>Welcome</title>"] };
    [context.status, context.body] = answers[trouble] ?? [trouble === "invalid_client" ? 401 : 400, { error: trouble }];
    return;
  }
  await next();
  if (trouble === "lost") context.req.socket.destroy();
  if (client_id && context.path === "/reg") context.body = { ...context.body, client_id };
  if (metadata && WELL_KNOWN.has(context.path)) context.body = { ...context.body, ...metadata };
  const location = context.response.get("location");
  if (answer && /[?&](code|error)=/.test(location)) {
    const to = new URL(location);
    for (const [name, value] of Object.entries(answer)) {
      if (value === null) to.searchParams.delete(name);
      else to.searchParams.set(name, value);
    }
    context.set("location", to.href);
  }
}

/** Nobody stays signed in, so that each walk says anew who walks. */
async function signedOut(context, next, kept) {
  await next();
  if (/[?&](code|error)=/.test(context.response.get("location"))) forget(kept, ({ payload }) => payload.kind === "Session");
}

/** Writes down what was asked, once it is answered. */
async function told(context, next, log) {
  await next();
  const { route, params, entities = {} } = context.oidc ?? {};
  if (route === "authorization") log.authorizations.push({ ...params, status: context.status });
  if (route === "registration") log.registrations.push(context.body);
  if (route === "revocation") log.revocations.push({ client: entities.Client?.clientId, status: context.status });
  if (route !== "token") return;
  const person = (entities.AccessToken ?? entities.RefreshToken ?? entities.AuthorizationCode)?.accountId;
  const token = context.body?.access_token;
  log.secrets.push(...[token, context.body?.refresh_token].filter(Boolean));
  log.tokens.push({ grant: params?.grant_type, resource: params?.resource, scope: params?.scope, client: entities.Client?.clientId,
    person, status: context.status, error: context.body?.error, token: token && digest(token) });
}
