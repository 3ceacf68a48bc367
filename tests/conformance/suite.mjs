// The official conformance suite: what it requires of servers, and one of its scenarios against a server.

import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const TIMEOUT_MS = 60_000;

function suite(path) {
  const npm = process.env.WARDROOM_CONFORMANCE_NPM;
  if (!npm) throw new Error("WARDROOM_CONFORMANCE_NPM is not set: it names the folder that holds node_modules");
  return join(npm, "node_modules/@modelcontextprotocol/conformance", path);
}

/** What a revision has for servers, as the suite's own file lists it: what it requires, and what it runs and does not count. */
export function scenariosOf(revision) {
  const text = readFileSync(suite(`requirements/${revision}.yaml`), "utf8");
  const section = (name) => text.split(new RegExp(`^${name}:$`, "m"))[1]?.split(/^\w/m)[0] ?? "";
  const required = [...section("server").matchAll(/^ +- ([\w/-]+)$/gm)].map(([, scenario]) => scenario);
  const entries = section("not_scored").split(/^ +- scenario: /m).slice(1);
  const uncounted = entries.filter((entry) => /^ +leg: server$/m.test(entry)).map((entry) => entry.match(/^[\w/-]+/)[0]);
  return { required, uncounted };
}

/** What the suite has found, which it writes into a folder for each run. */
async function found(folder) {
  const [run = ""] = await readdir(folder);
  const text = await readFile(join(folder, run, "checks.json"), "utf8").catch(() => "[]");
  return JSON.parse(text);
}

/**
 * Runs a scenario at a revision, an extension's as well (`--force`); gives what the suite complains about, which is nothing where it is content. It is not with a
 * warning, nor where it has looked at nothing.
 */
export async function complaintsOf(scenario, revision, url) {
  const folder = await mkdtemp(join(tmpdir(), "wardroom-conformance-"));
  try {
    const line = [suite("dist/index.js"), "server", "--url", url, "--scenario", scenario, "--spec-version", revision, "--output-dir", folder, "--force"];
    const run = (resolve) => execFile(process.execPath, line, { timeout: TIMEOUT_MS }, (fault, out, told) => resolve([fault, out + told]));
    const [fault, said] = await new Promise(run);
    const checks = await found(folder);
    const wrong = checks.filter(({ status }) => status === "FAILURE" || status === "WARNING");
    if (wrong.length > 0) return wrong.map(({ id, status, errorMessage }) => `${id} (${status.toLowerCase()}): ${errorMessage ?? "no reason given"}`);
    if (fault !== null) return [`the suite ended with ${fault.code ?? fault.signal}: ${said.slice(-1_000)}`];
    return checks.some(({ status }) => status === "SUCCESS") ? [] : ["the suite found nothing to look at"];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
