"use strict";
/* How values are shown and marked, and how they become a file. */
{
  const live = hal.live;
  const FADE_MS = 4000;
  const animations = new WeakMap();

  /* Marks an element whose content changed; the mark fades. */
  live.mark = (element) => {
    const running = animations.get(element);
    if (running && running.playState === "running") {
      running.currentTime = 0;
      return;
    }
    if (!element.animate) return;
    const color = getComputedStyle(document.body).getPropertyValue("--mark") || "#fff3c4";
    animations.set(element, element.animate([{ backgroundColor: color }, { backgroundColor: color, offset: 0.3 }, { backgroundColor: "transparent" }], FADE_MS));
  };

  const onesOf = (width) => (1n << BigInt(width)) - 1n;

  /* A register's value in words: {text, title, mark} */
  live.shown = (type, entry) => {
    if (entry.reason) return { text: entry.reason, title: "", kind: "soft" };
    if (entry.bits === undefined) return { text: "", title: "", kind: "" };
    if (entry.bits === null) return { text: "no answer", title: "the bus timed out, and all ones were seen", kind: "dead" };
    const text = hal.hex(entry.bits, Math.ceil(type.width / 4));
    if (entry.bits === onesOf(type.width)) return { text, title: "all ones", kind: "ones" };
    return { text, title: "", kind: "" };
  };

  live.isReadable = (map, type, field) => {
    const word = map.access[field.access || type.access];
    return !word || word.read;
  };

  live.isWritable = (map, type, field) => {
    const word = map.access[field.access || type.access];
    return !word || word.write;
  };

  /* The fields of a register in one line. */
  live.fieldsText = (map, type, bits) => {
    const found = hal.elements(type.fields.filter((field) => live.isReadable(map, type, field) && field.alternate === undefined));
    const words = found.map((one) => {
      const text = hal.wordOf(map, one.of, hal.bitsOf(bits, one.at, one.of.width || 1));
      return found.length === 1 ? text : `${one.name}=${text}`;
    });
    return words.join(" ");
  };

  /* Has the browser save a text as a file. */
  live.download = (name, text, type) => {
    const address = URL.createObjectURL(new Blob([text], { type }));
    const link = hal.element("a", { href: address, download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(address), 10000);
  };
}
