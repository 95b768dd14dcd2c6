/** What the service says of a text, drawn. */

import { counted, h, link, score, words } from "./dom.js";
import { thresholdsOf } from "./policies.js";
import { pieces, shade } from "./spans.js";

const BANDS = {
  allow: () => "No action needed.",
  review: (action) => `Needs human review.${action ? ` Suggested action: ${action}.` : ""}`,
  act: (action) => `Acts automatically${action ? `: ${action}` : ""}.`,
};

/** What is said of a post that is passed without scores. */
export const NOT_SERVED = "Not scored: no model that is served knows its language.";

/** The band of a decision, as a badge. */
export const badge = (band) => h("span", { class: `badge ${band}` }, band);

/** A reply in one line. */
export function inShort({ decision, scores, spans }) {
  const label = decision?.label ?? Object.keys(scores)[0];
  return `${decision ? `${decision.band}: ` : ""}${words(label)} ${score(scores[label])}, ${spans.length ? counted(spans.length, "key phrase") : "no key phrases"} marked.`;
}

/** A decision: its band, the clause, the reason, and what would have changed it. */
export function decisionView(decision) {
  if (!decision) return h("p", {}, "No policy is in use: there are scores only.");
  const { clause } = decision;
  return h(
    "div",
    { class: "decision" },
    h("p", { class: "band" }, badge(decision.band), " ", BANDS[decision.band](decision.action)),
    h("p", { class: "reason" }, decision.reason),
    clause &&
      h(
        "p",
        {},
        decision.band === "allow" ? "Nearest clause: " : "Clause ",
        link(clause.url, `${clause.id}: ${clause.title}`),
      ),
    decision.label != null && h("p", { class: "otherwise" }, counterfactual(decision)),
    decision.exemption && h("p", {}, `Exemption: ${words(decision.exemption)}.`),
    h(
      "p",
      { class: "small" },
      `Policy ${decision.policy.id} ${decision.policy.version}, ${decision.policy.sha256.slice(0, 12)}`,
    ),
  );
}

function counterfactual({ band: now, label, threshold, distance, otherwise: band }) {
  if (band === now) return `Without the ${words(label)} score, another rule would still lead to “${band}”.`;
  const way = distance >= 0 ? "lower" : "higher";
  return (
    `If the ${words(label)} score were ${score(Math.abs(distance))} ${way}, past the threshold of ` +
    `${score(threshold)}, the decision would be “${band}”.`
  );
}

/** Scores beside the thresholds that decide, as a table with bars. Labels that decide nothing are marked. */
export function scoresView({ scores, decision }, service) {
  const thresholds = thresholdsOf(service, decision);
  const labels = Object.keys(scores);
  const isUsed = (label) => thresholds[label] !== undefined;
  const table = h(
    "table",
    { class: "scores" },
    h("caption", {}, `Probability of each label, and the ${decision ? "threshold of the policy" : "balanced threshold"}`),
    h("thead", {}, h("tr", {}, ["label", "probability", "", "threshold"].map((name, index) => column(name, index)))),
    h(
      "tbody",
      {},
      labels.map((label) =>
        h(
          "tr",
          { class: isUsed(label) ? (scores[label] >= thresholds[label] ? "over" : "") : "unused" },
          h("th", { scope: "row" }, words(label)),
          h("td", { class: "number" }, score(scores[label])),
          h("td", { class: "wide" }, bar(scores[label], thresholds[label])),
          h("td", { class: "number" }, isUsed(label) ? score(thresholds[label]) : "not used"),
        ),
      ),
    ),
  );
  if (labels.every(isUsed)) return table;
  return [
    table,
    h("p", { class: "small" }, `Labels marked “not used” are scored, but the policy “${decision.policy.id}” has no rule about them: they do not affect the decision.`),
  ];
}

const column = (name, index) => (name ? h("th", { scope: "col", class: index ? "number" : "" }, name) : h("td"));

/** A bar with a tick at the threshold; numbers stand beside it for those who do not see it. */
export function bar(value, threshold) {
  return h(
    "div",
    { class: `bar ${threshold === undefined ? "unused" : value >= threshold ? "over" : ""}`, "aria-hidden": "true" },
    h("div", { class: "filled", style: { width: `${value * 100}%` } }),
    threshold !== undefined && h("div", { class: "tick", style: { left: `${threshold * 100}%` } }),
  );
}

/** Whom the text speaks of and how, its key phrases, and how it was read. */
export function detailsView(text, reply) {
  const marked = pieces(text, reply.spans).filter((piece) => piece.score !== null);
  const notes = [];
  if (reply.flags.obfuscated) notes.push("Obfuscated spelling was undone before scoring.");
  if (reply.flags.quotation) notes.push("The key phrases are inside quotation marks.");
  if (reply.flags.windows > 1) notes.push(`The text is long: it was scored in ${reply.flags.windows} overlapping windows.`);
  return h(
    "dl",
    { class: "details" },
    named("Group", reply.targets.map((one) => `${words(one.category)} ${score(one.score)}`)),
    named("Mechanism", reply.mechanisms.map((one) => `${words(one.mechanism)} ${score(one.score)}`)),
    h("dt", {}, "Key phrases"),
    h(
      "dd",
      {},
      marked.length
        ? marked.map((piece) =>
            h("span", { class: "word" }, h("mark", { class: shade(piece.score), dir: "auto" }, piece.text), ` ${score(piece.score)} `),
          )
        : "none",
    ),
    notes.length ? [h("dt", {}, "Notes"), h("dd", {}, notes.join(" "))] : [],
  );
}

const named = (name, values) => [h("dt", {}, name), h("dd", {}, values.join(", ") || "none found")];

/** The first characters of a text, whose spans are marked. */
export function beginning(text, spans, most) {
  const points = Array.from(text.slice(0, 2 * most)).slice(0, most);
  const length = points.length;
  const seen = spans.filter(({ begin }) => begin < length).map((span) => ({ ...span, end: Math.min(span.end, length) }));
  const cut = points.join("");
  return [marked(cut, seen), cut.length < text.length ? "…" : ""];
}

/** The groups that a text speaks of, and how it dehumanizes, in words: the likeliest first. */
export const categoriesOf = (reply) => (reply?.targets ?? []).map((one) => words(one.category)).join(", ");
export const mechanismsOf = (reply) => (reply?.mechanisms ?? []).map((one) => words(one.mechanism)).join(", ");

/** A text whose spans are marked. */
export const marked = (text, spans) =>
  pieces(text, spans).map((piece) =>
    piece.score === null
      ? piece.text
      : h("mark", { class: shade(piece.score), title: `weight ${score(piece.score)}` }, piece.text),
  );
