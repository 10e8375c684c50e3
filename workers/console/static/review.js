// Review: two people's answers side by side, or one that was rejected; a third word is the last one.
import { Card } from "/static/card.js";
import { api, begin, can, complain, empty, h, ready } from "/static/nav.js";
import { marked, soon } from "/static/words.js";
import { listen } from "/static/live.js";
import { onSent, post } from "/static/outbox.js";

const main = document.getElementById("main");
const me = await begin("Review");
const count = h("span", { class: "soft small", role: "status" });
const stage = h("div", { class: "stage" });
main.replaceChildren(h("div", { class: "row apart" }, h("h1", {}, "Review"), count), stage);
let cases = [], current = null, editing = null;

async function load() {
  if (!can(me, "review")) { stage.replaceChildren(empty("You may not review", "Ask who runs the console for the role review.")); return ready(); }
  try {
    const told = await api("/api/reviews");
    cases = told.cases;
    count.textContent = `${told.waiting} waiting`;
  } catch (error) { complain(error); }
  if (!editing) next();
  return ready();
}

const given = new Set();
function next() {
  editing = null;
  current = cases.find((one) => !given.has(one.answers[0].answer_id)) || null;
  if (!current) { stage.replaceChildren(empty("Nothing to review", "Here come answers of two people that differ, and texts that somebody rejected.", "A share of the texts goes to two people: console -> overlap_share.")); return; }
  const sides = current.answers.map((answer, k) => {
    const layers = answer.layers, other = current.answers[1 - k];
    const same = (s) => other && ((other.layers.ents || {}).spans || []).some((o) => o.start === s.start && o.end === s.end && o.label === s.label);
    const spans = (layers.ents ? layers.ents.spans : current.shown).map((s) => ({ ...s, change: other && !same(s) ? "new" : "" }));
    return h("section", { class: "panel", "aria-label": `Answer ${k + 1}` }, h("div", { class: "row apart" }, h("h2", {}, `${answer.answer === "reject" ? "Rejected" : "Answer " + (k + 1)} by ${answer.author}`),
      answer.answer === "accept" && h("button", { type: "button", "aria-keyshortcuts": String(k + 1), onclick: () => take(answer) }, "Take this", h("kbd", { "aria-hidden": "true" }, String(k + 1)))),
      marked(current.text, spans), answer.answer === "reject" && h("p", { class: "soft small" }, current.shown.length ? "As the model has it now." : "The model finds no entities in it now."), answer.comment && h("p", { class: "soft" }, `“${answer.comment}”`), other2(layers));
  });
  const both = current.answers.length > 1;
  stage.replaceChildren(h("div", { class: both ? "two" : "" }, ...sides), h("div", { class: "row", id: "choices" },
    both && h("button", { type: "button", "aria-keyshortcuts": "m", onclick: merge }, "Merge both", h("kbd", { "aria-hidden": "true" }, "m")),
    h("button", { type: "button", class: "main", "aria-keyshortcuts": "e", onclick: () => edit(current.answers[0].layers) }, "Edit", h("kbd", { "aria-hidden": "true" }, "e")),
    h("button", { type: "button", onclick: () => decide("ignore", { layers: {} }) }, "Set aside"), h("a", { href: `/texts/${encodeURIComponent(current.source || "")}` }, "All about this text")));
  const first = stage.querySelector("button");
  if (first) first.focus();
}

function other2(layers) {
  const names = Object.keys(layers).filter((name) => name !== "ents");
  return names.length ? h("details", {}, h("summary", {}, names.join(", ")), h("pre", {}, JSON.stringify(Object.fromEntries(names.map((name) => [name, layers[name]])), null, 1))) : null;
}

function take(answer) { decide("accept", { layers: answer.layers, tokens: answer.tokens || undefined }); }

// What both said, and what either said where it does not touch what the other said.
function merge() {
  const [one, other] = current.answers.map((answer) => ((answer.layers.ents || {}).spans || []));
  const kept = [...one, ...other.filter((s) => !one.some((o) => o.start < s.end && s.start < o.end))].sort((x, y) => x.start - y.start);
  edit({ ...current.answers[0].layers, ents: { status: "complete", spans: kept } });
}

async function edit(layers) {
  let item = null;
  try { item = (await api("/api/items/open", { source: current.source || "", full: true })).item; } catch { item = null; }
  const tokens = item ? item.tokens : current.answers.find((answer) => answer.tokens)?.tokens || words(current.text);
  editing = { ...(item || {}), source: current.source, id: current.id, text: current.text, version: current.version, tokens, ents: (layers.ents || {}).spans || [], columns: item ? item.columns : [], queue: "review", overlap: false, blind: false };
  stage.replaceChildren();
  const card = new Card(stage, { labels: me.labels, on: { back: next, answer: (kind, said) => decide(kind, said) } });
  card.show(editing);
}

// Words at blanks, for a text whose annotation is no longer at hand.
function words(text) {
  const found = { start: [], end: [] }, points = [...text];
  for (let i = 0, from = -1; i <= points.length; i++) {
    const blank = i === points.length || !points[i].trim();
    if (!blank && from < 0) from = i;
    if (blank && from >= 0) { found.start.push(from); found.end.push(i); from = -1; }
  }
  return found;
}

async function decide(kind, said) {
  const decided = current, [topic, partition, offset] = (decided.source || "").split(":");
  given.add(decided.answers[0].answer_id);
  await post({ answer_id: crypto.randomUUID(), id: decided.id, text: decided.text, answer: kind, source: topic ? { topic, partition: Number(partition), offset: Number(offset) } : undefined, model_version: decided.version || undefined,
    queue: "review", review: decided.answers.map((answer) => answer.answer_id), ...said });
  editing = null;
  cases = cases.filter((one) => one !== decided);
  next();
}

addEventListener("keydown", (event) => {
  if (editing || !current || event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select, dialog")) return;
  const answer = current.answers[Number(event.key) - 1];
  if (answer && answer.answer === "accept") take(answer);
  else if (event.key === "m" && current.answers.length > 1) merge();
  else if (event.key === "e") edit(current.answers[0].layers);
  else return;
  event.preventDefault();
});
onSent(({ refused }) => { if (refused) complain(new Error(refused)); });
listen({ answer: soon(load, 500), gap: load });
await load();
