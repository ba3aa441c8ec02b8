// What a site's own form does: post the comment with the site's public key, and tell the reader what became of it.

const form = document.getElementById("comment-form");
const answer = document.getElementById("answer");
let attempt = null; // The same comment sent twice, after a lost answer say, is one comment.

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = form.querySelector("button");
  const body = JSON.stringify({
    text: form.elements.text.value,
    author: { name: form.elements.author.value.trim() || form.dataset.unnamed },
    article: { url: window.location.origin + window.location.pathname, title: form.dataset.title, section: "politics" },
    form: { honeypot: form.elements.website.value },
  });
  if (attempt?.body !== body) attempt = { body, key: String(performance.timeOrigin + performance.now()) + Math.random() };
  button.disabled = true;
  try {
    const response = await fetch("/v1/comments", {
      method: "POST",
      headers: {
        "Authorization": `Bearer ${form.dataset.key}`,
        "Content-Type": "application/json",
        "Idempotency-Key": attempt.key,
      },
      body,
    });
    const told = await response.json();
    // The page has the API's messages in the reader's language. Text, never HTML.
    answer.textContent = response.ok ? (form.dataset[told.status] ?? told.message) : told.detail;
    answer.dataset.status = response.ok ? told.status : "";
    if (response.ok) {
      attempt = null;
      form.elements.text.value = "";
      if (told.status === "approved") await showPublished();
    }
  } catch {
    answer.textContent = form.dataset.failed;
    answer.dataset.status = "";
  } finally {
    button.disabled = false;
  }
});

// The page itself knows how to write comments safely, so the list is taken from a fresh copy of it.
async function showPublished() {
  const page = await (await fetch(window.location.pathname)).text();
  const fresh = new DOMParser().parseFromString(page, "text/html").getElementById("comments");
  if (fresh) document.getElementById("comments").replaceWith(fresh);
}
