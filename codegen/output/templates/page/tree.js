"use strict";
/* The tree of a map, drawn as it is opened; arrow keys go through it, as in any tree. */
{
  const AT_ONCE = 300;

  const isOpenable = (place) => place.kind !== "register" && place.children.length > 0;

  /* Rows of some children, and a button for the others. */
  const rows = (tree, children, from) => {
    const made = children.slice(from, from + AT_ONCE).map((child) => row(tree, child));
    const rest = children.length - from - made.length;
    if (rest > 0) {
      const button = hal.element("button", { type: "button", class: "plain" }, `${rest} more`);
      const item = hal.element("li", { role: "none" }, button);
      button.addEventListener("click", () => item.replaceWith(...rows(tree, children, from + AT_ONCE)));
      made.push(item);
    }
    return made;
  };

  const row = (tree, place) => {
    const link = hal.element("a", { href: hal.link(place.map, place.path), tabindex: "-1" }, place.step);
    link.addEventListener("click", (event) => {
      event.preventDefault();
      hal.go(hal.carried(place).path);
    });
    const names = { class: place.kind, "data-path": place.path, "aria-label": place.step };
    const item = hal.element("li", { role: "treeitem", ...names });
    const line = hal.element("div", { class: "line" }, link);
    item.append(line);
    if (isOpenable(place)) {
      const toggle = hal.element("span", { class: "toggle", "aria-hidden": "true" });
      toggle.addEventListener("click", () => open(tree, item, place, item.getAttribute("aria-expanded") !== "true"));
      line.prepend(toggle);
      item.setAttribute("aria-expanded", "false");
    }
    item.place = place;
    return item;
  };

  const open = (tree, item, place, isOpen) => {
    item.setAttribute("aria-expanded", String(isOpen));
    let group = item.querySelector(":scope > ul");
    if (isOpen && !group) {
      group = hal.element("ul", { role: "group" }, rows(tree, place.children, 0));
      item.append(group);
    }
    if (group) group.hidden = !isOpen;
  };

  const find = (list, path) => {
    let item = [...list.children].find((one) => one.dataset.path === path);
    while (!item && list.lastElementChild && !list.lastElementChild.dataset.path) {
      list.lastElementChild.querySelector("button").click();
      item = [...list.children].find((one) => one.dataset.path === path);
    }
    return item;
  };

  const focus = (tree, item) => {
    for (const link of tree.querySelectorAll('a[tabindex="0"]')) link.tabIndex = -1;
    const link = item.querySelector("a");
    link.tabIndex = 0;
    return link;
  };

  const onKey = (tree, event) => {
    const item = event.target.closest("li");
    const shown = [...tree.querySelectorAll("a")].filter((link) => link.offsetParent !== null);
    const at = shown.indexOf(event.target);
    const is = item && item.getAttribute("aria-expanded");
    const parent = item && item.parentElement.closest("li");
    let next = null;
    if (event.key === "ArrowDown") next = shown[at + 1];
    else if (event.key === "ArrowUp") next = shown[at - 1];
    else if (event.key === "Home") next = shown[0];
    else if (event.key === "End") next = shown.at(-1);
    else if (event.key === "ArrowRight" && is === "false") open(tree, item, item.place, true);
    else if (event.key === "ArrowRight" && is === "true") next = shown[at + 1];
    else if (event.key === "ArrowLeft" && is === "true") open(tree, item, item.place, false);
    else if (event.key === "ArrowLeft" && parent) next = parent.querySelector("a");
    else return;
    event.preventDefault();
    if (next) focus(tree, next.closest("li")).focus();
  };

  /* Draws the tree of a map into an element. Returns {show(place)}, which opens the way to a place and marks it. */
  hal.tree = (map, nav) => {
    const tree = hal.element("ul", { role: "tree", "aria-label": `${map.name}, registers` });
    tree.append(...rows(tree, hal.root(map).children, 0));
    tree.addEventListener("keydown", (event) => onKey(tree, event));
    nav.replaceChildren(tree);
    if (tree.firstElementChild) focus(tree, tree.firstElementChild);
    const show = (place) => {
      for (const marked of tree.querySelectorAll('[aria-current="true"]')) marked.removeAttribute("aria-current");
      let list = tree;
      let item = null;
      let path = "";
      for (const step of place ? place.places : []) {
        path += (path && ".") + step.child.name;
        if (item) open(tree, item, item.place, true);
        list = item ? item.querySelector(":scope > ul") : tree;
        item = find(list, path);
        if (!item) return;
      }
      if (!item) return;
      if (isOpenable(item.place)) open(tree, item, item.place, true);
      focus(tree, item).setAttribute("aria-current", "true");
      item.firstElementChild.scrollIntoView({ block: "nearest" });
    };
    return { show };
  };
}
