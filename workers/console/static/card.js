// A card: one text, its labels, its keys. What a key does to the text is sheet.js, how it looks is blocks.js.
import { Blocks } from "/static/blocks.js";
import { color, h } from "/static/nav.js";
import { NAMES, SPANS, Sheet, VALUES, press } from "/static/sheet.js";

const KEYS = {
  left: "ArrowLeft", right: "ArrowRight", extendLeft: "Shift+ArrowLeft", extendRight: "Shift+ArrowRight",
  sentenceLeft: "Ctrl+ArrowLeft", sentenceRight: "Ctrl+ArrowRight", up: "ArrowUp", down: "ArrowDown", home: "Home", end: "End",
  nextEntity: "j", previousEntity: "k", find: "f", findAgain: ";", capital: "n", remove: "d", undo: "u", redo: "Ctrl+y",
  accept: "a", acceptTouched: "Shift+A", reject: "x", ignore: "Space", previousLayer: "[", nextLayer: "]", choose: "Enter",
  take: "h", comment: ".", why: "i", help: "?", stop: "Escape",
};
const ALSO = { "Ctrl+z": "undo", Backspace: "undo", Delete: "remove", "Ctrl+Shift+Z": "redo" };
const WINDOW = 7;
const MANY = 20;
export const STORE = "freshet-keys";

function remembered() { try { return JSON.parse(localStorage.getItem(STORE)) || {}; } catch { return {}; } }

export class Card {
  // `on`: answer(kind, touched), back(), columns(item): what the page does.
  constructor(host, { labels = {}, on = {}, answers = true } = {}) {
    this.labels = labels;
    this.on = on;
    this.saved = remembered();
    this.map();
    this.listbox = h("div", { class: "listbox", role: "listbox", tabindex: 0, "aria-multiselectable": true });
    this.options = Array.from({ length: WINDOW }, (_, k) => h("div", { role: "option", id: `option-${k}` }));
    this.text = h("div", { class: "words" });
    this.reader = h("div", { class: "reader" }, this.listbox, this.text);
    this.status = h("div", { class: "status", role: "status", "aria-live": "polite" });
    this.top = h("div", { class: "top" });
    this.extra = h("div", { class: "extra" });
    this.labelBar = h("div", { class: "labels", role: "group", "aria-label": "Labels" });
    this.tabs = h("div", { class: "tabs", role: "group", "aria-label": "Layers" });
    const button = (action, words, kind) => h("button", { type: "button", class: kind, "aria-keyshortcuts": this.keys[action], onclick: () => this.act(action) }, words, h("kbd", { "aria-hidden": "true" }, shown(this.keys[action])));
    this.extend = h("button", { type: "button", class: "quiet", "aria-pressed": "false", onclick: () => this.extend.setAttribute("aria-pressed", String(this.extend.getAttribute("aria-pressed") !== "true")) }, "Extend");
    this.answerBar = h("div", { class: "row" },
      answers && [button("accept", "Accept", "main"), button("reject", "Reject", ""), button("ignore", "Ignore", "")],
      button("remove", "Remove", "quiet"), button("undo", "Undo", "quiet"), this.extend, button("help", "Keys", "quiet"));
    this.element = h("section", { class: "card", "aria-label": "Text to correct" }, this.top, this.reader, this.extra, this.status,
      h("div", { class: "actions" }, this.labelBar, this.answerBar));
    host.append(this.element);
    this.blocks = new Blocks(this.text);
    this.element.addEventListener("keydown", (event) => this.keydown(event));
    this.listbox.addEventListener("focus", () => this.reader.classList.add("on"));
    this.listbox.addEventListener("blur", () => this.reader.classList.remove("on"));
    this.listbox.addEventListener("copy", (event) => { const range = this.sheet && this.sheet.range; if (range) { event.clipboardData.setData("text/plain", this.sheet.words(...range)); event.preventDefault(); } });
    this.mouse();
    this.more = null;
    // Who works here finds these offline too.
    this.element.addEventListener("keydown", () => Promise.all([import("/static/dialogs.js"), this.load()]).catch(() => {}), { once: true });
  }

  map() {
    this.keys = { ...KEYS, ...this.saved.keys };
    this.actions = { ...ALSO };
    for (const [action, combo] of Object.entries(this.keys)) this.actions[combo] = action;
  }

  show(item, sheet = null) {
    const shown = sheet || new Sheet(item, this.labels);
    if (!this.more && !SPANS.includes(shown.layer)) return this.load().then(() => this.show(item, shown));
    shown.more = this.more || shown.more;
    this.item = item;
    this.sheet = shown;
    this.shownAt = performance.now();
    this.pressed = 0;
    this.pending = "";
    this.comment = "";
    this.blocks.show(this.sheet);
    this.listbox.setAttribute("aria-label", `Text of ${this.sheet.n} tokens`);
    this.head();
    this.bars();
    this.drawn = this.sheet.state;
    this.tell(!item.text ? "This text is empty." : this.hinted ? "" : "Arrows move, digits label, a accepts, ? shows keys.");
    this.hinted = true;
    this.focused();
    if (document.activeElement !== this.listbox && !document.querySelector("dialog[open]")) this.listbox.focus({ preventScroll: true });
    window.scrollTo(0, 0);
    return undefined;
  }

  // Layers other than entities: their code comes with the first look at one.
  async load() {
    this.more = await import("/static/layers.js");
    if (this.sheet) this.sheet.more = this.more;
  }

  get stats() { return { shown_ms: Math.round(performance.now() - this.shownAt), keys: this.pressed, edits: this.sheet.edits }; }

  head() {
    const { item } = this, badge = (words, kind = "") => h("span", { class: `badge ${kind}` }, words);
    this.top.replaceChildren(...[
      h("a", { href: `/texts/${encodeURIComponent(item.source)}`, class: "small" }, item.id),
      h("span", { class: "soft small" }, `version ${item.version}`), item.queue && badge(item.queue),
      item.held_out && badge("held out: it judges the model, it is never learned", "warn"), item.blind && badge("blind: the model's opinion is hidden", "warn"),
      item.overlap && badge("two people are asked"), item.too_long && badge("too long to publish: the log takes 1,000,000 bytes", "bad"), this.tabs].filter(Boolean));
  }

  // Labels and layers; drawn again only where they changed.
  bars() {
    const { sheet } = this, choices = sheet.choices, few = choices.length <= MANY && !(sheet.layer in VALUES) && sheet.layer !== "deps";
    this.tabs.replaceChildren(...(sheet.available.length > 1 ? sheet.available.map((layer) =>
      h("button", { type: "button", "aria-pressed": String(layer === sheet.layer), onclick: () => { this.layered(() => sheet.look(layer)); this.listbox.focus(); } }, NAMES[layer])) : []));
    const key = (i) => (i < 10 ? String((i + 1) % 10) : `⇧${(i - 9) % 10}`);
    this.buttons = few ? choices.map((label, i) => h("button", { type: "button", class: `c${color(label)}`, "aria-keyshortcuts": i < 10 ? key(i) : `Shift+${(i - 9) % 10}`, onclick: () => { this.told(sheet.setLabel(label)); this.listbox.focus(); } },
      label, h("kbd", { "aria-hidden": "true" }, key(i)))) : [];
    const none = { ents: "This model has no entity labels.", spans: "This model has no span labels.", cats: "This model has no categories." }[sheet.layer];
    const pick = h("button", { type: "button", "aria-keyshortcuts": "Enter", onclick: () => this.act("choose") }, sheet.layer === "sents" ? "Begin or join a sentence" : "Choose a label", h("kbd", { "aria-hidden": "true" }, "⏎"));
    this.labelBar.replaceChildren(...(few && sheet.layer !== "sents" ? (this.buttons.length ? this.buttons : [h("p", { class: "soft small" }, none || "")]) : [pick]));
    this.choicesDrawn = `${sheet.layer}|${choices.join(" ")}`;
    this.pressedLabels();
  }

  pressedLabels() {
    const { sheet } = this, span = sheet.under();
    this.buttons.forEach((button, i) => {
      const label = sheet.choices[i], on = sheet.layer === "cats" ? Boolean(sheet.state.cats[label]) : sheet.sticky === label || (span && span.label === label);
      const value = String(Boolean(on));
      if (button.getAttribute("aria-pressed") !== value) button.setAttribute("aria-pressed", value);
    });
  }

  // The window of options around the cursor, for screen readers.
  focused() {
    const { sheet } = this;
    if (sheet.at < 0) { this.listbox.replaceChildren(); this.listbox.removeAttribute("aria-activedescendant"); return; }
    const [a, b] = sheet.range, around = [sheet.at];
    for (let left = sheet.at, right = sheet.at; around.length < WINDOW;) {
      const before = sheet.step(left, -1), after = sheet.step(right, 1), had = around.length;
      if (before !== left) around.unshift((left = before));
      if (after !== right && around.length < WINDOW) around.push((right = after));
      if (around.length === had) break;
    }
    around.forEach((i, k) => {
      const option = this.options[k], span = sheet.under(i), value = sheet.layer in VALUES && sheet.state[sheet.layer] ? sheet.state[sheet.layer][i] : "";
      option.textContent = sheet.word(i) + (span ? `, ${span.label}` : "") + (value ? `, ${value}` : "");
      option.setAttribute("aria-selected", String(i >= a && i <= b));
      option.setAttribute("aria-posinset", String(i + 1));
      option.setAttribute("aria-setsize", String(sheet.n));
      if (i === sheet.at) this.listbox.setAttribute("aria-activedescendant", option.id);
    });
    if (this.listbox.children.length !== around.length) this.listbox.replaceChildren(...this.options.slice(0, around.length));
  }

  tell(words) { if (this.status.textContent !== words) this.status.textContent = words; }

  told(words) {
    const { sheet } = this;
    if (sheet.state !== this.drawn) { this.drawn = sheet.state; this.blocks.update(); if (this.choicesDrawn !== `${sheet.layer}|${sheet.choices.join(" ")}`) this.bars(); } else this.blocks.cursor();
    this.tell(words || "");
    this.pressedLabels();
    this.focused();
    this.reveal();
    if (sheet.layer === "deps") this.tree();
  }

  reveal() { if (this.sheet.n > 30) this.blocks.reveal(this.above || (this.above = 70), this.answerBar.parentElement.offsetHeight || 120); }

  async layered(change) {
    try { if (!this.more) await this.load(); } catch { return this.tell("The other layers cannot be loaded now: the console is away."); }
    const { sheet } = this, words = change(), column = VALUES[sheet.layer] || (sheet.layer === "deps" ? "head" : "");
    if (column && !sheet.item.tokens[column] && this.on.columns) { const fresh = await this.on.columns(this.item); if (fresh) this.more.fill(sheet, fresh); }
    this.drawn = null;
    this.bars();
    this.told(`layer: ${words}`);
    if (sheet.layer !== "deps") this.extra.replaceChildren();
  }

  async tree() {
    const { Tree } = await import("/static/tree.js");
    this.trees = this.trees || new Tree(this.extra);
    this.trees.show(this.sheet);
  }

  // -- keys

  keydown(event) {
    const field = event.target.closest("input, textarea, select, dialog");
    if (field || !this.sheet || event.altKey || event.isComposing) return;
    if (event.target !== this.listbox && (event.key === "Enter" || event.key === " " || event.key === "Tab")) return;
    if (this.opening) { event.preventDefault(); return; }
    if (event.metaKey && !/^(z|y|ArrowLeft|ArrowRight)$/i.test(event.key)) return;
    if (this.saved.off && event.key.length === 1 && !event.ctrlKey && !event.metaKey) return;
    this.pressed++;
    if (this.pending === "find" && event.key.length === 1) {
      this.pending = "";
      event.preventDefault();
      this.told(press(this.sheet, "find", event.key));
      return;
    }
    const digit = /^Digit(\d)$/.exec(event.code);
    if (digit && !event.ctrlKey && !event.metaKey && !(event.key in this.actions)) {
      event.preventDefault();
      this.told(press(this.sheet, "label", String(((Number(digit[1]) + 9) % 10) + (event.shiftKey ? 10 : 0))));
      return;
    }
    const action = this.actions[combo(event)];
    if (!action) return;
    event.preventDefault();
    this.act(action);
  }

  act(action) {
    const { sheet, on } = this;
    if (!sheet) return;
    switch (action) {
      case "accept": return this.answer("accept", false);
      case "acceptTouched": return this.answer("accept", true);
      case "reject": return this.answer("reject", false);
      case "ignore": return this.answer("ignore", false);
      case "find": this.pending = "find"; return this.tell("find: type a letter");
      case "up": case "down": {
        const found = this.blocks.vertical(action === "up" ? -1 : 1);
        return this.told(found >= 0 ? sheet.move(found) : sheet.describe());
      }
      case "undo": {
        if (!sheet.past.length) return on.back ? on.back() : this.tell("nothing to undo");
        return this.told(press(sheet, "undo"));
      }
      case "nextLayer": case "previousLayer": return this.layered(() => press(sheet, action));
      case "choose": return sheet.layer === "sents" ? this.told(sheet.more.boundary(sheet)) : this.open("choose");
      case "comment": return this.open("comments");
      case "why": return this.open("why");
      case "help": return this.open("help");
      case "stop": this.pending = ""; sheet.anchor = -1; sheet.dependent = undefined; return this.told(sheet.describe());
      default: { const words = press(sheet, action); if (words !== undefined) this.told(words); }
    }
    return undefined;
  }

  answer(kind, touched) {
    if (this.item.too_long && kind === "accept") return this.tell("This text is too long to publish: the log takes 1,000,000 bytes.");
    const said = kind === "accept" ? this.sheet.said(touched) : { layers: {} };
    if (kind === "accept" && touched && !Object.keys(said.layers).length) return this.tell("Nothing was touched: accept with a, or ignore.");
    return this.on.answer && this.on.answer(kind, { ...said, comment: this.comment });
  }

  // What is seldom asked for comes when it is: a list of labels, a comment, the keys. Until it is there, keys that
  // are meant for it do nothing to the text.
  async open(name) {
    this.opening = true;
    const dialogs = await import("/static/dialogs.js").catch(() => this.tell("This cannot be loaded now: the console is away."));
    this.opening = false;
    dialogs?.[name](this);
  }

  // -- mouse and touch

  mouse() {
    let from = -1, moved = false;
    const reader = this.reader;
    reader.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || !this.sheet || event.target.closest("dialog")) return;
      const token = this.blocks.tokenFrom(event.clientX, event.clientY);
      if (event.pointerType === "mouse") event.preventDefault();
      this.listbox.focus({ preventScroll: true });
      if (token < 0) return;
      const extending = event.shiftKey || this.extend.getAttribute("aria-pressed") === "true";
      from = event.pointerType === "mouse" ? token : -1;
      moved = false;
      const span = this.sheet.under(token);
      if (extending) this.told(`selected ${this.sheet.move(token, true)}`);
      else if (span) this.told(this.sheet.select(span.a, span.b));
      else this.told(this.sheet.move(token));
      if (from >= 0) reader.setPointerCapture(event.pointerId);
    });
    reader.addEventListener("pointermove", (event) => {
      if (from < 0 || !(event.buttons & 1)) return;
      const token = this.blocks.tokenFrom(event.clientX, event.clientY);
      if (token < 0 || (token === from && !moved) || (token === this.sheet.at && moved)) return;
      moved = true;
      this.told(this.sheet.select(Math.min(from, token), Math.max(from, token)));
    });
    const up = () => {
      if (from >= 0 && moved && this.sheet.sticky) this.told(this.sheet.setLabel(this.sheet.sticky));
      from = -1;
    };
    reader.addEventListener("pointerup", up);
    reader.addEventListener("pointercancel", () => { from = -1; });
    reader.addEventListener("dblclick", (event) => {
      const { sheet } = this, token = this.blocks.tokenFrom(event.clientX, event.clientY);
      if (token < 0) return;
      let a = token, b = token;
      while (a > 0 && sheet.end[a - 1] === sheet.start[a]) a--;
      while (b + 1 < sheet.n && sheet.end[b] === sheet.start[b + 1]) b++;
      this.told(sheet.select(a, b));
    });
  }
}

// What was pressed, by name; on Macs Cmd stands for Ctrl.
export function combo(event) {
  const key = event.key === " " ? "Space" : event.key;
  const named = key.length > 1 || /[a-z]/i.test(key);
  return `${event.ctrlKey || event.metaKey ? "Ctrl+" : ""}${event.shiftKey && named ? "Shift+" : ""}${key}`;
}

export function shown(combination) {
  return combination.replace("ArrowLeft", "←").replace("ArrowRight", "→").replace("ArrowUp", "↑").replace("ArrowDown", "↓").replace("Shift+", "⇧").replace("Enter", "⏎").replace("Space", "␣").replace("Escape", "Esc");
}
