// Dead letters: what could not be read or annotated, why, and another try.
import { api, begin, can, complain, empty, h, ready, say } from "/static/nav.js";
import { soon, when } from "/static/words.js";
import { ask } from "/static/ask.js";
import { listen } from "/static/live.js";

const main = document.getElementById("main");
const me = await begin("Dead letters");
const stage = h("div", { class: "stage" });
main.replaceChildren(h("h1", {}, "Dead letters"), stage);
const chosen = { topic: "", reason: "" };

async function load() {
  try { draw(await api("/api/letters")); } catch (error) { complain(error); }
  ready();
}

function draw({ topics }) {
  const operate = can(me, "operate");
  if (!topics.some((topic) => topic.count)) { stage.replaceChildren(empty("No dead letters", "Every text could be annotated and every correction could be read.")); return; }
  stage.replaceChildren(...topics.filter((topic) => topic.count).map((topic) => {
    const rows = topic.rows.filter((row) => !(chosen.topic === topic.topic && chosen.reason) || row.reason === chosen.reason);
    const pick = (reason) => h("button", { type: "button", "aria-pressed": String(chosen.topic === topic.topic && chosen.reason === reason), onclick: () => { const same = chosen.topic === topic.topic && chosen.reason === reason; chosen.topic = topic.topic; chosen.reason = same ? "" : reason; draw({ topics }); } }, reason, h("span", { class: "badge" }, String(topic.reasons.find((one) => one.reason === reason).count)));
    return h("section", { class: "panel" }, h("div", { class: "row apart" }, h("h2", {}, topic.topic), h("span", { class: "soft small" }, `${topic.count.toLocaleString("en")} in all`)),
      h("div", { class: "row" }, ...topic.reasons.map((one) => pick(one.reason)), operate && chosen.topic === topic.topic && chosen.reason && h("button", { type: "button", class: "main", onclick: () => redrive(topic.topic, { reason: chosen.reason }, topic.reasons.find((one) => one.reason === chosen.reason).count) }, `Send all of “${chosen.reason}” back`)),
      h("ul", { class: "list" }, ...rows.slice(0, 100).map((row) => h("li", {}, h("div", { class: "row apart" }, h("b", {}, row.reason), row.outcome && h("span", { class: `badge ${row.outcome === "came through" ? "good" : "warn"}` }, row.outcome)), h("p", { class: "small" }, row.message), h("pre", {}, row.value || "(no value)", row.size > row.value.length && row.is_text ? " …" : ""),
        h("div", { class: "meta" }, h("span", {}, `${row.source}`), h("span", {}, row.stage), h("span", {}, `attempt ${row.attempts}`), !row.is_text && h("span", {}, `${row.size} bytes, hexadecimal`), h("span", {}, when(row.at_ms)), operate && h("button", { type: "button", "aria-label": `Send ${row.source} back`, onclick: () => redrive(topic.topic, { places: [row.place] }, 1) }, "Send back"))))));
  }));
}

async function redrive(topic, what, n) {
  const said = await ask({ title: n === 1 ? "Send one record back" : `Send ${n} records back`, lines: ["They go to the topic they came from, one attempt more, and are tried again. What is still wrong comes back here."], typed: n > 1 ? String(n) : "", reason: false, act: "Send back" });
  if (!said) return;
  try { const { sent } = await api("/api/letters/redrive", { topic, ...what }); say(`${sent} sent back.`); } catch (error) { complain(error); }
  await load();
}

listen({ letters: soon(load, 800) });
await load();
