"use strict";
/* What is drawn of a place: its way, its facts, its content. */
{
  const ROWS_AT_ONCE = 500;

  const code = (text) => hal.element("code", {}, text);
  const address = (value) => hal.hex(value, 4);

  /* 0x0100 + 0x10·ch for what is not chosen: every element's address. */
  hal.addressText = (place) => {
    const open = place.open;
    const uses = new Map();
    for (const { name } of open) uses.set(name, (uses.get(name) || 0) + 1);
    const seen = new Map();
    const steps = open.map(({ axis, name }) => {
      const number = seen.get(name) || 0;
      seen.set(name, number + 1);
      const called = uses.get(name) > 1 ? `${name}${[...String(number)].map((digit) => "₀₁₂₃₄₅₆₇₈₉"[digit]).join("")}` : name;
      return ` + ${hal.hex(axis.stride)}·${axis.first ? `(${called} - ${axis.first})` : called}`;
    });
    return address(place.address) + steps.join("");
  };

  hal.facts = (pairs) => {
    const shown = pairs.filter(([, value]) => value !== null && value !== "");
    return hal.element("dl", { class: "facts" }, shown.map(([name, value]) => [hal.element("dt", {}, name), hal.element("dd", {}, value)]));
  };

  const heading = (place, text) => hal.element("h1", { tabindex: "-1" }, text || place.shown);

  /* The way to a place, with a choice of an index for each dimension. */
  const crumbs = (place) => {
    const home = hal.element("a", { href: hal.link(place.map, "") }, place.map.name);
    const places = place.places;
    const steps = places.map((step, at) => {
      const name = hal.element("a", { href: hal.link(place.map, step.path), "aria-current": at === places.length - 1 ? "page" : null }, step.child.name);
      return hal.element("li", {}, name, step.axes.map((_, axis) => indexChoice(place, at, axis)));
    });
    const index = hal.isAlone() ? null : hal.element("li", {}, hal.element("a", { href: "#" }, "All maps"));
    return hal.element("nav", { class: "crumbs", "aria-label": "Way" }, hal.element("ol", {}, index, hal.element("li", { class: "map" }, home), steps));
  };

  const indexChoice = (place, step, axis) => {
    const at = place.places[step];
    const found = at.axes[axis];
    const label = `index of ${at.child.name}`;
    const go = (number) => {
      const rebuilt = place.places.reduce((parent, one, number_) => {
        if (number_ !== step) return one.below(parent);
        return one.below(parent).at(one.indices.map((old, which) => (which === axis ? number : old)));
      }, hal.root(place.map));
      hal.go(rebuilt.path);
    };
    if (found.index || found.count <= 64) {
      const labels = Array.from({ length: found.count }, (_, number) => hal.label(found, number));
      const select = hal.element("select", { "aria-label": label, onchange: () => go(select.value === "" ? null : Number(select.value)) });
      select.append(hal.element("option", { value: "" }, hal.span(found)), ...labels.map((text, number) => hal.element("option", { value: String(number) }, text)));
      select.value = at.indices[axis] === null ? "" : String(at.indices[axis]);
      return ["[", select, "]"];
    }
    const first = found.first || 0;
    const input = hal.element("input", { type: "number", min: first, max: first + found.count - 1, placeholder: hal.span(found), "aria-label": label });
    if (at.indices[axis] !== null) input.value = hal.label(found, at.indices[axis]);
    input.addEventListener("change", () => {
      const number = hal.indexOf(found, input.value);
      if (number !== undefined) go(number);
    });
    return ["[", input, "]"];
  };

  const arrayFacts = (place) => {
    if (place.axes.length === 0) return null;
    const arrays = place.child.memory && place.type ? place.axes.slice(0, -1) : place.axes;
    return arrays.map((axis) => `${axis.count}, ${hal.hex(axis.stride)} apart`).join("; of each ");
  };

  hal.placeFacts = (place) => [
    ["Address", [code(hal.addressText(place)), ` in ${place.space}`]],
    ["Offset", place.places.length > 1 || place.offset !== place.address ? [code(hal.hex(place.offset)), ` in ${place.parent.isRoot ? place.map.name : place.parent.step}`] : null],
    ["Elements", arrayFacts(place)],
    ["Size", place.kind === "register" ? null : hal.sizeText(place.kind === "memory" && place.type ? place.axes.at(-1).count * place.axes.at(-1).stride : place.size)],
    ["In Python", code(place.python)],
  ];

  hal.saidOf = (place) => [
    place.child.title ? hal.element("p", { class: "title" }, place.child.title) : null,
    hal.described(place.child.text),
    place.type && place.kind !== "register" && place.type.text !== place.child.text ? hal.described(place.type.text) : null,
    place.child.note ? hal.element("p", { class: "note" }, place.child.note) : null,
  ];

  const digitsOf = (type) => Math.min(type.width / 4, 16);

  hal.resetOf = (place) => {
    const { resets } = place.child;
    if (resets && place.indices.includes(null)) return `${resets.slice(0, 16).map((value) => hal.hex(BigInt(value))).join(", ")}${resets.length > 16 ? ", ..." : ""}`;
    return hal.hexUnknown(place.reset, resets ? 0n : BigInt(place.type.unknown || 0), digitsOf(place.type));
  };

  const accessOf = (place) => (place.kind === "register" ? place.type.access : place.kind === "memory" ? place.child.memory.access : "");

  const line = (place, hooks) => {
    const type = place.kind === "register" ? place.type : null;
    const link = hal.element("a", { href: hal.link(place.map, hal.carried(place).path) }, place.step);
    const about = [place.child.title ? `${place.child.title} ` : "", hal.text(place.child.text === undefined && place.type ? place.type.text : place.child.text), place.child.note ? hal.element("span", { class: "note" }, ` ${place.child.note}`) : null];
    const cells = [
      [{ class: "address" }, code(hal.addressText(place))],
      [{ class: "offset" }, code(hal.hex(place.offset))],
      [{ class: "place" }, link],
      [{}, place.kind === "register" ? `${type.width} bit` : hal.sizeText(place.kind === "memory" && place.type ? place.axes.at(-1).count * place.axes.at(-1).stride : place.size)],
      [{}, accessOf(place) ? hal.accessWord(place.map, accessOf(place)) : place.kind],
      [{}, type ? code(hal.resetOf(place)) : ""],
      [{ class: "about" }, about],
    ];
    const row = hal.element("tr", { class: place.kind }, cells.map(([attributes, inside]) => hal.element("td", attributes, inside)));
    if (hooks.rowValue) {
      const cell = hal.element("td", { class: "live" });
      row.insertBefore(cell, row.children[5]);
      hooks.rowValue(place, cell);
    }
    return row;
  };

  const gap = (parent, from, to, columns) => {
    const start = parent.address + from;
    return hal.element(
      "tr",
      { class: "gap" },
      hal.element("td", { class: "address" }, code(address(start))),
      hal.element("td", { class: "offset" }, code(hal.hex(from))),
      hal.element("td", { colspan: columns - 2 }, `nothing up to ${address(parent.address + to - 1)}, ${hal.sizeText(to - from)}`),
    );
  };

  /* The content of a block in the order of addresses, with what lies between; those in other BARs last. */
  const content = (parent, hooks) => {
    const names = ["Address", "Offset", "Name", "Size", "Access", ...(hooks.rowValue ? ["Value"] : []), "Reset", "Description"];
    const sorted = parent.children.map((child, number) => [child, number]).sort(([one, a], [other, b]) => Boolean(one.child.space) - Boolean(other.child.space) || one.child.at - other.child.at || a - b);
    const items = [];
    let end = 0;
    for (const [child] of sorted) {
      if (!child.child.space) {
        if (child.child.at > end) items.push([end, child.child.at]);
        end = Math.max(end, child.child.at + child.extent);
      }
      items.push(child);
    }
    if (!parent.isRoot && parent.kind === "block" && parent.size > end) items.push([end, parent.size]);
    const body = hal.element("tbody");
    const more = hal.element("button", { type: "button", class: "plain" });
    const grow = (count) => {
      const part = items.splice(0, count);
      body.append(...part.map((item) => (Array.isArray(item) ? gap(parent, ...item, names.length) : line(item, hooks))));
      more.textContent = `${items.length} more rows`;
      more.hidden = items.length === 0;
    };
    more.addEventListener("click", () => grow(ROWS_AT_ONCE));
    grow(hooks.all ? Infinity : ROWS_AT_ONCE);
    const head = hal.element("thead", {}, hal.element("tr", {}, names.map((name) => hal.element("th", { scope: "col" }, name))));
    return [hal.element("div", { class: "scroll" }, hal.element("table", { class: "places" }, head, body)), more];
  };

  /* Links to the elements of an array of blocks, so that each has a view of its own. */
  const elements = (place) => {
    if (place.kind !== "block" || !place.indices.includes(null)) return null;
    const at = place.indices.indexOf(null);
    const axis = place.axes[at];
    const links = Array.from({ length: Math.min(axis.count, 64) }, (_, number) => {
      const one = place.at(place.indices.map((old, which) => (which === at ? number : old)));
      return hal.element("li", {}, hal.element("a", { href: hal.link(place.map, one.path) }, `[${hal.label(axis, number)}]`), " ", code(address(one.address)));
    });
    const rest = axis.count - links.length;
    return hal.element("ul", { class: "elements", "aria-label": "Elements" }, links, rest > 0 ? hal.element("li", {}, `${rest} more: choose the index above`) : null);
  };

  const register = (place, fieldName, hooks) => {
    const type = place.type;
    const pick = (name, scroll) => {
      for (const row of card.element.querySelectorAll("tr.picked")) row.classList.remove("picked");
      const row = card.row(name);
      if (!row) return;
      row.classList.add("picked");
      if (scroll) row.scrollIntoView({ block: "nearest" });
    };
    const card = hal.fields(place.map, type, place.reset);
    const picture = hal.bitPicture(type, `Bits of ${place.shown}`, (element) => pick(element.of.name, true));
    const made = [
      crumbs(place),
      heading(place),
      hal.saidOf(place),
      place.child.text === undefined ? hal.described(type.text) : null,
      hal.facts([
        ...hal.placeFacts(place),
        ["Class", code(hal.className(type))],
        ["Access", [`${type.width} bits${type.bus || ""}, `, hal.accessWord(place.map, type.access), type.shadow ? ", shadowed" : ""]],
        ["Reset", code(hal.resetOf(place))],
      ]),
      type.rules ? hal.element("p", { class: "note" }, type.rules) : null,
      picture,
      card.element,
    ];
    const box = hal.element("div", { class: "extra" });
    return { nodes: [...made, box], after: () => {
      if (hooks.register) hooks.register(place, card, box);
      if (fieldName) pick(fieldName, true);
    } };
  };

  const hooked = (hook, ...given) => {
    const box = hal.element("div", { class: "extra" });
    if (hook) hook(...given, box);
    return box;
  };

  const table = (names, rows) => hal.element("div", { class: "scroll" }, hal.element("table", {}, hal.element("thead", {}, hal.element("tr", {}, names.map((name) => hal.element("th", { scope: "col" }, name)))), hal.element("tbody", {}, rows.map((cells) => hal.element("tr", {}, cells.map((cell) => hal.element("td", {}, cell)))))));

  const section = (title, ...inside) => hal.element("section", {}, hal.element("h2", {}, title), inside);

  const pathLink = (map, path) => hal.element("a", { href: hal.link(map, path) }, path);

  const interrupts = (map) => {
    const write = (one) => (one ? code(`${one[0]} = ${one[1]}`) : "");
    const rows = map.interrupts.map((one) => [code(one.name), one.line === undefined ? "" : String(one.line), pathLink(map, one.status), write(one.enable), write(one.disable), write(one.clear), hal.text(one.text)]);
    return section("Interrupts", table(["Name", "Line", "Status", "Enable", "Disable", "Clear", "Description"], rows));
  };

  const legend = (map) => section("Access words", table(["Word", "Meaning"], Object.entries(map.access).map(([word, one]) => [code(word), one.text])));

  const enumTable = (found) => {
    const rows = found.members.map((one) => [[code(one.name), one.title ? ` ${one.title}` : ""], code(String(one.value)), hal.text(one.text)]);
    return [found.open ? hal.element("p", {}, "Any other value that fits is one too.") : null, hal.described(found.text), table(["Name", "Value", "Description"], rows)];
  };

  const home = (map, hooks) => [
    hal.isAlone() ? null : crumbs(hal.root(map)),
    hal.element("h1", { tabindex: "-1" }, map.name),
    hal.described(map.text),
    hal.facts(map.facts),
    hooked(hooks.home, map),
    content(hal.root(map), hooks),
    map.interrupts ? interrupts(map) : null,
    map.constants ? section("Constants", table(["Name", "Value", "Description"], map.constants.map((one) => [code(one.name), code(String(one.value)), hal.text(one.text)]))) : null,
    map.enums.length ? section("Enums", hal.element("ul", { class: "columns" }, map.enums.map((one) => hal.element("li", {}, hal.element("a", { href: hal.link(map, `:enum.${one.name}`) }, one.name))))) : null,
    legend(map),
  ];

  /* What is drawn for a path of a map: {title, nodes, place, after}; null where it leads nowhere. */
  hal.view = (map, path, hooks) => {
    if (path === "") return { title: map.name, nodes: home(map, hooks), place: null };
    if (path.startsWith(":enum.")) {
      const found = map.enums.find((one) => one.name === path.slice(6));
      const way = crumbs(hal.root(map));
      return found ? { title: found.name, nodes: [way, hal.element("h1", { tabindex: "-1" }, `Enum ${found.name}`), enumTable(found)], place: null } : null;
    }
    const found = hal.resolve(map, path);
    if (found === null) return null;
    const { place, field } = found;
    if (place.kind === "register") return { title: place.shown, place, ...register(place, field && (field.of || field).name, hooks) };
    const hook = place.kind === "memory" ? hooks.memory : hooks.block;
    const memory = place.child.memory;
    const words = memory ? [["Words", [`${memory.width} bits${memory.access_width ? `, ${memory.access_width} at a time` : ""}, `, hal.accessWord(map, memory.access)]]] : [];
    const nodes = [crumbs(place), heading(place), hal.saidOf(place), hal.facts([...hal.placeFacts(place), ...words]), elements(place), hooked(hook, place), place.type ? content(place, hooks) : null];
    return { title: place.shown, nodes, place };
  };
}
