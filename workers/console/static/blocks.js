// A text as blocks of at most 60 tokens. Text stays text nodes; only entities are elements; cursor and selection
// are highlights. What is not on the screen is not laid out.
import { color, h } from "/static/nav.js";

const MOST = 60;
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]/;

export class Blocks {
  constructor(host) {
    this.host = host;
    this.blocks = [];
    this.of = new Uint16Array(0);
    if (CSS.highlights) {
      CSS.highlights.set("cursor", (this.cursorMark = new Highlight()));
      CSS.highlights.set("chosen", (this.chosenMark = new Highlight()));
      this.cursorMark.priority = 2;
    }
  }

  show(sheet) {
    this.sheet = sheet;
    this.cut();
    this.host.replaceChildren(...this.blocks.map((block) => block.element));
    this.update();
  }

  // A block ends behind a line's end, else behind a sentence, else after 60 tokens; never inside of an entity that came.
  cut() {
    const { sheet } = this, { n, text, start, end } = sheet;
    const begins = sheet.state.begins, bounds = [];
    const inside = new Uint8Array(n);
    for (const s of [...sheet.state.ents, ...sheet.state.spans]) inside.fill(1, s.a, s.b);
    let first = 0, last = -1;
    for (let i = 0; i < n; i++) {
      const after = i + 1 < n ? start[i + 1] : text.length;
      if (inside[i]) continue;
      if (i + 1 < n && begins.has(i + 1)) last = i;
      const lines = text.slice(end[i] - 1, after).includes("\n");
      if (i + 1 < n && (lines && i - first >= 8 || i - first + 1 >= MOST)) {
        const cutAt = lines || last <= first ? i : last;
        bounds.push([first, cutAt]);
        first = cutAt + 1;
        i = cutAt;
        last = -1;
      }
    }
    if (first < n || !n) bounds.push([first, n - 1]);
    this.of = new Uint32Array(n);
    this.blocks = bounds.map(([a, b], k) => {
      for (let i = a; i <= b; i++) this.of[i] = k;
      const from = k ? start[a] : 0, to = k + 1 < bounds.length ? start[b + 1] : text.length;
      return { a, b, from, to, drawn: null, segments: [], element: h("div", { class: "block", dir: "auto" }) };
    });
  }

  // Draws again the blocks whose spans are others now.
  update() {
    const { sheet } = this, layer = sheet.layer === "spans" ? "spans" : "ents", spans = sheet.state[layer];
    const groups = this.blocks.map(() => []);
    for (const s of spans) for (let k = this.of[s.a]; k <= this.of[s.b]; k++) groups[k].push(s);
    const sents = sheet.layer === "sents", values = this.values();
    this.blocks.forEach((block, k) => {
      const marks = sents ? [...sheet.state.begins].filter((i) => i >= block.a && i <= block.b).map((i) => ({ a: i, b: i, label: "¶" })) : groups[k];
      const drawn = `${sheet.layer}|${marks.map((s) => `${s.a}-${s.b}-${s.label}`).join(" ")}|${values ? values.slice(block.a, block.b + 1).join("\u0001") : ""}`;
      if (drawn !== block.drawn) { block.drawn = drawn; this.draw(block, values ? sheet.more.valueMarks(sheet, block, values) : marks, layer === "spans"); }
    });
    this.cursor();
  }

  values() {
    const column = this.sheet.state[this.sheet.layer];
    return Array.isArray(column) && this.sheet.layer !== "ents" && this.sheet.layer !== "spans" && this.sheet.layer !== "deps" ? column : null;
  }

  draw(block, marks, overlap) {
    const { sheet } = this, { text } = sheet, parts = [];
    block.segments = [];
    const put = (from, to, into) => this.put(block, text.slice(from, to), from, into);
    let at = block.from;
    for (const piece of overlap ? sheet.more.pieces(marks) : marks) {
      const from = Math.max(sheet.start[piece.a], block.from), to = Math.min(sheet.end[piece.b], block.to);
      if (from < at) continue;
      if (from > at) put(at, from, parts);
      const names = piece.labels || [piece.label];
      const mark = h("mark", { class: `${piece.value ? "value" : overlap ? `span d${Math.min(names.length, 3)}` : "ent"} c${color(names[0])}` });
      const inside = [];
      put(from, to, inside);
      mark.append(...inside);
      if (piece.ends !== false && to === sheet.end[piece.b]) mark.dataset.label = names.join(" ");
      parts.push(mark);
      at = to;
    }
    if (at < block.to) put(at, block.to, parts);
    block.element.replaceChildren(...parts);
  }

  // Text nodes, and control characters as elements that show themselves and turn nothing round.
  put(block, words, from, into) {
    let begin = 0;
    const node = (a, b) => {
      if (b <= a) return;
      const made = document.createTextNode(words.slice(a, b));
      block.segments.push([from + a, from + b, made]);
      into.push(made);
    };
    if (CONTROL.test(words)) {
      for (let i = 0; i < words.length; i++) {
        if (!CONTROL.test(words[i])) continue;
        node(begin, i);
        const made = document.createTextNode(words[i]);
        block.segments.push([from + i, from + i + 1, made]);
        const shown = h("bdi", { class: "control" });
        shown.dataset.code = `U+${words.charCodeAt(i).toString(16).toUpperCase().padStart(4, "0")}`;
        shown.append(made);
        into.push(shown);
        begin = i + 1;
      }
    }
    node(begin, words.length);
  }

  cursor() {
    const { sheet } = this;
    if (!this.cursorMark) return;
    this.cursorMark.clear();
    this.chosenMark.clear();
    if (sheet.at < 0) return;
    this.cursorMark.add(this.rangeOf(sheet.at, sheet.at));
    const [a, b] = sheet.range;
    if (b > a) this.chosenMark.add(this.rangeOf(a, b));
  }

  rangeOf(a, b) {
    const range = new Range();
    const [first, from] = this.node(this.sheet.start[a], this.of[a]), [last, to] = this.node(this.sheet.end[b], this.of[b], true);
    range.setStart(first, from);
    range.setEnd(last, to);
    return range;
  }

  node(unit, k, end = false) {
    const segments = this.blocks[k].segments;
    let low = 0, high = segments.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (end ? segments[middle][0] < unit : segments[middle][0] <= unit) low = middle; else high = middle - 1;
    }
    const [from, to, made] = segments[low];
    return [made, Math.max(0, Math.min(unit, to) - from)];
  }

  // The token at a point of the window; -1 where there is none.
  tokenFrom(x, y) {
    const caret = document.caretPositionFromPoint(x, y);
    if (!caret) return -1;
    const { offsetNode: node, offset } = caret;
    const element = node && (node.nodeType === 3 ? node.parentElement : node).closest(".block");
    const block = element && this.host.contains(element) && this.blocks.find((one) => one.element === element);
    if (!block) return -1;
    const segment = block.segments.find(([, , made]) => made === node) || block.segments[0];
    if (!segment) return -1;
    let token = this.sheet.tokenAt(segment[0] + (segment[2] === node ? offset : 0));
    if (this.sheet.space[token]) token = this.sheet.step(token, -1);
    return token;
  }

  // The token a line above or below the cursor, by places on the screen.
  vertical(by) {
    const rect = this.rangeOf(this.sheet.at, this.sheet.at).getClientRects()[0];
    if (!rect) return -1;
    for (let lines = 1; lines < 8; lines++) {
      const found = this.tokenFrom(rect.left + 2, rect.top + rect.height / 2 + by * lines * rect.height * 0.9);
      if (found >= 0 && (by > 0 ? found > this.sheet.at : found < this.sheet.at)) return found;
    }
    return -1;
  }

  reveal(above, below) {
    if (this.sheet.at < 0) return;
    const rect = this.rangeOf(this.sheet.at, this.sheet.at).getBoundingClientRect();
    if (rect.top < above) window.scrollBy(0, rect.top - above - 40);
    else if (rect.bottom > innerHeight - below) window.scrollBy(0, rect.bottom - innerHeight + below + 40);
  }
}
