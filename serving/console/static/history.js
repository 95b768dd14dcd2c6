/** Outcomes and reasons of a review, their keys, and the latest decisions. */

import { h } from "./dom.js";

const LONGEST = 80; // characters of a post

/** Outcomes, by the word of the API. */
export const OUTCOMES = {
  upheld: { key: "u", name: "Breaks the rule" },
  overturned: { key: "o", name: "Fine" },
  unsure: { key: "n", name: "Not sure" },
};

/** Reasons by their keys: the word of the API, and the outcome that each goes with. */
export const REASONS = [
  { code: "dehumanization", text: "dehumanizing", outcome: "upheld" },
  { code: "other_hate", text: "other hate or a threat", outcome: "upheld" },
  { code: "quotation", text: "quotation or report", outcome: "overturned" },
  { code: "counter_speech", text: "counter-speech", outcome: "overturned" },
  { code: "no_protected_group", text: "not about a protected group", outcome: "overturned" },
  { code: "humour", text: "joke, irony or reclaimed word", outcome: "overturned" },
];

/** The latest decisions, of which a skip is none, with a button to undo each. entries: the latest first. */
export function historyView(entries, onundo) {
  if (!entries.length) return null;
  return h(
    "details",
    { class: "history" },
    h("summary", {}, `Your latest decisions (${entries.length})`),
    h(
      "ol",
      {},
      entries.map((entry) => {
        const name = OUTCOMES[entry.outcome].name;
        const points = Array.from(entry.record.text ?? `post ${entry.record.post_id ?? entry.record.decision_id}`);
        const text = points.length > LONGEST ? `${points.slice(0, LONGEST).join("")}…` : points.join("");
        return h(
          "li",
          {},
          h("strong", {}, name),
          `, ${entry.reason || "no reason given"}`,
          ": ",
          h("q", { dir: "auto" }, text),
          " ",
          h("button", { type: "button", onclick: () => onundo(entry), "aria-label": `Undo: ${name}, ${text}` }, "Undo"),
        );
      }),
    ),
  );
}

/** Show the keys of the page Review. */
export function helpDialog() {
  const rows = [
    ["t", "show the post"],
    ...REASONS.map(({ text }, index) => [String(index + 1), `reason: ${text}`]),
    ["r", "write a reason; Enter or Escape leaves the field"],
    ...Object.values(OUTCOMES).map(({ key, name }) => [key, name.toLowerCase()]),
    ["s", "skip"],
    ["z", "undo the latest decision or skip"],
    ["?", "this list"],
  ];
  const dialog = h(
    "dialog",
    { "aria-labelledby": "keys-of-review", onclose: () => dialog.remove() },
    h("h2", { id: "keys-of-review" }, "Keyboard shortcuts"),
    h("dl", { class: "keys" }, rows.map(([key, what]) => [h("dt", {}, h("kbd", {}, key)), h("dd", {}, what)])),
    h("p", { class: "small" }, "What is typed into a field never decides."),
    h("button", { type: "button", onclick: () => dialog.close() }, "Close"),
  );
  document.body.append(dialog);
  dialog.showModal();
}
