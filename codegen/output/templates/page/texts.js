"use strict";
/*
 * Descriptions. A text is a string, or a list of strings and nodes: [tag, ...children], ["a", address, ...children],
 * ["ol", first number, ...children].
 */
{
  const TAGS = new Set(["p", "em", "strong", "code", "pre", "ul", "li", "blockquote", "br", "table", "tr", "th", "td"]);

  const node = (item) => {
    if (typeof item === "string") return item;
    const [tag, ...rest] = item;
    if (tag === "a" && /^https?:\/\//i.test(rest[0])) {
      return hal.element("a", { href: rest[0], rel: "noopener noreferrer" }, rest.slice(1).map(node));
    }
    if (tag === "ol") return hal.element("ol", { start: rest[0] }, rest.slice(1).map(node));
    return hal.element(TAGS.has(tag) ? tag : "span", {}, rest.map(node));
  };

  /* The nodes of a text, to be appended. */
  hal.text = (text) => (text === undefined ? [] : typeof text === "string" ? [text] : text.map(node));

  /* A text as a block of its own, or nothing. */
  hal.described = (text) => (text === undefined ? null : hal.element("div", { class: "text" }, hal.text(text)));

  /* What a search looks at. */
  hal.plain = (text) => {
    if (text === undefined) return "";
    if (typeof text === "string") return text;
    const said = (item) => hal.plain(item.slice(1).filter((part) => typeof part !== "number"));
    return text.map((item) => (typeof item === "string" ? item : said(item))).join(" ");
  };
}
