// What other people do, shown on pages that are open: counts, who has which case, what was decided. It only writes into
// places that are there already; nothing moves, and new cases wait behind a link. Hidden pages do not listen: a browser
// has six connections to a server for all its pages.

const page = document.querySelector("[data-events]");
const count = document.getElementById("count");
let source = null;

function listen() {
  if (source || document.hidden) return;
  source = new EventSource(page?.dataset.events ?? "/console/events");
  source.addEventListener("queue", (event) => show(JSON.parse(event.data)));
  source.addEventListener("ended", stop);
  source.addEventListener("error", () => {
    if (source?.readyState === EventSource.CLOSED) stop(); // Refused; a reload asks again.
  });
}

function stop() {
  source?.close();
  source = null;
}

function show(change) {
  if (change.count !== undefined && count) count.textContent = change.count;
  if (!page) return;
  for (const name of ["title", "standing"]) {
    if (change[name] !== undefined) page.querySelector(`[data-live="${name}"]`).textContent = change[name];
  }
  if (change.new !== undefined) {
    const link = page.querySelector(".fresh a");
    link.textContent = change.new;
    link.hidden = !change.new;
  }
  if (change.held !== undefined) {
    for (const row of page.querySelectorAll("[data-case]:not(.gone)")) mark(row, change.held[row.dataset.case] ?? "");
  }
  for (const [id, text] of Object.entries(change.ended ?? {})) {
    const row = page.querySelector(`[data-case="${CSS.escape(id)}"]`);
    if (!row) continue;
    row.classList.add("gone");
    mark(row, text);
  }
}

// A row says who has it in the place of its button.
function mark(row, text) {
  const form = row.querySelector("form");
  if (text && form.contains(document.activeElement)) {
    row.tabIndex = -1;
    row.focus({ preventScroll: true });
  }
  row.querySelector(".state").textContent = text;
  form.hidden = Boolean(text);
}

document.addEventListener("visibilitychange", () => (document.hidden ? stop() : listen()));
window.addEventListener("pagehide", stop);
window.addEventListener("pageshow", listen);
