/** Examples to look at before one types: one harmful, one harmless, and others to try. */

import { ask, Problem } from "./api.js";
import { fill, h, score, words } from "./dom.js";
import { badge, marked } from "./view.js";

const PAIR = [
  { title: "A harmful post", text: "Migrants are vermin." },
  { title: "A harmless post with the same words", text: "Nobody should ever call refugees vermin." },
];

/** Two that break the rule, one of them hidden; the rest only look as if they did. */
export const EXAMPLES = [
  "Migrants are vermin.",
  "M1grants are v3rmin.",
  "Uyghur women are no longer baby-making machines.",
  "Nobody should ever call refugees vermin.",
  "“Immigrants are vermin,” he shouted, and was booed off the stage.",
  "The tenants complained about cockroaches in the building.",
  "My grandmother is a machine: ninety years old and still running marathons.",
];

/**
 * Two examples side by side, scored. policy: as of policyChoice. onopen: given the text that is opened.
 *
 * `show` asks for their scores; without an answer there is nothing to see.
 */
export function examplePair(service, policy, onopen) {
  const element = h("div", { class: "two pair" });
  let waitsFor = new AbortController();

  async function show() {
    waitsFor.abort();
    waitsFor = new AbortController();
    const { signal } = waitsFor;
    const posts = PAIR.map(({ text }) => ({ text, do_not_store: true, ...policy.asked }));
    try {
      const { results } = await ask("/v1/score/batch", { body: { posts }, signal });
      if (!signal.aborted && results.every((one) => !one.error)) fill(element, PAIR.map((one, index) => card(one, results[index])));
    } catch (error) {
      if (error.name !== "AbortError" && !(error instanceof Problem)) throw error;
    }
  }

  function card({ title, text }, reply) {
    const label = reply.decision?.label ?? service.labels[0];
    return h(
      "section",
      { class: "card" },
      h("h2", {}, title),
      h("blockquote", {}, marked(text, reply.spans)),
      h("p", {}, reply.decision && [badge(reply.decision.band), " "], `${words(label)} ${score(reply.scores[label])}`),
      h("p", {}, h("button", { type: "button", onclick: () => onopen(text), "aria-label": `Explain: ${text}` }, "Explain")),
    );
  }

  return { element, show };
}
