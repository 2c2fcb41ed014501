"use strict";
/*
 * Search by name, path, "ch[2].ctrl", address, access word, member of an enum, or words of a description. Every word
 * has to be found. A hit: {place, field, why}; a place that an index or an address was given for has its indices.
 */
{
  const HITS = 200;
  const AROUND = 64; // elements looked at where arrays are woven into each other

  /* Numbers of elements in which something at `distance` bytes from the array's start can be. */
  const candidates = (axis, distance, reach) => {
    const high = Math.min(axis.count - 1, Math.floor(distance / axis.stride));
    const low = Math.max(0, Math.ceil((distance - reach + 1) / axis.stride), high - AROUND);
    return Array.from({ length: Math.max(0, high - low + 1) }, (_, at) => high - at);
  };

  const insideOf = function* (place, distance, chosen) {
    const axes = place.child.memory && place.type ? place.axes.slice(0, -1) : place.axes;
    if (chosen.length < axes.length) {
      const others = axes.slice(chosen.length + 1);
      const inner = others.reduce((sum, axis) => sum + (axis.count - 1) * axis.stride, place.size);
      for (const number of candidates(axes[chosen.length], distance, inner)) {
        yield* insideOf(place, distance - number * axes[chosen.length].stride, [...chosen, number]);
      }
      return;
    }
    if (distance < 0 || distance >= place.size) return;
    const entry = place.axes.length > axes.length ? place.axes.at(-1) : null;
    const own = entry ? [...chosen, Math.floor(distance / entry.stride)] : chosen;
    yield [place.at(own), entry ? distance % entry.stride : distance];
  };

  /* The innermost places of a child that are so many bytes from the start of what it lies in. */
  const innermost = function* (child, distance) {
    for (const [place, rest] of insideOf(child, distance - child.child.at, [])) {
      const inner = place.children.filter((one) => !one.child.space).flatMap((one) => [...innermost(one, rest)]);
      yield* inner.length > 0 ? inner : [place];
    }
  };

  /* The places of a map that hold an address, in any BAR, innermost ones. */
  hal.placesAt = (map, address) => {
    const starts = function* (parent) {
      for (const child of parent.children) {
        if (parent.isRoot || child.child.space) yield child;
        if (child.kind === "block") yield* starts(child);
      }
    };
    return [...starts(hal.root(map))].flatMap((child) => [...innermost(child, address)]);
  };

  const lower = (text) => (text || "").toLowerCase();

  /* What is found of a type, made once: of itself, and of each of its fields. */
  const hays = new WeakMap();
  const hayOf = (map, type) => {
    if (!hays.has(type)) {
      const own = `${lower(hal.className(type))} ${lower(hal.plain(type.text))}`;
      const fields = (type.fields || []).map((field) => {
        const enums = [field.enum, field.write_enum].filter((one) => one !== undefined).map((one) => map.enums[one]);
        const named = enums.flatMap((one) => [one, ...one.members]);
        const told = named.flatMap((one) => [one.title, hal.plain(one.text)]);
        const words = [field.title, field.more, field.unit, field.meaning, hal.plain(field.text), ...told];
        return {
          field,
          name: lower(field.name),
          access: lower(field.access || type.access),
          members: named.map((one) => lower(one.name)),
          text: lower(words.filter(Boolean).join(" ")),
        };
      });
      hays.set(type, { own, fields });
    }
    return hays.get(type);
  };

  /* A word as it is looked for in paths: "ch[2].ctrl" without what is in brackets. */
  const bare = (word) => word.replace(/\[[^\]]*\]?/g, "");

  const fieldHas = (hay, path, word) => {
    if (hay.access === word) return `access ${word}`;
    if (`${path}.${hay.name}`.includes(bare(word))) return "name";
    const member = hay.members.find((name) => name.includes(word));
    if (member) return `value ${member.toUpperCase()}`;
    return hay.text.includes(word) ? "text" : "";
  };

  const plainPath = (place) => place.places.map((one) => one.child.name).join(".").toLowerCase();

  const indicesOf = (axes, labels) =>
    axes.map((axis, at) => hal.indexOf(axis, labels[at] === undefined ? "" : labels[at]));

  /* A place with the indices of `steps`, the first of which is the end of a name on its way; null: they don't fit. */
  const withIndices = (place, steps) => {
    const places = place.places;
    for (let first = 0; first < places.length; first++) {
      let parent = first ? places[first - 1] : hal.root(place.map);
      let fits = true;
      for (const [at, one] of places.slice(first).entries()) {
        const [name, labels] = steps[at] || ["", []];
        const own = one.child.name.toLowerCase();
        const indices = indicesOf(one.axes, labels);
        const isCalled = at === 0 ? own.endsWith(name) : own.startsWith(name);
        fits = isCalled && labels.length <= one.axes.length && !indices.includes(undefined);
        if (!fits) break;
        parent = one.below(parent).at(indices);
      }
      if (fits) return parent;
    }
    return null;
  };

  /* The steps of a word that has an index, without what is not finished; null for other words. */
  const indexedSteps = (words) => {
    const word = words.find((one) => one.includes("["));
    return word === undefined ? null : hal.steps(word.replace(/\[[^\]]*$/, "").replace(/\.$/, ""));
  };

  /* The element of an array of fields that the last step is of. */
  const elementOf = (field, steps) => {
    const [name, labels] = steps.at(-1);
    if (!field.array || labels.length !== 1 || !field.name.toLowerCase().endsWith(name)) return null;
    const number = hal.indexOf(field.array, labels[0]);
    return number === undefined || number === null ? null : hal.elements([field])[number];
  };

  const rankOf = (place, path, words) => {
    const name = place.child.name.toLowerCase();
    const word = bare(words[0]);
    return path === word ? 0 : name === word ? 1 : name.startsWith(word) ? 2 : path.includes(word) ? 3 : 5;
  };

  /* Adds the hits in a place: itself, else its fields. `steps`: of a word with an index, or null. */
  const look = (map, place, words, steps, found) => {
    const path = plainPath(place);
    const hay = place.type ? hayOf(map, place.type) : { own: "", fields: [] };
    const { title, note, text: own } = place.child;
    const text = `${lower(title)} ${lower(hal.plain(own))} ${hay.own} ${place.kind} ${lower(note)}`;
    const access = place.kind === "memory" ? place.child.memory.access : "";
    const missing = words.filter((word) => word !== access && !path.includes(bare(word)) && !text.includes(word));
    const shown = steps === null ? place : withIndices(place, steps);
    if (missing.length === 0 && shown) {
      found.push({ place: shown, field: null, why: "", rank: rankOf(place, path, words) });
      return;
    }
    if (place.kind !== "register") return;
    for (const one of hay.fields) {
      const why = words.map((word) => (missing.includes(word) ? fieldHas(one, path, word) : "place"));
      const element = steps === null ? null : elementOf(one.field, steps);
      const where = element && steps.length > 1 ? withIndices(place, steps.slice(0, -1)) : element ? place : shown;
      if (!why.every(Boolean) || !where) continue;
      const said = why.filter((word) => word.includes(" "));
      const rank = one.name === bare(words.at(-1)) ? 2 : why.includes("text") ? 6 : 4;
      found.push({ place: where, field: element || one.field, why: said.join(", "), rank });
    }
  };

  /* {hits, more}: the best hits in a map, and the number of others. */
  hal.search = (map, query) => {
    const words = query.toLowerCase().split(/\s+/).filter(Boolean);
    const found = [];
    if (words.length === 0) return { hits: found, more: 0 };
    const address = words.find((word) => /^0x[0-9a-f_]+$/.test(word));
    if (address !== undefined) {
      const others = words.filter((word) => word !== address);
      for (const place of hal.placesAt(map, Number(hal.integer(address)))) {
        const fits = others.every((word) => place.path.toLowerCase().includes(word));
        if (fits) found.push({ place, field: null, why: "", rank: 0 });
      }
    }
    const steps = indexedSteps(words);
    for (const place of hal.everyPlace(hal.root(map))) look(map, place, words, steps, found);
    found.sort((one, other) => one.rank - other.rank);
    return { hits: found.slice(0, HITS), more: Math.max(0, found.length - HITS) };
  };
}
