"use strict";
/* The picture of a register's bits: rows of 32, 16 or 8 boxes, as many as fit; rows that are alike are one. */
{
  const CELL = 20;
  const CELL_MAX = 30;
  const LETTER = 7.6;

  const drawn = (type) => {
    const fields = type.fields.filter((field) => field.alternate === undefined);
    return hal.elements(fields).sort((one, other) => other.at - one.at);
  };

  const runsOf = (fields, high, low) => {
    const runs = [];
    let upper = high;
    for (const field of fields) {
      const msb = Math.min(field.at + (field.of.width || 1) - 1, high);
      const lsb = Math.max(field.at, low);
      if (msb < lsb) continue;
      if (msb < upper) runs.push({ msb: upper, lsb: msb + 1 });
      runs.push({ msb, lsb, field });
      upper = lsb - 1;
    }
    if (upper >= low) runs.push({ msb: upper, lsb: low });
    return runs;
  };

  const rowsOf = (type, columns) => {
    const fields = drawn(type);
    const rows = [];
    for (let low = Math.ceil(type.width / columns) * columns - columns; low >= 0; low -= columns) {
      const runs = runsOf(fields, Math.min(low + columns, type.width) - 1, low);
      const before = rows.at(-1);
      if (before && before.length === 1 && runs.length === 1 && before[0].field === runs[0].field) before[0].lsb = low;
      else rows.push(runs);
    }
    return rows;
  };

  const box = (run, columns, cell, onPick) => {
    const width = Math.min(run.msb - run.lsb + 1, columns);
    const ends = run.msb > run.lsb ? [run.msb, run.lsb] : [run.lsb];
    const numbers = hal.element("span", { class: "numbers" }, ends.map((end) => hal.element("i", {}, String(end))));
    const name = run.field ? run.field.name : "";
    const upright = name.length * LETTER > width * cell - 4;
    const label = hal.element("span", { class: upright ? "name upright" : "name" }, name);
    const title = `${name || "unused"} ${ends.join(":")}`;
    const made = run.field && onPick
      ? hal.element("button", { class: "bit field", type: "button", "data-field": name, title, onclick: () => onPick(run.field) }, numbers, label)
      : hal.element("div", { class: run.field ? "bit field" : "bit unused", title }, numbers, label);
    made.style.gridColumnEnd = `span ${width}`;
    return made;
  };

  const draw = (picture, type, onPick, room) => {
    const columns = Math.min(type.width, [32, 16].find((bits) => room >= bits * CELL) || 8);
    if (picture.dataset.columns === String(columns)) return;
    picture.dataset.columns = columns;
    const cell = Math.min(room / columns, CELL_MAX);
    const rows = rowsOf(type, columns).map((runs) => {
      const boxes = runs.map((run) => box(run, columns, cell, onPick));
      const bits = Math.min(runs[0].msb - runs.at(-1).lsb + 1, columns);
      boxes[0].style.gridColumnStart = columns - bits + 1; // a row that is not full is aligned right
      const row = hal.element("div", { class: runs.length === 1 && !runs[0].field ? "row thin" : "row" }, boxes);
      row.style.gridTemplateColumns = `repeat(${columns}, minmax(0, 1fr))`;
      row.style.maxWidth = `${columns * CELL_MAX}px`;
      return row;
    });
    picture.replaceChildren(...rows);
    if (picture.drawn) picture.drawn();
  };

  /* The same for paper: as wide as a page, and nothing to press. */
  hal.paperPicture = (type) => {
    const picture = hal.element("div", { class: "bits" });
    draw(picture, type, null, 32 * CELL);
    return picture;
  };

  /* Returns an element that draws itself again as its width changes, and calls its `drawn` then. `onPick` is called with
     an element of a field. */
  hal.bitPicture = (type, label, onPick) => {
    const picture = hal.element("div", { class: "bits", role: "group", "aria-label": label });
    draw(picture, type, onPick, Math.min(window.innerWidth - 40, 32 * CELL_MAX));
    if (window.ResizeObserver) {
      new ResizeObserver(([entry]) => draw(picture, type, onPick, entry.contentRect.width)).observe(picture);
    }
    return picture;
  };
}
