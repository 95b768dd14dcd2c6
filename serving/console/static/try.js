/** Try: one text, what the service thinks of it, and why. */

import { asksForKeys } from "./api.js";
import { scoringBox } from "./box.js";
import { fill, h, setStale } from "./dom.js";
import { policyChoice } from "./policies.js";
import { snippets } from "./snippets.js";
import { decisionView, detailsView, scoresView } from "./view.js";
import { withoutView } from "./without.js";

/** Two that break the rule, one of them hidden; the rest only look as if they did. */
const EXAMPLES = [
  "Migrants are vermin.",
  "M1grants are v3rmin.",
  "Uyghur women are no longer baby-making machines.",
  "Nobody should ever call refugees vermin.",
  "“Immigrants are vermin,” he shouted, and was booed off the stage.",
  "The tenants complained about cockroaches in the building.",
  "My grandmother is a machine: ninety years old and still running marathons.",
];

export function tryPage(service) {
  const found = h("div", { class: "found" });
  let isExplained = false;
  const examples = h(
    "details",
    { class: "examples", open: true },
    h("summary", {}, "Examples"),
    h(
      "div",
      { role: "group", "aria-label": "Examples" },
      EXAMPLES.map((text) => h("button", { type: "button", class: "quiet", onclick: () => (box.set(text), box.focus()) }, text)),
    ),
  );
  const policy = policyChoice(service, "try-policy", () => box.again());
  const changes = withoutView(service);
  const box = scoringBox({
    label: "A post",
    id: "post",
    policy,
    onreply: show,
    onstale() {
      changes.clear();
      setStale(found, true);
    },
  });

  function show(text, reply) {
    setStale(found, false);
    if (!reply) return fill(found);
    if (!isExplained) examples.open = false; // makes room, once
    isExplained = true;
    changes.show(text, reply, policy.asked);
    fill(
      found,
      h(
        "div",
        { class: "verdict" },
        h(
          "div",
          {},
          h("section", {}, h("h2", {}, "Decision"), decisionView(reply.decision)),
          h("section", {}, h("h2", {}, "Why"), detailsView(text, reply)),
        ),
        h("div", {}, h("section", {}, h("h2", {}, "Scores"), scoresView(reply, service.thresholds)), changes.element),
      ),
      h("section", {}, h("h2", {}, "The same from a program"), requests({ text, ...policy.asked }, reply.decision != null)),
    );
  }

  return {
    title: "Try",
    element: h(
      "div",
      {},
      h("h1", {}, "What does it think of a post?"),
      box.element,
      policy.element,
      examples,
      found,
      h(
        "p",
        { class: "small" },
        "A score is the probability that people who know the definition would say yes. " +
          "It judges the text alone, without its thread or author, and it can be wrong. It learned from English.",
      ),
    ),
    shown() {
      box.resume();
      box.focus();
    },
  };
}

function requests(post, isDecided) {
  return Object.entries(snippets(post, asksForKeys(), isDecided)).map(([language, code]) => {
    const copied = h("span", { role: "status" });
    const copy = async () => {
      try {
        await navigator.clipboard.writeText(code);
        fill(copied, " Copied.");
      } catch {
        fill(copied, " This browser does not let pages copy: select the text.");
      }
    };
    return h(
      "details",
      {},
      h("summary", {}, language),
      h("pre", { tabindex: "0", "aria-label": `${language} request` }, h("code", {}, code)),
      h("button", { type: "button", onclick: copy }, `Copy ${language}`),
      copied,
    );
  });
}
