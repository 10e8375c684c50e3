// The tree of the sentence around the cursor: arcs for eyes, a table for everybody.
import { h } from "/static/nav.js";

const SVG = "http://www.w3.org/2000/svg";
const MOST = 60;

export class Tree {
  constructor(host) { this.host = host; }

  show(sheet) {
    const begins = [...sheet.state.begins].sort((x, y) => x - y);
    const from = begins.filter((i) => i <= sheet.at).pop() ?? 0, next = begins.find((i) => i > sheet.at) ?? sheet.n;
    const tokens = [];
    for (let i = from; i < next && tokens.length < MOST; i++) if (!sheet.space[i]) tokens.push(i);
    const key = `${from}|${sheet.at}|${sheet.dependent}|${tokens.map((i) => `${sheet.state.heads[i]}${sheet.state.deps[i]}`).join()}`;
    if (key === this.key && this.host.childElementCount) return;
    this.key = key;
    const rows = tokens.map((i) => h("tr", {}, h("td", {}, sheet.word(i)), h("td", {}, sheet.state.heads[i] === i ? "–" : sheet.word(sheet.state.heads[i])), h("td", {}, sheet.state.deps[i])));
    this.host.replaceChildren(h("div", { class: "panel" },
      h("div", { class: "tree", tabindex: 0, role: "img", "aria-label": "Arcs; the table below says the same" }, draw(sheet, tokens)),
      h("details", {}, h("summary", {}, "As a table"), h("div", { class: "scroll" }, h("table", {}, h("thead", {}, h("tr", {}, ...["Token", "Head", "Label"].map((name) => h("th", { scope: "col" }, name)))), h("tbody", {}, ...rows))))));
  }
}

function make(tag, attributes, words = "") {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.textContent = words;
  return element;
}

// Arcs above words, each as high as the arcs below it need.
export function draw(sheet, tokens) {
  const place = new Map(tokens.map((i, k) => [i, k])), widths = tokens.map((i) => Math.max(44, sheet.word(i).length * 8 + 22));
  const middle = widths.map((_, k) => widths.slice(0, k).reduce((x, y) => x + y, 0) + widths[k] / 2), width = widths.reduce((x, y) => x + y, 0);
  const arcs = tokens.map((i, k) => [k, place.get(sheet.state.heads[i]), sheet.state.deps[i]]).filter(([k, head]) => head !== undefined && head !== k)
    .sort((x, y) => Math.abs(x[0] - x[1]) - Math.abs(y[0] - y[1]));
  const levels = new Array(tokens.length).fill(0), heights = arcs.map(([a, b]) => {
    const low = Math.min(a, b), high = Math.max(a, b), level = Math.max(...levels.slice(low, high)) + 1;
    levels.fill(level, low, high);
    return level;
  });
  const top = 22 * (Math.max(0, ...heights) + 1), svg = make("svg", { width, height: top + 30, viewBox: `0 0 ${width} ${top + 30}`, "aria-hidden": "true" });
  arcs.forEach(([a, b, label], k) => {
    const y = top - heights[k] * 22, from = middle[b] + (a < b ? -6 : 6), to = middle[a];
    svg.append(make("path", { d: `M${from},${top} C${from},${y} ${to},${y} ${to},${top}` }), make("text", { x: (from + to) / 2, y: y + 2, "text-anchor": "middle", class: "dep" }, label || ""),
      make("path", { d: `M${to - 3},${top - 6} L${to},${top} L${to + 3},${top - 6}` }));
  });
  tokens.forEach((i, k) => svg.append(make("text", { x: middle[k], y: top + 18, "text-anchor": "middle", class: i === sheet.at || i === sheet.dependent ? "here" : "" }, sheet.word(i))));
  return svg;
}
