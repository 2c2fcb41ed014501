"use strict";
/* The interrupts that a map declares: which are pending and let through, and what changes that. */
{
  const live = hal.live;
  const ends = [];

  /* Keeps telling whether the bits at a path are these. */
  const follow = (map, path, wanted, show) => {
    const found = hal.resolve(map, path);
    if (!found || !found.field || found.place.open.length) return;
    const field = found.field.of ? found.field : hal.elements([found.field])[0];
    if (!live.isReadable(map, found.place.type, field.of)) return;
    ends.push(
      live.watch(map, found.place.path, (entry) => {
        if (entry.reason || entry.bits === undefined || entry.bits === null) show(entry.reason || (entry.bits === null ? "no answer" : ""), null);
        else show("", hal.bitsOf(entry.bits, field.at, field.of.width || 1) === wanted);
      }),
    );
  };

  const state = (names) => {
    const cell = hal.element("td", { class: "live" });
    let before = null;
    const show = (text, is) => {
      cell.textContent = text || (is ? names[0] : names[1]);
      cell.classList.toggle("is", is === true);
      if (before !== null && is !== null && is !== before) live.mark(cell);
      before = is;
    };
    return { cell, show };
  };

  const row = (map, one) => {
    const pending = state(["pending", "no"]);
    const enabled = state(["let through", "held back"]);
    follow(map, one.status, 1n, pending.show);
    if (one.enable) follow(map, one.enable[0], BigInt(one.enable[1]), enabled.show);
    const action = (text, write) => {
      if (!write || !live.write) return "";
      const [path, value] = [write[0], BigInt(write[1])];
      return hal.element("button", { type: "button", class: "plain", "aria-label": `${text} ${one.name}`, onclick: () => live.drafts.set(map, path, String(value), value, path.slice(0, path.lastIndexOf("."))) }, text);
    };
    const cells = [
      hal.element("td", {}, hal.element("a", { href: hal.link(map, one.status) }, one.name)),
      hal.element("td", {}, one.line === undefined ? "" : String(one.line)),
      pending.cell,
      one.enable ? enabled.cell : hal.element("td", {}),
      hal.element("td", { class: "buttons" }, action("Clear", one.clear), action("Enable", one.enable), action("Disable", one.disable)),
    ];
    return hal.element("tr", {}, cells);
  };

  live.interruptsHook = (map, box) => {
    if (!map.interrupts) return;
    const head = ["Interrupt", "Line", "Pending", "Enabled", ""].map((name) => hal.element("th", { scope: "col" }, name));
    const table = hal.element("table", { class: "interrupts" }, hal.element("thead", {}, hal.element("tr", {}, head)), hal.element("tbody", {}, map.interrupts.map((one) => row(map, one))));
    box.append(hal.element("h2", {}, "Interrupts now"), hal.element("div", { class: "scroll" }, table));
  };

  live.leaveInterrupts = () => {
    for (const end of ends.splice(0)) end();
  };
}
