"use strict";
/* The list of hosts: how many of their slots are free, which are lost, and the cards of one alone. */
{
  const live = hal.live;
  const fleet = hal.fleet;
  const get = (id) => document.getElementById(id);

  const told = (host, counts) => {
    if (host.state === "lost") return hal.element("span", { class: "lost" }, "lost");
    if (host.state === "silent") return hal.element("span", { class: "lost" }, "no answer");
    if (host.state === "asked") return hal.element("span", { class: "soft" }, "asked");
    const found = counts.get(host.node) || { all: 0, free: 0 };
    return hal.element("span", { class: "soft" }, `${found.free} of ${found.all} free`);
  };

  const button = (node, content, title) => {
    const isChosen = fleet.filter.node === node;
    const choose = () => {
      fleet.setFilter({ node });
      document.body.classList.remove("open");
      get("menu").setAttribute("aria-expanded", "false");
    };
    return hal.element("li", {}, hal.element("button", { type: "button", "data-node": node, title, "aria-current": isChosen && "true", onclick: choose }, content));
  };

  const forget = async () => {
    try {
      await live.post("forget", {});
    } catch (error) {
      live.say(error.message);
    }
  };

  const draw = () => {
    const counts = new Map();
    for (const card of fleet.cards.values()) {
      const found = counts.get(card.node) || { all: 0, free: 0 };
      found.all += 1;
      found.free += card.state === "free" ? 1 : 0;
      counts.set(card.node, found);
    }
    const free = hal.element("span", { class: "soft" }, `${fleet.count("free")} of ${fleet.count("")} free`);
    const hosts = [...fleet.hosts].sort((one, other) => one.name.localeCompare(other.name, undefined, { numeric: true }));
    const made = [button("", ["All hosts", free], ""), ...hosts.map((host) => button(host.node, [hal.element("span", {}, host.name), told(host, counts)], [host.address, host.node, host.why].filter(Boolean).join("\n")))];
    if (fleet.hosts.some((host) => host.state === "lost")) {
      made.push(hal.element("li", {}, hal.element("button", { type: "button", class: "act", "data-node": "lost", onclick: forget }, "Forget lost hosts")));
    }
    fleet.update(get("hosts"), made);
  };

  live.on("changed", draw);
  live.on("filter", draw);
  fleet.drawHosts = draw;
}
