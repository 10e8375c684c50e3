// Correct: one card, the next ones ready; what became of the last answers beside it.
import { Card } from "/static/card.js";
import { api, begin, can, complain, empty, h, ready, say, sentence, settled } from "/static/nav.js";
import { listen } from "/static/live.js";
import { onSent, post, pump, waiting, withdraw } from "/static/outbox.js";

const main = document.getElementById("main");
const me = await begin("Correct");
const queue = h("select", { id: "queue" }, ...me.queues.filter((name) => me.second_opinion || !["disagree", "flipped"].includes(name)).map((name) => h("option", { value: name }, name)));
queue.value = sessionStorage.getItem("freshet-queue") || me.queue;
if (!queue.value) queue.value = me.queue;
const count = h("span", { class: "soft small" });
const stage = h("div", {});
const states = h("ul", { class: "states", "aria-label": "Your last answers" });
const hint = h("p", { class: "soft small" }, "Each answer shows here what became of it: in the log, learned, live in which version, or why not.");
const side = h("aside", { class: "panel" }, h("h2", {}, "Your last answers"), hint, states);
main.replaceChildren(h("div", { class: "row apart" }, h("h1", {}, "Correct"), h("div", { class: "row" }, h("label", { for: "queue" }, "Queue"), queue, count)), h("div", { class: "side" }, stage, side));
if (!can(me, "annotate")) {
  stage.append(empty("You may look, not correct", me.read_only ? "This console is read-only." : "Ask who runs it for the role annotate."));
  ready();
} else run();

async function run() {
  const readyItems = [], done = new Map(), history = [];
  let current = null, card = null, asking = null, today = 0, leaving = false;
  const wanted = new URLSearchParams(location.search).get("text");
  const claimed = () => [current, ...readyItems].filter(Boolean).map((item) => item.source);

  async function fill(n = me.ahead) {
    if (asking) return asking;
    asking = (async () => {
      try {
        const have = [...claimed(), ...done.keys()].slice(-400);
        const told = await api("/api/items/claim", { queue: queue.value, n: Math.max(1, n - readyItems.length), have });
        readyItems.push(...told.items);
        return told;
      } catch (error) {
        if (error.status) complain(error);
        return { items: [], left: 0, away: true };
      } finally { asking = null; }
    })();
    return asking;
  }

  async function next() {
    if (!readyItems.length) await fill();
    current = readyItems.shift() || null;
    if (readyItems.length < me.ahead / 2) fill();
    if (!current) return nothing();
    show(current);
    return undefined;
  }

  function show(item, sheet = null) {
    current = item;
    item.answer_id = item.answer_id || uuid7();
    if (!card) {
      stage.replaceChildren();
      card = new Card(stage, { labels: me.labels, on: { answer, back, columns } });
    }
    card.show(item, sheet);
    ready();
  }

  function nothing() {
    card = null;
    stage.replaceChildren(empty("Nothing to correct right now", queue.value === "mixed" || queue.value === "random"
      ? "Every text at hand was answered, or somebody has it on the screen. New ones come by themselves."
      : `The queue ${queue.value} is empty. Choose mixed to go on.`, "No texts yet? Send one from the page Stream, or type:", h("pre", {}, "freshet send texts FILE.jsonl")));
    ready();
    setTimeout(() => { if (!current) next(); }, 2000);
  }

  async function answer(kind, said) {
    const item = current, sheet = card.sheet;
    const row = { answer_id: item.answer_id, id: item.id, answer: kind, text: item.text, source: placeOf(item.source), model_version: item.version, queue: item.queue,
      blind: item.blind, overlap: item.overlap, supersedes: item.supersedes, ...card.stats, ...said };
    done.set(item.source, row);
    history.push({ item, sheet, row });
    if (history.length > 50) history.shift();
    put({ answer_id: row.answer_id, begins: item.text.slice(0, 80), answer: kind, source: item.source, progress: { stage: "waiting" } });
    today++;
    tellCount();
    current = null;
    const kept = post(row);
    await Promise.all([next(), kept]);
  }

  // Back to the last answer: taken back where it has not left yet, else the next answer takes its place.
  async function back() {
    const last = history.pop();
    if (!last) return card.tell("no answer to go back to");
    if (current) readyItems.unshift(current);
    const unsent = await withdraw(last.row.answer_id);
    const item = { ...last.item, answer_id: uuid7(), supersedes: unsent ? last.row.supersedes : last.row.answer_id };
    done.delete(item.source);
    if (unsent) drop(last.row.answer_id);
    show(item, last.sheet);
    card.tell(unsent ? "back: that answer was not sent" : "back: your next answer takes the place of the one you gave");
    return undefined;
  }

  async function columns(item) { try { return (await api("/api/items/open", { source: item.source, full: true })).item; } catch (error) { complain(error); return null; } }

  // -- what became of the answers

  const rows = new Map();
  function put(told) {
    let row = rows.get(told.answer_id);
    if (!row) {
      row = { element: h("li", {}) };
      rows.set(told.answer_id, row);
      hint.hidden = true;
      states.prepend(row.element);
      while (states.children.length > 20) states.lastChild.remove();
    }
    Object.assign(row, told);
    const p = row.progress || {}, bad = p.stage === "refused" || p.stage === "not taken", words = `${row.answer}: ${sentence(p)}`;
    row.element.className = bad ? "bad" : p.stage === "nothing to learn" ? "" : settled(p) ? "good" : "warn";
    row.element.replaceChildren(h("span", { class: "begins" }, row.source ? h("a", { href: `/texts/${encodeURIComponent(row.source)}` }, row.begins || row.id) : row.begins), h("span", { class: "soft" }, row.superseded ? `${words} (replaced)` : words));
  }
  function drop(id) { const row = rows.get(id); if (row) { row.element.remove(); rows.delete(id); } }
  function tellCount() { count.textContent = `${today} today`; }

  async function refresh() {
    try {
      const told = await api("/api/answers?n=20");
      today = told.today + (await waiting()).length;
      tellCount();
      for (const one of [...told.answers].reverse()) put(one);
    } catch { /* the banner says it */ }
  }

  onSent(({ answer: sent, told, refused }) => {
    if (refused) { put({ answer_id: sent.answer_id, begins: sent.text.slice(0, 80), answer: sent.answer, progress: { stage: "not taken", reasons: [refused] } }); say(`An answer was not taken: ${refused}`, "bad"); }
    else if (sent.queue !== "review") put(told);
  });
  listen({ progress: (told) => { for (const row of rows.values()) if (row.correction_id === told.correction_id) put({ answer_id: row.answer_id, progress: told }); }, gap: refresh, head: refresh });
  queue.addEventListener("change", async () => {
    sessionStorage.setItem("freshet-queue", queue.value);
    const sources = claimed();
    readyItems.length = 0;
    current = null;
    if (sources.length) api("/api/items/release", { sources }).catch(() => {});
    await next();
  });
  setInterval(() => { const sources = claimed(); if (sources.length && document.visibilityState === "visible" && !leaving) api("/api/items/renew", { sources }).catch(() => {}); }, (me.lease_seconds * 1000) / 3);
  addEventListener("pagehide", () => { leaving = true; const sources = claimed(); if (sources.length) fetch("/api/items/release", { method: "POST", keepalive: true, headers: { "content-type": "application/json" }, body: JSON.stringify({ sources }) }).catch(() => {}); });

  for (const one of await waiting()) put({ answer_id: one.answer.answer_id, begins: one.answer.text.slice(0, 80), answer: one.answer.answer, progress: { stage: "waiting" } });
  if (wanted) { try { show((await api("/api/items/open", { source: wanted })).item); } catch (error) { complain(error); await next(); } } else await next();
  refresh();
  pump();
}

function placeOf(source) {
  const [topic, partition, offset] = source.split(":");
  return { topic, partition: Number(partition), offset: Number(offset) };
}

// A UUID of version 7: ids of later answers are greater.
function uuid7() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  let at = Date.now();
  for (let k = 5; k >= 0; k--) { bytes[k] = at % 256; at = Math.floor(at / 256); }
  bytes[6] = (bytes[6] & 15) | 112;
  bytes[8] = (bytes[8] & 63) | 128;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
