"use strict";
/* Values over time on a canvas: steps, for nothing is known between two reads. */
{
  const POINTS_MAX = 20000;
  const COLORS = ["#0b72d9", "#d9480f", "#2b8a3e", "#9c36b5", "#c2255c", "#0c8599", "#e67700", "#495057"];

  /* {element, add(name), drop(name), push(name, time, value), tick(time), isEmpty(), csv()}; times are seconds since 1970. */
  hal.plot = (label) => {
    const series = new Map(); // by name: {color, times, values}
    const canvas = hal.element("canvas", { class: "plot", role: "img", "aria-label": label });
    const legend = hal.element("ul", { class: "legend" });
    const span = hal.element("select", { "aria-label": "Time shown" }, [10, 30, 60, 300, 1800].map((seconds) => hal.element("option", { value: seconds }, seconds < 60 ? `${seconds} s` : `${seconds / 60} min`)));
    span.value = "30";
    let paused = null;
    let latest = 0;
    let queued = false;

    const pause = hal.element("button", { type: "button", class: "plain", "aria-pressed": "false" }, "Pause");
    pause.addEventListener("click", () => {
      paused = paused === null ? latest : null;
      pause.setAttribute("aria-pressed", String(paused !== null));
      pause.textContent = paused === null ? "Pause" : "Go on";
      redraw();
    });
    const save = hal.element("button", { type: "button", class: "plain", onclick: () => hal.live.download("plot.csv", plot.csv(), "text/csv") }, "CSV");
    span.addEventListener("change", () => redraw());

    const nextColor = () => COLORS.find((color) => ![...series.values()].some((one) => one.color === color)) || COLORS[series.size % COLORS.length];

    const drawLegend = () => {
      legend.replaceChildren(
        ...[...series].map(([name, one]) => {
          const swatch = hal.element("i", { class: "swatch" });
          swatch.style.background = one.color;
          return hal.element("li", {}, swatch, name);
        }),
      );
    };

    const redraw = () => {
      if (queued) return;
      queued = true;
      requestAnimationFrame(() => {
        queued = false;
        paint();
      });
    };

    const nice = (size) => {
      const power = 10 ** Math.floor(Math.log10(size));
      const part = size / power;
      return (part > 5 ? 10 : part > 2 ? 5 : part > 1 ? 2 : 1) * power;
    };

    const firstAfter = (times, time) => {
      let low = 0;
      let high = times.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (times[middle] <= time) low = middle + 1;
        else high = middle;
      }
      return low;
    };

    const paint = () => {
      const box = canvas.getBoundingClientRect();
      if (box.width === 0) return;
      const ratio = window.devicePixelRatio || 1;
      canvas.width = Math.round(box.width * ratio);
      canvas.height = Math.round(box.height * ratio);
      const context = canvas.getContext("2d");
      const style = getComputedStyle(document.body);
      context.scale(ratio, ratio);
      context.font = "11px system-ui, sans-serif";
      const end = paused === null ? latest : paused;
      const start = end - Number(span.value);
      const parts = [...series.values()].map((one) => {
        const from = Math.max(0, firstAfter(one.times, start) - 1);
        return { one, from, to: firstAfter(one.times, end) };
      });
      let low = Infinity;
      let high = -Infinity;
      for (const { one, from, to } of parts) {
        for (let at = from; at < to; at++) {
          if (one.values[at] === null) continue;
          low = Math.min(low, one.values[at]);
          high = Math.max(high, one.values[at]);
        }
      }
      if (low > high) return;
      if (low === high) [low, high] = [low - 1, high + 1];
      const step = nice((high - low) / 4);
      low = Math.floor(low / step) * step;
      high = Math.ceil(high / step) * step;
      const digits = Math.max(0, -Math.floor(Math.log10(step)));
      const text = (value) => (Math.abs(value) >= 1e7 ? value.toExponential(2) : value.toFixed(digits));
      const left = 8 + Math.max(context.measureText(text(low)).width, context.measureText(text(high)).width);
      const [width, height] = [box.width - left - 4, box.height - 22];
      const x = (time) => left + ((time - start) / (end - start)) * width;
      const y = (value) => 6 + (1 - (value - low) / (high - low)) * height;
      context.strokeStyle = style.getPropertyValue("--line");
      context.fillStyle = style.getPropertyValue("--soft");
      context.lineWidth = 1;
      for (let value = low; value <= high + step / 2; value += step) {
        context.beginPath();
        context.moveTo(left, y(value));
        context.lineTo(left + width, y(value));
        context.stroke();
        context.fillText(text(value), 2, y(value) + 4);
      }
      const seconds = Number(span.value);
      for (let part = 0; part <= 4; part++) {
        const mark = part === 4 ? "now" : `-${(seconds * (4 - part)) / 4} s`;
        context.fillText(paused !== null && part === 4 ? "paused" : mark, Math.min(left + (width * part) / 4, box.width - 40), box.height - 4);
      }
      context.save();
      context.beginPath();
      context.rect(left, 0, width, box.height - 16);
      context.clip();
      for (const { one, from, to } of parts) {
        context.strokeStyle = one.color;
        context.lineWidth = 1.5;
        context.beginPath();
        let previous = null;
        for (let at = from; at < to; at++) {
          const value = one.values[at];
          if (value !== null) {
            if (previous === null) context.moveTo(x(one.times[at]), y(value));
            else {
              context.lineTo(x(one.times[at]), y(previous));
              context.lineTo(x(one.times[at]), y(value));
            }
          } else if (previous !== null) context.lineTo(x(one.times[at]), y(previous));
          previous = value;
        }
        if (previous !== null) context.lineTo(x(end), y(previous));
        context.stroke();
      }
      context.restore();
    };

    const plot = {
      element: hal.element("figure", { class: "plot-box" }, canvas, legend, hal.element("div", { class: "plot-bar" }, span, pause, save)),
      add: (name) => {
        if (!series.has(name)) series.set(name, { color: nextColor(), times: [], values: [] });
        drawLegend();
      },
      drop: (name) => {
        series.delete(name);
        drawLegend();
        redraw();
      },
      /* A value from this time on; null: none is known. */
      push: (name, time, value) => {
        const one = series.get(name);
        if (!one) return;
        one.times.push(time);
        one.values.push(value);
        if (one.times.length > POINTS_MAX) {
          one.times.splice(0, POINTS_MAX / 10);
          one.values.splice(0, POINTS_MAX / 10);
        }
        plot.tick(time);
      },
      tick: (time) => {
        latest = Math.max(latest, time);
        if (paused === null) redraw();
      },
      redraw,
      isEmpty: () => series.size === 0,
      /* A line for each time at which any of them changed; each holds until its next value. */
      csv: () => {
        const names = [...series.keys()];
        const times = [...new Set([...series.values()].flatMap((one) => one.times))].sort((one, other) => one - other);
        const at = names.map(() => 0);
        const quoted = (name) => `"${name.replaceAll('"', '""')}"`;
        const lines = times.map((time) => {
          const values = names.map((name, number) => {
            const one = series.get(name);
            while (at[number] < one.times.length && one.times[at[number]] <= time) at[number]++;
            const value = at[number] ? one.values[at[number] - 1] : null;
            return value === null ? "" : String(value);
          });
          return [new Date(time * 1000).toISOString(), time.toFixed(3), ...values].join(",");
        });
        return [["time", "seconds", ...names.map(quoted)].join(","), ...lines, ""].join("\r\n");
      },
    };
    if (window.ResizeObserver) new ResizeObserver(redraw).observe(canvas);
    return plot;
  };
}
