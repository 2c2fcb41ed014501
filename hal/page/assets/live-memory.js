"use strict";
/* A memory as hex and numbers: a window of it, live. */
{
  const live = hal.live;
  const BYTES = 512;
  const LINE = 16;
  const WORDS_MAX = 1024;
  const ends = [];

  const signed = (value, width) => BigInt.asIntN(width, value);
  const FORMATS = {
    hex: (value, width) => value.toString(16).padStart(width / 4, "0"),
    unsigned: (value) => String(value),
    signed: (value, width) => String(signed(value, width)),
    binary: (value, width) => value.toString(2).padStart(width, "0"),
  };

  const letters = (words, width) => {
    const bytes = [];
    for (const word of words) for (let at = word.length - 2; at >= 0; at -= 2) bytes.push(parseInt(word.slice(at, at + 2), 16));
    return bytes.map((byte) => (byte > 31 && byte < 127 ? String.fromCharCode(byte) : "·")).join("");
  };

  /* The path of the memory itself: of one with entries the index of an entry is left out. */
  const ownPath = (place) => {
    const entries = place.type ? 1 : 0;
    const arrays = place.axes.length - entries;
    const open = place.parent.open.length || place.indices.slice(0, arrays).includes(null);
    if (open) return null;
    const inside = place.indices.slice(0, arrays).map((index, at) => `[${hal.label(place.axes[at], index)}]`);
    return `${place.parent.isRoot ? "" : `${place.parent.path}.`}${place.child.name}${inside.join("")}`;
  };

  live.memoryHook = (place, box) => {
    const memory = place.child.memory;
    if (memory.access === "wo") {
      box.append(hal.element("p", { class: "soft" }, "It can only be written; hal write does that."));
      return;
    }
    const path = ownPath(place);
    if (path === null) {
      box.append(hal.element("p", { class: "soft" }, "Choose an index above to see its words."));
      return;
    }
    const { width } = memory;
    const step = width / 8;
    const size = place.type ? place.axes.at(-1).count * place.axes.at(-1).stride : place.size;
    const total = Math.floor(size / step);
    const perLine = Math.max(1, Math.floor(LINE / step));
    const count = Math.min(total, WORDS_MAX, Math.max(perLine, Math.floor(BYTES / step)));
    const base = place.address;
    let start = 0;
    let known = [];

    const problem = hal.element("p", { class: "dead", role: "status" });
    const format = hal.element("select", { "aria-label": "Format", onchange: () => draw(true) }, Object.keys(FORMATS).map((name) => hal.element("option", { value: name }, name)));
    const go = hal.element("input", { type: "text", size: 10, placeholder: "word, or 0x", "aria-label": "Go to word" });
    const move = (to) => {
      start = Math.max(0, Math.min(Math.max(0, total - count), Math.floor(to / perLine) * perLine));
      known = [];
      live.setWindow({ map: place.map, path, start, count });
      draw(true);
    };
    go.addEventListener("change", () => {
      const wanted = hal.integer(go.value);
      if (wanted !== null && wanted >= 0n && wanted < BigInt(total)) move(Number(wanted));
    });
    const back = hal.element("button", { type: "button", class: "plain", onclick: () => move(start - count) }, "Back");
    const on = hal.element("button", { type: "button", class: "plain", onclick: () => move(start + count) }, "On");
    const where = hal.element("span", { class: "soft" });
    const body = hal.element("tbody");
    const table = hal.element("table", { class: "memory-words" }, body);
    const cells = [];

    const edit = (cell, number) => {
      if (!live.write || memory.access === "ro") return;
      const input = hal.element("input", { type: "text", size: width / 4 + 2, "aria-label": `word ${number}` });
      input.value = `0x${known[number - start] || "0"}`;
      let isOver = false;
      const done = (isKept) => {
        if (isOver) return; // leaving the input comes once more
        isOver = true;
        const value = hal.integer(input.value);
        const text = cell.shown;
        input.replaceWith(text === undefined ? "" : text);
        if (isKept && value !== null && value >= 0n && value >> BigInt(width) === 0n) live.drafts.set(place.map, `${path}[${number}]`, hal.hex(value), value, path);
        cell.focus();
      };
      input.addEventListener("keydown", (event) => {
        if (event.key === "Enter") done(true);
        else if (event.key === "Escape") done(false);
        else return;
        event.stopPropagation();
        event.preventDefault();
      });
      input.addEventListener("blur", () => done(true));
      cell.replaceChildren(input);
      input.select();
    };

    const build = () => {
      cells.length = 0;
      const lines = [];
      for (let at = start; at < Math.min(total, start + count); at += perLine) {
        const row = hal.element("tr", {}, hal.element("th", { scope: "row" }, hal.element("code", {}, hal.hex(base + at * step, 4))));
        for (let number = at; number < Math.min(total, at + perLine, start + count); number++) {
          const cell = hal.element("td", { tabindex: "-1", "data-word": number, title: `word ${number}` });
          if (live.write && memory.access !== "ro") {
            cell.tabIndex = 0;
            cell.addEventListener("click", () => cell.querySelector("input") || edit(cell, number));
            cell.addEventListener("keydown", (event) => event.key === "Enter" && event.target === cell && edit(cell, number));
          }
          cells.push(cell);
          row.append(cell);
        }
        const text = hal.element("td", { class: "letters" });
        row.append(text);
        row.letters = text;
        lines.push(row);
      }
      body.replaceChildren(...lines);
    };

    const draw = (isNew = false) => {
      if (isNew) build();
      where.textContent = `words ${start} to ${Math.min(total, start + count) - 1} of ${total}`;
      back.disabled = start === 0;
      on.disabled = start + count >= total;
      for (const [at, cell] of cells.entries()) {
        const draft = live.drafts.get(place.map, `${path}[${start + at}]`);
        const word = known[at];
        const text = draft ? FORMATS[format.value](draft.bits, width) : word === undefined ? "" : FORMATS[format.value](BigInt(`0x${word}`), width);
        cell.classList.toggle("drafted", draft !== undefined);
        if (cell.shown === text || cell.querySelector("input")) continue;
        if (cell.shown !== undefined && cell.shown !== "" && !isNew) live.mark(cell);
        cell.shown = text;
        cell.textContent = text;
      }
      for (const [line, row] of [...body.children].entries()) row.letters.textContent = letters(known.slice(line * perLine, (line + 1) * perLine), width);
    };

    ends.push(
      live.on("words", (message) => {
        if (message.path !== path || message.start !== start) return;
        problem.textContent = message.problem || "";
        known = message.words || [];
        draw();
      }),
      live.on("drafts", () => draw()),
      () => live.setWindow(null),
    );
    box.append(
      hal.element("h2", {}, "Words"),
      hal.element("div", { class: "memory-bar" }, format, back, on, hal.element("label", {}, "Go to ", go), where),
      problem,
      hal.element("div", { class: "scroll" }, table),
    );
    if (live.write && memory.access !== "ro") box.append(hal.element("p", { class: "soft" }, "Click a word to change it."));
    move(place.type && place.indices.at(-1) !== null ? Math.floor((place.indices.at(-1) * place.axes.at(-1).stride) / step) : 0);
  };

  live.leaveMemory = () => {
    for (const end of ends.splice(0)) end();
  };
}
