// Keys that are pressed while a page is still coming in. console.js, which waits for the whole page, looks at them then.
window.earlyKeys = [];
window.hearEarly = (event) => {
  const isWriting = event.target instanceof HTMLElement && event.target.matches("input, textarea, select");
  if (!isWriting) window.earlyKeys.push(event);
};
document.addEventListener("keydown", window.hearEarly);
