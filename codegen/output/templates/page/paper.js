"use strict";
/* All of a map, or of a block, for paper: every type of register once, with nothing to press. */
{
  const code = (text) => hal.element("code", {}, text);

  const row = (map, type, field) => {
    const access = [hal.accessWord(map, field.access || type.access), field.more ? `, ${field.more}` : ""];
    const says = [hal.meaning(map, field, true), hal.described(field.text), field.note ? hal.element("div", { class: "note" }, field.note) : null];
    const cells = [hal.bitsText(field), code(hal.shownName(field)), access, code(hal.fieldReset(field)), says];
    return hal.element("tr", {}, cells.map((cell) => hal.element("td", {}, cell)));
  };

  const register = (place) => {
    const { map, type } = place;
    const head = ["Bits", "Field", "Access", "Reset", "Meaning"].map((name) => hal.element("th", {}, name));
    const rows = [...type.fields].reverse().map((field) => row(map, type, field));
    const line = [code(hal.addressText(place)), ` in ${place.space}, ${type.width} bits${type.bus || ""}, `, hal.accessWord(map, type.access), ", reset ", code(hal.resetOf(place))];
    return [
      hal.element("h2", {}, place.shown),
      hal.element("p", {}, line),
      hal.saidOf(place),
      place.child.text === undefined ? hal.described(type.text) : null,
      type.rules ? hal.element("p", { class: "note" }, type.rules) : null,
      hal.paperPicture(type),
      hal.element("table", {}, hal.element("thead", {}, hal.element("tr", {}, head)), hal.element("tbody", {}, rows)),
    ];
  };

  const other = (place) => [hal.element("h2", {}, place.shown), hal.facts(hal.placeFacts(place)), hal.saidOf(place)];

  /* Yields the nodes of each part. */
  hal.paper = function* (map, place) {
    const bare = { all: true };
    if (!place || place.kind !== "register") yield hal.view(map, place ? place.path : "", bare).nodes;
    else yield register(place);
    const seen = new Set();
    for (const one of place && place.kind === "register" ? [] : hal.everyPlace(place || hal.root(map))) {
      if (one.kind !== "register") yield other(one);
      else if (!seen.has(one.type)) yield register(one);
      seen.add(one.type);
    }
    for (const found of place ? [] : map.enums) yield hal.view(map, `:enum.${found.name}`, bare).nodes;
  };
}
