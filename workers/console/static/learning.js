// Learning: curves of the trainer with versions as marks; corrections by hour and person; agreement.
import { api, begin, complain, empty, h, ready } from "/static/nav.js";
import { number, soon, table, tile } from "/static/words.js";
import { listen } from "/static/live.js";

const main = document.getElementById("main");
await begin("Learning");
const stage = h("div", { class: "stage" });
main.replaceChildren(h("div", { class: "row apart" }, h("h1", {}, "Learning"), h("a", { class: "button", href: "/api/metrics.csv", download: "learning.csv" }, "Download as CSV")), stage);
const STROKES = ["#2277cc", "#c26a12", "#2a8c4a", "#9b4dca", "#c23a5e", "#128a8a"];
const plots = [];

async function load() {
  try {
    const [metrics, agreement] = await Promise.all([api("/api/metrics"), api("/api/agreement")]);
    for (const plot of plots.splice(0)) plot.destroy();
    stage.replaceChildren(...curves(metrics), ...people(agreement));
    fit();
  } catch (error) { complain(error); }
  ready();
}

function curves({ steps, marks, learns }) {
  if (!steps.length) return [empty(learns ? "Nothing was learned yet" : "No registry", learns ? "The trainer writes a row for each step. Correct a text: the first step comes with it." : "Learning needs a model registry.")];
  const names = (part) => [...new Set(steps.flatMap((step) => Object.keys(step[part])))].sort();
  return [section("Progressive F", "Each correction is scored before it is learned.", "progressive", names("progressive"), steps, marks),
    section("Losses", "Of each step's update alone.", "update", names("update"), steps, marks), versionsPanel(marks), counts(steps)];
}

const pending = [];
function section(title, words, part, names, steps, marks) {
  const host = h("div", { class: "plot", role: "img", "aria-label": `${title}, as a plot; the table below says the same` });
  pending.push({ host, part, names, steps, marks });
  const shown = steps.filter((_, k) => k % Math.ceil(steps.length / 40) === 0 || k === steps.length - 1);
  return h("section", { class: "panel" }, h("h2", {}, title), h("p", { class: "soft small" }, words), host,
    h("details", {}, h("summary", {}, "As a table"), table(["Time", "#Step", ...names.map((name) => `#${name}`)], shown.map((step) => h("tr", {}, h("td", {}, clock(step.t)), h("td", { class: "num" }, step.step), ...names.map((name) => h("td", { class: "num" }, number(step[part][name]))))), title)));
}

const clock = (t) => new Date(t * 1000).toLocaleTimeString("en-GB");

function fit() {
  for (const { host, part, names, steps, marks } of pending.splice(0)) {
    const style = getComputedStyle(document.documentElement), ink = style.getPropertyValue("--soft").trim(), line = style.getPropertyValue("--line").trim();
    const data = [steps.map((step) => step.t), ...names.map((name) => steps.map((step) => step[part][name] ?? null))];
    const axis = { stroke: ink, grid: { stroke: line, width: 1 }, ticks: { stroke: line }, font: "12px system-ui" };
    const draw = (plot) => {
      const { ctx, bbox } = plot;
      ctx.save();
      ctx.setLineDash([4, 4]);
      for (const mark of marks) {
        const x = plot.valToPos(mark.t, "x", true);
        if (x < bbox.left || x > bbox.left + bbox.width) continue;
        ctx.strokeStyle = mark.kind === "refused" || mark.kind === "rollback" ? "#c23a3a" : mark.kind === "passed" ? "#2a8c4a" : "#888";
        ctx.beginPath(); ctx.moveTo(x, bbox.top); ctx.lineTo(x, bbox.top + bbox.height); ctx.stroke();
      }
      for (const step of steps) if (step.drifted.length) { ctx.strokeStyle = "#c26a12"; const x = plot.valToPos(step.t, "x", true); ctx.beginPath(); ctx.moveTo(x, bbox.top); ctx.lineTo(x, bbox.top + bbox.height); ctx.stroke(); }
      ctx.restore();
    };
    plots.push(new window.uPlot({ width: host.clientWidth || 600, height: 220, legend: { live: false }, axes: [{ ...axis, values: (_, ticks) => ticks.map(clock) }, axis], series: [{}, ...names.map((name, k) => ({ label: name, stroke: STROKES[k % STROKES.length], width: 2, spanGaps: true, points: { show: steps.length < 20 } }))], scales: part === "progressive" ? { y: { range: [0, 1] } } : {}, hooks: { draw: [draw] } }, data, host));
  }
}

function versionsPanel(marks) {
  const kinds = { passed: "badge good", refused: "badge bad", rollback: "badge warn", force: "badge bad", put: "badge" };
  return h("section", { class: "panel" }, h("h2", {}, "Versions, as marks in the plots"), h("div", { class: "row" }, ...marks.slice(-30).map((mark) => h("a", { class: kinds[mark.kind], href: `/models/${mark.version}` }, `${mark.version} ${mark.kind}`, mark.n_recent ? `, ${mark.n_recent} held out` : ""))));
}

function counts(steps) {
  const last = steps[steps.length - 1];
  return h("section", { class: "panel" }, h("h2", {}, "What the trainer counted"), h("div", { class: "tiles" }, tile(last.step, "steps"), ...Object.entries(last.counts).map(([name, value]) => tile(value, name.replaceAll("_", " ")))));
}

const measure = (m) => (!m || m.value === null || m.value === undefined ? "–" : m.few ? `too few (${m.texts ?? "under 20"})` : `${number(m.value, 2)} [${number(m.lower, 2)}, ${number(m.upper, 2)}]`);

function people(told) {
  const labels = Object.entries(told.people.labels), hours = told.hours.slice(-12).reverse(), said = Object.values(told.answers).reduce((x, y) => x + y, 0);
  const row = (...cells) => h("tr", {}, ...cells.map((cell, k) => h("td", { class: k ? "num" : "" }, cell)));
  return [h("section", { class: "panel" }, h("h2", {}, "Agreement"), h("p", { class: "soft small" }, "Of two people on the same texts, with 95 % intervals; below 20 texts nothing is claimed."),
    table(["Measure", "#All", ...labels.map(([name]) => `#${name}`)], [row("F of one against the other", measure(told.people.f), ...labels.map(([, m]) => measure(m))), row("Krippendorff's alpha", measure(told.people.alpha), ...labels.map(() => ""))], "Agreement"),
    h("p", { class: "small" }, told.anchoring.difference.few ? "Anchoring: too few answers yet to compare people who saw the model's opinion with those who did not." : `Anchoring: people who saw the model's opinion agree with it ${measure(told.anchoring.seen)}, those who did not ${measure(told.anchoring.blind)}; difference ${number(told.anchoring.difference.value, 2)}.`),
    told.reviewed.length ? table(["Person", "#As the review decided"], told.reviewed.map((one) => row(one.author, `${one.right} of ${one.of}`)), "Reviews") : null),
  h("section", { class: "panel" }, h("h2", {}, "Corrections by hour"), hours.length ? table(["Hour", "People", "Labels"], hours.map((hour) => h("tr", {}, h("td", {}, new Date(hour.t * 1000).toISOString().slice(5, 16).replace("T", " ")), h("td", {}, list(hour.people)), h("td", {}, list(hour.labels)))), "Corrections by hour") : h("p", { class: "soft" }, "No corrections yet."),
    h("p", { class: "soft small" }, `${said} answers: ${list(told.answers) || "none"}. Corrections: ${list(told.held_out) || "none"}.`))];
}

const list = (counts) => Object.entries(counts).map(([name, count]) => `${name} ${count}`).join(", ");

listen({ metrics: soon(() => { if (!document.querySelector("details[open]")) load(); }, 2000) });
let width = innerWidth;
addEventListener("resize", () => { if (innerWidth !== width) { width = innerWidth; for (const plot of plots) plot.setSize({ width: plot.root.parentElement.clientWidth, height: 220 }); } });
await load();
