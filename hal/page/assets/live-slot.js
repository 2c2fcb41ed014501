"use strict";
/* The slot: what it holds, its lights and switches, clocks, counters and power; and the log of what was done. */
{
  const live = hal.live;
  const BITS = 16;
  let power = null;

  const facts = (pairs) => hal.element("dl", { class: "facts" }, pairs.map(([name, value]) => [hal.element("dt", {}, name), hal.element("dd", {}, value)]));
  const problem = (given) => hal.element("p", { class: "soft" }, given.problem);
  const isProblem = (given) => given !== null && typeof given === "object" && "problem" in given;

  const lights = (value) =>
    hal.element(
      "div",
      { class: "lights", role: "img", "aria-label": `LEDs ${hal.hex(BigInt(value), 4)}` },
      Array.from({ length: BITS }, (_, at) => hal.element("i", { class: (value >> (BITS - 1 - at)) & 1 ? "on" : "", title: `LED ${BITS - 1 - at}` })),
    );

  const switches = (value) =>
    hal.element(
      "div",
      { class: "switches", role: "group", "aria-label": "DIP switches" },
      Array.from({ length: BITS }, (_, at) => {
        const bit = BITS - 1 - at;
        const input = hal.element("input", { type: "checkbox", "aria-label": `DIP switch ${bit}`, title: `DIP ${bit}` });
        input.checked = Boolean((value >> bit) & 1);
        input.disabled = !live.write;
        input.addEventListener("change", async () => {
          try {
            await live.post("dip", { value: input.checked ? value | (1 << bit) : value & ~(1 << bit) });
          } catch (error) {
            live.say(error.message);
          }
        });
        return input;
      }),
    );

  const table = (pairs) => hal.element("div", { class: "scroll" }, hal.element("table", { class: "pairs" }, hal.element("tbody", {}, pairs.map(([name, value]) => hal.element("tr", {}, hal.element("th", { scope: "row" }, name), hal.element("td", {}, hal.element("code", {}, value)))))));

  live.slotPanel = (box) => {
    const image = hal.element("div");
    const leds = hal.element("div");
    const dip = hal.element("div");
    const clocks = hal.element("div");
    const metrics = hal.element("div");
    let dipShown = null;
    power = power || hal.plot("Power in watts over time");
    power.add("power, W");
    box.append(image, hal.element("h3", {}, "LEDs"), leds, hal.element("h3", {}, "DIP switches"), dip, hal.element("h3", {}, "Clocks"), clocks, hal.element("h3", {}, "Power"), power.element, hal.element("h3", {}, "Metrics"), metrics);
    live.setSeesSlot(true);
    const stop = live.on("slot", (message) => {
      const held = message.image;
      const names = { slot: "Slot", status: "Status", afi: "AFI", shell: "Shell", app: "App function", mgmt: "Management function", ids: "PCI ids" };
      image.replaceChildren(isProblem(held) ? problem(held) : facts(Object.entries(names).map(([key, name]) => [name, hal.element("code", {}, String(held[key]))])));
      leds.replaceChildren(isProblem(message.leds) ? problem(message.leds) : lights(message.leds));
      const dipNow = JSON.stringify(message.dip);
      if (dipNow !== dipShown) dip.replaceChildren(isProblem(message.dip) ? problem(message.dip) : switches(message.dip));
      dipShown = dipNow;
      clocks.replaceChildren(isProblem(message.clocks) ? problem(message.clocks) : table(Object.entries(message.clocks).map(([name, mhz]) => [name, `${mhz} MHz`])));
      if (isProblem(message.metrics)) {
        metrics.replaceChildren(problem(message.metrics));
        return;
      }
      power.push("power, W", message.time, message.metrics.power);
      metrics.replaceChildren(table(Object.entries(message.metrics).map(([name, value]) => [name.replaceAll("_", " "), Array.isArray(value) ? value.join(", ") || "none" : String(value)])));
    });
    return () => {
      stop();
      live.setSeesSlot(false);
    };
  };

  const log = [];
  const LOG_MAX = 500;

  const add = (entries) => {
    log.push(...entries);
    if (log.length > LOG_MAX) log.splice(0, log.length - LOG_MAX);
    live.emit("logged");
  };

  live.on("hello", (message) => {
    log.length = 0;
    add(message.log);
  });
  live.on("log", (message) => add(message.entries));

  live.logPanel = (box) => {
    const list = hal.element("ol", { class: "log" });
    const name = hal.element("input", { type: "text", maxlength: 40, size: 16 });
    name.value = live.hello ? live.hello.name : "";
    name.addEventListener("change", async () => {
      try {
        const found = await live.post("name", { name: name.value });
        live.hello.name = found.name;
        name.value = found.name;
      } catch (error) {
        live.say(error.message);
      }
    });
    const draw = () => {
      const items = [...log].reverse().map((entry) =>
        hal.element(
          "li",
          { class: entry.failed ? "failed" : "" },
          hal.element("div", { class: "soft" }, `${new Date(entry.time * 1000).toLocaleTimeString()} ${entry.who}, ${entry.map}`),
          entry.lines.map((line) => hal.element("div", {}, hal.element("code", {}, line))),
          entry.failed ? hal.element("div", { class: "dead" }, `not done: ${entry.failed}`) : "",
        ),
      );
      list.replaceChildren(...(items.length ? items : [hal.element("li", { class: "soft" }, "Nothing was written from a page so far.")]));
    };
    box.append(hal.element("div", { class: "bar" }, hal.element("label", {}, "Your name in it ", name)), list);
    draw();
    return live.on("logged", draw);
  };
}
