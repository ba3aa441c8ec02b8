#!/usr/bin/env node
// Points a Coral at this service, by Coral's own GraphQL API: the external moderation phase, and, with a site key,
// Coral's toxic comment filter too. Running it again changes what is there instead of adding to it. Node 18 or newer.
//
//   CORAL_URL=https://coral.news.example CORAL_TOKEN=eyJhb… MODERATOR_URL=https://moderator.news.example \
//     node coral-settings.mjs
//
//   CORAL_URL         where Coral is
//   CORAL_TOKEN       an access token of one of Coral's administrators (coral-cli token:create)
//   MODERATOR_URL     where this service is, as Coral reaches it; Coral asks for https in production
//   PHASE_NAME        what the phase is called in Coral's administration           default: Moderator
//   PHASE_TIMEOUT     milliseconds that Coral waits, 100 to 10000                  default: 1000
//   PHASE_FORMAT      HTML or PLAIN_TEXT                                           default: HTML
//   MODERATOR_KEY     a site key (sk_…); without it the toxic comment filter stays as it is
//   TOXIC_THRESHOLD   0 to 1, see docs/compat.md                                   default: 0.8, as Coral's own
//   TOXIC_MODEL       the attribute that the filter asks for                       default: TOXICITY
//   TOXIC_FEEDBACK    true: Coral sends its moderators' decisions here             default: false

const settings = {
  PHASE_NAME: "Moderator",
  PHASE_TIMEOUT: "1000",
  PHASE_FORMAT: "HTML",
  TOXIC_THRESHOLD: "0.8",
  TOXIC_MODEL: "TOXICITY",
  TOXIC_FEEDBACK: "false",
  ...process.env,
};

function fail(message) {
  console.error(message);
  process.exit(1);
}

for (const name of ["CORAL_URL", "CORAL_TOKEN", "MODERATOR_URL"]) {
  if (!settings[name]) fail(`${name} is not set.`);
}
const base = settings.MODERATOR_URL.replace(/\/+$/, "");
let calls = 0;

async function ask(query, variables = {}) {
  const answer = await fetch(`${settings.CORAL_URL.replace(/\/+$/, "")}/api/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${settings.CORAL_TOKEN}` },
    body: JSON.stringify({ query, variables }),
  });
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok || body.errors) fail(`Coral answered ${answer.status}: ${JSON.stringify(body.errors ?? body)}`);
  return body.data;
}

const change = (name, kind, result, input) =>
  ask(`mutation Change($input: ${kind}!) { ${name}(input: $input) { ${result} } }`, {
    input: { ...input, clientMutationId: String(calls++) },
  });

// The phase.

const PHASE = "id name url format timeout enabled signingSecret { secret }";
const wanted = {
  name: settings.PHASE_NAME,
  url: `${base}/coral/moderate`,
  format: settings.PHASE_FORMAT,
  timeout: Number(settings.PHASE_TIMEOUT),
};
const found = await ask(`query { settings { integrations { external { phases { ${PHASE} } } } } }`);
const known = (found.settings.integrations.external?.phases ?? []).find((phase) => phase.url === wanted.url);
const { phase } = known
  ? (await change("updateExternalModerationPhase", "UpdateExternalModerationPhaseInput", `phase { ${PHASE} }`, {
      id: known.id,
      ...wanted,
    })).updateExternalModerationPhase
  : (await change("createExternalModerationPhase", "CreateExternalModerationPhaseInput", `phase { ${PHASE} }`, wanted))
      .createExternalModerationPhase;
if (!phase.enabled) {
  await change("enableExternalModerationPhase", "EnableExternalModerationPhaseInput", "phase { id }", { id: phase.id });
}
console.log(`The phase "${phase.name}" asks ${phase.url} and waits ${phase.timeout} ms.`);
console.log("Now tell this service its secret, where SITE is the site's name:\n");
console.log(`  moderator site set SITE --phase-secret ${phase.signingSecret.secret}\n`);

// The toxic comment filter.

if (settings.MODERATOR_KEY) {
  const perspective = {
    enabled: true,
    endpoint: `${base}/v1alpha1`,
    key: settings.MODERATOR_KEY,
    model: settings.TOXIC_MODEL,
    threshold: Number(settings.TOXIC_THRESHOLD),
    doNotStore: true,
    sendFeedback: settings.TOXIC_FEEDBACK === "true",
  };
  await change("updateSettings", "UpdateSettingsInput", "settings { id }", {
    settings: { integrations: { perspective } },
  });
  console.log(`The toxic comment filter asks ${perspective.endpoint} for ${perspective.model} > ${perspective.threshold}.`);
}
