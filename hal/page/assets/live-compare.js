"use strict";
/* Dumps: taken, kept in this page, saved to a file, compared, and written back. */
{
  const live = hal.live;
  const KEPT_MAX = 20;
  const SAVED_MAX = 32 << 20;
  const kept = []; // {map, name, text}

  const stamp = () => new Date().toLocaleTimeString();

  const rowsTable = (map, rows, names) => {
    const body = rows.map(([path, before, now]) => {
      const found = hal.resolve(map, path);
      const name = found ? hal.element("a", { href: hal.link(map, path) }, path) : path;
      return hal.element("tr", {}, [name, hal.element("code", {}, before), hal.element("code", {}, now)].map((cell) => hal.element("td", {}, cell)));
    });
    return hal.element("div", { class: "scroll" }, hal.element("table", { class: "diff" }, hal.element("thead", {}, hal.element("tr", {}, names.map((name) => hal.element("th", { scope: "col" }, name)))), hal.element("tbody", {}, body)));
  };

  live.comparePanel = (box) => {
    const result = hal.element("div", { role: "status" });
    const list = hal.element("ul", { class: "kept" });
    const choice = hal.element("select", { "aria-label": "Map" }, live.maps.map((map, number) => hal.element("option", { value: number }, map.name)));
    const memories = hal.element("input", { type: "checkbox" });
    const file = hal.element("input", { type: "file", accept: ".json,application/json", "aria-label": "Open a dump", hidden: true });
    const number = () => Number(choice.value);
    const map = () => live.maps[number()];
    const shown = live.mapShown && live.mapShown();
    if (shown) choice.value = String(live.maps.indexOf(shown));

    const doing = async (what, work) => {
      result.replaceChildren(hal.element("p", { class: "soft" }, `${what} …`));
      try {
        result.replaceChildren(...(await work()));
      } catch (error) {
        result.replaceChildren(hal.element("p", { class: "dead" }, error.message));
      }
    };

    const told = (found, what) => {
      const count = found.rows.length + found.more;
      const misfits = Object.entries(found.misfits || {});
      return [
        hal.element("h3", {}, `${what}: ${count === 0 ? "no difference" : `${count} difference${count === 1 ? "" : "s"}`}`),
        count ? rowsTable(map(), found.rows, ["Path", "There", "Now"]) : "",
        misfits.length ? hal.element("p", { class: "soft" }, `Not compared: ${misfits.map(([path, reason]) => `${path} (${reason})`).join(", ")}`) : "",
      ];
    };

    const compare = (one) => doing("Comparing", async () => told(await live.post("differences", one ? { map: number(), saved: one.text } : { map: number() }), one ? `With ${one.name}` : "With the resets"));

    const restore = (one) =>
      doing("Restoring", async () => {
        const found = await live.post("restore", { map: number(), saved: one.text });
        const count = found.rows.length + found.more;
        return [
          hal.element("h3", {}, `Restored ${one.name}: ${count} value${count === 1 ? "" : "s"} differ now`),
          count ? rowsTable(map(), found.rows, ["Path", "Before", "Now"]) : "",
          found.left_out.length ? hal.element("p", { class: "soft" }, `Left out: ${found.left_out.join(", ")}`) : "",
        ];
      });

    const keep = (name, text) => {
      kept.push({ map: map(), name, text });
      if (kept.length > KEPT_MAX) kept.shift();
      draw();
    };

    const take = () =>
      doing("Reading", async () => {
        const text = await live.post("saved", { map: number(), memories: memories.checked }, "text");
        keep(`dump of ${stamp()}`, text);
        return [hal.element("p", {}, "Kept in this page until it is closed.")];
      });

    file.addEventListener("change", async () => {
      const [given] = file.files;
      file.value = "";
      if (!given) return;
      if (given.size > SAVED_MAX) live.say(`${given.name} is too large for a dump`);
      else keep(given.name, await given.text());
    });

    const button = (text, call, more) => hal.element("button", { type: "button", class: "plain", onclick: call, ...more }, text);

    const draw = () => {
      list.replaceChildren(
        ...kept
          .filter((one) => one.map === map())
          .map((one) =>
            hal.element(
              "li",
              {},
              hal.element("span", {}, one.name),
              button("Compare", () => compare(one), { "aria-label": `Compare with ${one.name}` }),
              live.write ? button("Restore", () => restore(one), { "aria-label": `Write back ${one.name}` }) : "",
              button("Save", () => live.download(`${map().name}.json`, one.text, "application/json"), { "aria-label": `Save ${one.name} to a file` }),
            ),
          ),
      );
    };
    choice.addEventListener("change", () => {
      result.replaceChildren();
      draw();
    });
    box.append(
      live.maps.length > 1 ? hal.element("div", { class: "bar" }, choice) : "",
      hal.element("div", { class: "bar" }, button("Compare with resets", () => compare(null)), button("Take a dump", take), button("Open a dump", () => file.click()), file, hal.element("label", {}, memories, " with memories")),
      list,
      result,
    );
    draw();
    return () => {};
  };
}
