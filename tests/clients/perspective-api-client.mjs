// perspective-api-client has its address in its source. Its HTTP library is axios, and an interceptor there sends the
// same request to another host.

import { createRequire } from "node:module";
import Perspective from "perspective-api-client";
import { play } from "./scenario.mjs";

const require = createRequire(import.meta.url);
const axios = createRequire(require.resolve("perspective-api-client"))("axios"); // The client's own copy.
const GOOGLE = /^https:\/\/commentanalyzer\.googleapis\.com/;

await play(({ base, key }) => {
  axios.interceptors.request.use((config) => ({ ...config, url: config.url.replace(GOOGLE, base) }));
  const client = new Perspective({ apiKey: key });
  return {
    analyze: (text, options) => client.analyze(text, options),
    // A text made here, since a long one does not fit an argument of a process.
    analyzeRepeated: (text, times, options) => client.analyze(text.repeat(times), options),
  };
});
