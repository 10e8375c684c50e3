// Stream: annotations as they come, a sample of them; a text to try.
import { api, begin, can, complain, empty, h, ready } from "/static/nav.js";
import { marked, number, when } from "/static/words.js";
import { listen } from "/static/live.js";

const KEPT = 50;
const main = document.getElementById("main");
const me = await begin("Stream");
const list = h("ul", { class: "list", "aria-label": "Annotations" });
const rate = h("span", { class: "soft small", role: "status" });
const filter = h("input", { id: "filter", type: "search", placeholder: "label, word, version, partition" });
const pause = h("button", { type: "button", "aria-pressed": "false" }, "Pause");
const text = h("textarea", { id: "try", rows: 2, placeholder: "Freshet runs in Kigali." });
const go = h("button", { class: "main" }, "Annotate");
const result = h("div", { role: "status" });
const form = h("form", { class: "panel" }, h("div", { class: "field" }, h("label", { for: "try" }, "Try a text"), text), h("div", { class: "row" }, go, h("span", { class: "soft small" }, `It goes into ${me.topics.texts} like any other.`)), result);
const box = h("section", { class: "panel", "aria-label": "Annotations" }, h("div", { class: "row" }, h("label", { for: "filter" }, "Filter"), filter, pause), list);
main.replaceChildren(h("div", { class: "row apart" }, h("h1", {}, "Stream"), rate), can(me, "annotate") ? form : "", box);

let shown = [], paused = false;
const draw = () => {
  const words = filter.value.trim().toLowerCase(), found = shown.filter((one) => !words || [one.text, one.id, one.source, `v${one.version}`, one.route || "", ...one.ents.map((s) => s.label), ...Object.keys(one.cats)].some((value) => String(value).toLowerCase().includes(words)));
  if (!found.length) list.replaceChildren(h("li", {}, shown.length ? empty("Nothing here matches", "Clear the filter to see all.") : empty("No annotations yet", "Send a text above, or a file:", h("pre", {}, "freshet send texts FILE.jsonl"))));
  else list.replaceChildren(...found.slice(0, KEPT).map(row));
};

function row(one) {
  const cats = Object.entries(one.cats).filter(([, score]) => score >= 0.5).map(([label]) => h("span", { class: "badge" }, label));
  return h("li", { tabindex: 0, "data-source": one.source }, marked(one.text + (one.cut ? " …" : ""), one.ents),
    h("div", { class: "meta" }, h("a", { href: `/texts/${encodeURIComponent(one.source)}` }, one.id), h("span", {}, `version ${one.version}`), h("span", {}, when(one.at_ms)),
      one.sure !== null && one.sure !== undefined && h("span", {}, `sure ${number(one.sure, 2)}`), one.route && one.route !== "auto" && h("span", { class: "badge warn" }, one.route), cats,
      can(me, "annotate") && h("a", { href: `/correct?text=${encodeURIComponent(one.source)}` }, "Correct")));
}

list.addEventListener("keydown", (event) => {
  const item = event.target.closest("li[data-source]");
  if (event.key === "c" && item && !event.ctrlKey && !event.metaKey) location.assign(`/correct?text=${encodeURIComponent(item.dataset.source)}`);
});
filter.addEventListener("input", draw);
pause.addEventListener("click", () => { paused = !paused; pause.setAttribute("aria-pressed", String(paused)); if (!paused) draw(); });

let due = 0;
function later() { if (!due) due = setTimeout(() => { due = 0; if (!paused && !list.contains(document.activeElement)) draw(); }, 400); }
const tellRate = ({ came, read }) => { rate.textContent = came > read + 1 ? `${Math.round(read)} of ${Math.round(came).toLocaleString("en")} annotations a second are shown` : `${number(came, 1)} annotations a second`; };
listen({ annotation: (one) => { shown = [one, ...shown.filter((other) => other.source !== one.source)].slice(0, 200); later(); }, rate: tellRate, gap: load, tried: (told) => { if (told.card.id === awaited) answered(told.card, told.seconds); } });

let awaited = "", began = 0;
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (!text.value.trim()) { text.focus(); return; }
  began = performance.now();
  try {
    awaited = (await api("/api/tries", { text: text.value })).id;
    result.replaceChildren(h("p", { class: "soft" }, "sent, waiting for an annotator …"));
    for (const key = awaited; awaited === key && performance.now() - began < 30000;) {
      await new Promise((resolve) => setTimeout(resolve, 500));
      const told = awaited === key ? await api(`/api/tries?id=${key}`) : {};
      if (told.card && awaited === key) answered(told.card, (performance.now() - began) / 1000);
    }
    if (awaited) result.replaceChildren(h("p", { class: "bad" }, "Nothing came back within 30 s. Is an annotator running? The page Health says who is behind; Dead letters, what could not be annotated."));
  } catch (error) { complain(error); }
});
function answered(card, seconds) {
  awaited = "";
  result.replaceChildren(marked(card.text, card.ents), h("div", { class: "meta" }, h("span", {}, `after ${number(seconds, 2)} s by version ${card.version}`), h("a", { href: `/texts/${encodeURIComponent(card.source)}` }, "all of it"), h("a", { href: `/correct?text=${encodeURIComponent(card.source)}` }, "Correct")));
}

async function load() {
  try { const told = await api("/api/stream?n=50"); shown = told.items; tellRate(told); } catch (error) { complain(error); }
  draw();
  ready();
}
await load();
