// openai, given another base URL by its option, or without one by the environment variable OPENAI_BASE_URL.

import OpenAI from "openai";
import { play } from "./scenario.mjs";

await play(({ base, key, options = {} }) => {
  const client = new OpenAI({ apiKey: key, ...(base ? { baseURL: `${base}/v1` } : {}), ...options });
  return { moderate: (body) => client.moderations.create(body) };
});
