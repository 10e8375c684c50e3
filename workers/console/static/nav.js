// What all pages share: elements by code, the API, the header, banners, messages and dialogs.
import { listen } from "/static/live.js";

const LINKS = [["/", "Stream"], ["/correct", "Correct"], ["/review", "Review"], ["/texts", "Text"], ["/models", "Models"],
  ["/learning", "Learning"], ["/letters", "Dead letters"], ["/health", "Health"]];
const ROLES = ["read", "annotate", "review", "operate"];

// An element with attributes, listeners (`on...`) and children; text is only ever text.
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export class Refused extends Error {
  constructor(status, told) {
    super(told.error || `the console answered ${status}`);
    this.status = status;
    this.told = told;
  }
}

// JSON from the API. Throws Refused with the console's own words, TypeError where it cannot be reached.
export async function api(path, body, options = {}) {
  const request = body === undefined ? {} : { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  const answer = await fetch(path, { ...request, ...options });
  let told = {};
  try { told = await answer.json(); } catch { told = {}; }
  if (answer.status === 401) signedOut();
  if (!answer.ok) throw new Refused(answer.status, told);
  return told;
}

export const can = (me, role) => !me.read_only && ROLES.indexOf(me.role) >= ROLES.indexOf(role);

// The header, who asks, and the banner. Pages begin with it.
export async function begin(title) {
  document.title = `${title} · Freshet`;
  const nav = document.getElementById("nav");
  const here = location.pathname;
  const links = LINKS.map(([href, name]) => h("a", { href, "aria-current": (href === "/" ? here === "/" : here.startsWith(href)) && "page" }, name));
  const who = h("span", { class: "who" });
  nav.append(h("a", { class: "brand", href: "/" }, "Freshet"), h("nav", { "aria-label": "Pages" }, ...links), who);
  document.body.insertBefore(banner, document.getElementById("main"));
  document.body.append(messages);
  window.addEventListener("offline", () => away("You are offline. Answers are kept here and sent when you are back."));
  window.addEventListener("online", () => away(""));
  const me = await api("/api/me");
  for (const layer of ["ents", "spans", "cats"]) known.push(...(me.labels[layer] || []));
  who.append(`${me.name}, ${me.read_only ? "read-only" : me.role}`);
  listen({ rate: ({ away: gone }) => tellAway(gone), closed: (is) => away(is ? "The console cannot be reached. Answers are kept here and sent when it is back." : "") });
  tellAway(me.away);
  const current = nav.querySelector("[aria-current]");
  if (current && current.parentElement.scrollWidth > current.parentElement.clientWidth) current.scrollIntoView({ inline: "center", block: "nearest" });
  return me;
}

export function ready() { document.getElementById("main").setAttribute("aria-busy", "false"); }

const banner = h("div", { class: "banner", role: "status", hidden: true });
const messages = h("div", { class: "messages", role: "status", "aria-live": "polite" });

function tellAway({ log, registry } = {}) {
  const parts = [];
  if (log) parts.push("The log cannot be reached: cards go on, answers wait here.");
  if (registry) parts.push("The model registry cannot be reached: versions stand still.");
  away(parts.join(" "));
}

function away(words) {
  if (banner.textContent === words) return;
  banner.textContent = words;
  banner.hidden = !words;
}

function signedOut() { away("You are not logged in any more: open a link of `freshet console link`."); }

// A message that goes by itself; errors stay until they are closed.
export function say(words, kind = "good") {
  const close = h("button", { type: "button", class: "plain", "aria-label": "Close" }, "×");
  const message = h("div", { class: `message ${kind}` }, h("span", {}, words), close);
  close.addEventListener("click", () => message.remove());
  messages.append(message);
  if (kind !== "bad") setTimeout(() => message.remove(), 6000);
  while (messages.children.length > 4) messages.firstChild.remove();
}

export function complain(error) {
  const told = error.told || {};
  const more = [told.expected && `expected ${told.expected}`, told.got && `got ${told.got}`, told.do].filter(Boolean).join("; ");
  say(`${error.message}${more ? ` (${more})` : ""}`, "bad");
}

// A label's colour is its place among those of the champion, else a hash of it: the same one on every page.
const known = [];
export function color(label) {
  const at = known.indexOf(label);
  return (at >= 0 ? at : [...label].reduce((sum, c) => sum * 31 + c.codePointAt(0), 7)) % 8;
}

// What became of a correction, as a sentence.
export function sentence(progress) {
  const p = progress || {};
  switch (p.stage) {
    case "in the log": return "in the log, not learned yet";
    case "learned": return `learned at step ${p.step}, not live yet`;
    case "held out": return "held out: it judges the model and is never learned";
    case "taken back": return "taken back";
    case "refused": return `in version ${p.version}, refused: ${(p.reasons || []).join("; ") || "no reason was given"}`;
    case "live": return `live in version ${p.version} after ${spell(p.seconds)}`;
    case "live before": return `was live in version ${p.version}; another version serves now`;
    case "annotated again": return `live in version ${p.version} after ${spell(p.seconds)}` + (p.of === undefined ? ", annotated again" : `; annotated again, ${p.as_said} of ${p.of} as you said`);
    case "waiting": return "waits in this browser";
    default: return p.stage || "unknown";
  }
}

export const settled = (p) => ["live", "annotated again", "held out", "nothing to learn", "taken back"].includes((p || {}).stage);

function spell(seconds) {
  return seconds < 90 ? `${Math.round(seconds)} s` : seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

// Styles that most pages have from the start, and a card with its dialogs and layers.
export function style() {
  const href = "/static/pages.css";
  if (!document.querySelector(`link[href="${href}"]`)) document.head.append(h("link", { rel: "stylesheet", href }));
}

export const empty = (title, ...lines) => h("div", { class: "empty" }, h("h2", {}, title), ...lines.map((line) => (typeof line === "string" ? h("p", {}, line) : line)));

