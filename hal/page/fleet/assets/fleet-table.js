"use strict";
/* The table of cards: a row for each, drawn anew where something of it has changed. */
{
  const live = hal.live;
  const fleet = hal.fleet;
  const get = (id) => document.getElementById(id);
  const ROWS_AT_ONCE = 400;
  const WHY_SHOWN = 160;
  const rows = new Map(); // by id: {row, text}
  let limit = ROWS_AT_ONCE;
  let wanted = new Set();
  let timer = 0;

  const names = () => [
    ["host", "Host"],
    ["slot", "Slot"],
    ["state", "State"],
    ...(live.maps.length ? [["maps", "Registers"]] : []),
    ...fleet.columns.map((column) => [column.name, column.name]),
    ["by", "Taken by"],
    ["since", "Since"],
    ["afi", "AFI"],
  ];

  fleet.keys.set("maps", (card) => card.maps.map((number) => live.maps[number].name).join(" "));
  fleet.keys.set("state", (card) => fleet.states.indexOf(card.state));

  const sortBy = (name) => {
    fleet.sort = { name, isDown: fleet.sort.name === name && !fleet.sort.isDown };
    drawNames();
    draw();
  };

  const drawNames = () => {
    const { name: chosen, isDown } = fleet.sort;
    get("names").replaceChildren(
      ...names().map(([name, text]) =>
        hal.element("th", { scope: "col", "aria-sort": name === chosen ? (isDown ? "descending" : "ascending") : "none" }, hal.element("button", { type: "button", onclick: () => sortBy(name) }, text)),
      ),
    );
  };

  const isLoaded = (card) => card.afi !== "" && card.afi !== "none";

  const links = (card) =>
    card.maps.length === 0 && isLoaded(card) && card.misfit
      ? hal.element("span", { class: "soft", title: card.misfit }, "another design")
      : card.maps.map((number, at) => [at ? " " : "", hal.element("a", { href: `cards/${card.id}/${number}/`, "aria-label": `${live.maps[number].name} of ${fleet.slotName(card)}` }, live.maps[number].name)]);

  const valueCell = (card, column, usual) => {
    const found = fleet.valueOf(card, column);
    if (found === null) return hal.element("td", { class: "held", "data-name": column.name }, "");
    const differs = fleet.isOther(card, column, usual);
    const value = hal.element("code", { class: found.kind }, found.text);
    const title = differs ? `most have ${usual.text}` : found.title;
    return hal.element("td", { class: differs ? "held differs" : "held", "data-name": column.name, title }, value);
  };

  const cellsOf = (card, usuals) => {
    const text = (name, ...content) => hal.element("td", { class: name }, ...content);
    const why = card.why ? hal.element("div", { class: "why", title: card.why }, card.why.length > WHY_SHOWN ? `${card.why.slice(0, WHY_SHOWN)}…` : card.why) : "";
    return [
      hal.element("td", { class: "host", title: `${card.host}, ${card.node}` }, card.host),
      hal.element("td", { class: "slot", "data-name": "slot" }, card.slot < 0 ? "" : String(card.slot)),
      text("state", hal.element("span", { class: `is ${card.state}` }, card.state), why),
      ...(live.maps.length ? [text("maps", links(card))] : []),
      ...fleet.columns.map((column, at) => valueCell(card, column, usuals[at])),
      hal.element("td", { class: "by", title: card.by }, card.by),
      hal.element("td", { class: "since", "data-name": "since", title: new Date(card.since * 1000).toString() }, fleet.sinceText(card)),
      hal.element("td", { class: "afi", title: card.afi }, isLoaded(card) ? hal.code(card.afi) : ""),
    ];
  };

  /* Changes what has changed, and lets the rest stand: who has the keyboard there keeps it. */
  const patch = (row, cells) => {
    if (row.children.length !== cells.length) {
      row.replaceChildren(...cells);
      return false;
    }
    let isOther = false;
    cells.forEach((cell, at) => {
      const old = row.children[at];
      if (old.isEqualNode(cell)) return;
      const isValue = old.textContent !== cell.textContent && old.textContent !== "" && (cell.classList.contains("held") || cell.classList.contains("state"));
      old.replaceWith(cell);
      if (isValue) live.mark(cell);
      isOther = true;
    });
    return isOther;
  };

  const rowOf = (card, usuals, isChanged) => {
    let found = rows.get(card.id);
    if (!found) {
      found = { row: hal.element("tr", {}), usual: "" };
      rows.set(card.id, found);
    }
    const usual = usuals.map((one) => String(one.text)).join("\n");
    if (isChanged || found.usual !== usual || found.row.children.length === 0) {
      found.usual = usual;
      found.row.className = card.state;
      patch(found.row, cellsOf(card, usuals));
    }
    return found.row;
  };

  const order = (body, drawn) => {
    const isSame = body.children.length === drawn.length && drawn.every((row, at) => body.children[at] === row);
    if (isSame) return;
    const active = document.activeElement;
    body.replaceChildren(...drawn);
    if (active && active !== document.activeElement && body.contains(active)) active.focus({ preventScroll: true });
  };

  const countText = (shown) => {
    const total = fleet.cards.size;
    if (total === 0) return fleet.hosts.length ? "No host has told of its cards yet." : live.trouble ? "" : "No host of this cluster offers slots; hal fleet host offers those of a host.";
    const hosts = new Set(shown.map((card) => card.node)).size;
    const cards = shown.length === total ? `${total} card${total === 1 ? "" : "s"}` : `${shown.length} of ${total} cards`;
    return `${cards}, on ${hosts} host${hosts === 1 ? "" : "s"}`;
  };

  const drawStates = () => {
    const chosen = fleet.filter.state;
    const button = (state, text) =>
      hal.element("button", { type: "button", "aria-pressed": String(chosen === state), "data-state": state, onclick: () => fleet.setFilter({ state: chosen === state ? "" : state }) }, state ? hal.element("span", { class: `is ${state}` }, text) : text);
    const there = fleet.states.filter((state) => fleet.count(state) > 0 || state === chosen || state === "free" || state === "taken");
    const made = [button("", `all ${fleet.count("")}`), ...there.map((state) => button(state, `${state} ${fleet.count(state)}`))];
    fleet.update(get("states"), made);
  };

  /* `changed`: ids of cards that are other than they were; null for all. */
  const draw = (changed = null) => {
    if (!fleet.isStarted) return; // a card may hold a map that is not here yet
    const chosen = fleet.chosen();
    const usuals = fleet.columns.map((column) => fleet.usual(column, chosen));
    const shown = fleet.shown(chosen);
    const cards = shown.slice(0, limit);
    const drawn = cards.map((card) => rowOf(card, usuals, changed === null || changed.has(card.id)));
    order(get("cards"), drawn);
    for (const id of rows.keys()) if (!fleet.cards.has(id)) rows.delete(id);
    get("more").hidden = shown.length <= limit;
    get("more").textContent = `${shown.length - limit} more cards`;
    const count = countText(shown);
    if (get("count").textContent !== count) get("count").textContent = count;
    drawStates();
    fleet.drawColumns(usuals);
  };

  const soon = (changed) => {
    for (const id of changed) wanted.add(id);
    if (timer) return;
    timer = setTimeout(() => {
      timer = 0;
      const now = wanted;
      wanted = new Set();
      draw(now);
    }, 30);
  };

  live.on("changed", soon);
  live.on("filter", () => {
    limit = ROWS_AT_ONCE;
    draw();
  });
  live.on("columns", () => {
    drawNames();
    draw();
  });
  live.on("trouble", () => draw(new Set()));
  get("more").addEventListener("click", () => {
    limit += ROWS_AT_ONCE;
    draw();
  });

  fleet.startTable = () => {
    drawNames();
    draw();
  };

  /* -- files ------------------------------------------------------------------------------------------------------ */

  const dataOf = (card) => {
    const { host, node, slot, state, afi, holder, by, why } = card;
    const values = Object.fromEntries(fleet.columns.map((column) => [column.name, fleet.valueOf(card, column)?.text ?? null]));
    return { host, node, slot, state, afi, holder, by, since: card.is_exact ? card.since : null, why, ...(fleet.columns.length ? { values } : {}) };
  };

  /* A cell of a CSV file. What a spreadsheet would take for a formula begins with a quote. */
  const quoted = (value) => {
    const text = value === null || value === undefined ? "" : String(value);
    const safe = /^[=+\-@\t\r]/.test(text) && !/^-?\d+(\.\d+)?$/.test(text) ? `'${text}` : text;
    return `"${safe.replaceAll('"', '""')}"`;
  };

  fleet.csv = () => {
    const head = ["host", "node", "slot", "state", "afi", "holder", "by", "since", "why"];
    const lines = fleet.shown().map((card) => {
      const data = dataOf(card);
      const since = data.since === null ? "" : new Date(data.since * 1000).toISOString();
      return [...head.map((name) => (name === "since" ? since : data[name])), ...Object.values(data.values || {})].map(quoted).join(",");
    });
    return [[...head, ...fleet.columns.map((column) => column.name)].map(quoted).join(","), ...lines, ""].join("\r\n");
  };

  fleet.json = () => JSON.stringify(fleet.shown().map(dataOf), null, 1);

  get("csv").addEventListener("click", () => live.download("fleet.csv", fleet.csv(), "text/csv"));
  get("json").addEventListener("click", () => live.download("fleet.json", fleet.json(), "application/json"));
}
