"use strict";
/* What the page says of itself: whether it is live, what is wrong, and what was refused. */
{
  const live = hal.live;
  const get = (id) => document.getElementById(id);

  history.replaceState(null, "", location.pathname + location.hash); // the token stays out of sight, and of bookmarks

  const showState = () => {
    const isLive = live.trouble === "";
    document.body.classList.toggle("stale", !isLive);
    get("state").className = isLive ? "good" : "bad";
    get("state").replaceChildren(isLive ? "live" : "not live", hal.element("span", { class: "wide" }, isLive ? (live.write ? ", with writes" : ", read-only") : ""));
    get("trouble").hidden = isLive || live.trouble === "connecting";
    get("trouble").textContent = live.trouble;
  };

  live.on("trouble", showState);
  live.on("said", ({ text, isBad }) => {
    get("said").hidden = text === "";
    get("said").className = isBad ? "bad" : "";
    get("said").firstElementChild.textContent = text;
  });

  const said = hal.element("div", { id: "said", role: "alert", hidden: true }, hal.element("span", {}), hal.element("button", { type: "button", class: "drop", "aria-label": "Close", onclick: () => live.say("", false) }, "×"));
  get("trouble").after(said);
  showState();
}
