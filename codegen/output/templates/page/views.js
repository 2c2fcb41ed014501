"use strict";
/* What is drawn of a place: its way, its facts, its content; and all of it, for paper. */
{
  const ROWS_AT_ONCE = 500;
  const ELEMENTS_SHOWN = 64;
  const RESETS_SHOWN = 16;
  const SUBSCRIPTS = "₀₁₂₃₄₅₆₇₈₉";

  const address = (value) => hal.code(hal.hex(value, 4));
  const heading = (text) => hal.element("h1", { tabindex: "-1" }, text);
  const note = (text) => (text ? hal.element("p", { class: "note" }, text) : null);
  const section = (title, ...inside) => hal.element("section", {}, hal.element("h2", {}, title), inside);

  /* 0x0100 + 0x10·ch for what is not chosen: every element's address. */
  hal.addressText = (place) => {
    const names = place.open.map(({ name }) => name);
    const steps = place.open.map(({ axis, name }, at) => {
      const before = names.slice(0, at).filter((one) => one === name).length;
      const isOnly = names.indexOf(name) === names.lastIndexOf(name);
      const called = isOnly ? name : name + [...String(before)].map((digit) => SUBSCRIPTS[digit]).join("");
      return ` + ${hal.hex(axis.stride)}·${axis.first ? `(${called} - ${axis.first})` : called}`;
    });
    return hal.hex(place.address, 4) + steps.join("");
  };

  hal.facts = (pairs) => {
    const shown = pairs.filter(([, value]) => value !== null && value !== "");
    const items = shown.map(([name, value]) => [hal.element("dt", {}, name), hal.element("dd", {}, value)]);
    return hal.element("dl", { class: "facts" }, items);
  };

  /* The way to a place, with a choice of an index for each dimension. */
  const crumbs = (place) => {
    const { map, places } = place;
    const steps = places.map((step, at) => {
      const name = hal.anchor(map, step.path, step.child.name, { "aria-current": at === places.length - 1 && "page" });
      return hal.element("li", {}, name, step.axes.map((_, axis) => indexChoice(place, at, axis)));
    });
    const index = hal.isAlone() ? null : hal.element("li", {}, hal.element("a", { href: "#" }, "All maps"));
    const start = hal.element("li", { class: "map" }, hal.anchor(map, "", map.name));
    return hal.element("nav", { class: "crumbs", "aria-label": "Way" }, hal.element("ol", {}, index, start, steps));
  };

  const withIndex = (place, step, axis, index) =>
    place.places.reduce((parent, one, at) => {
      const indices = one.indices.map((old, which) => (at === step && which === axis ? index : old));
      return one.below(parent).at(indices);
    }, hal.root(place.map));

  const indexChoice = (place, step, axis) => {
    const found = place.places[step].axes[axis];
    const chosen = place.places[step].indices[axis];
    const label = `index of ${place.places[step].child.name}`;
    const go = (index) => hal.go(withIndex(place, step, axis, index).path);
    if (found.index || found.count <= ELEMENTS_SHOWN) {
      const options = Array.from({ length: found.count }, (_, number) =>
        hal.element("option", { value: String(number) }, hal.label(found, number)),
      );
      const every = hal.element("option", { value: "" }, hal.span(found));
      const select = hal.element("select", { "aria-label": label }, every, options);
      select.addEventListener("change", () => go(select.value === "" ? null : Number(select.value)));
      select.value = chosen === null ? "" : String(chosen);
      return ["[", select, "]"];
    }
    const min = found.first || 0;
    const ends = { min, max: min + found.count - 1, placeholder: hal.span(found) };
    const input = hal.element("input", { type: "number", "aria-label": label, ...ends });
    if (chosen !== null) input.value = hal.label(found, chosen);
    input.addEventListener("change", () => {
      const index = hal.indexOf(found, input.value);
      if (index !== undefined) go(index);
    });
    return ["[", input, "]"];
  };

  const isEntries = (place) => place.kind === "memory" && place.type !== undefined;

  /* Bytes, of a memory all its entries'. */
  const sizeOf = (place) => {
    const entries = isEntries(place) ? place.axes.at(-1) : null;
    return hal.sizeText(entries ? entries.count * entries.stride : place.size);
  };

  const arrayFacts = (place) => {
    const arrays = isEntries(place) ? place.axes.slice(0, -1) : place.axes;
    return arrays.map((axis) => `${axis.count}, ${hal.hex(axis.stride)} apart`).join("; of each ");
  };

  const offsetFact = (place) => {
    if (place.places.length === 1 && place.offset === place.address) return null;
    return [hal.code(hal.hex(place.offset)), ` in ${place.parent.isRoot ? place.map.name : place.parent.step}`];
  };

  const placeFacts = (place) => [
    ["Address", [hal.code(hal.addressText(place)), ` in ${place.space}`]],
    ["Offset", offsetFact(place)],
    ["Elements", arrayFacts(place)],
    ["Size", place.kind === "register" ? null : sizeOf(place)],
    ["In Python", hal.code(place.python)],
  ];

  const aboutOf = (place) => (place.child.text === undefined && place.type ? place.type.text : place.child.text);

  const saidOf = (place) => [
    place.child.title ? hal.element("p", { class: "title" }, place.child.title) : null,
    hal.described(place.child.text),
    place.type && place.type.text !== place.child.text && (place.kind !== "register" || place.child.text === undefined)
      ? hal.described(place.type.text)
      : null,
    note(place.child.note),
  ];

  const resetOf = (place) => {
    const { resets } = place.child;
    if (resets && place.indices.includes(null)) {
      const shown = resets.slice(0, RESETS_SHOWN).map((value) => hal.hex(BigInt(value)));
      return shown.join(", ") + (resets.length > RESETS_SHOWN ? ", ..." : "");
    }
    const unknown = resets ? 0n : BigInt(place.type.unknown || 0);
    return hal.hexUnknown(place.reset, unknown, Math.min(place.type.width / 4, 16));
  };

  const accessOf = (place) => {
    if (place.kind === "block") return "block";
    return hal.accessWord(place.map, place.kind === "register" ? place.type.access : place.child.memory.access);
  };

  const line = (place, hooks) => {
    const isRegister = place.kind === "register";
    const { title, note: more } = place.child;
    const live = hal.element("td", { class: "live" });
    if (hooks.rowValue) hooks.rowValue(place, live);
    return hal.element(
      "tr",
      { class: place.kind },
      hal.element("td", { class: "address" }, hal.code(hal.addressText(place))),
      hal.element("td", { class: "offset" }, hal.code(hal.hex(place.offset))),
      hal.element("td", { class: "place" }, hal.anchor(place.map, hal.carried(place).path, place.step)),
      hal.element("td", {}, isRegister ? `${place.type.width} bit` : sizeOf(place)),
      hal.element("td", {}, accessOf(place)),
      hooks.rowValue ? live : null,
      hal.element("td", {}, isRegister ? hal.code(resetOf(place)) : ""),
      hal.element(
        "td",
        { class: "about" },
        title ? `${title} ` : "",
        hal.text(aboutOf(place)),
        more ? hal.element("span", { class: "note" }, ` ${more}`) : "",
      ),
    );
  };

  const gap = (parent, from, to, columns) => {
    const text = `nothing up to ${hal.hex(parent.address + to - 1, 4)}, ${hal.sizeText(to - from)}`;
    return hal.element(
      "tr",
      { class: "gap" },
      hal.element("td", { class: "address" }, address(parent.address + from)),
      hal.element("td", { class: "offset" }, hal.code(hal.hex(from))),
      hal.element("td", { colspan: columns - 2 }, text),
    );
  };

  /* Children in the order of addresses, with [from, to] of what lies between; those in other BARs last. */
  const inOrder = (parent) => {
    const isElsewhere = (child) => child.child.space !== undefined;
    const children = parent.children.sort(
      (one, other) => isElsewhere(one) - isElsewhere(other) || one.child.at - other.child.at,
    );
    const items = [];
    let end = 0;
    for (const child of children) {
      if (!isElsewhere(child)) {
        if (child.child.at > end) items.push([end, child.child.at]);
        end = Math.max(end, child.child.at + child.extent);
      }
      items.push(child);
    }
    if (!parent.isRoot && parent.kind === "block" && parent.size > end) items.push([end, parent.size]);
    return items;
  };

  /* The content of a block as a table, and a button for what would be too much at once. */
  const content = (parent, hooks) => {
    const live = hooks.rowValue ? ["Value"] : [];
    const names = ["Address", "Offset", "Name", "Size", "Access", ...live, "Reset", "Description"];
    const items = inOrder(parent);
    const table = hal.table(names, [], { class: "places" });
    const more = hal.element("button", { type: "button", class: "plain" });
    const grow = (count) => {
      const row = (item) => (Array.isArray(item) ? gap(parent, ...item, names.length) : line(item, hooks));
      table.querySelector("tbody").append(...items.splice(0, count).map(row));
      more.textContent = `${items.length} more rows`;
      more.hidden = items.length === 0;
    };
    more.addEventListener("click", () => grow(ROWS_AT_ONCE));
    grow(hooks.all ? Infinity : ROWS_AT_ONCE);
    return [table, more];
  };

  /* Links to the elements of an array of blocks, so that each has a view of its own. */
  const elements = (place) => {
    if (place.kind !== "block" || !place.indices.includes(null)) return null;
    const at = place.indices.indexOf(null);
    const axis = place.axes[at];
    const links = Array.from({ length: Math.min(axis.count, ELEMENTS_SHOWN) }, (_, number) => {
      const one = place.at(place.indices.map((old, which) => (which === at ? number : old)));
      const link = hal.anchor(place.map, one.path, `[${hal.label(axis, number)}]`);
      return hal.element("li", {}, link, " ", address(one.address));
    });
    const rest = axis.count - links.length;
    const told = rest > 0 ? hal.element("li", {}, `${rest} more: choose the index above`) : null;
    return hal.element("ul", { class: "elements", "aria-label": "Elements" }, links, told);
  };

  const register = (place, fieldName, hooks) => {
    const { map, type } = place;
    const card = hal.fields(map, type, place.reset);
    const pick = (name) => {
      for (const row of card.element.querySelectorAll("tr.picked")) row.classList.remove("picked");
      const row = card.row(name);
      if (!row) return;
      row.classList.add("picked");
      row.scrollIntoView({ block: "nearest" });
    };
    const box = hal.element("div", { class: "extra" });
    const shadowed = type.shadow ? ", shadowed" : "";
    const words = [`${type.width} bits${type.bus || ""}, `, hal.accessWord(map, type.access), shadowed];
    const facts = [
      ...placeFacts(place),
      ["Class", hal.code(hal.className(type))],
      ["Access", words],
      ["Reset", hal.code(resetOf(place))],
    ];
    const picture = hal.bitPicture(type, `Bits of ${place.shown}`, (element) => pick(element.of.name));
    const head = [crumbs(place), heading(place.shown), saidOf(place), hal.facts(facts), note(type.rules)];
    const after = () => {
      if (hooks.register) hooks.register(place, card, box);
      if (fieldName) pick(fieldName);
    };
    return { title: place.shown, place, nodes: [head, picture, card.element, box], after };
  };

  const hooked = (hook, ...given) => {
    const box = hal.element("div", { class: "extra" });
    if (hook) hook(...given, box);
    return box;
  };

  const other = (place, hooks) => {
    const { memory } = place.child;
    const at = memory && memory.access_width ? `, ${memory.access_width} at a time` : "";
    const words = memory ? [["Words", [`${memory.width} bits${at}, `, hal.accessWord(place.map, memory.access)]]] : [];
    const facts = hal.facts([...placeFacts(place), ...words]);
    const box = hooked(memory ? hooks.memory : hooks.block, place);
    const inside = place.type ? content(place, hooks) : null;
    const nodes = [crumbs(place), heading(place.shown), saidOf(place), facts, elements(place), box, inside];
    return { title: place.shown, place, nodes };
  };

  const interrupts = (map) => {
    const write = (one) => (one ? hal.code(`${one[0]} = ${one[1]}`) : "");
    const rows = map.interrupts.map((one) => [
      hal.code(one.name),
      one.line === undefined ? "" : String(one.line),
      hal.anchor(map, one.status, one.status),
      write(one.enable),
      write(one.disable),
      write(one.clear),
      hal.text(one.text),
    ]);
    const names = ["Name", "Line", "Status", "Enable", "Disable", "Clear", "Description"];
    return section("Interrupts", hal.table(names, rows));
  };

  const constants = (map) => {
    const rows = map.constants.map((one) => [hal.code(one.name), hal.code(String(one.value)), hal.text(one.text)]);
    return section("Constants", hal.table(["Name", "Value", "Description"], rows));
  };

  const enums = (map) => {
    const links = map.enums.map((one) => hal.element("li", {}, hal.anchor(map, `:enum.${one.name}`, one.name)));
    return section("Enums", hal.element("ul", { class: "columns" }, links));
  };

  const legend = (map) => {
    const rows = Object.entries(map.access).map(([word, one]) => [hal.code(word), one.text]);
    return section("Access words", hal.table(["Word", "Meaning"], rows));
  };

  const enumView = (map, found) => {
    const rows = found.members.map((one) => [
      [hal.code(one.name), one.title ? ` ${one.title}` : ""],
      hal.code(String(one.value)),
      hal.text(one.text),
    ]);
    const open = found.open ? hal.element("p", {}, "Any other value that fits is one too.") : null;
    const table = hal.table(["Name", "Value", "Description"], rows);
    const nodes = [crumbs(hal.root(map)), heading(`Enum ${found.name}`), hal.described(found.text), open, table];
    return { title: found.name, nodes, place: null };
  };

  const home = (map, hooks) => [
    hal.isAlone() ? null : crumbs(hal.root(map)),
    heading(map.name),
    hal.described(map.text),
    hal.facts(map.facts),
    hooked(hooks.home, map),
    content(hal.root(map), hooks),
    map.interrupts ? interrupts(map) : null,
    map.constants ? constants(map) : null,
    map.enums.length ? enums(map) : null,
    legend(map),
  ];

  /* What is drawn for a path of a map: {title, nodes, place, after}; null where it leads nowhere. */
  hal.view = (map, path, hooks) => {
    if (path === "") return { title: map.name, nodes: home(map, hooks), place: null };
    if (path.startsWith(":enum.")) {
      const named = map.enums.find((one) => one.name === path.slice(":enum.".length));
      return named ? enumView(map, named) : null;
    }
    const found = hal.resolve(map, path);
    if (found === null) return null;
    const { place, field } = found;
    return place.kind === "register" ? register(place, field && (field.of || field).name, hooks) : other(place, hooks);
  };

  /* A register for paper: nothing to press. */
  const onPaper = (place) => {
    const { map, type } = place;
    const rows = [...type.fields].reverse().map((field) => [
      hal.bitsText(field),
      hal.code(hal.shownName(field)),
      [hal.accessWord(map, field.access || type.access), field.more ? `, ${field.more}` : ""],
      hal.code(hal.fieldReset(field)),
      [hal.meaning(map, field, true), hal.described(field.text), note(field.note)],
    ]);
    const where = [hal.code(hal.addressText(place)), ` in ${place.space}, ${type.width} bits${type.bus || ""}, `];
    return [
      hal.element("h2", {}, place.shown),
      hal.element("p", {}, where, hal.accessWord(map, type.access), ", reset ", hal.code(resetOf(place))),
      saidOf(place),
      note(type.rules),
      hal.paperPicture(type),
      hal.table(["Bits", "Field", "Access", "Reset", "Meaning"], rows),
    ];
  };

  /* Yields the nodes of each part of a map, or of a place in it: every type of register once. */
  hal.paper = function* (map, place) {
    if (place && place.kind === "register") {
      yield onPaper(place);
      return;
    }
    yield hal.view(map, place ? place.path : "", { all: true }).nodes;
    const seen = new Set();
    for (const one of hal.everyPlace(place || hal.root(map))) {
      const isNew = !seen.has(one.type);
      if (one.kind === "register" && isNew) yield onPaper(one);
      if (one.kind !== "register") yield [hal.element("h2", {}, one.shown), hal.facts(placeFacts(one)), saidOf(one)];
      seen.add(one.type);
    }
    for (const found of place ? [] : map.enums) yield enumView(map, found).nodes;
  };
}
