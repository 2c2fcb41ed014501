"use strict";
/* The page of a fleet: its keys, and its start. */
{
  const live = hal.live;
  const fleet = hal.fleet;
  const get = (id) => document.getElementById(id);
  const WAIT_MS = 80;
  let started = null;
  let timer = 0;

  const start = async (hello) => {
    const answers = await Promise.all(hello.maps.map((_, number) => fetch(`maps/${number}`)));
    const documents = await Promise.all(answers.map((answer) => answer.json()));
    live.maps = documents.flatMap((one) => one.maps);
    fleet.isStarted = true;
    fleet.startDifferences();
    fleet.readFilter();
    fleet.startTable();
    fleet.startColumns();
  };

  live.on("hello", async (hello) => {
    if (started === null) {
      started = start(hello).catch((error) => {
        started = null;
        live.say(`The page can't be drawn: ${error.message}`);
      });
    } else if (hello.maps.join() !== live.maps.map((map) => map.name).join()) {
      location.reload();
      return;
    }
    await started;
    live.emit("filter");
  });

  live.on("filter", () => {
    if (document.activeElement !== get("search")) get("search").value = fleet.filter.words;
  });

  get("search").addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => fleet.setFilter({ words: get("search").value }), WAIT_MS);
  });

  document.addEventListener("keydown", (event) => {
    const isEntry = event.target.closest("input, select, textarea");
    if (event.key === "/" && !isEntry && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      get("search").focus();
    } else if (event.key === "Escape" && event.target === get("search")) {
      get("search").value = "";
      fleet.setFilter({ words: "" });
    }
  });

  get("menu").addEventListener("click", () => {
    const isOpen = document.body.classList.toggle("open");
    get("menu").setAttribute("aria-expanded", String(isOpen));
  });

  window.addEventListener("hashchange", fleet.readFilter);

  /* Nobody looks at a page that is hidden. */
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) live.disconnect("connecting");
    else if (!live.isConnected()) live.connect();
  });
  live.connect();
}
