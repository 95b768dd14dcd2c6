/** What the service says of a text, drawn. */

import { counted, h, link, score, words } from "./dom.js";
import { pieces, shade } from "./spans.js";

const BANDS = {
  allow: "Nothing is to be done",
  review: "People are to look",
  act: "The platform acts at once",
};

/** The band of a decision, as a badge. */
export const badge = (band) => h("span", { class: `badge ${band}` }, band);

/** A reply in one line. */
export function inShort({ decision, scores, spans }) {
  const label = decision?.label ?? Object.keys(scores)[0];
  return `${decision ? `${decision.band}: ` : ""}${words(label)} ${score(scores[label])}, ${spans.length ? counted(spans.length, "passage") : "no words"} marked.`;
}

/** A decision: its band, the clause, the reason, and what would have changed it. */
export function decisionView(decision) {
  if (!decision) return h("p", {}, "No policy decides here: these are scores only.");
  const { clause } = decision;
  return h(
    "div",
    { class: "decision" },
    h(
      "p",
      { class: "band" },
      badge(decision.band),
      " ",
      BANDS[decision.band],
      decision.action && decision.band !== "allow" ? `; the rule's action is “${decision.action}”` : "",
      ".",
    ),
    h("p", { class: "reason" }, decision.reason),
    clause &&
      h(
        "p",
        {},
        decision.band === "allow" ? "Nearest clause: " : "Clause ",
        link(clause.url, `${clause.id}: ${clause.title}`),
      ),
    decision.label != null && h("p", { class: "otherwise" }, otherwise(decision)),
    decision.exemption && h("p", {}, `Exempt: ${words(decision.exemption)}.`),
    h(
      "p",
      { class: "small" },
      `Policy ${decision.policy.id} ${decision.policy.version}, ${decision.policy.sha256.slice(0, 12)}`,
    ),
  );
}

function otherwise({ label, threshold, distance, otherwise: band }) {
  const by = Math.abs(distance).toFixed(3);
  const way = distance >= 0 ? "lower" : "higher";
  return (
    `What would change this: a score for ${words(label)} that is ${way} by ${by}, ` +
    `past the threshold of ${score(threshold)}, would make it “${band}”.`
  );
}

/** Scores beside their thresholds, as a table with bars. The one that decided has that of the policy. */
export function scoresView({ scores, decision }, balanced) {
  const decided = decision?.label == null ? {} : { [decision.label]: decision.threshold };
  const thresholds = { ...balanced, ...decided };
  return h(
    "table",
    { class: "scores" },
    h("caption", {}, "Calibrated probability of each label, and its threshold: the policy's where it decides, else the balanced one"),
    h("thead", {}, h("tr", {}, ["label", "probability", "", "threshold"].map((name, index) => column(name, index)))),
    h(
      "tbody",
      {},
      Object.entries(scores).map(([label, value]) =>
        h(
          "tr",
          { class: value >= thresholds[label] ? "over" : "" },
          h("th", { scope: "row" }, words(label)),
          h("td", { class: "number" }, score(value)),
          h("td", { class: "wide" }, bar(value, thresholds[label])),
          h("td", { class: "number" }, thresholds[label] === undefined ? "" : score(thresholds[label])),
        ),
      ),
    ),
  );
}

const column = (name, index) => (name ? h("th", { scope: "col", class: index ? "number" : "" }, name) : h("td"));

/** A bar with a tick at the threshold; numbers stand beside it for those who do not see it. */
export function bar(value, threshold) {
  return h(
    "div",
    { class: `bar ${threshold !== undefined && value >= threshold ? "over" : ""}`, "aria-hidden": "true" },
    h("div", { class: "filled", style: { width: `${value * 100}%` } }),
    threshold !== undefined && h("div", { class: "tick", style: { left: `${threshold * 100}%` } }),
  );
}

/** Whom the text speaks of and how, the words that carried it, and how it was read. */
export function detailsView(text, reply) {
  const marked = pieces(text, reply.spans).filter((piece) => piece.score !== null);
  const notes = isForeign(text) ? ["It learned from English alone: of other languages a score says nothing."] : [];
  if (reply.flags.obfuscated) notes.push("Spelling that hides words from filters was undone first.");
  if (reply.flags.quotation) notes.push("What carried the score stands in quotation marks.");
  if (reply.flags.windows > 1) notes.push(`It is long, and was read in ${reply.flags.windows} windows.`);
  return h(
    "dl",
    { class: "details" },
    named("Group", reply.targets.map((one) => `${words(one.category)} ${score(one.score)}`)),
    named("Mechanism", reply.mechanisms.length ? reply.mechanisms.map((one) => `${words(one.mechanism)} ${score(one.score)}`) : likeliest(reply.decision)),
    h("dt", {}, "Words that carried it"),
    h(
      "dd",
      {},
      marked.length
        ? marked.map((piece) =>
            h("span", { class: "word" }, h("mark", { class: shade(piece.score), dir: "auto" }, piece.text), ` ${score(piece.score)} `),
          )
        : "none stand out",
    ),
    notes.length ? [h("dt", {}, "To know"), h("dd", {}, notes.join(" "))] : [],
  );
}

/** Whether most letters are of a script that English is not written in. */
function isForeign(text) {
  const count = (pattern) => text.match(pattern)?.length ?? 0;
  return 2 * count(/\p{Script=Latin}/gu) < count(/\p{L}/gu);
}

/** The decision names a mechanism where the text dehumanizes, also one that is not sure of itself. */
const likeliest = (decision) => (decision?.mechanism ? [`${words(decision.mechanism)}, the likeliest, though under its threshold`] : []);

const named = (name, values) => [h("dt", {}, name), h("dd", {}, values.join(", ") || "none")];

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
