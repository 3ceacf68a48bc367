// The official conformance suite's required scenarios for clients, of both revisions, each as a check: Wardroom is the client.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const SUITE = here("./node_modules/@modelcontextprotocol/conformance/");
const REVISIONS = ["2025-11-25", "2026-07-28"];
const TIMEOUT_MS = 60_000;

/** What a revision requires of clients, as the suite's own file lists it. */
function required(revision) {
  const [, clients] = readFileSync(`${SUITE}requirements/${revision}.yaml`, "utf8").split(/^client:$/m);
  return [...clients.split(/^\w/m)[0].matchAll(/^ +- ([\w/-]+)/gm)].map(([, scenario]) => scenario);
}

async function runs(scenario, revision) {
  const command = `${process.execPath} ${here("./conformance-client.mjs")}`;
  const which = ["--scenario", scenario, "--spec-version", revision, "--timeout", `${TIMEOUT_MS}`];
  const line = [`${SUITE}dist/index.js`, "client", "--command", command, ...which];
  const run = (resolve) => execFile(process.execPath, line, (fault, out, told) => resolve([fault, out + told]));
  const [fault, said] = await new Promise(run);
  assert.ok(fault === null && said.includes("OVERALL: PASSED"), said);
}

const checksOf = (revision) =>
  required(revision).map((scenario) => [`the suite is content with ${scenario} of ${revision}`, () => runs(scenario, revision)]);

export const suite = Object.fromEntries(REVISIONS.flatMap(checksOf));
