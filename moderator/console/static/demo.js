// What a site's own form does: post the comment with the site's public key, and tell the reader what became of it.

const form = document.getElementById("comment-form");
const answer = document.getElementById("answer");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  try {
    const response = await fetch("/v1/comments", {
      method: "POST",
      headers: { "Authorization": `Bearer ${form.dataset.key}`, "Content-Type": "application/json" },
      body: JSON.stringify({
        text: form.elements.text.value,
        author: { name: form.elements.author.value || "Unnamed" },
        article: { url: window.location.href, title: document.title, section: "politics" },
      }),
    });
    const told = await response.json();
    answer.textContent = response.ok ? told.message : told.detail;
    if (response.ok) {
      if (told.status === "approved") show(form.elements.author.value || "Unnamed", form.elements.text.value);
      form.elements.text.value = "";
    }
  } catch {
    answer.textContent = "The comment could not be sent. Please try again.";
  } finally {
    button.disabled = false;
  }
});

function show(name, text) {
  const item = document.createElement("li");
  item.append(Object.assign(document.createElement("strong"), { textContent: name }));
  item.append(Object.assign(document.createElement("p"), { textContent: text, dir: "auto" }));
  document.getElementById("comments").prepend(item);
}
