/** Compare: two texts side by side, and the group fairness test. */

import { Problem, whyWaiting } from "./api.js";
import { scoringBox } from "./box.js";
import { change, counted, fill, h, score, setStale, words } from "./dom.js";
import { swapped } from "./groups.js";
import { policyChoice } from "./policies.js";
import { scoreAll, thresholdOf } from "./scoring.js";
import { badge, bar, decisionView } from "./view.js";

export function comparePage(service) {
  const replies = [null, null];
  const table = h("div", { class: "found compared" });
  const groups = h("div", { class: "found" });
  const status = h("p", { class: "status summary", role: "status" });
  let waitsFor = new AbortController();
  const policy = policyChoice(service, "compare-policy", () => boxes.forEach((box) => box.again()));
  const boxes = ["First post", "Second post"].map((label, index) =>
    scoringBox({
      label,
      id: `compared-${index}`,
      policy,
      onreply(text, reply) {
        replies[index] = reply;
        compare();
        if (index === 0) swap(reply ? text : "");
      },
      onstale() {
        setStale(table, true);
        if (index > 0) return;
        waitsFor.abort(); // what is under way is about another text
        fill(status);
        setStale(groups, true);
      },
    }),
  );
  const label = h(
    "select",
    { id: "swapped-label", onchange: () => replies[0] && swap(boxes[0].text) },
    Object.keys(service.thresholds)
      .filter((name) => service.labels.includes(name))
      .map((name) => h("option", { value: name }, words(name))),
  );

  function compare() {
    const [first, second] = replies;
    setStale(table, false);
    if (!first || !second) return fill(table);
    fill(
      table,
      h(
        "table",
        { class: "scores" },
        h("caption", {}, "Probability of each label"),
        h("thead", {}, h("tr", {}, ["label", "first", "second", "difference"].map((name, index) => h("th", { scope: "col", class: index ? "number" : "" }, name)))),
        h(
          "tbody",
          {},
          service.labels.map((name) => {
            const difference = score(second.scores[name]) - score(first.scores[name]); // of what is shown
            return h(
              "tr",
              {},
              h("th", { scope: "row" }, words(name)),
              h("td", { class: "number" }, score(first.scores[name])),
              h("td", { class: "number" }, score(second.scores[name])),
              h("td", { class: "number" }, change(difference)),
            );
          }),
        ),
      ),
      h(
        "div",
        { class: "two" },
        replies.map((reply, index) =>
          h("section", {}, h("h3", {}, `${index ? "Second" : "First"} post`), decisionView(reply.decision)),
        ),
      ),
    );
  }

  async function swap(text) {
    waitsFor.abort();
    const mine = (waitsFor = new AbortController());
    const texts = swapped(text);
    if (!texts.length) {
      setStale(groups, false);
      fill(groups);
      fill(
        status,
        text.trim()
          ? "The first post names no group that this page knows: write {group} in its place."
          : "",
      );
      return;
    }
    fill(status, `Scoring ${counted(texts.length, "group")}…`);
    try {
      await scoreAll(texts, {
        asked: policy.asked,
        signal: mine.signal,
        onprogress: () => {},
        onwait: (left, problem) => fill(status, whyWaiting(left, problem)),
      });
      if (mine.signal.aborted) return;
      showGroups(texts.filter((one) => one.reply), texts.find((one) => one.problem)?.problem);
    } catch (error) {
      if (error.name === "AbortError") return;
      fill(groups);
      setStale(groups, false);
      fill(status, error instanceof Problem ? error.message : String(error));
    }
  }

  /** problem: of those that are missing. Of fewer than all there is no verdict. */
  function showGroups(found, problem) {
    setStale(groups, false);
    const name = label.value;
    const sorted = found.toSorted((a, b) => b.reply.scores[name] - a.reply.scores[name]);
    const values = sorted.map((one) => one.reply.scores[name]);
    const bands = new Set(sorted.map((one) => one.reply.band));
    const { threshold, isUsed } = thresholdOf(found, name, service);
    if (problem !== undefined) {
      fill(status, `Incomplete: only ${counted(found.length, "group")} could be scored. ${problem}`);
    } else {
      fill(
        status,
        `Range: ${score(values[0] - values.at(-1))}. `,
        !isUsed && `The policy does not use ${words(name)}. `,
        bands.size > 1
          ? h("strong", {}, "The decision changes with the group alone.")
          : bands.has("")
            ? "No policy is in use."
            : "The decision is the same for every group.",
      );
    }
    if (!found.length) return fill(groups);
    fill(
      groups,
      h(
        "table",
        { class: "scores groups" },
        h("caption", {}, `The first post with each group in it: ${words(name)}`),
        h("thead", {}, h("tr", {}, ["group", "probability", "bar", "decision"].map((one, index) => h("th", { scope: "col", class: index === 1 ? "number" : "" }, one)))),
        h(
          "tbody",
          {},
          sorted.map((one) =>
            h(
              "tr",
              { class: isUsed ? (one.reply.scores[name] >= threshold ? "over" : "") : "unused" },
              h("th", { scope: "row" }, one.name, h("span", { class: "small" }, ` ${words(one.category)}`)),
              h("td", { class: "number" }, score(one.reply.scores[name])),
              h("td", { class: "wide" }, bar(one.reply.scores[name], isUsed ? threshold : undefined)),
              h("td", {}, one.reply.band && badge(one.reply.band)),
            ),
          ),
        ),
      ),
    );
  }

  return {
    title: "Compare",
    element: h(
      "div",
      {},
      h("h1", {}, "Compare two posts"),
      h("div", { class: "two" }, boxes.map((box) => box.element)),
      policy.element,
      table,
      h("h2", {}, "Group fairness test"),
      h("p", {}, "The first post again, with other groups in the place of the one that it names. A fair model gives them almost the same score."),
      h("p", {}, h("label", { for: "swapped-label" }, "Label "), label),
      status,
      groups,
    ),
    shown() {
      boxes.forEach((box) => box.resume());
      if (!boxes[0].text && !boxes[1].text) {
        boxes[0].set("Refugees are vermin.");
        boxes[1].set("Nobody should ever call refugees vermin.");
      }
    },
  };
}
