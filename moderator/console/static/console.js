// Two extras over plain forms and links: keys for buttons (a button names its key in aria-keyshortcuts, and pressing
// the key presses the button), and the next case without loading a page. Without this script everything still works.

const GUARD_MS = 250; // A key that bounces must not decide the case that has just appeared.
const PARTS = ["told", "desk", "count"]; // What a new page replaces.
const dialog = document.querySelector("dialog.keys");
const help = document.querySelector("button.help");
const keysOn = document.querySelector("input.keys-on");
let isBusy = false;
let isGuarded = true;
let endsAt = Infinity;
let ticking = 0;

// Keys

function isWriting(target) {
  return target instanceof HTMLElement && target.matches("input:not([type=checkbox]), textarea, select");
}

function find(key) {
  const wanted = key.length === 1 ? key.toUpperCase() : key;
  return document.querySelector(`[aria-keyshortcuts="${CSS.escape(wanted)}"]:not(:disabled)`);
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && isWriting(event.target)) {
    event.target.blur();
    return;
  }
  const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey && !event.repeat && !event.isComposing;
  if (!isPlain || isWriting(event.target) || dialog.open || !(keysOn.checked || event.key === "?")) return;
  const target = find(event.key);
  if (!target) return;
  event.preventDefault();
  if (isBusy || isGuarded) return;
  if (target.matches("input, textarea")) target.focus();
  else target.click();
});

help.hidden = false;
help.addEventListener("click", () => dialog.showModal());

try {
  keysOn.checked = localStorage.getItem("keys") !== "off";
  keysOn.addEventListener("change", () => localStorage.setItem("keys", keysOn.checked ? "on" : "off"));
} catch {
  // A browser that keeps nothing: keys are on with each page.
}

// The next case without loading a page. The form carries its case and the generation that was seen, and the server
// checks both: whatever is pressed when, it decides the case that was on the screen or nothing.

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.getAttribute("method") === "dialog") return;
  if (isBusy) {
    event.preventDefault(); // The first press counts.
    return;
  }
  isBusy = true;
  if (!form.closest("#told, #desk")) return; // A plain form, by the browser.
  event.preventDefault();
  const fields = new URLSearchParams(new FormData(form, event.submitter));
  document.getElementById("desk").setAttribute("aria-busy", "true");
  try {
    // Not form.action: the buttons are called so, and would answer in its place.
    const address = event.submitter?.getAttribute("formaction") ?? form.getAttribute("action");
    const response = await fetch(address, { method: "POST", body: fields });
    show(new DOMParser().parseFromString(await response.text(), "text/html"));
  } catch {
    tell("The service did not answer. Press again when you like: nothing is decided twice.");
  } finally {
    isBusy = false;
    document.getElementById("desk").removeAttribute("aria-busy");
  }
});

function show(page) {
  if (!page.getElementById("desk")) {
    const problem = page.querySelector(".problem");
    if (problem) tell(problem.textContent);
    else window.location.assign("/console"); // Signed out meanwhile.
    return;
  }
  for (const id of PARTS) document.getElementById(id).replaceChildren(...page.getElementById(id).childNodes);
  document.title = page.title;
  window.history.replaceState(null, "", "/console");
  window.scrollTo({ top: 0, behavior: "instant" });
  document.querySelector("#desk h1").focus({ preventScroll: true });
  begin();
}

function tell(text) {
  const line = document.createElement("p");
  line.className = "problem";
  line.textContent = text;
  document.getElementById("told").replaceChildren(line);
}

// The time left with a case

function begin() {
  isGuarded = true;
  delete document.documentElement.dataset.listening;
  window.setTimeout(() => {
    isGuarded = false;
    document.documentElement.dataset.listening = "yes";
  }, GUARD_MS);
  window.clearInterval(ticking);
  const desk = document.querySelector(".desk");
  if (!desk) return;
  endsAt = performance.now() + Number(desk.dataset.secondsLeft) * 1000;
  tick();
  ticking = window.setInterval(tick, 1000);
}

function tick() {
  const seconds = Math.ceil((endsAt - performance.now()) / 1000);
  const left = document.querySelector(".left");
  left.textContent = seconds > 90 ? ` · ${Math.round(seconds / 60)} min left` : ` · ${Math.max(0, seconds)} s left`;
  left.classList.toggle("soon", seconds <= 60);
  if (seconds > 0) return;
  window.clearInterval(ticking);
  document.querySelector(".late").hidden = false;
  for (const button of document.querySelectorAll(".decide button")) button.disabled = true;
}

window.addEventListener("pageshow", (event) => {
  if (event.persisted) window.location.reload(); // A page from the history shows a case that has moved on.
});

begin();
