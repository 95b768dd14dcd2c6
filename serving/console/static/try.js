/** Try: one text, its scores, the decision, and why. */

import { addressOf, asksForKeys } from "./api.js";
import { scoringBox } from "./box.js";
import { fill, h, setStale } from "./dom.js";
import { EXAMPLES, examplePair } from "./examples.js";
import { languageNotice } from "./language.js";
import { policyChoice } from "./policies.js";
import { snippets } from "./snippets.js";
import { decisionView, detailsView, scoresView } from "./view.js";
import { withoutView } from "./without.js";

const WIDE = matchMedia("(min-width: 64rem)");

export function tryPage(service) {
  const found = h("div", { class: "found" });
  let isExplained = false;
  const open = (text) => (box.set(text), box.focus());
  const examples = h(
    "details",
    { class: "examples", open: WIDE.matches },
    h("summary", {}, "Examples"),
    h(
      "div",
      { role: "group", "aria-label": "Examples" },
      EXAMPLES.map((text) => h("button", { type: "button", class: "quiet", onclick: () => open(text) }, text)),
    ),
  );
  const definition = h("details", { class: "definition" });
  const policy = policyChoice(service, "try-policy", () => {
    define();
    box.again();
    if (!box.text.trim()) pair.show();
  });
  const pair = examplePair(service, policy, open);
  const changes = withoutView(service);
  const language = languageNotice();
  const box = scoringBox({
    label: "A post",
    id: "post",
    policy,
    onreply: show,
    onstale() {
      changes.clear();
      language.clear();
      setStale(found, true);
    },
  });

  /** What the policy that is chosen forbids, in its own words. */
  function define() {
    const wanted = policy.asked.policy ?? service.defaultPolicy;
    const text = service.policies.find(({ id }) => id === wanted)?.text ?? "";
    definition.hidden = !text;
    fill(definition, h("summary", {}, "Definition"), text.split(/\n\s*\n/).map((one) => h("p", {}, one)));
  }

  function show(text, reply) {
    setStale(found, false);
    pair.element.hidden = Boolean(text.trim());
    if (text.trim()) language.show(text, Boolean(reply));
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
        h("section", {}, h("h2", {}, "Scores"), scoresView(reply, service)),
        changes.element,
      ),
      h("section", {}, h("h2", {}, "Use the API"), requests({ text, ...policy.asked }, reply.decision != null)),
    );
  }

  define();
  pair.show();
  return {
    title: "Try",
    element: h(
      "div",
      {},
      h("h1", {}, "Detect dehumanizing speech"),
      h(
        "p",
        { class: "lead" },
        "Finds text that denies people their humanity because of their group: as vermin, animals, disease, filth, " +
          "demons, machines, or as not really people. It also scores hate, threats and toxicity.",
      ),
      h("div", { class: "links" }, definition, h("a", { href: addressOf("/docs") }, "Try the API"), h("a", { href: addressOf("/redoc") }, "API reference"), h("a", { href: "#model" }, "Limits and metrics")),
      h("div", { class: "asking" }, h("div", {}, box.element, language.element, policy.element), examples),
      pair.element,
      found,
      h(
        "p",
        { class: "small" },
        "A score is a calibrated probability: of 100 texts with a score of 0.70, about 70 have the label. " +
          "The text is judged alone, without its thread or author, and the score can be wrong. The model was trained on English.",
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
        fill(copied, " The browser does not allow copying: select the text.");
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
