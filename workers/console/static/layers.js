// The layers that one looks at less often: categories, tags and their like, sentences, the tree, spans that
// overlap. It comes when the first of them is looked at.
import { style } from "/static/nav.js";
import { VALUES } from "/static/sheet.js";

style();

// New columns of the same text, which were not sent with the card.
export function fill(sheet, item) {
  sheet.item = { ...sheet.item, ...item };
  const fresh = sheet.read(sheet.item);
  for (const layer of [...Object.keys(VALUES), "heads", "deps"]) {
    sheet.first = { ...sheet.first, [layer]: fresh[layer] };
    sheet.state = { ...sheet.state, [layer]: fresh[layer] };
  }
}

// Labels that are in the text, where the model's are not known.
export function valuesOf(sheet) {
  if (sheet.layer === "cats") return Object.keys(sheet.state.cats);
  return sheet.layer === "sents" ? [] : (sheet.state[sheet.layer] || []).filter(Boolean);
}

export function setLabel(sheet, label) {
  if (sheet.layer === "cats") return toggle(sheet, label);
  if (sheet.layer === "deps") return setDep(sheet, label);
  return sheet.layer === "sents" ? boundary(sheet) : setValue(sheet, label);
}

function toggle(sheet, label) {
  const on = !sheet.state.cats[label], cats = exclusive(sheet) && on ? {} : { ...sheet.state.cats };
  if (exclusive(sheet) && on) for (const other of sheet.choices) cats[other] = false;
  cats[label] = on;
  sheet.change({ cats });
  return `${label}: ${on ? "yes" : "no"}`;
}

function exclusive(sheet) {
  const scores = Object.values(sheet.item.cats || {});
  return scores.length > 1 && Math.abs(scores.reduce((x, y) => x + y, 0) - 1) < 0.02;
}

export function setValue(sheet, value) {
  const column = [...(sheet.state[sheet.layer] || [])];
  if (sheet.at < 0 || sheet.space[sheet.at]) return "";
  column[sheet.at] = value;
  sheet.change({ [sheet.layer]: column });
  return `${sheet.word(sheet.at)}: ${value === null ? "not said" : value || "none"}`;
}

export function boundary(sheet) {
  if (sheet.at <= 0) return "a text begins with a sentence";
  const begins = new Set(sheet.state.begins), had = begins.delete(sheet.at);
  if (!had) begins.add(sheet.at);
  sheet.change({ begins });
  return had ? "joined with the sentence before" : `a sentence begins with ${sheet.word(sheet.at)}`;
}

// `h` takes the token as dependent; a label then hangs it on the token that the cursor is on.
export function take(sheet) { sheet.dependent = sheet.at; return `${sheet.word(sheet.at)} is taken; go to its head and press Enter`; }

function setDep(sheet, label) {
  const child = sheet.dependent === undefined ? sheet.at : sheet.dependent, head = sheet.dependent === undefined ? sheet.state.heads[child] : sheet.at;
  const heads = [...sheet.state.heads], deps = [...sheet.state.deps];
  heads[child] = label === "ROOT" ? child : head;
  deps[child] = label;
  if (circle(heads, child)) return `that would be a circle through ${sheet.word(child)}`;
  sheet.dependent = undefined;
  sheet.change({ heads, deps });
  return `${sheet.word(child)} is ${label} of ${heads[child] === child ? "nothing" : sheet.word(heads[child])}`;
}

function circle(heads, from) {
  const seen = new Set();
  for (let at = from; heads[at] !== at && heads[at] !== null && heads[at] !== undefined; at = heads[at]) {
    if (seen.has(at)) return true;
    seen.add(at);
  }
  return false;
}

// Adds what an accepted card says of these layers; whether its values belong to tokens.
export function say(sheet, layers, words, touched) {
  const now = sheet.state, before = sheet.first;
  if (sheet.seen.has("cats") && (!touched || now.cats !== before.cats)) {
    const scores = {};
    for (const [label, on] of Object.entries(now.cats)) if (!touched || on !== before.cats[label]) scores[label] = on ? 1 : 0;
    layers.cats = { status: touched ? "partial" : "complete", scores };
  }
  if (sheet.seen.has("sents") && sheet.n && (!touched || now.begins !== before.begins)) layers.sents = { status: "complete", spans: sentences(sheet) };
  return [values(sheet, layers, words), tree(sheet, layers, words)].some(Boolean);
}

function values(sheet, layers, words) {
  const now = sheet.state, before = sheet.first, changed = Object.keys(VALUES).filter((layer) => now[layer] && now[layer] !== before[layer]);
  for (const layer of changed) {
    const said = (i) => (now[layer][i] !== before[layer][i] && now[layer][i] !== undefined ? now[layer][i] : null);
    layers[layer] = { status: "partial", values: words.map((i) => (layer === "morphs" ? said(i) : said(i) || null)) };
  }
  return changed.length > 0;
}

function tree(sheet, layers, words) {
  const now = sheet.state, before = sheet.first;
  if (!now.heads || (now.heads === before.heads && now.deps === before.deps)) return false;
  const place = new Map(words.map((i, k) => [i, k])), touched = (i) => now.heads[i] !== before.heads[i] || now.deps[i] !== before.deps[i];
  layers.deps = { status: "partial", heads: words.map((i) => (touched(i) ? place.get(now.heads[i]) : null)), labels: words.map((i) => (touched(i) ? now.deps[i] : null)) };
  return true;
}

function sentences(sheet) {
  const begins = [...sheet.state.begins, sheet.step(-1, 1)].filter((i, k, all) => all.indexOf(i) === k && !sheet.space[i]).sort((x, y) => x - y);
  return begins.map((a, k) => {
    const b = sheet.step(k + 1 < begins.length ? begins[k + 1] : sheet.n, -1);
    return { start: sheet.item.tokens.start[a], end: sheet.item.tokens.end[b] };
  });
}

// Each token's value, as a mark below it.
export function valueMarks(sheet, block, values) {
  const found = [];
  for (let i = block.a; i <= block.b; i++) if (values[i] && !sheet.space[i]) found.push({ a: i, b: i, label: values[i], value: true });
  return found;
}

// Overlapping spans as pieces that do not overlap, each with the labels of all spans above it.
export function pieces(spans) {
  const cuts = [...new Set(spans.flatMap((s) => [s.a, s.b + 1]))].sort((x, y) => x - y), found = [];
  for (let k = 0; k + 1 < cuts.length; k++) {
    const over = spans.filter((s) => s.a <= cuts[k] && s.b >= cuts[k + 1] - 1);
    if (over.length) found.push({ a: cuts[k], b: cuts[k + 1] - 1, labels: over.map((s) => s.label), ends: over.some((s) => s.b === cuts[k + 1] - 1) });
  }
  return found;
}
