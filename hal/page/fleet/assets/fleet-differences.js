"use strict";
/* What differs between all cards that hold a map, in all of its registers, read once at a click. */
{
  const live = hal.live;
  const fleet = hal.fleet;
  const get = (id) => document.getElementById(id);

  const named = (id) => (fleet.cards.has(id) ? fleet.slotName(fleet.cards.get(id)) : `card ${id}`);

  const others = (found, more) => [
    found.map(([id, text], at) => [at ? ", " : "", hal.code(text), ` on ${named(id)}`]),
    more ? `, and ${more} more` : "",
  ];

  const nameOf = (number, path) => (live.maps.length > 1 ? `${live.maps[number].name}/${path}` : path);

  const rowsTable = (number, rows) =>
    hal.table(
      ["Path", "Usual", "Others", ""],
      rows.map(([path, usual, found, more]) => [
        hal.code(path),
        hal.code(usual),
        others(found, more),
        hal.element("button", { type: "button", class: "plain", "aria-label": `Show ${path} of every card`, onclick: () => fleet.show(nameOf(number, path)) }, "Show"),
      ]),
    );

  const close = () => {
    get("differences").hidden = true;
    get("differences").replaceChildren();
  };

  const head = (text) => hal.element("h2", {}, text, hal.element("button", { type: "button", class: "drop", "aria-label": "Close", onclick: close }, "×"));

  const compare = async (number) => {
    const box = get("differences");
    const name = live.maps[number].name;
    box.hidden = false;
    box.replaceChildren(head(`Reading ${name} on all cards …`));
    try {
      const found = await live.post("differences", { map: number });
      const count = found.rows.length + found.more;
      const cards = `${found.cards} card${found.cards === 1 ? "" : "s"}`;
      const text = found.cards === 0 ? `No card holds ${name}` : count === 0 ? `${name}: no difference between ${cards}` : `${name}: ${count} difference${count === 1 ? "" : "s"} between ${cards}`;
      box.replaceChildren(
        head(text),
        ...(count ? [rowsTable(number, found.rows)] : []),
        ...(found.more ? [hal.element("p", { class: "soft" }, `${found.more} more are not listed.`)] : []),
        ...found.problems.map(([id, why]) => hal.element("p", { class: "dead" }, `${named(id)}: ${why}`)),
      );
    } catch (error) {
      box.replaceChildren(head("Not compared"), hal.element("p", { class: "dead" }, error.message));
    }
  };

  /* A button for each map. */
  fleet.startDifferences = () => {
    for (const [number, map] of live.maps.entries()) {
      const text = live.maps.length > 1 ? `Compare ${map.name} on all cards` : "Compare all registers";
      get("choose").append(hal.element("button", { type: "button", class: "plain compare", onclick: () => compare(number) }, text));
    }
  };
}
