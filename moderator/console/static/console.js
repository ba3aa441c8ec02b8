// Three extras over plain forms and links: keys for buttons (a button names its key in aria-keyshortcuts, and pressing
// the key presses the button), the next case without loading a page, and, of a hand of several cases, the next one at
// once, while the decision is still on its way. Without this script everything still works.

const GUARD_MS = 250; // A key that bounces must not decide the case that has just appeared.
const PARTS = ["told", "count"]; // What a new page replaces beside the case.
const place = document.getElementById("desk"); // Where the case stands; only the page for reviewing has one.
const dialog = document.querySelector("dialog.keys");
const help = document.querySelector("button.help");
const keysOn = document.querySelector("input.keys-on");
const kept = new Map(); // Other cases of the hand, ready to be shown: by id, each with the time until which it is ours.
let isBusy = false;
let isGuarded = true;
let waiting = null; // A press on a case that is shown while the answer about the one before is still awaited.
let fetching = "";
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

// What decides waits until somebody can have seen the case; what leads elsewhere or opens something does not. Nothing
// leaves the page while a decision is under way.
function mayPress(target) {
  if (isBusy && target.matches("a")) return false;
  return !isGuarded || target.type !== "submit" || target.getAttribute("aria-keyshortcuts") === "N";
}

function press(event) {
  const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey && !event.repeat && !event.isComposing;
  if (!isPlain || isWriting(event.target) || dialog.open || !(keysOn.checked || event.key === "?")) return;
  const target = find(event.key);
  if (!target) return;
  event.preventDefault();
  if (!mayPress(target)) return;
  if (target.matches("input, textarea")) target.focus();
  else target.click();
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && isWriting(event.target)) event.target.blur();
  else press(event);
});

help.hidden = false;
help.addEventListener("click", () => dialog.showModal());

try {
  keysOn.checked = localStorage.getItem("keys") !== "off";
  keysOn.addEventListener("change", () => localStorage.setItem("keys", keysOn.checked ? "on" : "off"));
} catch {
  // A browser that keeps nothing: keys are on with each page.
}

// Deciding. The form carries its case and the generation that was seen, and the server checks both: whatever is pressed
// when, it decides the case that was on the screen or nothing. At most one form is under way.

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.getAttribute("method") === "dialog") return;
  if (isBusy) {
    event.preventDefault(); // The first press counts,
    // and one on the case that has come up meanwhile waits for its turn.
    const isNew = form.matches(".decide") && form.closest(".desk") !== sent;
    if (isNew && !waiting) waiting = { form, button: event.submitter };
    return;
  }
  isBusy = true;
  if (!form.closest("#told, #desk")) return; // A plain form, by the browser.
  event.preventDefault();
  const fields = new URLSearchParams(new FormData(form, event.submitter));
  // Not form.action: the buttons are called so, and would answer in its place.
  const address = event.submitter?.getAttribute("formaction") ?? form.getAttribute("action");
  await send(address, fields, form.matches(".decide") ? form.closest(".desk") : null);
});

let sent = null; // The case that a form under way is about.

async function send(address, fields, desk) {
  sent = desk;
  const end = endsAt;
  const isAhead = desk !== null && goAhead(desk);
  const busy = isAhead ? document.getElementById("told") : place;
  busy.setAttribute("aria-busy", "true");
  let isSettled = false;
  try {
    const response = await fetch(address, { method: "POST", body: fields });
    isSettled = settle(new DOMParser().parseFromString(await response.text(), "text/html"));
  } catch {
    tell(place.dataset.silent);
  }
  if (!isSettled && isAhead) bringBack(desk, end);
  isBusy = false;
  sent = null;
  busy.removeAttribute("aria-busy");
  const next = waiting;
  waiting = null;
  if (isSettled && next?.form.isConnected) next.form.requestSubmit(next.button);
  else prefetch();
}

// Show the next case of the hand before the server has answered about this one.
function goAhead(desk) {
  const hand = handOf(desk).filter((id) => id !== desk.dataset.case);
  if (!showKept(desk.dataset.next, hand)) return false;
  document.getElementById("told").replaceChildren(); // Its undo is about a decision before the one under way.
  return true;
}

function bringBack(desk, end) {
  const ahead = deskOf();
  if (ahead) kept.set(ahead.dataset.case, { desk: ahead, endsAt });
  place.replaceChildren(desk);
  arrive(end);
}

// Take over what the server says. Return whether it was about the cases at all.
function settle(page) {
  const theirs = page.getElementById("desk");
  if (!theirs) {
    const problem = page.querySelector(".problem");
    if (problem) tell(problem.textContent);
    else window.location.assign("/console"); // Signed out meanwhile.
    return false;
  }
  for (const id of PARTS) document.getElementById(id).replaceChildren(...page.getElementById(id).childNodes);
  document.title = page.title;
  window.history.replaceState(null, "", "/console");
  const next = theirs.querySelector(".desk");
  const hand = next ? handOf(next) : [];
  for (const id of kept.keys()) if (!hand.includes(id)) kept.delete(id);
  const now = deskOf();
  if (next && isSame(next, now) && now !== sent) {
    setHand(now, hand); // It is on the screen already, perhaps with a note begun.
    return true;
  }
  const isAside = now && now !== sent && hand.includes(now.dataset.case) && now.dataset.case !== next.dataset.case;
  if (isAside) kept.set(now.dataset.case, { desk: now, endsAt });
  place.replaceChildren(...theirs.childNodes);
  arrive();
  return true;
}

function tell(text) {
  const line = document.createElement("p");
  line.className = "problem";
  line.textContent = text;
  document.getElementById("told").replaceChildren(line);
}

// The hand: the cases that are ours, and the way between them

function deskOf(page = document) {
  return page.querySelector(".desk");
}

function handOf(desk) {
  return desk.dataset.hand.split(" ");
}

function isSame(one, other) {
  return one.dataset.case === other?.dataset.case && one.dataset.generation === other.dataset.generation;
}

function setHand(desk, hand) {
  const at = hand.indexOf(desk.dataset.case);
  const isOnly = hand.length < 2;
  desk.dataset.hand = hand.join(" ");
  desk.dataset.next = isOnly ? "" : hand[(at + 1) % hand.length];
  desk.querySelector("[name=then]").value = desk.dataset.next;
  const way = desk.querySelector(".hand");
  if (!way) return;
  way.hidden = isOnly;
  way.querySelector(".at").textContent = at + 1;
  way.querySelector(".of").textContent = hand.length;
  way.querySelector("[rel=next]").href = `/console?case=${desk.dataset.next}`;
  way.querySelector("[rel=prev]").href = `/console?case=${hand.at(at - 1)}`;
}

function showKept(id, hand) {
  const ready = kept.get(id);
  kept.delete(id);
  if (!ready || ready.endsAt <= performance.now() || !hand.includes(id)) return false;
  setHand(ready.desk, hand);
  place.replaceChildren(ready.desk);
  arrive(ready.endsAt);
  return true;
}

// Fetch the next case of the hand while this one is read. Only what the server says is ours is kept.
async function prefetch() {
  const id = deskOf()?.dataset.next;
  if (!id || fetching === id) return;
  if (kept.has(id)) {
    document.documentElement.dataset.ready = id;
    return;
  }
  fetching = id;
  try {
    const response = await fetch(`/console?case=${id}`);
    const desk = deskOf(new DOMParser().parseFromString(await response.text(), "text/html"));
    const now = deskOf();
    if (desk?.dataset.case === id && now?.dataset.next === id) {
      kept.set(id, { desk, endsAt: performance.now() + Number(desk.dataset.secondsLeft) * 1000 });
      document.documentElement.dataset.ready = id;
    }
  } catch {
    // It is fetched when it is wanted.
  }
  fetching = "";
}

document.addEventListener("click", async (event) => {
  const link = event.target instanceof Element && event.target.closest(".hand a");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  if (isBusy) return;
  const desk = deskOf();
  kept.set(desk.dataset.case, { desk, endsAt });
  if (showKept(new URL(link.href).searchParams.get("case"), handOf(desk))) {
    prefetch();
    return;
  }
  isBusy = true;
  try {
    const response = await fetch(link.href);
    settle(new DOMParser().parseFromString(await response.text(), "text/html"));
  } catch {
    tell(place.dataset.silent);
  }
  isBusy = false;
  prefetch();
});

// A case has come up: the time left with it, and a moment in which keys decide nothing

function arrive(end) {
  window.scrollTo({ top: 0, behavior: "instant" });
  place.querySelector("h1").focus({ preventScroll: true });
  begin(end);
}

function begin(end) {
  isGuarded = true;
  delete document.documentElement.dataset.listening;
  delete document.documentElement.dataset.ready;
  window.setTimeout(() => {
    isGuarded = false;
    document.documentElement.dataset.listening = "yes";
  }, GUARD_MS);
  window.clearInterval(ticking);
  const desk = deskOf();
  if (!desk) return;
  endsAt = end ?? performance.now() + Number(desk.dataset.secondsLeft) * 1000;
  tick();
  ticking = window.setInterval(tick, 1000);
}

function tick() {
  const seconds = Math.ceil((endsAt - performance.now()) / 1000);
  const left = document.querySelector(".left");
  const isLong = seconds > 90;
  const number = isLong ? Math.round(seconds / 60) : Math.max(0, seconds);
  left.textContent = ` · ${left.dataset[isLong ? "minutes" : "seconds"].replace("{number}", number)}`;
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
document.removeEventListener("keydown", window.hearEarly);
window.earlyKeys.splice(0).forEach(press);
prefetch();
