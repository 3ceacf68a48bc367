// Two libraries for OAuth that take nothing that the standards do not let: `oauth4webapi` and `openid-client`. Each goes from the
// pasted URL to tools, renews, and revokes. Reads `{"url", "algorithm", "library"}` on stdin, prints what came of it.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { waiting } from "./browser.mjs";

const packages = createRequire(join(process.env.WARDROOM_CLIENTS_NPM, "package.json"));
const load = (name) => import(pathToFileURL(packages.resolve(name)).href);

const LIST = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list" });
const HEADERS = { "content-type": "application/json", accept: "application/json, text/event-stream" };
const about = (back) => ({ client_name: "strict", redirect_uris: [back], token_endpoint_auth_method: "none" });

async function oauth4webapi({ url, algorithm }) {
  const oauth = await load("oauth4webapi");
  const options = { [oauth.allowInsecureRequests]: true };
  const resource = new URL(url);
  const found = await oauth.resourceDiscoveryRequest(resource, options);
  const { authorization_servers } = await oauth.processResourceDiscoveryResponse(resource, found);
  const issuer = new URL(authorization_servers[0]);
  const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { ...options, algorithm }));

  const at = await waiting();
  const registered = await oauth.dynamicClientRegistrationRequest(as, about(at.back), options);
  const client = await oauth.processDynamicClientRegistrationResponse(registered);
  const [verifier, state] = [oauth.generateRandomCodeVerifier(), oauth.generateRandomState()];
  const page = new URL(as.authorization_endpoint);
  page.search = new URLSearchParams({
    client_id: client.client_id,
    redirect_uri: at.back,
    response_type: "code",
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state,
    resource: url,
  });
  const brought = oauth.validateAuthResponse(as, client, await at.sent(page.href), state);
  at.close();
  const none = oauth.None();
  const named = { ...options, additionalParameters: { resource: url } };
  const given = await oauth.authorizationCodeGrantRequest(as, client, none, brought, at.back, verifier, named);
  const tokens = await oauth.processAuthorizationCodeResponse(as, client, given);
  const called = await oauth.protectedResourceRequest(tokens.access_token, "POST", resource, new Headers(HEADERS), LIST, options);
  const renewed = await oauth.refreshTokenGrantRequest(as, client, none, tokens.refresh_token, named);
  const next = await oauth.processRefreshTokenResponse(as, client, renewed);
  const revoked = await oauth.revocationRequest(as, client, none, next.refresh_token, options);
  await oauth.processRevocationResponse(revoked);
  return { listed: called.status, refreshed: next.refresh_token !== tokens.refresh_token, after: await listed(url, next.access_token) };
}

async function openidClient({ url, algorithm }) {
  const openid = await load("openid-client");
  const at = await waiting();
  const insecure = { execute: [openid.allowInsecureRequests] };
  const issuer = new URL(new URL(url).origin);
  const config = await openid.dynamicClientRegistration(issuer, about(at.back), openid.None(), { ...insecure, algorithm });
  const [pkceCodeVerifier, expectedState] = [openid.randomPKCECodeVerifier(), openid.randomState()];
  const page = openid.buildAuthorizationUrl(config, {
    redirect_uri: at.back,
    code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: "S256",
    state: expectedState,
    resource: url,
  });
  const came = await at.sent(page.href);
  at.close();
  const tokens = await openid.authorizationCodeGrant(config, came, { pkceCodeVerifier, expectedState });
  const first = await listed(url, tokens.access_token);
  const next = await openid.refreshTokenGrant(config, tokens.refresh_token);
  await openid.tokenRevocation(config, next.refresh_token);
  return { listed: first, refreshed: next.refresh_token !== tokens.refresh_token, after: await listed(url, next.access_token) };
}

async function listed(url, token) {
  const answer = await fetch(url, { method: "POST", headers: { ...HEADERS, authorization: `Bearer ${token}` }, body: LIST });
  await answer.text();
  return answer.status;
}

const plan = JSON.parse(readFileSync(0, "utf8"));
let told;
try {
  told = await (plan.library === "oauth4webapi" ? oauth4webapi(plan) : openidClient(plan));
} catch (fault) {
  told = { error: `${fault.name}: ${fault.message} (${fault.code ?? ""} ${JSON.stringify(fault.cause ?? null)?.slice(0, 400)})` };
}
process.stdout.write(JSON.stringify(told));
