// Models: versions, which of them serve, who decided; promotions and comparisons.
import { api, begin, can, complain, empty, h, ready, say } from "/static/nav.js";
import { marked, number, table, tile, when } from "/static/words.js";
import { ask } from "/static/ask.js";
import { listen } from "/static/live.js";

const main = document.getElementById("main");
const me = await begin("Models");
const path = location.pathname.split("/").filter(Boolean).slice(1).map(Number);
const stage = h("div", { class: "stage" });
main.replaceChildren(h("h1", {}, "Models"), stage);
let state = null;

async function load() {
  try {
    state = await api("/api/versions");
    if (path.length === 2) await two(...path); else if (path.length === 1) await one(path[0]); else all();
  } catch (error) { complain(error); if (error.status === 404) stage.replaceChildren(empty("There is no such version", error.told.expected ? `There are: ${error.told.expected}` : "")); }
  ready();
}

const gate = (v) => (v.passed === null || v.passed === undefined ? h("span", { class: "badge" }, "not judged") : h("span", { class: `badge ${v.passed ? "good" : "bad"}` }, v.passed ? "passed" : "refused"));

function all() {
  const { head, versions } = state;
  if (!state.learns) return stage.replaceChildren(empty("No registry", "This console was started without one: the model is served from a folder and nothing is learned.", h("pre", {}, "freshet console --registry redis://HOST")));
  if (!versions.length) return stage.replaceChildren(empty("No versions yet", "freshet models put DIR registers one; freshet learn begins with the pipeline that its config names."));
  const champion = versions.find((v) => v.number === head.champion), operate = can(me, "operate");
  const role = (v) => [v.number === head.champion && "champion", v.number === head.canary && `canary ${head.canary_percent} %`, v.number === head.shadow && "shadow", v.number === head.previous && "previous"].filter(Boolean);
  const forced = state.audit.find((entry) => ["promote", "force", "rollback"].includes(entry.action));
  stage.replaceChildren(...[
    h("div", { class: "tiles" }, tile(head.champion ?? "–", "champion"), tile(head.previous ?? "–", "before it"), tile(head.canary ?? "–", head.canary ? `canary, ${head.canary_percent} % of the keys` : "canary"), tile(head.shadow ?? "–", "shadow"), tile(state.verified ? "verified" : "broken", "audit chain")),
    forced && forced.action === "force" && forced.detail !== "instead of none" && h("p", { class: "note" }, `Version ${forced.version} was forced past the gate by ${forced.actor}: ${forced.reason}`),
    !state.verified && h("p", { class: "error" }, state.chain || "The audit chain was not read yet."),
    operate && [head.previous, head.shadow, head.canary].some((one) => one !== null) && h("div", { class: "row" }, champion && head.previous !== null && h("button", { type: "button", onclick: rollBack }, `Roll back to ${head.previous}`), head.shadow !== null && h("button", { type: "button", onclick: () => place("shadow", null) }, "No shadow"), head.canary !== null && h("button", { type: "button", onclick: () => place("canary", null) }, "No canary")),
    h("section", { class: "panel" }, h("h2", {}, "Versions"), table(["Version", "Serves", "Gate", "Why not", "#Gain", "#Corrections", "Made", "Actions"], versions.map((v) => h("tr", {}, h("td", {}, h("a", { href: `/models/${v.number}` }, v.number)), h("td", {}, role(v).map((name) => h("span", { class: name === "champion" ? "badge good" : "badge" }, name)), !role(v).length && h("span", { class: "soft" }, v.state)), h("td", {}, gate(v)), h("td", { class: "small" }, v.passed === false ? v.reasons.join("; ") : ""), h("td", { class: "num" }, gain(v)), h("td", { class: "num" }, v.learned), h("td", { class: "nowrap" }, when(Date.parse(v.created))),
      h("td", {}, h("div", { class: "row nowrap" }, head.champion !== null && v.number !== head.champion && h("a", { href: `/models/${head.champion}/${v.number}` }, "Compare"), operate && v.number !== head.champion && !v.collected && h("button", { type: "button", "aria-label": `Actions of version ${v.number}`, onclick: () => act(v) }, "…"))))), "Versions")),
    h("section", { class: "panel" }, h("h2", {}, "Who changed what"), table(["When", "What", "Version", "Who", "Why"], state.audit.slice(0, 40).map((entry) => h("tr", {}, h("td", {}, when(entry.time * 1000)), h("td", {}, entry.action, entry.detail && h("span", { class: "soft" }, ` ${/^[0-9a-f]{40,}$/.test(entry.detail) ? entry.detail.slice(0, 12) : entry.detail}`)), h("td", {}, entry.version ?? "–"), h("td", {}, entry.actor), h("td", {}, entry.reason))), "Audit chain"))].filter(Boolean));
  return undefined;
}

function gain(v) {
  const e = v.evidence;
  if (e && typeof e.lower === "number") return `${signed(e.estimate)}, at least ${signed(e.lower)}`;
  return v.gain === null || v.gain === undefined ? "–" : `${signed(v.gain)}, n = ${v.n_recent ?? "?"}`;
}
const signed = (value) => (value === undefined || value === null ? "–" : `${value > 0 ? "+" : ""}${number(value)}`);

async function send(path, body, done) {
  try { await api(path, { ...body, op_id: crypto.randomUUID() }); say(done); await load(); } catch (error) {
    complain(error);
    if (error.status === 409) { await load(); const last = state.audit[0]; if (last) say(`Meanwhile: ${last.actor} did ${last.action} ${last.version ?? ""}`, "warn"); }
  }
}

function act(v) {
  const { head } = state, dialog = h("dialog", { "aria-label": `Version ${v.number}` });
  const button = (words, work, kind = "") => h("button", { type: "button", class: kind, onclick: () => { dialog.close(); work(); } }, words);
  dialog.append(h("form", { method: "dialog" }, h("h2", {}, `Version ${v.number}`), h("p", { class: "soft" }, v.passed === false ? `The gate refused it: ${v.reasons.join("; ")}` : v.passed ? "The gate let it pass." : "The gate has not judged it."),
    button("Promote to champion …", () => promote(v, false), "main"), v.passed !== true && button("Force past the gate …", () => promote(v, true), "red"), button("Canary …", () => place("canary", v.number)), button("Shadow …", () => place("shadow", v.number)), v.number !== head.champion && button("Retire …", () => retire(v)), h("div", { class: "row end" }, h("button", { class: "quiet" }, "Close"))));
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

async function promote(v, force) {
  const epoch = state.head.epoch, lines = [`Version ${v.number} answers every text from now on, instead of version ${state.head.champion}. Workers swap between two batches.`];
  if (force) lines.push("The gate did not let it pass. That you forced it stays visible until another champion serves.");
  const said = await ask({ title: `${force ? "Force" : "Promote"} version ${v.number}`, lines, typed: String(v.number), red: force, act: force ? "Force" : "Promote" });
  if (said) await send("/api/versions/promote", { version: v.number, expected_epoch: epoch, force, ...said }, `Version ${v.number} is champion.`);
}

async function rollBack() {
  const { epoch, champion, previous } = state.head;
  const said = await ask({ title: `Roll back to version ${previous}`, lines: [`Version ${previous} serves again, version ${champion} is retired for good.`], typed: String(previous), red: true, act: "Roll back" });
  if (said) await send("/api/versions/rollback", { expected_epoch: epoch, ...said }, `Version ${previous} serves again.`);
}

async function retire(v) {
  const said = await ask({ title: `Retire version ${v.number}`, lines: ["It serves no more; its files may be dropped later."], typed: String(v.number), act: "Retire" });
  if (said) await send("/api/versions/retire", { version: v.number, ...said }, `Version ${v.number} is retired.`);
}

async function place(role, version) {
  const fields = role === "canary" && version !== null ? [{ name: "percent", label: "Percent of the keys that it answers", value: 5, min: 1, max: 100 }] : [];
  const lines = version === null ? [`There will be no ${role}.`] : role === "shadow" ? ["It annotates a share of the texts beside the champion; its answers are not written."] : ["It answers for a share of the keys."];
  const said = await ask({ title: version === null ? `End the ${role}` : `Version ${version} as ${role}`, lines, fields, act: "Do it" });
  if (said) await send(`/api/versions/${role}`, { version, reason: said.reason, percent: Number(said.percent || 0) }, version === null ? `No ${role} any more.` : `Version ${version} is ${role}.`);
}

async function one(n) {
  const v = await api(`/api/versions/${n}`);
  const slices = Object.entries(v.deltas);
  stage.replaceChildren(h("div", { class: "row" }, h("a", { href: "/models" }, "All versions"), h("h2", {}, `Version ${n}`), gate(v)),
    v.passed === false ? h("p", { class: "bad" }, `Refused: ${v.reasons.join("; ")}`) : "",
    h("div", { class: "two" }, h("section", { class: "panel" }, h("h2", {}, "What it is"), h("dl", { class: "facts" }, ...facts({ state: v.state, parent: v.parent ?? "–", made: v.created, by: v.actor, "signed by": v.signed_by || "nobody", digest: v.digest, corrections: pairs(v.corrections), "learned from": pairs(v.lineage.offsets), seed: v.lineage.seed ?? "–", code: v.lineage.code_version || "–" }))),
      h("section", { class: "panel" }, h("h2", {}, "Answers that changed"), Object.keys(v.flips).length ? table(["Layer", "#Right before", "#Now wrong", "#Now right"], Object.entries(v.flips).map(([layer, f]) => h("tr", {}, h("td", {}, layer), h("td", { class: "num" }, f.right_before), h("td", { class: "num bad" }, f.negative), h("td", { class: "num good" }, f.positive))), "Flips") : h("p", { class: "soft" }, "Nothing was compared."))),
    h("section", { class: "panel" }, h("h2", {}, "Scores beside the champion's, with intervals"), slices.length ? table(["Slice", "#Champion", "#Candidate", "#Difference, 95 %", "#Documents"], slices.map(([name, d]) => h("tr", {}, h("td", {}, name), h("td", { class: "num" }, number(d.champion)), h("td", { class: "num" }, number(d.candidate)), h("td", { class: "num" }, `[${signed(d.lower)}, ${signed(d.upper)}]`), h("td", { class: "num" }, d.support))), "Scores") : h("p", { class: "soft" }, "It was judged by nothing.")),
    h("section", { class: "panel" }, h("h2", {}, "Files"), table(["File", "#Bytes", "sha256"], Object.entries(v.files).map(([file, { size, sha256 }]) => h("tr", {}, h("td", {}, file), h("td", { class: "num" }, size.toLocaleString("en")), h("td", { class: "mono" }, sha256.slice(0, 16)))), "Files")));
}

const pairs = (found) => Object.entries(found || {}).map(([name, value]) => `${name}: ${[value].flat().join("–")}`).join(", ") || "none";
const facts = (pairs) => Object.entries(pairs).flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, String(value))]);

async function two(before, after) {
  const told = await api(`/api/versions/${before}/${after}`);
  const text = h("textarea", { id: "own", rows: 2 }), progress = h("span", { class: "soft", role: "status" }), rows = h("ul", { class: "list" });
  const run = async (own) => {
    try {
      const { diff } = await api("/api/diffs", { before, after, text: own ? text.value : "" });
      for (;;) {
        const now = await api(`/api/diffs/${diff}`);
        progress.textContent = now.error ? `failed: ${now.error}` : `${now.read} of ${now.of} texts, ${now.rows.length} answered differently${now.done ? "" : " …"}`;
        rows.replaceChildren(...now.rows.sort((x, y) => seen(y) - seen(x)).slice(0, 60).map(row));
        if (now.done && !now.rows.length && !now.error) rows.replaceChildren(h("li", {}, empty("They say the same", `${now.read} texts, no difference.`)));
        if (now.done) return;
        await new Promise((resolve) => setTimeout(resolve, 700));
      }
    } catch (error) { complain(error); }
  };
  stage.replaceChildren(h("div", { class: "row" }, h("a", { href: "/models" }, "All versions"), h("h2", {}, `Version ${before} and version ${after}`)),
    h("section", { class: "panel" }, h("h2", {}, "What they say differently"), h("div", { class: "field" }, h("label", { for: "own" }, "A text of your own, or none: 200 of the stream"), text), h("div", { class: "row" }, h("button", { class: "main", type: "button", onclick: () => run(Boolean(text.value.trim())) }, "Compare"), progress), rows),
    h("section", { class: "panel" }, h("h2", {}, "Scores"), told.scores.length ? table(["Score", `#Version ${before}`, `#Version ${after}`, "#Difference"], told.scores.map((s) => h("tr", {}, h("td", {}, s.name), h("td", { class: "num" }, number(s.before)), h("td", { class: "num" }, number(s.after)), h("td", { class: "num" }, signed(s.change)))), "Scores") : h("p", { class: "soft" }, "Neither has scores.")),
    h("details", { class: "panel" }, h("summary", {}, `${Object.keys(told.fields).length} files and facts differ`), h("dl", { class: "facts" }, ...facts(Object.fromEntries(Object.entries(told.fields).map(([name, [x, y]]) => [name, `${x} → ${y}`]))))));
}

const seen = (told) => told.changes.filter((change) => change.layer === "ents" || change.layer === "cats").length;
const tally = (changes) => Object.entries(changes.reduce((found, { layer }) => ({ ...found, [layer]: (found[layer] || 0) + 1 }), {})).map(([layer, n]) => `${layer} ${n}`).join(", ");

function row(told) {
  const has = (spans, s) => spans.some((o) => o.start === s.start && o.end === s.end && o.label === s.label);
  const side = (name, spans, other, kind) => h("div", {}, h("span", { class: "soft small" }, name), " ", marked(told.text, spans.map((s) => ({ ...s, change: has(other, s) ? "" : kind }))));
  return h("li", {}, side("before", told.before, told.after, "gone"), side("after", told.after, told.before, "new"), h("div", { class: "meta" }, `differ in ${tally(told.changes)}`, told.source && can(me, "annotate") && h("a", { href: `/correct?text=${encodeURIComponent(told.source)}` }, "Correct")));
}

listen({ head: () => { if (!document.querySelector("dialog[open]") && path.length === 0) load(); } });
await load();
