"use strict";
/* A register's view: its value as it is, its fields decoded and to be changed. */
{
  const live = hal.live;
  const ELEMENTS_MAX = 1024;
  const ends = [];

  /* Of fields of which a write does something else than store: what it is called, and the bits that do it. */
  const actOf = (field, word) => {
    const ones = (1n << BigInt(field.width || 1)) - 1n;
    if (/\bpulse\b/.test(field.more || "")) return ["Fire", 1n];
    const found = /^w([01])(src|crs|c|s|t)$/.exec(word);
    if (found) return [{ c: "Clear", crs: "Clear", s: "Set", src: "Set", t: "Toggle" }[found[2]], found[1] === "1" ? ones : 0n];
    if (/^(wc|wrc|wcrs|woc)$/.test(word)) return ["Clear", 0n];
    if (/^(ws|wrs|wsrc|wos)$/.test(word)) return ["Set", 0n];
    return null;
  };

  /* As the server reads it, which takes members of enums by name. */
  const textOf = (map, field, bits) => {
    const number = field.write_enum === undefined ? field.enum : field.write_enum;
    if (number !== undefined) {
      const member = map.enums[number].members.find((one) => BigInt(one.value) === bits);
      return member ? member.name : String(bits);
    }
    return (field.kind || "") === "bool" ? String(bits) : hal.decode(map, field, bits);
  };

  const ago = (time) => {
    const seconds = Math.round((performance.now() - time) / 1000);
    return seconds < 1 ? "changed now" : seconds < 120 ? `changed ${seconds} s ago` : `changed ${Math.round(seconds / 60)} min ago`;
  };

  /* Every element of a place of which not all indices are chosen. */
  const every = function* (place) {
    const fill = function* (places, parent) {
      if (places.length === 0) {
        yield parent;
        return;
      }
      const [first, ...rest] = places;
      const counts = first.axes.map((axis, at) => (first.indices[at] === null ? axis.count : 1));
      const total = counts.reduce((product, count) => product * count, 1);
      for (let number = 0; number < total; number++) {
        let left = number;
        const indices = [...first.indices];
        for (let at = counts.length - 1; at >= 0; at--) {
          if (first.indices[at] === null) indices[at] = left % counts[at];
          left = Math.floor(left / counts[at]);
        }
        yield* fill(rest, first.below(parent).at(indices));
      }
    };
    yield* fill(place.places, hal.root(place.map));
  };

  const elements = (place, box) => {
    const body = hal.element("tbody");
    let left = ELEMENTS_MAX;
    for (const one of every(place)) {
      if (left-- === 0) break;
      const cell = hal.element("td", { class: "live" });
      body.append(hal.element("tr", {}, hal.element("td", {}, hal.element("a", { href: hal.link(one.map, one.path) }, one.shown)), hal.element("td", {}, hal.element("code", {}, hal.hex(one.address, 4))), cell));
      live.cellInSight(one, cell);
    }
    const head = ["Element", "Address", "Value"].map((name) => hal.element("th", { scope: "col" }, name));
    box.append(
      hal.element("h2", {}, "Elements"),
      hal.element("p", { class: "soft" }, "Choose one to change it."),
      hal.element("div", { class: "scroll" }, hal.element("table", { class: "elements-table" }, hal.element("thead", {}, hal.element("tr", {}, head)), body)),
    );
    if (left < 0) box.append(hal.element("p", { class: "soft" }, `The first ${ELEMENTS_MAX} are shown.`));
  };

  const disable = (card, isDisabled) => {
    for (const input of card.element.querySelectorAll("input, select, .value button")) input.disabled = isDisabled;
  };

  /* What is typed in stays while it has the focus. */
  const keepingFocus = (card, show) => {
    const active = document.activeElement;
    const isTyped = active && card.element.contains(active) && (active.tagName === "SELECT" || active.type === "text");
    if (!isTyped) return show();
    const { value, selectionStart, selectionEnd } = active;
    show();
    active.value = value;
    if (active.type === "text") active.setSelectionRange(selectionStart, selectionEnd);
    return undefined;
  };

  const register = (place, card, box) => {
    if (place.open.length) {
      disable(card, true);
      elements(place, box);
      return;
    }
    const { map, type, path } = place;
    const all = hal.elements(type.fields);
    const state = { bits: undefined, reason: "", changed: null };
    const number = hal.element("code", { class: "number" });
    const when = hal.element("span", { class: "soft when" });
    const once = hal.element("button", { type: "button", class: "plain", hidden: true }, "Read once");
    const pin = live.pinButton(map, path);
    const base = hal.element("select", { "aria-label": "Numbers" }, [["hex", 16], ["dec", 10], ["bin", 2]].map(([name, value]) => hal.element("option", { value }, name)));
    base.value = String(hal.base);
    base.addEventListener("change", () => {
      hal.base = Number(base.value);
      draw();
    });
    card.bar.before(hal.element("div", { class: "now", role: "group", "aria-label": "Value now" }, hal.element("span", { class: "soft" }, "Now"), number, when, once, base, pin));

    const rows = all.map((one) => {
      const cell = card.row(one.of.name).querySelector("td.input");
      const index = one.of.array ? hal.elements([one.of]).findIndex((other) => other.name === one.name) : 0;
      const target = one.of.array ? cell.querySelectorAll("label.one")[index] : cell;
      const now = hal.element("span", { class: "live-now", hidden: true });
      const word = one.of.access || type.access;
      const isWritable = live.write && live.isWritable(map, type, one.of);
      const input = target.querySelector("input, select");
      const act = actOf(one.of, word);
      if (act && isWritable) {
        const button = hal.element("button", { type: "button", class: "plain act", "aria-label": `${act[0]} ${one.name}` }, act[0]);
        button.addEventListener("click", () => choose(one, act[1]));
        target.append(button);
        if ((one.of.width || 1) === 1) input.disabled = true;
      }
      if (!isWritable) input.disabled = true;
      target.append(now);
      if (!one.of.array) target.append(live.pinButton(map, `${path}.${one.name}`));
      return { one, now, cell: target, shown: undefined };
    });
    if (!live.write) disable(card, true);
    if (!type.fields.some((field) => live.isWritable(map, type, field))) for (const input of card.bar.querySelectorAll("input, button")) input.disabled = true;

    /* The picture says what each field holds. */
    const picture = document.querySelector("#content .bits");
    const byName = new Map(all.map((one) => [one.name, one]));
    const drawHeld = () => {
      for (const box of picture.querySelectorAll(".bit.field")) {
        const one = byName.get(box.dataset.field);
        const isKnown = state.bits !== undefined && state.bits !== null && one && live.isReadable(map, type, one.of);
        const held = box.querySelector(".held") || box.appendChild(hal.element("span", { class: "held" }));
        const text = isKnown ? hal.decode(map, one.of, hal.bitsOf(state.bits, one.at, one.of.width || 1)) : "";
        if (held.textContent === text) continue;
        held.textContent = text;
        held.title = text;
      }
    };
    picture.drawn = drawHeld;

    /* What a write would come to. */
    const drafted = () => {
      const whole = live.drafts.get(map, path);
      if (whole) return whole.bits;
      let value = state.bits === undefined || state.bits === null ? 0n : state.bits;
      for (const { one } of rows) {
        const draft = live.drafts.get(map, `${path}.${one.name}`);
        if (draft) value = hal.withBits(value, one.at, one.of.width || 1, draft.bits);
      }
      return value;
    };

    const choose = (one, bits) => {
      const whole = live.drafts.get(map, path);
      if (whole) {
        const value = hal.withBits(whole.bits, one.at, one.of.width || 1, bits);
        live.drafts.set(map, path, hal.hex(value), value, path);
        return;
      }
      const name = `${path}.${one.name}`;
      const isSame = state.bits !== undefined && state.bits !== null && !actOf(one.of, one.of.access || type.access) && live.isReadable(map, type, one.of) && hal.bitsOf(state.bits, one.at, one.of.width || 1) === bits;
      if (isSame) live.drafts.drop(map, name);
      else live.drafts.set(map, name, textOf(map, one.of, bits), bits, path);
      draw();
    };

    const draw = () => {
      const whole = live.drafts.get(map, path);
      keepingFocus(card, () => card.set(drafted()));
      drawHeld();
      for (const row of rows) {
        const { one } = row;
        const isDraft = whole !== undefined || live.drafts.get(map, `${path}.${one.name}`) !== undefined;
        const isKnown = state.bits !== undefined && state.bits !== null && live.isReadable(map, type, one.of);
        row.cell.classList.toggle("drafted", isDraft);
        row.now.hidden = !isDraft || !isKnown;
        if (isKnown) {
          const bits = hal.bitsOf(state.bits, one.at, one.of.width || 1);
          row.now.textContent = `now ${hal.wordOf(map, one.of, bits)}`;
          if (row.shown !== undefined && row.shown !== bits) live.mark(row.cell);
          row.shown = bits;
        }
      }
    };

    const show = (entry) => {
      if (entry.changed) state.changed = performance.now();
      state.bits = entry.bits;
      state.reason = entry.reason;
      const shown = live.shown(type, entry);
      number.textContent = shown.text || "…";
      number.className = `number ${shown.kind}`;
      number.title = shown.title;
      if (shown.kind === "ones") when.textContent = "all ones: a value, or nothing is there";
      if (entry.changed) live.mark(number);
      once.hidden = entry.reason !== "reading changes it";
      once.disabled = !live.write;
      once.title = live.write ? "Reads it now, which changes it" : "needs hal serve --write, for reading it changes it";
      draw();
    };

    once.addEventListener("click", async () => {
      try {
        const { value } = await live.post("read", { map: live.maps.indexOf(map), path });
        state.bits = BigInt(`0x${value}`);
        number.textContent = hal.hex(state.bits, Math.ceil(type.width / 4));
        number.className = "number";
        when.textContent = `read at ${new Date().toLocaleTimeString()}`;
        live.mark(number);
        draw();
      } catch (error) {
        live.say(error.message);
      }
    });

    card.onInput((value, name) => {
      if (!live.write) return;
      const one = all.find((other) => other.name === name);
      if (one) {
        choose(one, hal.bitsOf(value, one.at, one.of.width || 1));
        return;
      }
      live.drafts.dropBelow(map, path);
      if (value === state.bits) live.drafts.drop(map, path);
      else live.drafts.set(map, path, hal.hex(value), value, path);
      draw();
    });

    const clock = setInterval(() => {
      if (state.changed !== null) when.textContent = ago(state.changed);
    }, 1000);
    ends.push(live.watch(map, path, show), live.on("drafts", draw), () => clearInterval(clock));
  };

  live.registerHook = register;
  live.leaveRegister = () => {
    for (const end of ends.splice(0)) end();
  };
}
