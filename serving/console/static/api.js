/** Asking the service, with the keys that the person gave. */

/** Where the service is: a proxy may show it under a path of its own. */
const ROOT = new URL("..", import.meta.url);

/** The address of a path of the service, such as `/v1/score`. */
export const addressOf = (path) => new URL(path.slice(1), ROOT).href;

/** Keys by their role. They live here and nowhere else: a reload forgets them. */
const keys = new Map();

/**
 * Tells `leaving` before keys go, `signed` when keys come or go, `asked` when the service begins to ask for them, `gone` and
 * `back` when it stops and starts answering.
 */
export const session = new EventTarget();

/** Whether the service needs keys. */
let needsKeys = false;

let isGone = false;

export const hasKey = (role) => keys.has(role);
export const mustSignIn = () => needsKeys && keys.size === 0;
export const asksForKeys = () => needsKeys;
export const heldKeys = () => [...keys].map(([role, { name }]) => ({ role, name }));

/** The service said no, or nothing at all (`status` 0). `wait` is in seconds, if it said so. */
export class Problem extends Error {
  constructor(status, code, message, wait) {
    super(message);
    this.status = status;
    this.code = code;
    this.wait = wait;
  }
}

/**
 * What the service answers, as JSON. Raises Problem, and AbortError once `signal` says so.
 *
 * role: whose key goes along; "any" takes whichever there is. keepalive: the request outlives the page.
 */
export async function ask(path, { body, role = "score", signal, key, keepalive = false } = {}) {
  const held = key ?? (keys.get(role) ?? (role === "any" ? [...keys.values()][0] : undefined))?.key;
  const headers = held ? { authorization: `Bearer ${held}` } : {};
  if (body !== undefined) headers["content-type"] = "application/json";
  let response;
  try {
    response = await fetch(addressOf(path), {
      method: body === undefined ? "GET" : "POST",
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      signal,
      keepalive,
      credentials: "omit",
      cache: "no-store",
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    told(true);
    throw new Problem(0, "gone", "The service does not answer.");
  }
  told(false);
  const answer = await response.json().catch((error) => {
    if (error.name === "AbortError") throw error;
    return {};
  });
  if (response.ok) return answer;
  if (response.status === 401 && !needsKeys) {
    needsKeys = true;
    session.dispatchEvent(new Event("asked"));
  }
  const wait = Number(response.headers.get("retry-after")) || undefined;
  const { code = "unknown", message = `The service answered with status ${response.status}.` } = answer.error ?? {};
  throw new Problem(response.status, code, message, wait);
}

function told(gone) {
  if (gone === isGone) return;
  isGone = gone;
  session.dispatchEvent(new Event(gone ? "gone" : "back"));
}

/**
 * The same, asked again for as long as the service is busy, starting or away.
 *
 * waiting: told how many seconds are left, and why, once a second.
 */
export async function askPatiently(path, options = {}, waiting = () => {}) {
  for (let turn = 0; ; turn += 1) {
    try {
      return await ask(path, options);
    } catch (problem) {
      if (!(problem instanceof Problem) || ![0, 429, 503].includes(problem.status)) throw problem;
      const seconds = Math.min(problem.wait ?? Math.min(2 ** turn, 5), 60);
      for (let left = seconds; left > 0; left -= 1) {
        waiting(left, problem);
        await pause(Math.min(left, 1), options.signal);
      }
    }
  }
}

function pause(seconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, seconds * 1000);
    signal?.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        reject(new DOMException("Nobody waits any more.", "AbortError"));
      },
      { once: true },
    );
  });
}

/** In words for people, what a wait is for. */
export function whyWaiting(left, problem) {
  const seconds = Math.ceil(left);
  const again = `Asking again in ${seconds} second${seconds === 1 ? "" : "s"}.`;
  if (problem.status === 0) return `The service does not answer. ${again}`;
  if (problem.status === 429) return `The service is busy, or this key has reached its rate limit. ${again}`;
  return `${problem.message} ${again}`;
}

/** Whether the service asks for keys; asked at the start, and seen of every answer. */
export async function begin() {
  try {
    await askPatiently("/v1/key", { role: "any" });
  } catch (problem) {
    if (problem.status !== 401) throw problem;
  }
}

/** Keep a key, if the service knows it. What comes along when one copies a key is taken off. */
export async function signIn(typed) {
  const key = typed.replace(/^\s*bearer\s+/i, "").replace(/[\s\u200b-\u200f\u2060\ufeff]/g, "");
  const [odd] = key.match(/[^!-~]/u) ?? [];
  if (odd) throw new Problem(400, "unreadable", `No API key contains the character “${odd}”. Copy the key again.`);
  const { role, name } = await ask("/v1/key", { key });
  if (role === null) throw new Problem(200, "open", "This service does not need a key.");
  keys.set(role, { key, name });
  session.dispatchEvent(new Event("signed"));
}

/** Forget all keys. */
export function signOut() {
  session.dispatchEvent(new Event("leaving"));
  keys.clear();
  session.dispatchEvent(new Event("signed"));
}
