"use strict";
/* Bits and what they mean. Bits are BigInt; a value is text as people read and write it. */
{
  const DIGITS = /^([+-]?)(0x[0-9a-f_]+|0b[01_]+|0o[0-7_]+|[0-9][0-9_]*)$/i;
  const ones = (width) => (1n << BigInt(width)) - 1n;

  hal.hex = (value, digits = 1) => "0x" + value.toString(16).toUpperCase().padStart(digits, "0");

  /* Hex with x for digits that nobody knows, X for those of which some bits are. */
  hal.hexUnknown = (value, unknown, digits = 1) => {
    if (!unknown) return hal.hex(value, digits);
    const marks = unknown.toString(16).toUpperCase();
    const text = hal.hex(value, Math.max(digits, marks.length)).slice(2);
    const padded = marks.padStart(text.length, "0");
    return "0x" + [...text].map((digit, at) => ({ 0: digit, F: "x" })[padded[at]] || "X").join("");
  };

  /* The integer that a text is; null where it is none. */
  hal.integer = (text) => {
    const match = DIGITS.exec(text.trim());
    if (!match) return null;
    try {
      const found = BigInt(match[2].replaceAll("_", ""));
      return match[1] === "-" ? -found : found;
    } catch {
      return null; // 0x with nothing behind it
    }
  };

  hal.sizeText = (size) => {
    for (const [power, unit] of [[30, "GiB"], [20, "MiB"], [10, "KiB"]]) {
      if (size >= 2 ** power && size % 2 ** power === 0) return `${size / 2 ** power} ${unit}`;
    }
    return `${size} B`;
  };

  hal.bitsOf = (value, at, width) => (value >> BigInt(at)) & ones(width);

  hal.withBits = (value, at, width, bits) => {
    const shift = BigInt(at);
    return (value & ~(ones(width) << shift)) | (bits << shift);
  };

  const bcdStep = (bits, width) => {
    let step = 0n;
    for (let low = Math.floor((width - 1) / 4) * 4; low >= 0; low -= 4) {
      const digit = (bits >> BigInt(low)) & 15n;
      if (digit > 9n) return null;
      step = step * 10n + digit;
    }
    return step;
  };

  const bcdBits = (step, width) => {
    let bits = 0n;
    for (let low = 0n; low < width; low += 4n) {
      bits |= step % 10n << low;
      step /= 10n;
    }
    return bits;
  };

  const grayStep = (bits, width) => {
    for (let shift = 1n; shift < width; shift <<= 1n) bits ^= bits >> shift;
    return bits;
  };

  /* By coding: the step of bits (null: they are none), the bits of a step, and the lowest and the highest step. */
  const CODINGS = {
    unsigned: [(bits) => bits, (step) => step, (width) => [0n, ones(width)]],
    signed: [
      (bits, width) => BigInt.asIntN(width, bits),
      (step, width) => BigInt.asUintN(width, step),
      (width) => [-(1n << BigInt(width - 1)), ones(width - 1)],
    ],
    sign_magnitude: [
      (bits, width) => (bits >> BigInt(width - 1) ? (1n << BigInt(width - 1)) - bits : bits),
      (step, width) => (step >= 0n ? step : (1n << BigInt(width - 1)) - step),
      (width) => [-ones(width - 1), ones(width - 1)],
    ],
    gray: [(bits, width) => grayStep(bits, BigInt(width)), (step) => step ^ (step >> 1n), (width) => [0n, ones(width)]],
    bcd: [
      bcdStep,
      (step, width) => bcdBits(step, BigInt(width)),
      (width) => [0n, (1n << BigInt(width % 4)) * 10n ** BigInt(Math.floor(width / 4)) - 1n],
    ],
    one_hot: [
      (bits) => (bits && !(bits & (bits - 1n)) ? BigInt(bits.toString(2).length - 1) : null),
      (step) => 1n << step,
      (width) => [0n, BigInt(width - 1)],
    ],
  };

  const codingOf = (field) => {
    const ofFixed = field.signed ? CODINGS.signed : CODINGS.unsigned;
    return field.kind === "fixed" ? ofFixed : CODINGS[field.kind] || CODINGS.unsigned;
  };
  const widthOf = (field) => field.width || 1;

  /* value = step * scale + offset */
  const lineOf = (field) => {
    const scale = field.scale === undefined ? 1 : field.scale;
    return [field.kind === "fixed" ? scale / 2 ** (field.fraction_bits || 0) : scale, field.offset || 0];
  };
  const isPlain = (field) => lineOf(field)[0] === 1 && lineOf(field)[1] === 0 && field.kind !== "fixed";

  const floats = (width) => {
    const view = new DataView(new ArrayBuffer(8));
    if (width === 16) return [halfValue, halfBits];
    const kind = `Float${width}`;
    const valueOf = (bits) => {
      view.setBigUint64(0, bits << BigInt(64 - width));
      return view[`get${kind}`](0);
    };
    const bitsOf = (value) => {
      view[`set${kind}`](0, value);
      return view.getBigUint64(0) >> BigInt(64 - width);
    };
    return [valueOf, bitsOf];
  };

  const halfValue = (bits) => {
    const number = Number(bits), exponent = (number >> 10) & 31, rest = number & 1023, sign = number >> 15 ? -1 : 1;
    if (exponent === 31) return rest ? NaN : sign * Infinity;
    return sign * (exponent ? 2 ** (exponent - 15) * (1 + rest / 1024) : 2 ** -24 * rest);
  };

  const evenly = (value) => {
    const low = Math.floor(value), rest = value - low;
    return rest > 0.5 || (rest === 0.5 && low % 2) ? low + 1 : low;
  };

  const halfBits = (value) => {
    if (Number.isNaN(value)) return 0x7e00n;
    const sign = Object.is(value, -0) || value < 0 ? 0x8000 : 0, size = Math.abs(value);
    if (size === Infinity) return BigInt(sign | 0x7c00);
    const exponent = Math.max(-14, Math.min(15, Math.floor(Math.log2(size || 2 ** -24))));
    const step = 2 ** (exponent - 10);
    return BigInt(sign + Math.min(0x7c00, evenly(size / step) + (exponent + 14) * 1024));
  };

  /* The member of a field's enum that bits are, or undefined. */
  hal.member = (map, field, bits) => field.enum === undefined ? undefined : map.enums[field.enum].members.find((one) => BigInt(one.value) === bits);

  /* How plain numbers without a unit are written: 16, 10 or 2. Those of few bits are decimal in hex too. */
  hal.base = 16;

  const plainText = (field, step) => {
    if ((field.kind || "unsigned") !== "unsigned" || field.unit || hal.base === 10) return String(step);
    if (hal.base === 2) return `0b${step.toString(2).padStart(widthOf(field), "0")}`;
    return widthOf(field) > 4 ? hal.hex(step) : String(step);
  };

  /* What bits mean, without the unit. */
  hal.decode = (map, field, bits) => {
    const member = hal.member(map, field, bits);
    if (member) return member.name;
    if (field.enum !== undefined) return String(bits);
    if (field.kind === "bool") return bits ? "true" : "false";
    if (field.kind === "float") return String(floats(widthOf(field))[0](bits));
    const step = codingOf(field)[0](bits, widthOf(field));
    if (step === null) return hal.hex(bits);
    if (isPlain(field)) return plainText(field, step);
    const [scale, offset] = lineOf(field);
    return String(Number.isInteger(scale) && Number.isInteger(offset) ? step * BigInt(scale) + BigInt(offset) : Number((Number(step) * scale + offset).toPrecision(15)));
  };

  /* The same with its unit, as a sentence has it. */
  hal.wordOf = (map, field, bits) => `${hal.decode(map, field, bits)}${field.unit ? ` ${field.unit}` : ""}`;

  const inRange = (field, value) => {
    if (field.low !== undefined && value < field.low) throw new RangeError(`at least ${field.low}`);
    if (field.high !== undefined && value > field.high) throw new RangeError(`at most ${field.high}`);
  };

  const fitting = (field, step) => {
    const [, toBits, toEnds] = codingOf(field);
    const [low, high] = toEnds(widthOf(field));
    if (step < low || step > high) throw new RangeError(`outside of ${low} to ${high}`);
    return toBits(step, widthOf(field));
  };

  /* The bits of a value. Throws a RangeError that says what is wrong. */
  hal.encode = (map, field, text) => {
    const given = text.trim();
    const names = field.write_enum === undefined ? field.enum : field.write_enum;
    if (names !== undefined) {
      const { members, open } = map.enums[names];
      const number = hal.integer(given);
      const isMeant = (one) => one.name.toLowerCase() === given.toLowerCase() || BigInt(one.value) === number;
      const member = members.find(isMeant);
      if (member) return BigInt(member.value);
      if (!open) throw new RangeError("no member");
    }
    if (field.kind === "bool" && /^(true|false)$/i.test(given)) return given.toLowerCase() === "true" ? 1n : 0n;
    if (field.kind === "float") {
      const value = Number(given.replace(/^([+-]?)inf(inity)?$/i, "$1Infinity") || "?");
      if (Number.isNaN(value) && !/^nan$/i.test(given)) throw new RangeError("no number");
      inRange(field, value);
      return floats(widthOf(field))[1](value);
    }
    const whole = hal.integer(given);
    if (isPlain(field)) {
      if (whole === null) throw new RangeError(names === undefined ? "no integer" : "neither a member nor an integer");
      inRange(field, Number(whole));
      return fitting(field, whole);
    }
    const value = whole === null ? Number(given || "?") : Number(whole);
    if (!Number.isFinite(value)) throw new RangeError("no number");
    inRange(field, value);
    const [scale, offset] = lineOf(field);
    return fitting(field, BigInt(evenly(Number(((value - offset) / scale).toPrecision(15)))));
  };
}
