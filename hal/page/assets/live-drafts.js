"use strict";
/* Changes that are not written yet: of any registers of a map, written at one click and in one transaction. */
{
  const live = hal.live;
  const drafts = new Map(); // by map: by path {text, bits, register}
  const SHOWN = 6;

  const ofMap = (map) => {
    if (!drafts.has(map)) drafts.set(map, new Map());
    return drafts.get(map);
  };

  live.drafts = {
    get: (map, path) => ofMap(map).get(path),

    /* `register` is the path of the register that it changes. */
    set: (map, path, text, bits, register) => {
      ofMap(map).set(path, { text, bits, register });
      changed(map);
    },

    drop: (map, path) => {
      if (ofMap(map).delete(path)) changed(map);
    },

    /* Of the fields of a register. */
    dropBelow: (map, register) => {
      for (const path of [...ofMap(map).keys()]) if (path.startsWith(`${register}.`)) ofMap(map).delete(path);
    },

    count: () => [...drafts.values()].reduce((sum, one) => sum + one.size, 0),
  };

  const changed = (map) => {
    draw();
    live.emit("drafts", map);
  };

  const discard = () => {
    const maps = [...drafts.keys()];
    drafts.clear();
    draw();
    for (const map of maps) live.emit("drafts", map);
  };

  let isWriting = false;

  live.writeDrafts = async () => {
    if (isWriting || live.drafts.count() === 0) return;
    isWriting = true;
    draw();
    try {
      for (const [map, waiting] of [...drafts]) {
        if (waiting.size === 0) continue;
        const sent = [...waiting];
        await live.post("write", { map: live.maps.indexOf(map), writes: sent.map(([path, one]) => [path, one.text]) });
        for (const [path, one] of sent) if (waiting.get(path) === one) waiting.delete(path);
        if (document.activeElement && document.activeElement.closest(".calculator")) document.activeElement.blur();
        live.emit("drafts", map);
      }
      live.say("", false);
    } catch (error) {
      live.say(`Nothing was written. ${error.message}`);
    } finally {
      isWriting = false;
      draw();
    }
  };

  const draw = () => {
    const bar = document.getElementById("drafts");
    const all = [...drafts].flatMap(([map, waiting]) => [...waiting].map(([path, one]) => ({ map, path, text: one.text })));
    bar.hidden = all.length === 0;
    if (all.length === 0) return;
    const several = live.maps.length > 1;
    const items = all.slice(0, SHOWN).map(({ map, path, text }) =>
      hal.element(
        "li",
        {},
        hal.element("code", {}, `${several ? `${map.name}/` : ""}${path} = ${text}`),
        hal.element("button", { type: "button", class: "drop", "aria-label": `Discard ${path}`, onclick: () => live.drafts.drop(map, path) }, "×"),
      ),
    );
    if (all.length > SHOWN) items.push(hal.element("li", {}, `and ${all.length - SHOWN} more`));
    const write = hal.element("button", { type: "button", class: "main", onclick: live.writeDrafts, title: "Ctrl+Enter" }, all.length === 1 ? "Write" : `Write all ${all.length}`);
    write.disabled = isWriting;
    bar.replaceChildren(hal.element("ul", {}, items), hal.element("div", { class: "buttons" }, write, hal.element("button", { type: "button", class: "plain", onclick: discard }, "Discard")));
  };

  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      if (document.activeElement && document.activeElement.blur) document.activeElement.blur(); // what is typed counts
      live.writeDrafts();
    }
  });
}
