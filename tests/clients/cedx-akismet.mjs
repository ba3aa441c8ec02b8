// @cedx/akismet, given another base URL as its options allow.

import { Author, Blog, Client, Comment } from "@cedx/akismet";
import { play } from "./scenario.mjs";

/** Return a comment of the client's own class, from plain fields. */
function comment({ author = {}, date, postModified, ...fields }) {
  return new Comment({
    ...fields,
    author: new Author(author),
    date: date ? new Date(date) : null,
    postModified: postModified ? new Date(postModified) : null,
  });
}

await play(({ base, key, options = {}, blog = {} }) => {
  const site = new Blog({ url: "https://news.example/", ...blog });
  const client = new Client(key, site, { baseUrl: base, ...options });
  return {
    verifyKey: () => client.verifyKey(),
    checkComment: (fields) => client.checkComment(comment(fields)),
    submitSpam: (fields) => client.submitSpam(comment(fields)),
    submitHam: (fields) => client.submitHam(comment(fields)),
  };
});
