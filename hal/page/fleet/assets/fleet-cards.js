"use strict";
/* The cards of a fleet as the server tells them, which of them are shown, and in which order. */
{
  const live = hal.live;
  const STATES = ["free", "taken", "quarantined", "failed", "lost"];

  const fleet = {
    cards: new Map(), // by id
    hosts: [],
    isStarted: false,
    /* What is shown: a state, a host's node, words that a card has, "yes" for cards that differ alone; "" for all. */
    filter: { state: "", node: "", words: "", differs: "" },
    sort: { name: "host", isDown: false },
    /* By name what a card is sorted by, beside its own members; columns of registers add theirs. */
    keys: new Map(),
  };

  fleet.states = STATES;

  const FIELDS = ["host", "node", "state", "afi", "by", "why", "misfit"];

  const hay = (card) => {
    const maps = card.maps.map((number) => live.maps[number].name);
    return [...FIELDS.map((name) => card[name]), `slot=${card.slot}`, ...maps].join("\n").toLowerCase();
  };

  const isWanted = (card, words) => {
    const { state, node } = fleet.filter;
    if ((state && card.state !== state) || (node && card.node !== node)) return false;
    if (words.length === 0) return true;
    const text = hay(card);
    return words.every((word) => text.includes(word));
  };

  const keyOf = (card, name) => (fleet.keys.has(name) ? fleet.keys.get(name)(card) : card[name]);

  const compare = (one, other) => {
    if (typeof one === "number" && typeof other === "number") return one - other;
    return String(one).localeCompare(String(other), undefined, { numeric: true });
  };

  /* Cards of the chosen state, host and words, in their order: those that are compared. */
  fleet.chosen = () => {
    const words = fleet.filter.words.toLowerCase().replace(/\bslot\s+(?=\d)/g, "slot=").split(/\s+/).filter(Boolean);
    const { name, isDown } = fleet.sort;
    const found = [...fleet.cards.values()].filter((card) => isWanted(card, words));
    const byPlace = (one, other) => compare(one.host, other.host) || compare(one.node, other.node) || one.slot - other.slot;
    return found.sort((one, other) => (isDown ? -1 : 1) * compare(keyOf(one, name), keyOf(other, name)) || byPlace(one, other));
  };

  /* Of these the cards that are shown. */
  fleet.shown = (chosen = fleet.chosen()) => (fleet.filter.differs ? fleet.differing(chosen) : chosen);

  fleet.count = (state) => {
    let count = 0;
    for (const card of fleet.cards.values()) if (!state || card.state === state) count += 1;
    return count;
  };

  fleet.slotName = (card) => (card.slot < 0 ? card.host : `${card.host} slot ${card.slot}`);

  /* When its state began; "before" what was seen first. */
  fleet.sinceText = (card) => {
    const time = new Date(card.since * 1000);
    const isToday = time.toDateString() === new Date().toDateString();
    const text = isToday ? time.toLocaleTimeString() : time.toLocaleString();
    return card.is_exact ? text : `before ${text}`;
  };

  /* Only these cards, from now on; the address bar keeps it. */
  fleet.setFilter = (change) => {
    Object.assign(fleet.filter, change);
    const kept = Object.entries(fleet.filter).filter(([, value]) => value);
    history.replaceState(null, "", location.pathname + (kept.length ? `#${new URLSearchParams(kept)}` : ""));
    live.emit("filter");
  };

  /* As the address bar says. */
  fleet.readFilter = () => {
    const said = new URLSearchParams(location.hash.slice(1));
    const state = said.get("state") || "";
    fleet.filter = { state: STATES.includes(state) ? state : "", node: said.get("node") || "", words: said.get("words") || "", differs: said.get("differs") ? "yes" : "" };
    live.emit("filter");
  };

  /* Makes the children of an element these, and lets stand what is the same: who has the keyboard there keeps it. */
  fleet.update = (list, made) => {
    made.forEach((one, at) => {
      const old = list.children[at];
      if (!old) list.append(one);
      else if (!old.isEqualNode(one)) {
        const hasFocus = old.contains(document.activeElement);
        old.replaceWith(one);
        if (hasFocus) (one.matches("button") ? one : one.querySelector("button"))?.focus();
      }
    });
    while (list.children.length > made.length) list.lastElementChild.remove();
  };

  live.on("hello", (hello) => {
    fleet.cards = new Map(hello.cards.map((card) => [card.id, card]));
    fleet.hosts = hello.hosts;
  });

  live.on("cards", (message) => {
    for (const card of message.cards) fleet.cards.set(card.id, card);
    for (const id of message.gone) fleet.cards.delete(id);
    live.emit("changed", new Set(message.cards.map((card) => card.id)));
  });

  live.on("hosts", (message) => {
    fleet.hosts = message.hosts;
    live.emit("changed", new Set());
  });

  hal.fleet = fleet;
}
