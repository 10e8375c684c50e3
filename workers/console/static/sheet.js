// What a person does to one text, without a page: tokens, spans, cursor, selection, undo; what concerns other
// layers than spans is in layers.js. Spans are first and last token; nothing here is changed in place, so that an
// undo is an older value.
import { places } from "/static/places.js";

export const VALUES = { tags: "tag", pos: "pos", morphs: "morph", lemmas: "lemma" };
export const NAMES = { ents: "entities", spans: "spans", cats: "categories", tags: "tags", pos: "parts of speech",
  morphs: "features", lemmas: "lemmas", sents: "sentences", deps: "tree" };
export const SPANS = ["ents", "spans"];
const DEPTH = 500;

export class Sheet {
  constructor(item, labels = {}) {
    this.item = item;
    this.text = item.text;
    this.places = places(item.text);
    this.labels = labels;
    const { start, end } = item.tokens;
    this.start = Uint32Array.from(start, this.places.toUnit);
    this.end = Uint32Array.from(end, this.places.toUnit);
    this.n = start.length;
    this.space = Array.from({ length: this.n }, (_, i) => this.word(i).trim() === "");
    this.at = this.step(-1, 1);
    this.anchor = -1;
    this.sticky = "";
    this.found = "";
    this.edits = 0;
    this.past = [];
    this.future = [];
    this.layer = item.ents ? "ents" : item.cats ? "cats" : this.n ? "ents" : "cats";
    this.seen = new Set([this.layer]);
    this.key = Object.keys(item.spans || {})[0] || "sc";
    this.first = this.read(item);
    this.state = this.first;
    this.more = null;  // layers.js, once another layer than entities is looked at
  }

  read(item) {
    const spans = (list) => (list || []).map((s) => this.toTokens(s)).filter(Boolean).sort(order);
    const columns = item.tokens;
    const state = { ents: spans(item.ents), spans: spans((item.spans || {})[this.key]), cats: {},
      begins: new Set((item.sents || []).map((s) => this.tokenAt(this.places.toUnit(s.start)))) };
    for (const [label, score] of Object.entries(item.cats || {})) state.cats[label] = score >= 0.5;
    for (const [layer, column] of Object.entries(VALUES)) state[layer] = columns[column] ? [...columns[column]] : null;
    state.heads = columns.head ? [...columns.head] : null;
    state.deps = columns.dep ? [...columns.dep] : null;
    return state;
  }

  get available() {
    const item = this.item, columns = item.columns || [];
    return ["ents", "spans", "cats", "tags", "pos", "morphs", "lemmas", "sents", "deps"].filter((layer) =>
      layer === "ents" ? item.ents || this.labels.ents
        : layer === "spans" ? item.spans || this.labels.spans
        : layer === "cats" ? item.cats || this.labels.cats
        : layer === "sents" ? item.sents
        : layer === "deps" ? columns.includes("head") && columns.includes("dep")
        : columns.includes(VALUES[layer]));
  }

  get choices() {
    const known = this.labels[this.layer];
    if (known && known.length) return known;
    const seen = SPANS.includes(this.layer) ? this.state[this.layer].map((s) => s.label) : this.more.valuesOf(this);
    return [...new Set(seen)].sort();
  }

  word(i) { return i < 0 || i >= this.n ? "" : this.text.slice(this.start[i], this.end[i]); }

  // Control characters do not count as words to a reader.
  words(a, b) { return this.text.slice(this.start[a], this.end[b]); }

  toTokens(span) {
    const a = this.tokenAt(this.places.toUnit(span.start));
    const b = this.tokenAt(this.places.toUnit(span.end) - 1);
    return a < 0 || b < a ? null : { a, b, label: span.label };
  }

  // The token that covers a place of the text, or else the last one before it.
  tokenAt(unit) {
    let low = 0, high = this.n - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.start[middle] <= unit) low = middle; else high = middle - 1;
    }
    return this.n ? low : -1;
  }

  // The next token in a direction that is more than whitespace; the same one where there is none.
  step(from, by) {
    let at = from + by;
    while (at >= 0 && at < this.n && this.space[at]) at += by;
    return at >= 0 && at < this.n ? at : from;
  }

  get range() {
    if (this.at < 0) return null;
    const other = this.anchor < 0 ? this.at : this.anchor;
    return [Math.min(this.at, other), Math.max(this.at, other)];
  }

  // The selection without whitespace at its ends.
  get chosen() {
    const range = this.range;
    if (!range) return null;
    let [a, b] = range;
    while (a < b && this.space[a]) a++;
    while (b > a && this.space[b]) b--;
    return this.space[a] ? null : [a, b];
  }

  get spanLayer() { return this.layer === "spans" ? "spans" : "ents"; }

  under(i = this.at) {
    return this.state[this.spanLayer].find((s) => s.a <= i && i <= s.b);
  }

  // -- moving

  move(to, extend = false) {
    if (to < 0 || to >= this.n) return "";
    if (extend) { if (this.anchor < 0) this.anchor = this.at; } else this.anchor = -1;
    this.at = to;
    return this.describe();
  }

  select(a, b) { this.at = b; this.anchor = a === b ? -1 : a; return this.describe(); }

  entity(by) {
    const spans = this.state[this.spanLayer], range = this.range;
    if (!spans.length || !range) return "no entities here";
    const found = by > 0 ? spans.find((s) => s.a > range[0]) || spans[0]
      : [...spans].reverse().find((s) => s.b < range[1]) || spans[spans.length - 1];
    return this.select(found.a, found.b);
  }

  sentence(by) {
    const begins = [...this.state.begins].sort((x, y) => x - y);
    const to = by > 0 ? begins.find((i) => i > this.at) : begins.reverse().find((i) => i < this.at);
    return this.move(to === undefined ? (by > 0 ? this.step(this.n, -1) : this.step(-1, 1)) : to);
  }

  find(letter) {
    if (letter) this.found = letter.toLowerCase();
    if (!this.found) return "";
    for (let k = 1; k <= this.n; k++) {
      const i = (this.at + k) % this.n;
      if (!this.space[i] && this.word(i).toLowerCase().startsWith(this.found)) return this.move(i);
    }
    return `no word begins with ${this.found}`;
  }

  // The next capitalised word outside of entities.
  capital() {
    const inside = new Set();
    for (const s of this.state[this.spanLayer]) for (let i = s.a; i <= s.b; i++) inside.add(i);
    for (let k = 1; k <= this.n; k++) {
      const i = (this.at + k) % this.n;
      if (!inside.has(i) && /^\p{Lu}/u.test(this.word(i))) return this.move(i);
    }
    return "no capitalised word outside";
  }

  // -- changing

  change(next) {
    this.past.push(this.state);
    if (this.past.length > DEPTH) this.past.shift();
    this.future = [];
    this.state = { ...this.state, ...next };
    this.edits++;
  }

  setLabel(label) {
    if (!label) return "";
    if (!SPANS.includes(this.layer)) return this.more.setLabel(this, label);
    const layer = this.spanLayer, spans = this.state[layer], under = this.under();
    const range = this.anchor < 0 && under ? [under.a, under.b] : this.chosen;
    if (!range) return "whitespace is never an entity";
    const [a, b] = range;
    const same = spans.find((s) => s.a === a && s.b === b && s.label === label);
    if (same) { this.sticky = this.sticky === label ? "" : label; return this.sticky ? `sticky: ${label}` : "no sticky label"; }
    const kept = layer === "spans" ? spans.filter((s) => !(s.a === a && s.b === b)) : spans.filter((s) => s.b < a || s.a > b);
    this.change({ [layer]: [...kept, { a, b, label }].sort(order) });
    this.select(a, b);
    return `${label}: ${this.words(a, b)}`;
  }

  remove() {
    const layer = this.spanLayer, range = this.range;
    if (this.layer in VALUES) return this.more.setValue(this, null);
    if (!range) return "";
    const spans = this.state[layer], gone = spans.filter((s) => s.a <= range[1] && s.b >= range[0]);
    if (!gone.length) return "nothing to remove";
    this.change({ [layer]: spans.filter((s) => !gone.includes(s)) });
    return `removed ${gone.map((s) => `${s.label}: ${this.words(s.a, s.b)}`).join(", ")}`;
  }

  undo() {
    if (!this.past.length) return "";
    this.future.push(this.state);
    this.state = this.past.pop();
    return "undone";
  }

  redo() {
    if (!this.future.length) return "nothing to do again";
    this.past.push(this.state);
    this.state = this.future.pop();
    return "done again";
  }

  nextLayer(by) {
    const all = this.available;
    if (!all.length) return "";
    return this.look(all[(all.indexOf(this.layer) + by + all.length) % all.length]);
  }

  look(layer) {
    this.layer = layer;
    this.seen.add(layer);
    return NAMES[layer];
  }

  // -- telling

  describe() {
    const range = this.range;
    if (!range) return "";
    const [a, b] = range, words = this.words(a, b), span = this.state[this.spanLayer].find((s) => s.a === a && s.b === b) || (a === b ? this.under(a) : null);
    const value = this.layer in VALUES && this.state[this.layer] ? this.state[this.layer][this.at] : null;
    return words + (span ? `, ${span.label}` : "") + (value ? `, ${value}` : "");
  }

  // What an accepted card says, as layers of a correction. `touched`: only what was changed, the rest is unknown.
  said(touched = false) {
    const layers = {}, now = this.state, before = this.first;
    const span = (s) => ({ start: this.places.toPoint(this.start[s.a]), end: this.places.toPoint(this.end[s.b]), label: s.label });
    for (const layer of ["ents", "spans"]) {
      if (!this.seen.has(layer)) continue;
      const named = layer === "spans" ? { key: this.key } : {};
      if (!touched) layers[layer] = { status: "complete", ...named, spans: now[layer].map(span) };
      else {
        const fresh = now[layer].filter((s) => !has(before[layer], s)), gone = before[layer].filter((s) => !has(now[layer], s) && !fresh.some((f) => f.a <= s.b && f.b >= s.a));
        if (fresh.length || (gone.length && layer === "ents")) layers[layer] = { status: "partial", ...named, spans: [...fresh, ...(layer === "ents" ? gone.map((s) => ({ ...s, label: "" })) : [])].sort(order).map(span) };
      }
    }
    const words = Array.from({ length: this.n }, (_, i) => i).filter((i) => !this.space[i]);
    const changed = this.more && this.more.say(this, layers, words, touched);
    if (!changed && !this.item.overlap) return { layers };
    const { start, end } = this.item.tokens;
    return { layers, tokens: { start: words.map((i) => start[i]), end: words.map((i) => end[i]) } };
  }
}

function order(x, y) { return x.a - y.a || x.b - y.b || (x.label < y.label ? -1 : 1); }

function has(spans, s) { return spans.some((o) => o.a === s.a && o.b === s.b && o.label === s.label); }

// One key, by the name that the map gives its action. Returns what a screen reader is told; undefined: not ours.
export function press(sheet, action, detail = "") {
  switch (action) {
    case "left": return sheet.move(sheet.step(sheet.at, -1));
    case "right": return sheet.move(sheet.step(sheet.at, 1));
    case "extendLeft": return told(sheet, sheet.move(sheet.step(sheet.at, -1), true));
    case "extendRight": return told(sheet, sheet.move(sheet.step(sheet.at, 1), true));
    case "sentenceLeft": return sheet.sentence(-1);
    case "sentenceRight": return sheet.sentence(1);
    case "home": return sheet.move(sheet.step(-1, 1));
    case "end": return sheet.move(sheet.step(sheet.n, -1));
    case "nextEntity": return sheet.entity(1);
    case "previousEntity": return sheet.entity(-1);
    case "find": return sheet.find(detail);
    case "findAgain": return sheet.find("");
    case "capital": return sheet.capital();
    case "remove": return sheet.remove();
    case "undo": return sheet.undo();
    case "redo": return sheet.redo();
    case "label": { const label = sheet.choices[Number(detail)]; return label ? sheet.setLabel(label) : "no such label"; }
    case "nextLayer": return sheet.nextLayer(1);
    case "previousLayer": return sheet.nextLayer(-1);
    case "take": return sheet.layer === "deps" ? sheet.more.take(sheet) : undefined;
  }
  return undefined;
}

function told(sheet, words) { return words ? `selected ${sheet.words(...sheet.range)}` : ""; }
