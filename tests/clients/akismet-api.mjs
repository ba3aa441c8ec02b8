// akismet-api, given another host and protocol as its options allow. It puts the key in front of the host, so a name
// with a wildcard is needed. Replacing Node's resolver stands for that line of DNS: it is below the client.

import dns from "node:dns";
import { AkismetClient } from "akismet-api";
import { play } from "./scenario.mjs";

const HOST = "moderator.test";

/** Resolve our name and every name under it to this machine. */
dns.lookup = (name, options, answer) => {
  if (name !== HOST && !name.endsWith(`.${HOST}`)) {
    answer(new Error(`${name} is not a name of this test`));
  } else if (options.all) {
    answer(null, [{ address: "127.0.0.1", family: 4 }]);
  } else {
    answer(null, "127.0.0.1", 4);
  }
};

/** Return what a user of the client reads of an answer to a submission, which the client hands over as it is. */
async function submitted(request) {
  const { status, text } = await request;
  return { status, text };
}

await play(({ base, key, options = {} }) => {
  const host = `${HOST}:${new URL(base).port}`;
  const client = new AkismetClient({ key, blog: "https://news.example/", host, protocol: "http", ...options });
  return {
    verifyKey: () => client.verifyKey(),
    checkSpam: (fields) => client.checkSpam(fields),
    submitSpam: (fields) => submitted(client.submitSpam(fields)),
    submitHam: (fields) => submitted(client.submitHam(fields)),
  };
});
