"use strict";
/* The live page: its hooks into the drawing of maps, its state, and its tools. */
{
  const live = hal.live;
  const get = (id) => document.getElementById(id);
  const TABS = [["Pins", live.pinsPanel], ["Compare", live.comparePanel], ["Slot", live.slotPanel], ["Log", live.logPanel]];

  /* -- tools ------------------------------------------------------------------------------------------------------ */

  let leavePanel = null;
  let tab = "Pins";

  const showTab = (name) => {
    if (leavePanel) leavePanel();
    leavePanel = null;
    tab = name;
    for (const button of get("tabs").children) {
      const isChosen = button.textContent === name;
      button.setAttribute("aria-selected", String(isChosen));
      button.tabIndex = isChosen ? 0 : -1;
    }
    get("panel").setAttribute("aria-label", name);
    get("panel").replaceChildren();
    leavePanel = TABS.find(([one]) => one === name)[1](get("panel"));
  };

  const togglePanels = (isOpen) => {
    get("panels").hidden = !isOpen;
    document.body.classList.toggle("tools", isOpen);
    get("panels-button").setAttribute("aria-expanded", String(isOpen));
    if (isOpen) showTab(tab);
    else if (leavePanel) {
      leavePanel();
      leavePanel = null;
    }
    try {
      localStorage.setItem("hal tools", isOpen ? tab : "");
    } catch {
      // this browser keeps nothing
    }
  };

  const buildTabs = () => {
    get("tabs").append(...TABS.map(([name]) => hal.element("button", { type: "button", role: "tab", "aria-controls": "panel", onclick: () => showTab(name) }, name)));
    get("tabs").addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const buttons = [...get("tabs").children];
      const next = buttons[(buttons.indexOf(event.target) + step + buttons.length) % buttons.length];
      showTab(next.textContent);
      next.focus();
    });
    get("panels-button").addEventListener("click", () => togglePanels(get("panels").hidden));
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !get("panels").hidden && get("panels").contains(event.target)) {
        togglePanels(false);
        get("panels-button").focus();
      }
    });
  };

  /* -- start ------------------------------------------------------------------------------------------------------ */

  const hooks = {
    register: live.registerHook,
    memory: live.memoryHook,
    home: live.interruptsHook,
    rowValue: (place, cell) => {
      if (place.kind === "register" && place.open.length === 0) live.cellInSight(place, cell);
    },
    titled: (title) => (live.hello.back ? `${title}, ${live.hello.slot}` : title),
    left: () => {
      live.leaveRegister();
      live.leaveMemory();
      live.leaveInterrupts();
      live.leaveCells();
    },
  };

  live.mapShown = () => {
    const name = decodeURIComponent(location.hash.slice(1).split("/")[0]);
    return live.maps.length > 1 ? live.maps.find((map) => map.name === name) : live.maps[0];
  };

  const start = async (hello) => {
    const answers = await Promise.all(hello.maps.map((_, number) => fetch(`maps/${number}`)));
    const documents = await Promise.all(answers.map((answer) => answer.json()));
    live.maps = documents.flatMap((one) => one.maps);
    get("home").textContent = hello.maps.length === 1 ? live.maps[0].name : "Registers";
    if (hello.back) {
      get("home").before(hal.element("a", { class: "up", href: hello.back }, "All cards"), hal.element("span", { class: "card-name", title: hello.slot }, hello.slot));
    }
    live.startPlots();
    buildTabs();
    hal.page({ ...documents[0], maps: live.maps }, hooks);
    let kept = "";
    try {
      kept = localStorage.getItem("hal tools") || "";
    } catch {
      // this browser keeps nothing
    }
    if (TABS.some(([name]) => name === kept)) tab = kept;
    if (kept && window.innerWidth > 1100) togglePanels(true);
  };

  let started = null;
  live.on("hello", (hello) => {
    if (started === null) {
      started = start(hello).catch((error) => {
        started = null;
        get("content").textContent = `The map can't be drawn: ${error.message}`;
      });
    } else if (hello.maps.join() !== live.maps.map((map) => map.name).join()) {
      location.reload();
    }
  });

  /* Nobody looks at a page that is hidden; plots go on. */
  document.addEventListener("visibilitychange", () => {
    if (document.hidden && !live.hasPlots()) live.disconnect("connecting");
    else if (!document.hidden && !live.isConnected()) live.connect();
  });
  live.connect();
}
