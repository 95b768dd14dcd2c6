/** Scoring many posts: each text once, a few requests at a time, for as long as it takes. */

import { askPatiently } from "./api.js";
import { thresholdsOf } from "./policies.js";
import { NOT_SERVED } from "./view.js";

const AT_A_TIME = 64;
const CHARACTERS = 16_000; // of one request: far less than what is scored before its time is up
const REQUESTS = 2;
const TRIES = 3; // of a text that alone was not scored in time
const TOO_MUCH = [413, 422, 504]; // fewer posts may not be refused

/**
 * Score posts `{text}`, of which the service remembers nothing, and put `reply` or `problem` into each.
 *
 * Posts that have a `problem` already are left alone. What is not scored in time is asked for again, with fewer beside it. asked: what each request says beside the text. onprogress: told how many are done. onwait: as of askPatiently. Raises AbortError and Problem.
 */
export async function scoreAll(posts, { asked, signal, onprogress, onwait }) {
  const byText = Map.groupBy(
    posts.filter((post) => !post.problem),
    (post) => post.text,
  );
  const tries = new Map();
  const waiting = batchesOf([...byText.keys()]);
  let done = posts.length - [...byText.values()].reduce((sum, alike) => sum + alike.length, 0);

  function settle(text, result) {
    for (const post of byText.get(text)) {
      if (result.error) post.problem = result.error.message;
      else if (!Object.keys(result.scores).length) post.problem = NOT_SERVED;
      else post.reply = slim(result);
      done += 1;
    }
  }

  /** Once more, in two halves; alone a few times, and then no more. */
  function again(texts, error) {
    const half = Math.ceil(texts.length / 2);
    if (texts.length > 1) return waiting.push(texts.slice(0, half), texts.slice(half));
    const [text] = texts;
    tries.set(text, (tries.get(text) ?? 0) + 1);
    if (error.status === 422) throw error; // not for the size
    if (error.code === "deadline_exceeded" && tries.get(text) < TRIES) waiting.push(texts);
    else settle(text, { error });
  }

  async function work() {
    while (waiting.length) {
      const texts = waiting.pop();
      const body = { posts: texts.map((text) => ({ text, do_not_store: true, ...asked })) };
      try {
        const { results } = await askPatiently("/v1/score/batch", { body, signal }, onwait);
        const late = texts.filter((_, index) => results[index].error?.code === "deadline_exceeded");
        texts.forEach((text, index) => late.includes(text) || settle(text, results[index]));
        if (late.length) again(late, results[texts.indexOf(late[0])].error);
      } catch (problem) {
        if (!TOO_MUCH.includes(problem.status)) throw problem;
        again(texts, problem);
      }
      onprogress(done);
    }
  }
  await Promise.all(Array.from({ length: REQUESTS }, work));
}

/** Texts in batches, of which the first is at the end. */
function batchesOf(texts) {
  const batches = [];
  let room = 0;
  for (const text of texts) {
    const last = batches.at(-1);
    room -= text.length;
    if (last && room >= 0 && last.length < AT_A_TIME) last.push(text);
    else {
      batches.push([text]);
      room = CHARACTERS - text.length;
    }
  }
  return batches.reverse();
}

/** What the page needs of a reply: a hundred thousand of them must fit. */
function slim({ model, scores, targets, mechanisms, spans, decision }) {
  return { model: shared(model), scores, targets, mechanisms, spans, band: decision?.band ?? "", reason: decision?.reason ?? "", policy: shared(decision?.policy), decided: shared(decision?.label && { label: decision.label, threshold: decision.threshold }) };
}

/**
 * The threshold of a label, `{threshold, isUsed}`: that of the policy by which posts were decided, or the
 * balanced one of a label that it does not use.
 */
export function thresholdOf(posts, label, service) {
  const decided = posts.find(({ reply }) => reply?.policy && reply.decided?.label === label) ?? posts.find(({ reply }) => reply?.policy);
  const { policy, decided: own } = decided?.reply ?? {};
  const found = thresholdsOf(service, policy ? { policy, ...own } : null)[label];
  return { threshold: found ?? service.thresholds[label], isUsed: found !== undefined };
}

const known = new Map();

/** The same object for all that are alike: replies name few models and policies. */
function shared(value) {
  const key = JSON.stringify(value);
  if (!known.has(key)) known.set(key, value);
  return known.get(key);
}
