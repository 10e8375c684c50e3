// Health: who is behind, who serves what, and what the doctor finds.
import { api, begin, can, complain, empty, h, ready } from "/static/nav.js";
import { number, table, tile, when } from "/static/words.js";

const main = document.getElementById("main");
const me = await begin("Health");
const stage = h("div", { class: "stage" });
const doctor = h("section", { class: "panel" });
main.replaceChildren(h("h1", {}, "Health"), stage, doctor);
const row = (...cells) => h("tr", {}, ...cells.map((cell, k) => h("td", { class: k > 1 ? "num" : "" }, cell)));

async function load() {
  if (document.visibilityState === "visible") { try { draw(await api("/api/health")); } catch (error) { complain(error); } }
  ready();
  setTimeout(load, 3000);
}

function draw(told) {
  const lag = told.lags.reduce((sum, one) => sum + one.records, 0), oldest = Math.max(0, ...told.lags.map((one) => one.seconds || 0)), away = told.tails.filter((tail) => tail.away);
  const registry = told.registry;
  stage.replaceChildren(h("div", { class: "tiles" }, tile(number(told.rate, 1), "annotations a second"), tile(lag.toLocaleString("en"), "records behind", lag > 1000 ? "warn" : ""), tile(`${number(oldest, oldest < 10 ? 1 : 0)} s`, "the oldest of them", oldest > 60 ? "bad" : ""), tile(told.workers.length, "workers", told.workers.length || !registry ? "" : "bad"), tile(away.length ? "away" : "answers", "log", away.length ? "bad" : "good"), tile(!registry ? "none" : registry.away ? "away" : "answers", "registry", registry && registry.away ? "bad" : registry ? "good" : "")),
    ...away.slice(0, 1).map((tail) => h("p", { class: "error" }, tail.away)), registry && registry.away ? h("p", { class: "error" }, registry.away) : "",
    h("section", { class: "panel" }, h("h2", {}, "How far groups are behind"), told.lags.length ? table(["Group", "Partition", "#Records", "#Seconds", "#End"], told.lags.map((one) => row(one.group, `${one.topic}:${one.partition}`, one.records.toLocaleString("en"), one.seconds === null ? "unknown" : number(one.seconds, 1), one.end.toLocaleString("en"))), "Lags") : h("p", { class: "soft" }, "No group has read anything yet.")),
    h("section", { class: "panel" }, h("h2", {}, "Workers"), told.workers.length ? table(["Worker", "Host", "Version", "#Behind", "Heard of"], told.workers.map((w) => h("tr", {}, h("td", {}, w.instance), h("td", {}, `${w.host} ${w.pid}`), h("td", {}, h("a", { href: `/models/${w.version}` }, w.version), w.note && h("p", { class: "warn small" }, w.note)), h("td", { class: "num" }, Object.values(w.lag).reduce((x, y) => x + y, 0)), h("td", {}, when(w.seen * 1000)))), "Workers") : empty("No worker is known", registry ? "A worker that follows this registry says so every five seconds. Start one:" : "Workers are listed where there is a registry.", h("pre", {}, "freshet annotate registry:default"))),
    h("section", { class: "panel" }, h("h2", {}, "Topics"), table(["Topic", "Read", "#A second", "#Ends"], told.tails.map((tail) => row(tail.topic, tail.whole ? "whole" : "sampled", number(tail.rate, 1), tail.ends.join(" ") || "not there")), "Topics")),
    registry && !registry.away ? h("section", { class: "panel" }, h("h2", {}, "Registry"), h("dl", { class: "facts" }, h("dt", {}, "server"), h("dd", {}, `${registry.name} ${registry.version}`), h("dt", {}, "memory"), h("dd", {}, `${number(registry.memory / 1048576, 0)} MiB`), h("dt", {}, "remarks"), h("dd", {}, registry.remarks.join("; ") || "none"))) : "");
}

function ask() {
  const button = h("button", { type: "button" }, "Ask the doctor"), out = h("div", { role: "status" });
  button.addEventListener("click", async () => {
    button.disabled = true;
    out.replaceChildren(h("p", { class: "soft" }, "looking; it loads a model, which takes some seconds …"));
    try {
      const { checks } = await api("/api/health/doctor", {});
      out.replaceChildren(table(["State", "What", "Found"], checks.map((one) => h("tr", {}, h("td", {}, h("span", { class: `badge ${one.state === "good" ? "good" : one.state === "bad" ? "bad" : "warn"}` }, one.state)), h("td", {}, one.name), h("td", {}, one.found, one.advice && h("p", { class: "soft small" }, one.advice)))), "Findings"));
    } catch (error) { out.replaceChildren(); complain(error); }
    button.disabled = false;
  });
  doctor.replaceChildren(h("h2", {}, "freshet doctor"), h("p", { class: "soft small" }, "Checks broker, topics, model, CPU and registry as the command does."), button, out);
}
if (can(me, "operate")) ask(); else doctor.hidden = true;
await load();
