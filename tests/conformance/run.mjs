// The official conformance suite's required scenarios for servers, run through Wardroom. Ends with the line
// `conformance: N passed, N failed`.
//
// Words on the command line choose checks by their names; `--direct` runs the scenarios against the fixture itself.

import { endAll } from "../accounts/world.mjs";
import { NOT_YET } from "./not-yet.mjs";
import { direct, gateway } from "./standing.mjs";
import { complaintsOf, scenariosOf } from "./suite.mjs";

/** A client's revision, and the era of the server that it is connected to: the same, and then the other. */
const SAME = [
  { revision: "2025-11-25", era: "legacy" },
  { revision: "2026-07-28", era: "modern" },
];
const OTHER = [
  { revision: "2026-07-28", era: "legacy" },
  { revision: "2025-11-25", era: "modern" },
];

const wanted = process.argv.slice(2).filter((word) => !word.startsWith("--"));
const isDirect = process.argv.includes("--direct");
const tally = { passed: 0, failed: 0 };

function says(name, word, complaints = []) {
  console.log([`conformance: ${name} ... ${word}`, ...complaints.map((complaint) => `    ${complaint}`)].join("\n"));
}

function failed(name, complaints) {
  tally.failed += 1;
  says(name, "FAILED", complaints);
}

/** Counts a required scenario; a `reason` why it does not pass yet has to be true. */
function counted(name, complaints, reason) {
  if (reason && complaints.length === 0) return failed(name, ["the suite is content with it now; take it from not-yet.mjs"]);
  if (reason) return says(name, `not yet: ${reason}`, complaints);
  if (complaints.length > 0) return failed(name, complaints);
  tally.passed += 1;
  says(name, "ok");
}

async function pair({ revision, era }) {
  const title = `${revision} at ${era}`;
  const { required, uncounted } = scenariosOf(revision);
  const notYet = isDirect ? {} : (NOT_YET[title] ?? {});
  const unknown = Object.keys(notYet).filter((scenario) => !required.includes(scenario));
  if (unknown.length > 0) failed(`${title}: the list`, [`not-yet.mjs names what is not required: ${unknown}`]);
  const chosen = (scenario) => wanted.length === 0 || wanted.some((word) => `${title}: ${scenario}`.includes(word));
  if (![...required, ...uncounted].some(chosen)) return;
  const url = await (isDirect ? direct : gateway)(era);
  for (const scenario of required.filter(chosen)) {
    counted(`${title}: ${scenario}`, await complaintsOf(scenario, revision, url), notYet[scenario]);
  }
  for (const scenario of uncounted.filter(chosen)) {
    const complaints = await complaintsOf(scenario, revision, url);
    says(`${title}: ${scenario}`, `${complaints.length > 0 ? "not passed" : "passed"}, and not counted`, complaints);
  }
}

for (const each of isDirect ? SAME : [...SAME, ...OTHER]) {
  try {
    await pair(each);
  } catch (fault) {
    failed(`${each.revision} at ${each.era}`, [fault.stack]);
  } finally {
    await endAll();
  }
}
console.log(`conformance: ${tally.passed} passed, ${tally.failed} failed`);
process.exitCode = tally.failed > 0 ? 1 : 0;
