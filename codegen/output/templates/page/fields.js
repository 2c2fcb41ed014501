"use strict";
/* The calculator: a register's value and its fields, each of which follows the other. */
{
  const MEMBERS_SHOWN = 8;
  const MEMBERS_TO_CHOOSE = 300;
  const ENTRY = { type: "text", spellcheck: "false", autocomplete: "off" };

  const bitsText = (element, field) => {
    const width = field.width || 1;
    return width > 1 ? `${element.at + width - 1}:${element.at}` : String(element.at);
  };

  /* The bits of an array: those of its ends, 1:0, 5:4 .. 29:28. */
  hal.bitsText = (field) => {
    const elements = hal.elements([field]);
    const width = field.width || 1;
    if (field.array && field.array.stride === width) return `${field.lsb + field.array.count * width - 1}:${field.lsb}`;
    const texts = elements.map((element) => bitsText(element, field));
    return texts.length > 2 ? `${texts[0]}, ${texts[1]} .. ${texts.at(-1)}` : texts.join(", ");
  };

  hal.shownName = (field) => (field.array ? `${field.name}[${hal.span(field.array)}]` : field.name);

  /* Its reset, of an array those of its elements where they differ. */
  hal.fieldReset = (field) => {
    const unknown = BigInt(field.unknown || 0);
    const texts = hal.elements([field]).map((element) => hal.hexUnknown(BigInt(element.reset), unknown));
    return new Set(texts).size > 1 ? texts.join(", ") : texts[0];
  };

  /* An access word with its meaning; of a register whose fields differ all of theirs, as in ro/w1c. */
  hal.accessWord = (map, words) =>
    words.split("/").map((word, at) => {
      const known = map.access[word];
      return [at ? "/" : "", known ? hal.element("abbr", { title: known.text }, word) : word];
    });

  const member = (one) => {
    const more = [one.title ? ` ${one.title}` : "", one.text === undefined ? [] : [" ", hal.text(one.text)]];
    return hal.element("li", {}, hal.code(String(one.value)), " ", hal.element("b", {}, one.name), more);
  };

  const memberList = (map, number, word, isWhole) => {
    const found = map.enums[number];
    const items = found.members.map(member);
    const link = hal.anchor(map, `:enum.${found.name}`, found.name);
    const head = hal.element("div", { class: "kind" }, word, link, found.open ? ", or any other value" : "");
    const list = hal.element("ul", { class: "members" }, items);
    if (isWhole || items.length <= MEMBERS_SHOWN) return [head, list];
    return [head, hal.element("details", {}, hal.element("summary", {}, `${items.length} values`), list)];
  };

  /* What the bits of a field mean, in words, with the members of its enum. */
  hal.meaning = (map, field, isWhole = false) => {
    if (field.enum !== undefined) {
      const written = field.write_enum === undefined ? [] : memberList(map, field.write_enum, "written as ", isWhole);
      return [memberList(map, field.enum, "", isWhole), written];
    }
    return field.meaning ? hal.element("div", { class: "kind" }, field.meaning) : null;
  };

  /* An input for one field: {element, show(bits), bits()}; `changed` is called with bits that somebody chose. */
  const widget = (map, element, changed) => {
    const field = element.of;
    const label = `value of ${element.name}`;
    if ((field.width || 1) === 1 && field.enum === undefined && (field.kind || "bool") === "bool") {
      const input = hal.element("input", { type: "checkbox", "aria-label": label });
      input.addEventListener("change", () => changed(input.checked ? 1n : 0n));
      return { element: input, show: (bits) => (input.checked = bits === 1n) };
    }
    const names = field.write_enum === undefined ? field.enum : field.write_enum;
    if (names !== undefined && names === field.enum && map.enums[names].members.length <= MEMBERS_TO_CHOOSE) {
      return choice(map, field, label, changed);
    }
    const input = hal.element("input", { ...ENTRY, size: 10, "aria-label": label });
    input.addEventListener("change", () => {
      try {
        const bits = hal.encode(map, field, input.value);
        input.removeAttribute("aria-invalid");
        input.title = "";
        changed(bits);
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        input.setAttribute("aria-invalid", "true");
        input.title = error.message;
      }
    });
    const show = (bits) => {
      input.value = hal.decode(map, field, bits);
      input.removeAttribute("aria-invalid");
      input.title = "";
    };
    return { element: hal.element("span", { class: "entry" }, input, field.unit ? ` ${field.unit}` : ""), show };
  };

  const choice = (map, field, label, changed) => {
    const { members } = map.enums[field.enum];
    const select = hal.element("select", { "aria-label": label, onchange: () => changed(BigInt(select.value)) });
    for (const { name, value } of members) {
      select.append(hal.element("option", { value: String(BigInt(value)) }, `${name} (${value})`));
    }
    const other = hal.element("option", { class: "other" });
    const show = (bits) => {
      other.remove();
      if (!hal.member(map, field, bits)) {
        other.value = String(bits);
        other.textContent = `${bits} (no member)`;
        select.append(other);
      }
      select.value = String(bits);
    };
    return { element: select, show };
  };

  const valueBox = (name, base, card) => {
    const input = hal.element("input", { ...ENTRY, class: name.toLowerCase(), "aria-label": `value, ${name}` });
    const prefix = { 16: "0x", 10: "", 2: "0b" }[base];
    input.addEventListener("change", () => {
      const typed = input.value.replaceAll(" ", "");
      const isMarked = base === 16 ? /^[+-]?0x/i.test(typed) : /^[+-]?0[xbo]/i.test(typed);
      const found = hal.integer(isMarked ? typed : prefix + typed);
      const fits = found !== null && found >= 0n && found >> BigInt(card.type.width) === 0n;
      if (!fits) input.setAttribute("aria-invalid", "true");
      input.title = fits ? "" : `no number of ${card.type.width} bits`;
      if (fits) card.put(found);
    });
    const show = (value) => {
      const length = { 16: card.type.width / 4, 10: 1, 2: card.type.width }[base];
      const digits = value.toString(base).toUpperCase().padStart(length, "0");
      input.value = base === 16 ? `0x${digits}` : base === 2 ? digits.replace(/\B(?=(.{4})+$)/g, "_") : digits;
      input.removeAttribute("aria-invalid");
    };
    return { element: hal.element("label", {}, name, " ", input), show };
  };

  /*
   * The fields of a register's type as a table, with a value: {element, type, set(value), value(), onInput(call),
   * row(name)}. `set` shows a value; `onInput` is called with one that somebody entered, and the field's name or null.
   */
  hal.fields = (map, type, reset) => {
    let value = 0n;
    const listeners = [];
    const shows = [];
    const rows = new Map();
    const card = {
      type,
      value: () => value,
      onInput: (call) => listeners.push(call),
      row: (name) => rows.get(name),
      set: (given) => {
        value = given;
        for (const show of shows) show(value);
      },
      put: (given, name = null) => {
        card.set(given);
        for (const call of listeners) call(given, name);
      },
    };
    const boxes = [["Hex", 16], ["Dec", 10], ["Bin", 2]].map(([name, base]) => valueBox(name, base, card));
    shows.push(...boxes.map((one) => one.show));
    const back = hal.element("button", { type: "button", class: "plain" }, "Reset value");
    back.addEventListener("click", () => card.put(reset));
    const lines = [...type.fields].reverse().map((field) => fieldRow(map, type, field, card, shows, rows));
    const table = hal.table(["Bits", "Field", "Access", "Reset", "Value", "Meaning"], lines, { class: "fields" });
    card.bar = hal.element("div", { class: "value" }, boxes.map((one) => one.element), back);
    card.element = hal.element("div", { class: "calculator" }, card.bar, table);
    card.set(reset);
    return card;
  };

  const fieldRow = (map, type, field, card, shows, rows) => {
    const inputs = hal.elements([field]).map((element) => {
      const width = field.width || 1;
      const put = (bits) => card.put(hal.withBits(card.value(), element.at, width, bits), element.name);
      const made = widget(map, element, put);
      shows.push((value) => made.show(hal.bitsOf(value, element.at, width)));
      if (!field.array) return made.element;
      return hal.element("label", { class: "one" }, element.name.slice(field.name.length), " ", made.element);
    });
    const title = field.title ? hal.element("span", { class: "soft" }, ` ${field.title}`) : "";
    const name = hal.element("th", { scope: "row" }, hal.code(hal.shownName(field)), title);
    const note = field.note ? hal.element("div", { class: "note" }, field.note) : null;
    const says = [hal.meaning(map, field), hal.described(field.text), note];
    const access = [hal.accessWord(map, field.access || type.access), field.more ? `, ${field.more}` : ""];
    const cells = [
      [{ class: "at" }, hal.bitsText(field)],
      [{ class: "access" }, access],
      [{ class: "reset" }, hal.code(hal.fieldReset(field))],
      [{ class: field.array ? "input many" : "input" }, inputs],
      [{ class: "meaning" }, says],
    ].map(([attributes, inside]) => hal.element("td", attributes, inside));
    cells.splice(1, 0, name);
    const row = hal.element("tr", { "data-field": field.name }, cells);
    rows.set(field.name, row);
    return row;
  };
}
