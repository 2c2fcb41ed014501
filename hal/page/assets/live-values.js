"use strict";
/* What registers hold: only what somebody on this page watches is asked for. */
{
  const live = hal.live;
  const LOOK_MS = 40;
  const store = new Map(); // by key: {bits, reason, at}
  const watchers = new Map(); // by key: a set of calls
  let look = 0;
  let order = [];
  let early = [];
  let timer = 0;
  let window_ = null;
  let seesSlot = false;

  const keyOf = (map, path) => `${live.maps.indexOf(map)}/${path}`;

  /* Calls back with {bits, reason, changed} now and whenever it changes: bits is null where nobody answered, undefined
     where nothing is known; reason says why nothing is read. Returns what ends it. */
  live.watch = (map, path, call) => {
    const key = keyOf(map, path);
    if (!watchers.has(key)) watchers.set(key, new Set());
    watchers.get(key).add(call);
    call({ changed: false, ...(store.get(key) || { bits: undefined, reason: "" }) });
    turn();
    return () => {
      const calls = watchers.get(key);
      if (!calls || !calls.delete(call) || calls.size) return;
      watchers.delete(key);
      store.delete(key);
      turn();
    };
  };

  /* A memory's words, {map, path, start, count}, or null; the kind "words" tells them. */
  live.setWindow = (wanted) => {
    window_ = wanted;
    turn();
  };

  live.setSeesSlot = (wanted) => {
    if (wanted !== seesSlot) turn();
    seesSlot = wanted;
  };

  const turn = () => {
    clearTimeout(timer);
    timer = setTimeout(ask, LOOK_MS);
  };

  const ask = async () => {
    if (!live.hello) return;
    const byMap = live.maps.map((_, map) => ({ map, registers: [] }));
    for (const key of watchers.keys()) {
      const at = key.indexOf("/");
      byMap[Number(key.slice(0, at))].registers.push(key.slice(at + 1));
    }
    const body = { viewer: live.hello.viewer, looks: byMap.filter((one) => one.registers.length), slot: seesSlot };
    if (window_) body.window = { map: live.maps.indexOf(window_.map), path: window_.path, start: window_.start, count: window_.count };
    let found = null;
    try {
      found = await live.post("look", body);
    } catch (error) {
      if (live.isConnected()) live.say(error.message);
      return;
    }
    if (found.look < look) return; // a later one was answered before
    look = found.look;
    order = found.registers.map(([map, path]) => `${map}/${path}`);
    for (const [map, path, reason] of found.skipped) update(`${map}/${path}`, { bits: undefined, reason });
    const waiting = early.filter((message) => message.look === look);
    early = early.filter((message) => message.look > look);
    waiting.forEach(take);
  };

  const update = (key, entry) => {
    const before = store.get(key);
    store.set(key, entry);
    const changed = before !== undefined && before.bits !== undefined && before.bits !== entry.bits;
    for (const call of watchers.get(key) || []) call({ ...entry, changed });
  };

  const take = (message) => {
    for (const [place, hex] of message.values) {
      update(order[place], { bits: hex === null ? null : BigInt(`0x${hex}`), reason: "" });
    }
    live.emit("sampled", message.time);
  };

  live.on("values", (message) => {
    if (message.look === look) take(message);
    else if (message.look > look) early.push(message);
  });

  live.on("hello", () => {
    look = 0;
    early = [];
    turn();
  });

  /* Fills an element with a register's value, live. Returns what ends it. */
  live.valueCell = (place, element) => {
    const number = hal.element("code", {});
    const words = hal.element("span", { class: "words" });
    element.replaceChildren(number, words);
    return live.watch(place.map, place.path, (entry) => {
      const shown = live.shown(place.type, entry);
      number.textContent = shown.text;
      number.className = shown.kind;
      number.title = shown.title;
      const isValue = entry.bits !== undefined && entry.bits !== null;
      const text = isValue ? live.fieldsText(place.map, place.type, entry.bits) : "";
      words.textContent = isValue && hal.integer(text) === entry.bits ? "" : text; // the number again says nothing
      words.title = text;
      if (entry.changed) live.mark(element);
    });
  };

  /* The same while the element is in sight. `ends` collects what ends it. */
  const cells = new Map();
  const sight = new IntersectionObserver((seen) => {
    for (const one of seen) {
      const cell = cells.get(one.target);
      if (!cell) continue;
      if (one.isIntersecting && !cell.end) cell.end = live.valueCell(cell.place, one.target);
      if (!one.isIntersecting && cell.end) {
        cell.end();
        cell.end = null;
      }
    }
  }, { rootMargin: "100px" });

  live.cellInSight = (place, element) => {
    cells.set(element, { place, end: null });
    sight.observe(element);
  };

  live.leaveCells = () => {
    sight.disconnect();
    for (const cell of cells.values()) if (cell.end) cell.end();
    cells.clear();
  };
}
