// A question before something that concerns all.
import { h } from "/static/nav.js";

// What will happen, a reason, and a word that is typed.
export function ask({ title, lines = [], typed = "", reason = true, red = false, fields = [], act = "Do it" }) {
  return new Promise((resolve) => {
    const why = h("textarea", { id: "why", rows: 3, required: true });
    const word = h("input", { id: "typed", autocomplete: "off", required: true });
    const error = h("p", { class: "error", role: "alert" });
    const inputs = fields.map(({ name, label, type = "number", value = "", min, max }) => [name, h("input", { id: `f-${name}`, type, value, min, max, required: true }), label]);
    const form = h("form", { method: "dialog" },
      h("h2", {}, title), ...lines.map((line) => h("p", {}, line)),
      ...inputs.flatMap(([name, input, label]) => [h("label", { for: `f-${name}` }, label), input]),
      reason ? [h("label", { for: "why" }, "Reason, for the audit chain"), why] : [],
      typed ? [h("label", { for: "typed" }, `Type ${typed} to go on`), word] : [], error,
      h("div", { class: "row end" }, h("button", { type: "button", class: "quiet", onclick: () => dialog.close() }, "Cancel"), h("button", { class: red ? "red" : "main" }, act)));
    const dialog = h("dialog", { "aria-labelledby": "asked" }, form);
    form.querySelector("h2").id = "asked";
    form.noValidate = true;
    let answer = null;
    form.addEventListener("submit", (event) => {
      const wrong = reason && !why.value.trim() ? "A reason is missing." : typed && word.value.trim() !== typed ? `Type ${typed}.` : "";
      if (wrong) { event.preventDefault(); error.textContent = wrong; return; }
      answer = { reason: why.value.trim(), typed: word.value.trim(), ...Object.fromEntries(inputs.map(([name, input]) => [name, input.value])) };
    });
    dialog.addEventListener("close", () => { dialog.remove(); resolve(answer); });
    document.body.append(dialog);
    dialog.showModal();
  });
}
