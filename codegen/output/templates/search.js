"use strict";
const box = document.getElementById("search");
const items = Array.from(document.querySelectorAll("[data-words]"));
const none = document.getElementById("none");

function search() {
  const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
  let found = 0;
  for (const item of items) {
    const fits = words.every((word) => item.dataset.words.includes(word));
    item.hidden = !fits;
    found += fits ? 1 : 0;
  }
  none.hidden = found > 0;
}

box.addEventListener("input", search);
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && document.activeElement !== box) {
    event.preventDefault();
    box.focus();
  } else if (event.key === "Escape" && document.activeElement === box) {
    box.value = "";
    search();
  }
});
window.addEventListener("hashchange", () => {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target && target.closest("[hidden]")) {
    box.value = "";
    search();
    target.scrollIntoView();
  }
});
search();
