// Keys for buttons: a button names its key in aria-keyshortcuts, and pressing the key presses the button.
// Without this script everything still works by mouse, tab and enter.

const GUARD_MS = 300; // A key that bounces must not decide the case that has just appeared.
const shownAt = performance.now();
const dialog = document.querySelector("dialog.keys");
const help = document.querySelector("button.help");
const desk = document.querySelector(".desk");
let isSent = false;

function isWriting(target) {
  return target instanceof HTMLElement && target.matches("input, textarea, select");
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
  if (!isPlain || isWriting(event.target) || dialog?.open) return;
  const target = find(event.key);
  if (!target || isSent || performance.now() - shownAt < GUARD_MS) return;
  event.preventDefault();
  if (target.matches("textarea")) target.focus();
  else target.click();
});

document.addEventListener("submit", (event) => {
  if (event.target.method === "dialog") return;
  if (isSent) event.preventDefault(); // The first press counts.
  isSent = true;
});

window.addEventListener("pageshow", (event) => {
  if (event.persisted) window.location.reload(); // A page from the history shows a case that has moved on.
});

if (help && dialog) {
  help.hidden = false;
  help.addEventListener("click", () => dialog.showModal());
}

if (desk) {
  const left = Date.parse(desk.dataset.expires) - Date.now();
  const end = () => {
    document.querySelector(".late").hidden = false;
    for (const button of document.querySelectorAll(".decide button:not(.help)")) button.disabled = true;
  };
  window.setTimeout(end, Math.max(0, Math.min(left, 2 ** 31 - 1)));
}
