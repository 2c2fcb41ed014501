"use strict";
/* The link to the server: its events, and what is asked of it. */
{
  const listeners = new Map();

  const live = {
    /* What the server said when the page connected. */
    hello: null,
    write: false,
    maps: [],
    /* Why values are not live now; "" where they are. */
    trouble: "connecting",
  };

  live.on = (kind, call) => {
    if (!listeners.has(kind)) listeners.set(kind, new Set());
    listeners.get(kind).add(call);
    return () => listeners.get(kind).delete(call);
  };

  live.emit = (kind, data) => {
    for (const call of [...(listeners.get(kind) || [])]) call(data);
  };

  /* What the server answers; an Error with its words where it refuses. */
  live.post = async (name, body, as = "json") => {
    let answer = null;
    try {
      answer = await fetch(name, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body), cache: "no-store" });
    } catch {
      throw new Error("the server does not answer");
    }
    if (answer.ok) return as === "text" ? answer.text() : answer.json();
    const text = await answer.text();
    let said = text;
    try {
      said = JSON.parse(text).error || text;
    } catch {
      // plain text, then
    }
    throw new Error(said.trim() || `the server answered ${answer.status}`);
  };

  /* Tells an error, or anything else, where people see it. */
  live.say = (text, isBad = true) => live.emit("said", { text, isBad });

  const setTrouble = (text) => {
    live.trouble = text;
    live.emit("trouble", text);
  };

  let source = null;

  const onMessage = (event) => {
    const message = JSON.parse(event.data);
    if (message.kind === "hello") {
      live.hello = message;
      live.write = message.write;
      live.emit("hello", message);
      setTrouble(message.trouble);
    } else if (message.kind === "state") {
      setTrouble(message.trouble);
    } else {
      live.emit(message.kind, message);
    }
  };

  live.connect = () => {
    if (source) source.close();
    source = new EventSource("events");
    source.addEventListener("message", onMessage);
    source.addEventListener("error", () => {
      const isOver = source.readyState === EventSource.CLOSED;
      setTrouble(isOver ? "The server does not let this page in any more: it was started anew, or too many pages are open. Open the address that was printed when the server started." : "The server does not answer; trying again.");
    });
  };

  live.disconnect = (why) => {
    if (source) source.close();
    source = null;
    setTrouble(why);
  };

  live.isConnected = () => source !== null && source.readyState === EventSource.OPEN;

  hal.live = live;
}
