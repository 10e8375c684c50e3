// Dialogs of the card: labels by type-ahead, a comment, the keys.
import { STORE, combo, shown } from "/static/card.js";
import { h, say, style } from "/static/nav.js";
import { NAMES } from "/static/sheet.js";

style();
const QUEUES = { random: "a fair sample of the stream", disagree: "two versions say different things", rare: "it has a label that people seldom correct",
  uncertain: "the model is unsure", flipped: "the last promotion changed it", new: "it is one of the newest", asked: "somebody rejected it, or the model asks",
  chosen: "you opened it", review: "two people said different things, or one rejected it" };
const WORDS = {
  left: "token to the left", right: "token to the right", extendLeft: "select to the left", extendRight: "select to the right",
  sentenceLeft: "sentence before", sentenceRight: "next sentence", up: "line above", down: "line below", home: "first word", end: "last word",
  nextEntity: "next entity", previousEntity: "entity before", find: "then a letter: next word that begins so", findAgain: "find again", capital: "next capitalised word outside entities",
  remove: "remove the span", undo: "undo; on an untouched card back to the last answer", redo: "do again", accept: "accept as shown, next", acceptTouched: "accept only what was touched, next",
  reject: "reject, next", ignore: "ignore, next", previousLayer: "layer before", nextLayer: "next layer", choose: "choose a label; in sentences: begin or join", take: "take as dependent, in the tree",
  comment: "comment for the reviewer", why: "why this text", help: "these keys", stop: "end what was begun",
};

// A label by type-ahead: for more labels than keys, and for tags, features, lemmas and arcs.
export function choose(card) {
  const { sheet } = card, free = sheet.layer === "lemmas", all = sheet.choices;
  const input = h("input", { id: "choose", autocomplete: "off", role: "combobox", "aria-expanded": "true", "aria-controls": "chosen-list" });
  const list = h("div", { class: "choose", id: "chosen-list", role: "listbox", "aria-label": "Labels" });
  let found = all, at = 0;
  const draw = () => {
    const typed = input.value.toLowerCase();
    found = all.filter((label) => label.toLowerCase().includes(typed)).sort((x, y) => y.toLowerCase().startsWith(typed) - x.toLowerCase().startsWith(typed)).slice(0, 60);
    if (free && input.value && !found.includes(input.value)) found.unshift(input.value);
    at = Math.min(at, Math.max(0, found.length - 1));
    list.replaceChildren(...found.map((label, k) => h("button", { type: "button", role: "option", tabindex: -1, id: `choice-${k}`, "aria-selected": String(k === at), class: k === at ? "on" : "", onclick: () => take(label) }, label)));
    if (found.length) input.setAttribute("aria-activedescendant", `choice-${at}`);
  };
  const take = (label) => { dialog.close(); if (label !== undefined) card.told(sheet.setLabel(label)); };
  input.addEventListener("input", () => { at = 0; draw(); });
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") { event.preventDefault(); at = (at + (event.key === "ArrowDown" ? 1 : found.length - 1)) % Math.max(1, found.length); draw(); }
    else if (event.key === "Enter") { event.preventDefault(); take(found[at]); }
  });
  const title = h("label", { for: "choose" }, sheet.range ? `${NAMES[sheet.layer]}: ${sheet.words(...sheet.range).slice(0, 60)}` : NAMES[sheet.layer]);
  const dialog = h("dialog", { "aria-label": "Choose a label" }, h("form", { method: "dialog" }, title, input, list, h("div", { class: "row end" }, h("button", { class: "quiet" }, "Cancel"))));
  dialog.addEventListener("close", () => { dialog.remove(); card.listbox.focus({ preventScroll: true }); });
  card.element.append(dialog);
  draw();
  dialog.showModal();
  input.focus();
}

export function comments(card) {
  const input = h("textarea", { id: "comment", rows: 3 });
  input.value = card.comment;
  const form = h("form", { method: "dialog" }, h("label", { for: "comment" }, "Comment for the reviewer"), input, h("div", { class: "row end" }, h("button", { class: "main" }, "Keep")));
  const dialog = h("dialog", { "aria-label": "Comment" }, form);
  dialog.addEventListener("close", () => { card.comment = input.value.trim(); dialog.remove(); card.listbox.focus(); card.tell(card.comment ? "comment kept" : "no comment"); });
  card.element.append(dialog);
  dialog.showModal();
}

// All keys, which can be changed one by one, or switched off where one letter does something.
export function help(card) {
  const off = h("input", { type: "checkbox", id: "keys-off" });
  off.checked = Boolean(card.saved.off);
  off.addEventListener("change", () => save(card, { ...card.saved, off: off.checked }));
  const rows = Object.entries(WORDS).map(([action, words]) => {
    const button = h("button", { type: "button", "aria-label": `Change the key for: ${words}` }, h("kbd", {}, shown(card.keys[action])));
    const done = () => { button.removeEventListener("keydown", take); button.replaceChildren(h("kbd", {}, shown(card.keys[action]))); };
    const take = (event) => {
      if (["Shift", "Control", "Alt", "Meta", "Tab"].includes(event.key)) return;
      event.preventDefault(); event.stopPropagation();
      if (event.key !== "Escape") save(card, { ...card.saved, keys: { ...card.saved.keys, [action]: combo(event) } });
      done();
    };
    button.addEventListener("click", () => { button.replaceChildren("press a key"); button.addEventListener("keydown", take); });
    button.addEventListener("blur", done);
    return h("tr", {}, h("td", {}, button), h("td", {}, words));
  });
  const reset = h("button", { type: "button", class: "quiet", onclick: () => { save(card, {}); dialog.close(); } }, "As they were");
  const dialog = h("dialog", { "aria-labelledby": "keys-title" }, h("form", { method: "dialog" }, h("h2", { id: "keys-title" }, "Keys"),
    h("p", { class: "soft small" }, "They work while the focus is in the text. 1 to 9, 0 and with Shift 11 to 20: label the selection, relabel the span under the cursor; the same again: a sticky label."),
    h("div", { class: "row" }, off, h("label", { for: "keys-off" }, "Switch off keys of one letter")),
    h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "All keys" }, h("table", {}, h("tbody", {}, ...rows))), h("div", { class: "row end" }, reset, h("button", { class: "main" }, "Close"))));
  dialog.addEventListener("close", () => { dialog.remove(); card.listbox.focus(); });
  card.element.append(dialog);
  dialog.showModal();
}

function save(card, saved) {
  card.saved = saved;
  localStorage.setItem(STORE, JSON.stringify(saved));
  card.map();
}

// Why this text.
export function why({ item }) { say(`Queue ${item.queue}: ${QUEUES[item.queue] || "it was next"}. Annotated by version ${item.version}.`); }
