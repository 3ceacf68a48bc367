// Accounts at upstreams, against a real provider. Ends with the line `accounts: N passed, N failed`.
//
// Words on the command line choose checks by their names; `--fixtures` runs those about the fixtures alone.

import { connecting } from "./connecting.mjs";
import { fixtures } from "./fixtures.mjs";
import { handles } from "./handles.mjs";
import { lying } from "./lying.mjs";
import { mixing } from "./mixing.mjs";
import { refreshing } from "./refreshing.mjs";
import { suite } from "./suite.mjs";
import { endAll } from "./world.mjs";

const wanted = process.argv.slice(2).filter((word) => !word.startsWith("--"));
const all = process.argv.includes("--fixtures") ? fixtures : { ...fixtures, ...connecting, ...refreshing, ...handles, ...lying, ...mixing, ...suite };
const tally = { passed: 0, failed: 0 };
for (const [name, check] of Object.entries(all)) {
  if (wanted.length > 0 && !wanted.some((word) => name.includes(word))) continue;
  try {
    await check();
    tally.passed += 1;
    console.log(`accounts: ${name} ... ok`);
  } catch (fault) {
    tally.failed += 1;
    console.log(`accounts: ${name} ... FAILED\n${fault.stack}`);
  } finally {
    await endAll();
  }
}
console.log(`accounts: ${tally.passed} passed, ${tally.failed} failed`);
process.exitCode = tally.failed > 0 ? 1 : 0;
