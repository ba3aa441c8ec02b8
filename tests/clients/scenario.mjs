// Runs the calls that a test asks for, one after another, and prints what each gave, as one line of JSON.
//
// The only argument is JSON: {"base", "key", "options", "calls": [{"call", "with": [...]}]}. `makeCalls` gets it and
// returns the client's calls by name.

import process from "node:process";

/** Return an error as a user's handler sees it. */
function described(error) {
  return {
    kind: error.constructor.name,
    name: error.name,
    message: error.message,
    status: error.status ?? error.response?.status ?? null,
    code: error.code ?? null,
    data: error.response?.data ?? null,
  };
}

export async function play(makeCalls) {
  const wanted = JSON.parse(process.argv[2]);
  const calls = await makeCalls(wanted);
  const outcomes = [];
  for (const { call, with: given = [] } of wanted.calls) {
    try {
      outcomes.push({ returns: (await calls[call](...given)) ?? null });
    } catch (error) {
      outcomes.push({ raises: described(error) });
    }
  }
  console.log(JSON.stringify(outcomes));
}
