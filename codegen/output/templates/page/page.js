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

  const heading = (text) => hal.element("h1", { tabindex: "-1" }, text);

  const mapLink = (map) => hal.element("a", { href: `#${encodeURI(map.name)}/` }, map.name);

  const index = () => {
    const rows = state.maps.map((map) => [mapLink(map), String(map.registers.length), hal.text(map.text)]);
    const table = hal.table(["Map", "Types of registers", "Description"], rows);
    return { title: "", nodes: [heading("Register maps"), table], place: null };
  };

  const lost = (path) => {
    const start = hal.element("p", {}, hal.element("a", { href: "#" }, "To the start"));
    const told = hal.element("p", {}, "Nothing here is called ", hal.code(path), ".");
    return { title: "Not found", nodes: [heading("Not found"), told, start], place: null };
  };

  const viewOf = (map, path) => {
    if (map) return hal.view(map, path, state.hooks) || lost(path);
    return location.hash.length > 1 ? lost(location.hash.slice(1)) : index();
  };

  /* The nodes of a view, one after another. */
  const flat = (nodes) => nodes.flat(Infinity).filter((node) => node !== null);

  const draw = (isFirst) => {
    const [map, path] = parts();
    if (state.hooks.left) state.hooks.left();
    const drawn = map !== state.map;
    state.map = map;
    state.place = null;
    const found = map ? hal.resolve(map, path) : null;
    state.place = found && path !== "" ? found.place : null;
    const view = viewOf(map, path);
    if (drawn && map) state.tree = hal.tree(map, state.nav);
    if (drawn && !map) {
      state.nav.replaceChildren(hal.element("ul", {}, state.maps.map((one) => hal.element("li", {}, mapLink(one)))));
    }
    state.content.replaceChildren(...flat(view.nodes));
    const title = map && view.title === map.name ? `${map.name} registers` : `${view.title} - ${map && map.name}`;
    const named = map ? title : "Register maps";
    document.title = state.hooks.titled ? state.hooks.titled(named) : named;
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
    const ofPlace = place.child.text === undefined && place.type ? place.type.text : place.child.text;
    const about = hal.text(field ? (field.of || field).text : ofPlace);
    return [hal.code(hal.addressText(place)), link, why, about];
  };

  const search = () => {
    const query = state.box.value.trim();
    state.results.hidden = query === "";
    state.content.hidden = query !== "";
    if (query === "") return;
    const maps = [...state.maps].sort((one, other) => (other === state.map) - (one === state.map));
    const found = maps.map((map) => hal.search(map, query));
    const hits = found.flatMap((one) => one.hits);
    const more = found.reduce((sum, one) => sum + one.more, 0);
    const told = `${hits.length + more} found${more ? `, the first ${hits.length} are shown` : ""}`;
    const count = hal.element("p", { class: "count", role: "status" }, hits.length ? told : "Nothing matches.");
    const table = hits.length ? hal.table(["Address", "Name", "Found by", "Description"], hits.map(hit)) : "";
    state.results.replaceChildren(count, table);
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
    for (const nodes of hal.paper(state.map, state.place)) state.paper.append(hal.element("article", {}, flat(nodes)));
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
    const places = { nav: get("tree"), content: get("content"), results: get("results"), box: get("search") };
    const nothing = { map: undefined, place: null, tree: null, paper: null, timer: 0 };
    state = { maps: document_.maps, hooks, ...places, ...nothing };
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
