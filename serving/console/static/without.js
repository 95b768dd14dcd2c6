/** Effect of removing each key phrase: the score of the text without it. */

import { ask, Problem } from "./api.js";
import { change, fill, h, later, score, words } from "./dom.js";
import { pieces } from "./spans.js";
import { NOT_SERVED, badge } from "./view.js";

const MOST = 4; // phrases, the heaviest
const AFTER = 750; // milliseconds in which nothing more is typed: each look scores a few texts

/** `{name, text}` without each key phrase, and without all of them. */
export function without(text, spans) {
  const all = pieces(text, spans);
  const heavy = all.filter((piece) => piece.score !== null).sort((a, b) => b.score - a.score);
  const left = (gone) => {
    const kept = all.filter((piece) => !gone.includes(piece)).map((piece) => piece.text);
    return kept.join("").replace(/[^\S\n]{2,}/g, " ").trim();
  };
  const found = heavy.slice(0, MOST).map((piece) => ({ name: `“${piece.text}”`, text: left([piece]) }));
  if (heavy.length > 1) found.push({ name: "all key phrases", text: left(heavy) });
  return found.filter((one) => /[\p{L}\p{N}]/u.test(one.text));
}

/**
 * The place where it is shown.
 *
 * `show` takes a text, the reply to it and what the request said beside the text; `clear` ends it.
 */
export function withoutView(service) {
  const element = h("section", {});
  let waitsFor = new AbortController();

  const soon = later(async (text, reply, asked, mine) => {
    if (mine.signal.aborted) return;
    const posts = without(text, reply.spans);
    const label = reply.decision?.label ?? service.labels[0];
    try {
      const { results } = await ask("/v1/score/batch", {
        body: { posts: posts.map((one) => ({ text: one.text, do_not_store: true, ...asked })) },
        signal: mine.signal,
      });
      draw(label, reply, posts.map((one, index) => ({ ...one, reply: results[index] })));
    } catch (error) {
      if (error.name === "AbortError") return;
      if (!(error instanceof Problem)) throw error;
      fill(element, heading(), h("p", {}, `Not scored: ${error.message}`));
    }
  }, AFTER);

  function draw(label, reply, found) {
    const before = reply.scores[label];
    fill(
      element,
      heading(),
      h(
        "table",
        { class: "scores" },
        h("caption", {}, `Probability of ${words(label)} without each key phrase; ${score(before)} with all of them`),
        h("thead", {}, h("tr", {}, ["removed", "probability", "change", "decision"].map((name, index) => h("th", { scope: "col", class: index === 1 || index === 2 ? "number" : "" }, name)))),
        h(
          "tbody",
          {},
          found.map(({ name, reply: other }) => {
            const named = h("th", { scope: "row" }, h("bdi", {}, name));
            if (other.error || other.scores[label] === undefined) return h("tr", {}, named, h("td", { colspan: 3 }, other.error?.message ?? NOT_SERVED));
            const difference = score(other.scores[label]) - score(before); // of what is shown
            return h(
              "tr",
              {},
              named,
              h("td", { class: "number" }, score(other.scores[label])),
              h("td", { class: "number" }, change(difference)),
              h("td", {}, other.decision ? badge(other.decision.band) : ""),
            );
          }),
        ),
      ),
    );
  }

  const heading = () => h("h2", {}, "Effect of removing each phrase");

  return {
    element,
    show(text, reply, asked) {
      waitsFor.abort();
      waitsFor = new AbortController();
      fill(element);
      if (without(text, reply.spans).length) soon(text, reply, asked, waitsFor);
    },
    clear: () => waitsFor.abort(),
  };
}
