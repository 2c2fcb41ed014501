"use strict";
/* Pins: registers and fields that stay in sight, and plots of their numbers. Kept by the browser, for each map. */
{
  const live = hal.live;
  const PINS_MAX = 200;
  const FORMATS = ["hex", "dec", "bin"];
  const buttons = new Set();
  let pins = []; // {map, path, plotted}
  let plot = null;
  let format = "hex";

  const storeName = (map) => `hal pins ${map.name} ${map.digest}`;

  live.loadPins = () => {
    pins = live.maps.flatMap((map) => {
      try {
        const kept = JSON.parse(localStorage.getItem(storeName(map)) || "[]");
        return kept.filter((one) => typeof one.path === "string" && hal.resolve(map, one.path)).map((one) => ({ map, path: one.path, plotted: one.plotted === true }));
      } catch {
        return [];
      }
    });
  };

  const save = () => {
    for (const map of live.maps) {
      const kept = pins.filter((pin) => pin.map === map).map(({ path, plotted }) => ({ path, plotted }));
      try {
        localStorage.setItem(storeName(map), JSON.stringify(kept));
      } catch {
        // this browser keeps nothing
      }
    }
    for (const button of [...buttons]) if (!button.isConnected) buttons.delete(button);
    buttons.forEach((button) => button.show());
    live.emit("pins");
  };

  const find = (map, path) => pins.find((pin) => pin.map === map && pin.path === path);

  live.togglePin = (map, path) => {
    if (find(map, path)) pins = pins.filter((pin) => pin.map !== map || pin.path !== path);
    else if (pins.length < PINS_MAX) pins.push({ map, path, plotted: false });
    save();
  };

  live.pinButton = (map, path) => {
    const button = hal.element("button", { type: "button", class: "pin", onclick: () => live.togglePin(map, path) });
    button.show = () => {
      const isPinned = find(map, path) !== undefined;
      button.textContent = isPinned ? "★" : "☆";
      button.setAttribute("aria-pressed", String(isPinned));
      button.setAttribute("aria-label", `Pin ${path}`);
      button.title = isPinned ? "Pinned: see Tools" : "Pin";
    };
    button.show();
    buttons.add(button);
    return button;
  };

  const text = (bits, width) => (format === "hex" ? hal.hex(bits, Math.ceil(width / 4)) : format === "dec" ? String(bits) : `0b${bits.toString(2).padStart(width, "0")}`);

  /* A number for a plot; NaN where it is none. */
  const numberOf = (map, field, bits) => {
    if (!field || field.of.enum !== undefined || field.of.kind === "bool") return Number(bits);
    return Number(hal.decode(map, field.of, bits));
  };

  /* What a pin is of: {place, field, width}; field is an element, or null. */
  const partOf = (pin) => {
    const found = hal.resolve(pin.map, pin.path);
    if (!found || found.place.kind !== "register" || found.place.open.length) return null;
    const field = found.field && (found.field.of ? found.field : hal.elements([found.field])[0]);
    return { place: found.place, field, width: field ? field.of.width || 1 : found.place.type.width };
  };

  const row = (pin, ends) => {
    const part = partOf(pin);
    const name = (live.maps.length > 1 ? `${pin.map.name}/` : "") + pin.path;
    const value = hal.element("code", {});
    const words = hal.element("div", { class: "words" });
    const cell = hal.element("td", { class: "live" }, value, words);
    const plotted = hal.element("input", { type: "checkbox", "aria-label": `Plot ${name}` });
    plotted.checked = pin.plotted;
    plotted.addEventListener("change", () => {
      pin.plotted = plotted.checked;
      save();
    });
    if (part) {
      ends.push(
        live.watch(pin.map, part.place.path, (entry) => {
          const shown = live.shown(part.place.type, entry);
          const isValue = entry.bits !== undefined && entry.bits !== null;
          const bits = isValue && part.field ? hal.bitsOf(entry.bits, part.field.at, part.width) : entry.bits;
          const before = value.textContent;
          value.textContent = isValue ? text(bits, part.width) : shown.text;
          value.className = shown.kind;
          const said = !isValue ? "" : part.field ? hal.wordOf(pin.map, part.field.of, bits) : live.fieldsText(pin.map, part.place.type, bits);
          words.textContent = isValue && said === value.textContent ? "" : said;
          if (entry.changed && before !== value.textContent) live.mark(cell);
        }),
      );
    }
    const drop = hal.element("button", { type: "button", class: "drop", "aria-label": `Unpin ${name}`, onclick: () => live.togglePin(pin.map, pin.path) }, "×");
    return hal.element("tr", {}, hal.element("td", {}, hal.element("a", { href: hal.link(pin.map, pin.path) }, name)), cell, hal.element("td", {}, part ? plotted : ""), hal.element("td", {}, drop));
  };

  /* Plots go on while their panel is closed. */
  const plotEnds = new Map();

  const followPlots = () => {
    plot = plot || hal.plot("Pinned values over time");
    const wanted = new Map(pins.filter((pin) => pin.plotted && partOf(pin)).map((pin) => [(live.maps.length > 1 ? `${pin.map.name}/` : "") + pin.path, pin]));
    for (const [name, end] of [...plotEnds]) {
      if (wanted.has(name)) continue;
      end();
      plotEnds.delete(name);
      plot.drop(name);
    }
    for (const [name, pin] of wanted) {
      if (plotEnds.has(name)) continue;
      const part = partOf(pin);
      plot.add(name);
      plotEnds.set(
        name,
        live.watch(pin.map, part.place.path, (entry) => {
          const isValue = entry.bits !== undefined && entry.bits !== null;
          const bits = isValue && part.field ? hal.bitsOf(entry.bits, part.field.at, part.width) : entry.bits;
          const number = isValue ? numberOf(pin.map, part.field, bits) : null;
          plot.push(name, Date.now() / 1000, Number.isFinite(number) ? number : null);
        }),
      );
    }
  };

  live.on("sampled", () => plot && plot.tick(Date.now() / 1000));
  live.hasPlots = () => plotEnds.size > 0;

  live.pinsPanel = (box) => {
    const ends = [];
    const choice = hal.element("select", { "aria-label": "Format of pinned values" }, FORMATS.map((name) => hal.element("option", {}, name)));
    choice.value = format;
    choice.addEventListener("change", () => {
      format = choice.value;
      draw();
    });
    const list = hal.element("div");
    const draw = () => {
      for (const end of ends.splice(0)) end();
      if (pins.length === 0) {
        list.replaceChildren(hal.element("p", { class: "soft" }, "Pin registers and fields with ☆; they stay here, and their numbers can be plotted."));
        return;
      }
      const head = ["Name", "Value", "Plot", ""].map((name) => hal.element("th", { scope: "col" }, name));
      const table = hal.element("table", { class: "pins" }, hal.element("thead", {}, hal.element("tr", {}, head)), hal.element("tbody", {}, pins.map((pin) => row(pin, ends))));
      list.replaceChildren(hal.element("div", { class: "scroll" }, table), plot && !plot.isEmpty() ? plot.element : "");
      if (plot) plot.redraw();
    };
    box.append(hal.element("div", { class: "bar" }, choice), list);
    draw();
    const stop = live.on("pins", () => {
      followPlots();
      draw();
    });
    return () => {
      stop();
      for (const end of ends) end();
    };
  };

  live.startPlots = () => {
    live.loadPins();
    followPlots();
    live.on("pins", followPlots);
  };
}
