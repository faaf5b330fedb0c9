"use strict";
// Brings the cited cell into view; the page is complete without it.
document.addEventListener("DOMContentLoaded", () => {
  const cited = document.getElementById("cited");
  if (!cited) return;
  cited.scrollIntoView({ block: "center", inline: "center" });
  if (cited.focus) cited.focus({ preventScroll: true });
});
// Inside the chat page's drawer the keyboard's Esc has to reach the drawer.
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && window.parent !== window) window.parent.postMessage("budgetqa-close", window.location.origin);
});
