// What a scenario is run against: the fixture alone, or a Wardroom with the fixture behind it and a client's key in front.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { connectIntegration } from "../accounts/wardroom.mjs";
import { until, wardroom } from "../accounts/world.mjs";
import { startShim } from "./shim.mjs";

const [SLUG, OWNER] = ["fixture", "ada"];

/** Starts the fixture in an era; gives its URL. */
async function fixture(era) {
  const path = process.env.WARDROOM_CONFORMANCE_FIXTURE;
  if (!path) throw new Error("WARDROOM_CONFORMANCE_FIXTURE is not set: it names the server that stands behind Wardroom");
  const child = spawn(path, ["--era", era], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise((resolve, reject) => child.once("exit", resolve).once("error", reject));
  until(() => child.kill("SIGKILL"));
  const told = new Promise((resolve) => createInterface({ input: child.stdout }).once("line", resolve));
  const said = await Promise.race([told, ended]);
  assert.match(`${said}`, /^serving http/, `the fixture did not start: ${said}`);
  return said.slice("serving ".length);
}

/** Puts the shim before a URL; gives the URL at which it is. */
async function behindShim(url, key) {
  const shim = await startShim(url, key);
  until(shim.end);
  return shim.url;
}

/** Starts the fixture alone, with the shim before it that is before a Wardroom otherwise: so it is seen to change nothing. */
export const direct = async (era) => behindShim(await fixture(era), "of nobody");

/** Starts a Wardroom with the fixture as an integration; gives the URL at which its owner's key is added to what is asked. */
export async function gateway(era) {
  const [at, upstream] = await Promise.all([wardroom({ members: [] }), fixture(era)]);
  const { status, told } = await connectIntegration(at, SLUG, upstream);
  assert.equal(status, 201, `the fixture is not connected: ${JSON.stringify(told)}`);
  return behindShim(`${at.url}/o/${at.org}/mcp/${SLUG}`, at.people[OWNER].key);
}
