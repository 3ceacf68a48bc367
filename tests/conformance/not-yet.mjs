// The scenarios with which the suite is not content yet, for each pair of a client's revision and the fixture's era, by the reason.
//
// They are run all the same, and counted neither way. One with which the suite has become content fails the run until it is taken
// from here.

const because = (reason, ...scenarios) => Object.fromEntries(scenarios.map((scenario) => [scenario, reason]));

const RESOURCES = "resources of an upstream are not handed on";
const PROMPTS = "prompts of an upstream are not handed on";
const COMPLETION = "completion is not handed on";
const WATCHING = "subscriptions to resources are not handed on";
const LOGGING = "levels of logs (`logging/setLevel`) are not taken";
const REFUSALS = "an upstream's refusal for want of a capability (-32021) becomes a tool's error, and changes of its lists are not told";
const HINTS = "there are no lists of prompts and resources that could have hints";
const OTHER_ERA = "questions are handed on between two of the same revision alone";

/** What both revisions want of resources, prompts and completion. */
const OFFERS = {
  ...because(COMPLETION, "completion-complete"),
  ...because(RESOURCES, "resources-list", "resources-read-text", "resources-read-binary", "resources-templates-read"),
  ...because(PROMPTS, "prompts-list", "prompts-get-simple", "prompts-get-with-args", "prompts-get-embedded-resource", "prompts-get-with-image"),
};

/** What a client of 2025-11-25 misses besides, wherever it goes. */
const LEGACY = {
  ...OFFERS,
  ...because(LOGGING, "logging-set-level", "tools-call-with-logging"),
  ...because(WATCHING, "resources-subscribe", "resources-unsubscribe"),
};

/** What one of 2026-07-28 does. */
const MODERN = {
  ...OFFERS,
  ...because(RESOURCES, "sep-2164-resource-not-found"),
  ...because(REFUSALS, "server-stateless"),
  ...because(HINTS, "caching"),
  ...because(PROMPTS, "input-required-result-non-tool-request"),
};

export const NOT_YET = {
  "2025-11-25 at legacy": LEGACY,
  "2026-07-28 at modern": MODERN,
  "2026-07-28 at legacy": {
    ...MODERN,
    ...because(
      OTHER_ERA,
      "input-required-result-basic-elicitation",
      "input-required-result-basic-sampling",
      "input-required-result-basic-list-roots",
      "input-required-result-request-state",
      "input-required-result-multiple-input-requests",
      "input-required-result-multi-round",
      "input-required-result-missing-input-response",
      "input-required-result-result-type",
      "input-required-result-tampered-state",
      "input-required-result-capability-check",
      "input-required-result-ignore-extra-params",
    ),
  },
  "2025-11-25 at modern": {
    ...LEGACY,
    ...because(OTHER_ERA, "tools-call-sampling", "tools-call-elicitation", "elicitation-sep1034-defaults", "elicitation-sep1330-enums"),
  },
};
