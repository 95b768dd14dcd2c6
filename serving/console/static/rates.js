/** Error rates by group: whose posts are flagged wrongly, and whose are missed. */

import { endOfScale, fill, h, score, words } from "./dom.js";

const LEAST = 30; // posts of a group: with fewer, the interval says nothing

/** A number of the card with its interval, `0.135 (0.084 to 0.211)`. */
const NUMBER = String.raw`([\d.]+) \(([\d.]+) to ([\d.]+)\)`;

/** What the card says of groups, `{title, rows}` for each suite: rows are `{group, count, wrong, missed}`. */
function suitesOf(card) {
  const fairness = card.sections
    .find((section) => section.id === "biasAndLimitations")
    ?.subsections?.find((section) => section.id === "fairness");
  return (fairness?.subsections ?? [])
    .map(({ title, fields }) => ({ title, rows: fields.map(rowOf).filter(Boolean) }))
    .filter(({ rows }) => rows.length > 1);
}

function rowOf({ label, value }) {
  const counts = value.match(/^positive: ([\d,]+); negative: ([\d,]+);/);
  const [wrong, missed] = ["FPR", "FNR"].map((name) => value.match(new RegExp(`${name}: ${NUMBER}`))?.slice(1).map(Number));
  if (!counts || !wrong || !missed) return null;
  const count = counts.slice(1).reduce((sum, one) => sum + Number(one.replaceAll(",", "")), 0);
  return count >= LEAST && { group: words(label), count, wrong, missed };
}

/** The rates of one suite at a time, highest first. Nothing, if the card has none. */
export function ratesView(card) {
  const suites = suitesOf(card);
  if (!suites.length) return h("p", {}, "The model card has no numbers by group.");
  const table = h("div", {});
  const draw = () => fill(table, tableOf(suites[choice.value]));
  const choice = h("select", { id: "rates-suite", onchange: draw }, suites.map(({ title }, index) => h("option", { value: index }, words(title))));
  choice.value = String(Math.max(0, suites.findIndex(({ title }) => title.startsWith("dehumcheck"))));
  draw();
  return h(
    "div",
    {},
    h("p", {}, h("label", { for: "rates-suite" }, "Suite "), choice),
    table,
    h("p", { class: "small" }, `At the balanced threshold, with 95 % intervals; groups of ${LEAST} posts or more. Lower is better. Where two intervals do not overlap, the difference is unlikely to be chance.`),
  );
}

function tableOf({ title, rows }) {
  const sorted = rows.toSorted((a, b) => b.wrong[0] - a.wrong[0]);
  const end = endOfScale(rows.flatMap(({ wrong, missed }) => [...wrong, ...missed]));
  const heads = [["group", 1], ["harmless, but flagged (FPR)", 2], ["harmful, but missed (FNR)", 2], ["posts", 1]];
  return h(
    "div",
    { class: "scrolling", tabindex: "0", role: "region", "aria-label": "Rates by group" },
    h(
      "table",
      { class: "rates narrow" },
      h("caption", {}, `${words(title)}; the lines run from 0 to ${end}`),
      h("thead", {}, h("tr", {}, heads.map(([name, colspan], index) => h("th", { scope: "col", colspan, class: index === 3 ? "number" : "" }, name)))),
      h(
        "tbody",
        {},
        sorted.map(({ group, count, wrong, missed }) =>
          h(
            "tr",
            {},
            h("th", { scope: "row" }, group),
            [wrong, missed].map((rate) => [h("td", { class: "number" }, score(rate[0])), h("td", {}, interval(rate, end))]),
            h("td", { class: "number" }, count.toLocaleString("en")),
          ),
        ),
      ),
    ),
  );
}

/** A point on a line from 0 to an end, with its interval; the number stands beside it. */
function interval([value, low, high], end) {
  const at = (share) => `${(100 * share) / end}%`;
  return h(
    "div",
    { class: "interval", title: `${score(low)} to ${score(high)}` },
    h("div", { class: "reach", style: { left: at(low), width: at(high - low) } }),
    h("div", { class: "tick", style: { left: at(value) } }),
  );
}
