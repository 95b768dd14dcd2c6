/** Scoring many posts: each text once, a few requests at a time, for as long as it takes. */

import { askPatiently } from "./api.js";

const AT_A_TIME = 64;
const REQUESTS = 2;

/**
 * Score posts `{text}`, of which the service remembers nothing, and put `reply` or `problem` into each.
 *
 * asked: what each request says beside the text. onprogress: told how many are done. onwait: as of askPatiently. Raises AbortError and Problem.
 */
export async function scoreAll(posts, { asked, signal, onprogress, onwait }) {
  const byText = new Map();
  for (const post of posts) {
    if (byText.has(post.text)) byText.get(post.text).push(post);
    else byText.set(post.text, [post]);
  }
  const texts = [...byText.keys()];
  let next = 0;
  let done = 0;
  async function work() {
    while (next < texts.length) {
      const some = texts.slice(next, (next += AT_A_TIME));
      const { results } = await askPatiently(
        "/v1/score/batch",
        { body: { posts: some.map((text) => ({ text, do_not_store: true, ...asked })) }, signal },
        onwait,
      );
      results.forEach((result, index) => {
        for (const post of byText.get(some[index])) {
          if (result.error) post.problem = result.error.message;
          else post.reply = slim(result);
          done += 1;
        }
      });
      onprogress(done);
    }
  }
  await Promise.all(Array.from({ length: REQUESTS }, work));
}

/** What the page needs of a reply: a hundred thousand of them must fit. */
function slim({ scores, targets, mechanisms, spans, decision }) {
  return { scores, targets, mechanisms, spans, band: decision?.band ?? "", reason: decision?.reason ?? "" };
}
