"use strict";
/*
 * The scripts of pages that show registers: classic scripts without a build, in this order: model, numbers, texts,
 * bits, fields, search, tree, views, page. Each adds to `hal`. The reference page holds them all in one; a live page
 * serves them as files. Nothing here makes markup of a text: elements are created, and texts are set.
 *
 * What a page calls:
 *   hal.page(document_, hooks)     draws all and follows the address bar; document_ is what codegen's page_model gives.
 *   hal.go(path)                   goes to a place of the map that is shown, as in "ch[2].ctrl.enable".
 *   hal.resolve(map, path)         finds {place, field}, or null. See Place below.
 *   hal.element(tag, attributes, ...children)
 *   hal.decode(map, field, bits), hal.encode(map, field, text), hal.wordOf(map, field, bits): in numbers.
 * Hooks, all of them optional; `box` is an element to fill:
 *   home(map, box), block(place, box), memory(place, box)
 *   register(place, card, box)     card is of fields: set(value), value(), onInput(call), row(fieldName), element.
 *   rowValue(place, cell)          a cell in the table of a block; the table has that column if the hook is there.
 *   left()                         what was drawn is about to go.
 *   titled(title)                  the title of the browser's window or tab for that of what is shown.
 */
const hal = {};

{
  const STEP = /([^.[\]]+)((?:\[[^\]]*\])*)(?:\.|$)/y;

  /* A register, memory or block at its place. `indices` has a number for each dimension, null for all elements. */
  class Place {
    constructor(map, parent, child, indices) {
      this.map = map;
      this.parent = parent;
      this.child = child;
      this.axes = child.axes || [];
      this.indices = indices || this.axes.map(() => null);
    }

    get kind() {
      return this.child.memory ? "memory" : this.child.register === undefined ? "block" : "register";
    }

    get isRoot() {
      return this.parent === null;
    }

    /* Of a register or block; of a memory its entries', or undefined. */
    get type() {
      if (this.child.memory) return this.map.blocks[this.child.memory.entry];
      return this.kind === "register" ? this.map.registers[this.child.register] : this.map.blocks[this.child.block];
    }

    get space() {
      return this.child.space || (this.isRoot ? this.map.space : this.parent.space);
    }

    get offset() {
      return this.indices.reduce((sum, index, at) => sum + (index || 0) * this.axes[at].stride, this.child.at);
    }

    /* In its BAR, of the first element where an index is not chosen. */
    get address() {
      return this.offset + (this.isRoot || this.child.space ? 0 : this.parent.address);
    }

    /* The dimensions on the way of which no index is chosen. */
    get open() {
      const own = this.axes.filter((_, at) => this.indices[at] === null);
      return [...(this.isRoot ? [] : this.parent.open), ...own.map((axis) => ({ axis, name: this.child.name }))];
    }

    get places() {
      return this.isRoot ? [] : [...this.parent.places, this];
    }

    /* As it stands in the address bar: no brackets for what is not chosen. */
    get path() {
      return this.places.map((place) => place.child.name + place.brackets((at) => "")).join(".");
    }

    get shown() {
      return this.places.map((place) => place.step).join(".");
    }

    /* Its own name, with all elements as in ch[0..3]. */
    get step() {
      return this.child.name + this.brackets((at) => `[${hal.span(this.axes[at])}]`);
    }

    get python() {
      const names = this.places.map((place) => {
        const inside = place.indices.map((index, at) => {
          const axis = place.axes[at];
          if (index === null) return `[${axis.index ? "name" : "n"}]`;
          return axis.index ? `["${axis.index[index]}"]` : `[${hal.label(axis, index)}]`;
        });
        return (place.child.python || place.child.name) + inside.join("");
      });
      return ["dev", ...names].join(".");
    }

    brackets(open) {
      const chosen = this.indices.some((index) => index !== null);
      if (!chosen) return this.axes.map((_, at) => open(at)).join("");
      return this.indices.map((index, at) => `[${index === null ? "" : hal.label(this.axes[at], index)}]`).join("");
    }

    /* Bits that it has after a reset. */
    get reset() {
      const { resets, register } = this.child;
      if (!resets) return BigInt(this.map.registers[register].reset || 0);
      let number = 0;
      this.axes.forEach((axis, at) => (number = number * axis.count + (this.indices[at] || 0)));
      return BigInt(resets[number]);
    }

    /* Bytes of one element. */
    get size() {
      if (this.child.memory) return this.child.memory.size;
      return this.kind === "register" ? this.type.width / 8 : this.type.size;
    }

    /* Bytes from the start of the first element to the end of the last. */
    get extent() {
      const arrays = this.child.memory && this.type ? this.axes.slice(0, -1) : this.axes;
      return arrays.reduce((sum, axis) => sum + (axis.count - 1) * axis.stride, this.size);
    }

    get children() {
      if (this.kind === "register" || !this.type) return [];
      return this.type.children.map((child) => new Place(this.map, this, child));
    }

    at(indices) {
      return new Place(this.map, this.parent, this.child, indices);
    }

    /* The same below another parent of the same type. */
    below(parent) {
      return new Place(this.map, parent, this.child, this.indices);
    }
  }

  hal.Place = Place;

  hal.label = (axis, number) => (axis.index ? axis.index[number] : String((axis.first || 0) + number));

  hal.span = (axis) =>
    axis.index ? axis.index.join(", ") : `${hal.label(axis, 0)}..${hal.label(axis, axis.count - 1)}`;

  /* The number of the element that is called so; null for all, undefined where there is none. */
  hal.indexOf = (axis, label) => {
    if (label === "" || label === hal.span(axis)) return null;
    if (!axis.index && !/^\d+$/.test(label)) return undefined;
    const named = axis.index ? axis.index.indexOf(label) : 0;
    const inAnyCase = () => axis.index.findIndex((name) => name.toLowerCase() === label.toLowerCase());
    const number = !axis.index ? Number(label) - (axis.first || 0) : named >= 0 ? named : inAnyCase();
    return number >= 0 && number < axis.count ? number : undefined;
  };

  /* The Python class of a type, which is its name in CamelCase where nothing else is said. */
  hal.className = (type) => {
    const words = type.name.split("_").map((word) => word.slice(0, 1).toUpperCase() + word.slice(1));
    return type.class || words.join("");
  };

  hal.root = (map) => {
    return new Place(map, null, { name: map.name, block: map.blocks.length - 1, at: 0 });
  };

  /* The steps of a path: [name, [labels]]; null where it is none. */
  hal.steps = (path) => {
    const steps = [];
    STEP.lastIndex = 0;
    while (STEP.lastIndex < path.length) {
      const match = STEP.exec(path);
      if (!match) return null;
      steps.push([match[1], match[2] ? match[2].slice(1, -1).split("][") : []]);
    }
    return steps;
  };

  hal.resolve = (map, path) => {
    const steps = hal.steps(path);
    if (steps === null) return null;
    let place = hal.root(map);
    for (const [number, [name, labels]] of steps.entries()) {
      if (place.kind === "register") {
        if (number !== steps.length - 1) return null;
        const element = name + labels.map((label) => `[${label}]`).join("");
        const field = hal.elements(place.type.fields).find((one) => one.name === element);
        const whole = place.type.fields.find((one) => one.name === name);
        return field || whole ? { place, field: field || whole } : null;
      }
      const child = place.type && place.type.children.find((one) => one.name === name);
      if (!child) return null;
      const axes = child.axes || [];
      const indices = axes.map((axis, at) => hal.indexOf(axis, labels[at] === undefined ? "" : labels[at]));
      if (labels.length > axes.length || indices.includes(undefined)) return null;
      place = new Place(map, place, child, indices);
    }
    return { place, field: null };
  };

  /* Fields with those of arrays one by one: `at` is the lowest bit, `of` the field that the map names. */
  hal.elements = (fields) =>
    fields.flatMap((field) => {
      if (!field.array) return [{ name: field.name, at: field.lsb, of: field, reset: field.reset || 0 }];
      return Array.from({ length: field.array.count }, (_, number) => ({
        name: `${field.name}[${hal.label(field.array, number)}]`,
        at: field.lsb + number * field.array.stride,
        of: field,
        reset: field.resets ? field.resets[number] : field.reset || 0,
      }));
    });

  /* Every place, arrays as a whole, in the order of the map. */
  hal.everyPlace = function* (place) {
    for (const child of place.children) {
      yield child;
      yield* hal.everyPlace(child);
    }
  };

  hal.element = (tag, attributes, ...children) => {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (value === undefined || value === null || value === false) continue;
      if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
      else made.setAttribute(name, value === true ? "" : value);
    }
    made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== ""));
    return made;
  };

  hal.code = (text) => hal.element("code", {}, text);

  /* A link to a path of a map. */
  hal.anchor = (map, path, text, attributes) => hal.element("a", { href: hal.link(map, path), ...attributes }, text);

  /* A table that scrolls by itself. Rows are elements, or lists of what their cells hold. */
  hal.table = (names, rows, attributes) => {
    const head = hal.element("tr", {}, names.map((name) => hal.element("th", { scope: "col" }, name)));
    const cells = (row) => hal.element("tr", {}, row.map((cell) => hal.element("td", {}, cell)));
    const body = hal.element("tbody", {}, rows.map((row) => (Array.isArray(row) ? cells(row) : row)));
    const table = hal.element("table", attributes, hal.element("thead", {}, head), body);
    return hal.element("div", { class: "scroll" }, table);
  };
}
