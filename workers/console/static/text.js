// Text: one text with all that is known of it. Its address is the permanent one.
import { api, begin, can, complain, empty, h, ready, sentence, settled } from "/static/nav.js";
import { marked, number, soon, table, when } from "/static/words.js";
import { listen } from "/static/live.js";

const main = document.getElementById("main");
const me = await begin("Text");
const place = decodeURIComponent(location.pathname.split("/")[2] || "");
const input = h("input", { id: "place", value: place, placeholder: "an id, or texts:0:17", autocomplete: "off" });
const form = h("form", { class: "row" }, h("label", { for: "place" }, "Text"), input, h("button", { class: "main" }, "Show"));
const stage = h("div", { class: "stage" });
main.replaceChildren(h("h1", {}, "Text"), form, stage);
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const wanted = input.value.trim();
  try {
    const { source } = await api(`/api/texts?q=${encodeURIComponent(wanted)}`);
    if (source) location.assign(`/texts/${encodeURIComponent(source)}`);
    else stage.replaceChildren(empty("No such text is at hand", `Nothing among the newest texts is called ${wanted}. Any text is found by its place: topic:partition:offset.`));
  } catch (error) { complain(error); }
});

async function load() {
  if (!place) { stage.replaceChildren(empty("Which text?", "Give its id or its place in the log. Every text of the pages Stream and Correct links to here.")); return ready(); }
  try { draw(await api(`/api/texts/${encodeURIComponent(place)}`)); } catch (error) { complain(error); stage.replaceChildren(empty("This text cannot be shown", error.message)); }
  return ready();
}

function draw(told) {
  const newest = told.annotations[told.annotations.length - 1];
  if (!told.found) { stage.replaceChildren(empty("There is no such text", `${place} is not in the log (any more).`)); return; }
  const versions = told.annotations.map((one, k) => h("section", { class: "panel" }, h("div", { class: "row apart" }, h("h2", {}, `Version ${one.version}`), h("span", { class: "soft small" }, `${one.place}, ${when(one.at_ms)}`)),
    marked(one.text, spansOf(one.ents, (told.annotations[k - 1] || {}).ents)), cats(one), tokens(one)));
  stage.replaceChildren(
    h("div", { class: "row apart" }, h("h2", { class: "mono" }, told.id), newest && can(me, "annotate") && h("a", { class: "button", href: `/correct?text=${encodeURIComponent(told.source)}` }, "Correct")),
    ...(versions.length ? versions : [h("section", { class: "panel" }, marked(told.text, []), h("p", { class: "soft" }, "No annotation of it is at hand."))]),
    h("div", { class: "two" }, h("section", { class: "panel" }, h("h2", {}, "What people said"), people(told)), h("section", { class: "panel" }, h("h2", {}, "What became of it"), became(told))),
    h("section", { class: "panel" }, h("h2", {}, "Where its newest annotation comes from"), lineage(told.chain)));
}

function spansOf(now, before) {
  if (!before) return now || [];
  return (now || []).map((s) => ({ ...s, change: before.some((o) => o.start === s.start && o.end === s.end && o.label === s.label) ? "" : "new" }));
}

function cats(one) {
  const found = Object.entries(one.cats || {}).sort((x, y) => y[1] - x[1]);
  return found.length ? h("div", { class: "meta" }, ...found.map(([label, score]) => h("span", { class: score >= 0.5 ? "badge good" : "badge" }, `${label} ${number(score, 2)}`))) : null;
}

function tokens(one) {
  const columns = one.columns.filter((name) => one.tokens[name]), points = /[\ud800-\udfff]/.test(one.text) ? [...one.text] : null;
  const word = (i) => (points ? points.slice(one.tokens.start[i], one.tokens.end[i]).join("") : one.text.slice(one.tokens.start[i], one.tokens.end[i]));
  const rows = () => one.tokens.start.slice(0, 500).map((_, i) => h("tr", {}, h("td", {}, word(i)), ...columns.map((name) => h("td", {}, name === "head" ? (one.tokens.head[i] === i ? "–" : word(one.tokens.head[i])) : one.tokens[name][i]))));
  if (!columns.length) return null;
  const details = h("details", {}, h("summary", {}, `${one.tokens.start.length} tokens`));
  details.addEventListener("toggle", () => { if (details.open && details.children.length === 1) details.append(table(["token", ...columns], rows(), "Tokens")); });
  return details;
}

function people(told) {
  if (!told.answers.length) return h("p", { class: "soft" }, "Nobody answered about it yet.");
  return h("ul", { class: "states" }, ...told.answers.map((one) => h("li", { class: one.answer === "reject" ? "bad" : settled(one.progress) ? "good" : "warn" }, h("b", {}, `${one.author}: ${one.answer}`), h("span", {}, sentence(one.progress)), one.comment && h("span", { class: "soft" }, `“${one.comment}”`),
    one.layers.ents && marked(told.text, one.layers.ents.spans.filter((s) => s.label)))));
}

function became(told) {
  if (!told.corrections.length) return h("p", { class: "soft" }, "There is no correction of it in the log.");
  return h("ul", { class: "states" }, ...told.corrections.map((one) => h("li", { class: settled(one.progress) ? "good" : "warn" }, h("span", {}, sentence(one.progress)), h("span", { class: "soft" }, `by ${one.author}, correction ${one.correction_id.slice(0, 12)}, at corrections:${(one.progress || {}).place}`))));
}

function lineage(chain) {
  if (!chain.length) return h("p", { class: "soft" }, "Its model was served from a folder, or its version is not in this registry.");
  const learned = (one) => Object.entries(one.learned).map(([where, [low, high]]) => `${where} ${low}–${high}`).join(", ");
  const rows = chain.map((one) => [h("a", { href: `/models/${one.version}` }, one.version), one.state, learned(one) || "–", one.verdict ? (one.verdict.passed ? "passed" : "refused") : "–", one.created.slice(0, 16).replace("T", " ")]);
  return table(["Version", "State", "Learned from", "Gate", "Created"], rows.map((row) => h("tr", {}, ...row.map((cell) => h("td", {}, cell)))), "Lineage");
}

const later = soon(load, 400);
listen({ progress: later, answer: later, gap: later });
await load();
