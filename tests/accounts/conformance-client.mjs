// A client of the official conformance suite: Wardroom, with a person who connects accounts and calls tools through it.
//
// The suite starts it with the URL of its server behind the command. It needs `WARDROOM_BIN`, and nothing installed. Ends with
// 0 once every tool was called; what the suite expects is in README.md.

import { ask, callInSession } from "./mcp.mjs";
import { asClient, callTool, connectAccount, connectIntegration, entered, linkIn, PERSONAL, readTools } from "./wardroom.mjs";
import { endAll, wardroom } from "./world.mjs";

const [SLUG, OWNER] = ["suite", "ada"];
/** How the names of Wardroom's own tools begin. */
const OURS = "wardroom__";
/** How often a person goes to the provider before they give up. */
const CONNECTIONS_MAX = 3;
/** How often a server may ask during one call. */
const QUESTIONS_MAX = 5;
/** The suite knows a client by this document, so Wardroom has to be at that host where it shows itself by one. */
const PUBLIC_URL = { "auth/basic-cimd": "https://conformance-test.local" };

const url = process.argv.at(-1);
const scenario = process.env.MCP_CONFORMANCE_SCENARIO ?? "";
const context = JSON.parse(process.env.MCP_CONFORMANCE_CONTEXT ?? "{}");

/** How Wardroom shows itself in this scenario; `null` where the server asks for nothing. */
function credential() {
  if (!scenario.startsWith("auth/")) return null;
  const { client_id, client_secret, private_key_pem, signing_algorithm } = context;
  if (private_key_pem) return { kind: "client_credentials", client_id, private_key: private_key_pem, algorithm: signing_algorithm };
  if (scenario.startsWith("auth/client-credentials")) return asClient({ client_id, client_secret });
  return client_id ? entered(PERSONAL, { id: client_id, secret: client_secret }) : PERSONAL;
}

/** Says what went wrong, for whoever reads the suite's log. */
function said(step, answer) {
  console.error(`${step}: ${JSON.stringify(answer).slice(0, 2_000)}`);
}

/** Values for what a schema requires; the suite reads their types alone. */
function inputFor({ properties = {}, required = [] } = {}) {
  const made = { number: 2, integer: 2, boolean: true, array: [], object: {}, string: "x" };
  return Object.fromEntries(required.map((name) => [name, properties[name]?.enum?.[0] ?? made[properties[name]?.type] ?? "x"]));
}

const door = (at) => `${at.url}/o/${at.org}/mcp/${SLUG}`;

async function toolsOf(at) {
  const { message } = await ask(door(at), at.people[OWNER].key, "tools/list");
  const tools = message?.result?.tools ?? [];
  return tools.filter(({ name }) => !name.startsWith(OURS));
}

/** What a person answers whom a server asks something: what the form has there already. */
const answerTo = ({ params: { requestedSchema = {} } = {} }) => {
  const fields = Object.entries(requestedSchema.properties ?? {}).map(([name, about]) => [name, about.default ?? inputFor({ properties: { [name]: about }, required: [name] })[name]]);
  return { action: "accept", content: Object.fromEntries(fields) };
};

/** Calls a tool, and answers what its server asks. */
async function answering(at, name, input, schema) {
  if (scenario.startsWith("elicitation")) {
    const { result, error } = await callInSession(door(at), at.people[OWNER].key, name, input, answerTo);
    return { status: 200, error, isError: result?.isError === true };
  }
  let again = {};
  for (let times = 0; times < QUESTIONS_MAX; times += 1) {
    const answer = await callTool(at, SLUG, OWNER, name, input, { schema, again, capabilities: { elicitation: { form: {} } } });
    if (answer.result?.resultType !== "input_required") return answer;
    const { inputRequests = {}, requestState } = answer.result;
    const inputResponses = Object.fromEntries(Object.entries(inputRequests).map(([key, asked]) => [key, answerTo(asked)]));
    again = { inputResponses, ...(requestState === undefined ? {} : { requestState }) };
  }
  return { isError: true };
}

/** Calls everything once; gives the link to connect an account where an answer has one. */
async function callAll(at) {
  const read = await readTools(at, SLUG);
  if (read.status >= 300) said("the tools are not read", read);
  const tools = await toolsOf(at);
  const calls = context.toolCalls ?? tools.map(({ name, inputSchema }) => ({ name, arguments: inputFor(inputSchema) }));
  let works = calls.length > 0;
  for (const { name, arguments: input } of calls) {
    const schema = tools.find((tool) => tool.name === name)?.inputSchema;
    const answer = await answering(at, name, input, schema);
    const link = linkIn(at, answer);
    if (link) return { link };
    if (answer.status !== 200 || answer.error || answer.isError) {
      said(`${name} does not work`, answer);
      works = false;
    }
  }
  return { works, isUnread: tools.length === 0 };
}

async function run() {
  const publicUrl = PUBLIC_URL[scenario];
  const at = await wardroom({ members: [], settings: publicUrl ? ["--public-url", publicUrl] : [] });
  const shown = credential();
  const connected = await connectIntegration(at, SLUG, url, shown);
  if (connected.status !== 201) return said("the integration is not connected", connected) ?? false;
  const isPerPerson = shown?.kind === "oauth";
  for (let times = 0; times < CONNECTIONS_MAX; times += 1) {
    if (isPerPerson) {
      const page = await connectAccount(at, SLUG, OWNER);
      if (page.status !== 200) said("the account is not connected", page);
      // That is a refusal, which some scenarios want to see, and nothing is tried again; an account whose tools could not be read
      // is connected all the same.
      if (page.status >= 400 && page.status < 500) return false;
    }
    const { works, link, isUnread } = await callAll(at);
    // Where there is nothing to authorize the suite alone says whether it is content.
    if (!shown) return true;
    if (works || !isPerPerson || !(link || isUnread)) return works === true;
  }
  return false;
}

let worked = false;
// The suite gives up in its own time; nothing of ours outlives it.
for (const signal of ["SIGTERM", "SIGINT"]) process.once(signal, () => endAll().finally(() => process.exit(1)));
try {
  worked = await run();
} catch (fault) {
  console.error(fault);
} finally {
  await endAll();
}
process.exitCode = worked ? 0 : 1;
