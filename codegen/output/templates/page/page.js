"use strict";
/* The page: what the address bar says is drawn; the search box lists hits. */
{
  const WAIT_MS = 60;
  let state = null;

  /* The address of a path of a map; with several maps its name comes first. */
  hal.link = (map, path) => {
    const text = state.maps.length > 1 ? `${map.name}/${path}` : path;
    return `#${encodeURI(text).replaceAll("%5B", "[").replaceAll("%5D", "]")}`;
  };

  hal.go = (path) => {
    location.hash = hal.link(state.map, path);
  };

  /* A place with the indices that are chosen on the page for what it shares with the place that is shown. */
  hal.carried = (place) => {
    const chosen = state.place ? state.place.places : [];
    let shared = true;
    return place.places.reduce((parent, step, at) => {
      const other = chosen[at];
      shared = shared && other !== undefined && other.child === step.child;
      const indices = step.indices.map((index, axis) => (index === null && shared ? other.indices[axis] : index));
      return step.below(parent).at(indices);
    }, hal.root(place.map));
  };

  const parts = () => {
    let text = "";
    try {
      text = decodeURIComponent(location.hash.slice(1));
    } catch {
      text = location.hash.slice(1);
    }
    if (state.maps.length === 1) return [state.maps[0], text];
    const [name, ...rest] = text.split("/");
    return [state.maps.find((map) => map.name === name) || null, rest.join("/")];
  };

  const index = () => {
    const rows = state.maps.map((map) => {
      const link = hal.element("a", { href: `#${encodeURI(map.name)}/` }, map.name);
      return hal.element("tr", {}, hal.element("td", {}, link), hal.element("td", {}, String(map.registers.length)), hal.element("td", {}, hal.text(map.text)));
    });
    const head = ["Map", "Types of registers", "Description"].map((name) => hal.element("th", { scope: "col" }, name));
    const table = hal.element("table", {}, hal.element("thead", {}, hal.element("tr", {}, head)), hal.element("tbody", {}, rows));
    return { title: "", nodes: [hal.element("h1", { tabindex: "-1" }, "Register maps"), hal.element("div", { class: "scroll" }, table)], place: null };
  };

  const lost = (path) => ({
    title: "Not found",
    nodes: [hal.element("h1", { tabindex: "-1" }, "Not found"), hal.element("p", {}, "Nothing here is called ", hal.element("code", {}, path), "."), hal.element("p", {}, hal.element("a", { href: "#" }, "To the start"))],
    place: null,
  });

  const draw = (isFirst) => {
    const [map, path] = parts();
    if (state.hooks.left) state.hooks.left();
    const drawn = map !== state.map;
    state.map = map;
    state.place = null;
    const found = map ? hal.resolve(map, path) : null;
    state.place = found && path !== "" ? found.place : null;
    const view = map ? hal.view(map, path, state.hooks) || lost(path) : path || location.hash.length > 1 ? lost(location.hash.slice(1)) : index();
    if (drawn && map) state.tree = hal.tree(map, state.nav);
    if (drawn && !map) state.nav.replaceChildren(hal.element("ul", {}, state.maps.map((one) => hal.element("li", {}, hal.element("a", { href: `#${encodeURI(one.name)}/` }, one.name)))));
    state.content.replaceChildren(...view.nodes.flat(Infinity).filter((node) => node !== null));
    document.title = !map ? "Register maps" : view.title === map.name ? `${map.name} registers` : `${view.title} - ${map.name}`;
    state.content.scrollTop = 0;
    window.scrollTo(0, 0);
    if (state.tree && map) state.tree.show(view.place);
    document.body.classList.remove("open");
    if (view.after) view.after();
    if (!isFirst) state.content.querySelector("h1").focus({ preventScroll: true });
  };

  /* Whether the page has one map alone. */
  hal.isAlone = () => state.maps.length === 1;

  /* The map that is shown. */
  hal.shown = () => state.map;

  /* What a hit is called. */
  hal.hitName = ({ place, field }) => {
    const map = place.map === state.map || state.maps.length === 1 ? "" : `${place.map.name}/`;
    return `${map}${place.shown}${field ? `.${field.of ? field.name : hal.shownName(field)}` : ""}`;
  };

  const hit = (found) => {
    const { place, field, why } = found;
    const path = field ? `${place.path}.${field.name}` : place.path;
    const link = hal.element("a", { href: hal.link(place.map, path) }, hal.hitName(found));
    const about = field ? (field.of || field).text : place.child.text === undefined && place.type ? place.type.text : place.child.text;
    const cells = [hal.element("code", {}, hal.addressText(place)), link, why, hal.text(about)];
    return hal.element("tr", {}, cells.map((cell) => hal.element("td", {}, cell)));
  };

  const search = () => {
    const query = state.box.value.trim();
    state.results.hidden = query === "";
    state.content.hidden = query !== "";
    if (query === "") return;
    const found = [...state.maps].sort((one, other) => (other === state.map) - (one === state.map)).map((map) => hal.search(map, query));
    const hits = found.flatMap((one) => one.hits);
    const more = found.reduce((sum, one) => sum + one.more, 0);
    const count = hal.element("p", { class: "count", role: "status" }, hits.length === 0 ? "Nothing matches." : `${hits.length + more} found${more ? `, the first ${hits.length} are shown` : ""}`);
    const head = ["Address", "Name", "Found by", "Description"].map((name) => hal.element("th", { scope: "col" }, name));
    const table = hal.element("table", {}, hal.element("thead", {}, hal.element("tr", {}, head)), hal.element("tbody", {}, hits.map(hit)));
    state.results.replaceChildren(count, hits.length ? hal.element("div", { class: "scroll" }, table) : "");
  };

  const leaveSearch = () => {
    if (state.box.value === "") return;
    state.box.value = "";
    search();
  };

  const onKey = (event) => {
    const isEntry = event.target.closest("input, select, textarea");
    if (event.key === "/" && !isEntry && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      state.box.focus();
    } else if (event.key === "Escape" && event.target === state.box) {
      leaveSearch();
    } else if (event.key === "Enter" && event.target === state.box) {
      clearTimeout(state.timer);
      search();
      const first = state.results.querySelector("a");
      if (first) first.click();
    } else if (event.key === "ArrowDown" && event.target === state.box) {
      const first = state.results.querySelector("a");
      if (first) first.focus();
    }
  };

  /* All of what is shown goes on paper, and the page comes back afterwards. */
  const toPaper = () => {
    if (state.map === null || state.paper) return;
    state.paper = hal.element("div", { id: "paper" });
    for (const nodes of hal.paper(state.map, state.place)) state.paper.append(hal.element("article", {}, nodes.flat(Infinity).filter((node) => node !== null)));
    // Paper has no use for links of the page, and a browser takes twice as long with them.
    for (const link of state.paper.querySelectorAll('a[href^="#"], abbr')) link.replaceWith(link.textContent);
    document.body.append(state.paper);
  };

  const fromPaper = () => {
    if (state.paper) state.paper.remove();
    state.paper = null;
  };

  hal.page = (document_, hooks = {}) => {
    const get = (id) => document.getElementById(id);
    state = { maps: document_.maps, map: undefined, place: null, tree: null, hooks, nav: get("tree"), content: get("content"), results: get("results"), box: get("search"), paper: null, timer: 0 };
    document.body.classList.add("drawn");
    state.box.addEventListener("input", () => {
      clearTimeout(state.timer);
      state.timer = setTimeout(search, WAIT_MS);
    });
    document.addEventListener("keydown", onKey);
    get("menu").addEventListener("click", () => {
      const isOpen = document.body.classList.toggle("open");
      get("menu").setAttribute("aria-expanded", String(isOpen));
    });
    window.addEventListener("hashchange", () => {
      leaveSearch();
      draw(false);
    });
    state.results.addEventListener("click", (event) => {
      if (event.target.closest("a") && event.target.closest("a").hash === location.hash) leaveSearch();
    });
    window.addEventListener("beforeprint", toPaper);
    window.addEventListener("afterprint", fromPaper);
    draw(true);
  };
}
