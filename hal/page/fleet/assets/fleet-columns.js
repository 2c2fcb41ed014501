"use strict";
/* Registers and fields of all cards side by side: which are chosen, what they hold, and which cards differ. */
{
  const live = hal.live;
  const fleet = hal.fleet;
  const get = (id) => document.getElementById(id);
  const OFFERED = 40;
  const LOOKED_THROUGH = 50000;
  const STORE = "hal fleet columns";
  const columns = []; // {map, path, place, field, name}
  let values = new Map(); // by card: by map and path of a register its bits, null where nobody answered
  let look = 0;
  let order = [];
  let early = [];

  fleet.columns = columns;

  const keyOf = (column) => `${column.map}/${column.place.path}`;

  /* What a card holds there: {text, bits, kind}; null where it does not hold the map, or nothing is known yet. */
  fleet.valueOf = (card, column) => {
    const held = values.get(card.id);
    if (!card.maps.includes(column.map) || !held || !held.has(keyOf(column))) return null;
    const bits = held.get(keyOf(column));
    const { type, map } = column.place;
    if (bits === null || !column.field) return { ...live.shown(type, { bits }), bits };
    const part = hal.bitsOf(bits, column.field.at, column.field.of.width || 1);
    return { text: hal.wordOf(map, column.field.of, part), title: "", kind: "", bits: part };
  };

  /* Of a column in these cards: the text that more than half have, null where none is, how many have another, how many
     texts there are, and how many cards have any. */
  fleet.usual = (column, cards) => {
    const counts = new Map();
    let total = 0;
    for (const card of cards) {
      const found = fleet.valueOf(card, column);
      if (!found) continue;
      total += 1;
      counts.set(found.text, (counts.get(found.text) || 0) + 1);
    }
    for (const [text, count] of counts) if (2 * count > total) return { text, differ: total - count, kinds: counts.size, total };
    return { text: null, differ: 0, kinds: counts.size, total };
  };

  fleet.isOther = (card, column, usual) => {
    const found = usual.text === null ? null : fleet.valueOf(card, column);
    return found !== null && found.text !== usual.text;
  };

  /* Of these cards those that have something else than most of them. */
  fleet.differing = (cards) => {
    const usuals = columns.map((column) => fleet.usual(column, cards));
    return cards.filter((card) => columns.some((column, at) => fleet.isOther(card, column, usuals[at])));
  };

  /* -- choosing --------------------------------------------------------------------------------------------------- */

  const elementsOf = (place) => {
    let found = [place];
    place.axes.forEach((axis, at) => {
      const indices = Array.from({ length: axis.count }, (_, number) => number);
      found = found.flatMap((one) => indices.map((number) => one.at(one.indices.map((old, which) => (which === at ? number : old)))));
    });
    return found;
  };

  /* Every register of a map, each element of an array for itself. */
  const registersOf = function* (parent) {
    for (const child of parent.children) {
      if (child.kind === "memory") continue;
      for (const place of elementsOf(child)) {
        if (place.kind === "register") yield place;
        else yield* registersOf(place);
      }
    }
  };

  const prefix = (number) => (live.maps.length > 1 ? `${live.maps[number].name}/` : "");

  const offers = (typed) => {
    const words = typed.toLowerCase();
    const found = [];
    let seen = 0;
    for (const [number, map] of live.maps.entries()) {
      for (const place of registersOf(hal.root(map))) {
        const fields = hal.elements(place.type.fields.filter((field) => live.isReadable(map, place.type, field)));
        for (const path of [place.path, ...fields.map((field) => `${place.path}.${field.name}`)]) {
          if (found.length >= OFFERED || (seen += 1) > LOOKED_THROUGH) return found;
          if (`${prefix(number)}${path}`.toLowerCase().includes(words)) found.push(`${prefix(number)}${path}`);
        }
      }
    }
    return found;
  };

  /* The column that a path is; a text that says why it is none. */
  const columnOf = (given) => {
    const text = given.trim().replace(/\.(\d\w*)(?=[.[]|$)/g, "[$1]"); // ch.2.level, too
    const number = live.maps.length > 1 ? live.maps.findIndex((map) => text.startsWith(`${map.name}/`)) : 0;
    if (number < 0) return `${given}: begin with a map, as in ${live.maps[0].name}/`;
    const path = live.maps.length > 1 ? text.slice(live.maps[number].name.length + 1) : text;
    const found = path ? hal.resolve(live.maps[number], path) : null;
    if (!found || found.place.isRoot) return `nothing is called ${given}`;
    const { place, field } = found;
    if (place.open.length) return `${given}: choose an element, as in ${elementsOf(place).map((one) => one.path)[0].replaceAll("[]", "[0]")}`;
    if (place.kind !== "register") return `${given} is a ${place.kind}: name a register or field`;
    if (field && !field.of) return `${given}: choose an element, as in ${path}[${hal.label(field.array, 0)}]`;
    return { map: number, place, field, name: `${prefix(number)}${path}` };
  };

  const turn = async () => {
    const looks = live.maps.map((_, map) => ({ map, registers: [...new Set(columns.filter((one) => one.map === map).map((one) => one.place.path))] }));
    let answer = null;
    try {
      answer = await live.post("look", { viewer: live.hello.viewer, looks: looks.filter((one) => one.registers.length) });
    } catch (error) {
      if (live.isConnected()) live.say(error.message);
      return;
    }
    if (answer.look < look) return; // a later one was answered before
    look = answer.look;
    order = answer.registers.map(([map, path]) => `${map}/${path}`);
    for (const [map, path, reason] of answer.skipped) {
      live.say(`${path} is not read again and again: ${reason}`);
      for (const one of columns.filter((column) => column.map === map && column.place.path === path)) drop(one.name);
    }
    const waiting = early.filter((message) => message.look === look);
    early = early.filter((message) => message.look > look);
    waiting.forEach(take);
  };

  const take = (message) => {
    const changed = new Set();
    for (const [id, place, bits] of message.values) {
      if (!values.has(id)) values.set(id, new Map());
      values.get(id).set(order[place], bits === null ? null : BigInt(`0x${bits}`));
      changed.add(id);
    }
    live.emit("changed", changed);
  };

  live.on("values", (message) => {
    if (message.look === look) take(message);
    else if (message.look > look) early.push(message);
  });

  live.on("cards", (message) => {
    for (const id of message.gone) values.delete(id);
    for (const card of message.cards) if (card.maps.length === 0) values.delete(card.id);
  });

  const keep = () => {
    try {
      localStorage.setItem(STORE, JSON.stringify(columns.map((one) => one.name)));
    } catch {
      // this browser keeps nothing
    }
  };

  const changed = () => {
    live.emit("columns");
    keep();
    turn();
  };

  fleet.show = (name) => {
    const column = columnOf(name);
    if (typeof column === "string") {
      live.say(column);
      return false;
    }
    if (columns.some((one) => one.name === column.name)) return true;
    if (columns.length >= live.hello.columns) {
      live.say(`up to ${live.hello.columns} registers and fields are shown at once`);
      return false;
    }
    live.say("", false);
    columns.push(column);
    fleet.keys.set(column.name, (card) => {
      const found = fleet.valueOf(card, column);
      return found === null || found.bits === null ? "" : found.bits <= Number.MAX_SAFE_INTEGER ? Number(found.bits) : found.text;
    });
    changed();
    return true;
  };

  const drop = (name) => {
    columns.splice(columns.findIndex((one) => one.name === name), 1);
    fleet.keys.delete(name);
    if (fleet.sort.name === name) fleet.sort = { name: "host", isDown: false };
    changed();
  };

  /* -- drawing ---------------------------------------------------------------------------------------------------- */

  const told = ({ text, differ, kinds, total }) => {
    if (total === 0) return hal.element("span", { class: "soft" }, "no card shows it");
    if (text === null) return hal.element("strong", {}, `${kinds} values on ${total} cards`);
    if (differ === 0) return hal.element("span", {}, total === 1 ? text : `all have ${text}`);
    return [hal.element("span", {}, `most have ${text}`), hal.element("strong", { class: "differ" }, `${differ} differ${differ === 1 ? "s" : ""}`)];
  };

  const onlyOthers = () => {
    const isOnly = fleet.filter.differs !== "";
    const choose = () => fleet.setFilter({ differs: isOnly ? "" : "yes" });
    return hal.element("li", { class: "none" }, hal.element("button", { type: "button", class: "plain only", "aria-pressed": String(isOnly), onclick: choose }, "Only cards that differ"));
  };

  /* `usuals`: of each column, in these cards. */
  fleet.drawColumns = (usuals) => {
    const isOther = fleet.filter.differs !== "" || usuals.some((one) => one.differ > 0);
    const made = columns.map(({ name }, at) => hal.element("li", {}, hal.code(name), told(usuals[at]), hal.element("button", { type: "button", class: "drop", "aria-label": `Do not show ${name}`, onclick: () => drop(name) }, "×")));
    fleet.update(get("columns"), isOther ? [...made, onlyOthers()] : made);
    get("columns").hidden = get("columns").children.length === 0;
  };

  const fill = () => {
    const typed = get("wanted").value.trim();
    get("offered").replaceChildren(...offers(typed).map((path) => hal.element("option", { value: path })));
  };

  /* With the maps that are there; again after each connection. */
  fleet.startColumns = () => {
    get("choose").hidden = live.maps.length === 0;
    let kept = [];
    try {
      kept = JSON.parse(localStorage.getItem(STORE) || "[]");
    } catch {
      // nothing of ours is there
    }
    if (!Array.isArray(kept)) return;
    for (const name of kept.slice(0, live.hello.columns)) if (typeof name === "string" && typeof columnOf(name) !== "string") fleet.show(name);
  };

  live.on("hello", () => {
    look = 0;
    early = [];
    values = new Map();
    if (columns.length) turn();
  });

  get("wanted").addEventListener("input", fill);
  get("wanted").addEventListener("focus", fill);
  get("choose").addEventListener("submit", (event) => {
    event.preventDefault();
    if (fleet.show(get("wanted").value)) get("wanted").value = "";
  });
}
