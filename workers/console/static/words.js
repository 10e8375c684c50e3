// How pages that list things show texts, times and numbers.
import { color, h } from "/static/nav.js";

// A text with its entities, for lists: no cursor, no editing.
export function marked(text, spans, units = null) {
  const parts = [], points = units || (/[\ud800-\udfff]/.test(text) ? [...text] : null);
  const cut = (from, to) => (points ? points.slice(from, to).join("") : text.slice(from, to));
  let at = 0;
  for (const span of [...(spans || [])].sort((x, y) => x.start - y.start)) {
    if (span.start < at) continue;
    parts.push(cut(at, span.start));
    const mark = h("mark", { class: `ent c${color(span.label)}` }, cut(span.start, span.end));
    mark.dataset.label = span.label;
    if (span.change) mark.classList.add(span.change);
    parts.push(mark);
    at = span.end;
  }
  parts.push(cut(at));
  return h("bdi", { class: "text", dir: "auto" }, ...parts);
}

export function when(ms) {
  const seconds = Math.max(0, (Date.now() - ms) / 1000);
  return seconds < 60 ? `${Math.round(seconds)} s ago` : seconds < 3600 ? `${Math.round(seconds / 60)} min ago`
    : seconds < 86400 ? `${Math.round(seconds / 3600)} h ago` : new Date(ms).toISOString().slice(0, 10);
}

export const number = (value, digits = 3) => (value === null || value === undefined ? "–" : Number(value).toFixed(digits));

// A table that scrolls by itself; a name with # before it is one of numbers.
export function table(names, rows, label) {
  const heads = names.map((name) => h("th", { scope: "col", class: name.startsWith("#") ? "num" : "" }, name.replace("#", "")));
  return h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": label },
    h("table", {}, h("thead", {}, h("tr", {}, ...heads)), h("tbody", {}, ...rows)));
}

export const tile = (value, name, kind = "") => h("div", { class: "tile" }, h("b", { class: kind }, String(value)), h("span", {}, name));

// Work that is done once, a while after the last event that asks for it; not under an open dialog.
export function soon(work, ms) {
  let due = 0;
  return () => { clearTimeout(due); due = setTimeout(() => { if (!document.querySelector("dialog[open]")) work(); }, ms); };
}
