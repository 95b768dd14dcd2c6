/** The console: which page is shown, and who is signed in. */

import { ask, askPatiently, asksForKeys, begin, hasKey, heldKeys, mustSignIn, Problem, session, signIn, signOut, whyWaiting } from "./api.js";
import { comparePage } from "./compare.js";
import { fill, h } from "./dom.js";
import { filePage } from "./file.js";
import { modelPage } from "./model.js";
import { reviewPage } from "./review.js";
import { tryPage } from "./try.js";

const PAGES = {
  try: { title: "Try", make: tryPage, role: "score" },
  compare: { title: "Compare", make: comparePage, role: "score" },
  file: { title: "File", make: filePage, role: "score" },
  review: { title: "Review", make: reviewPage, role: "review" },
  model: { title: "Model", make: modelPage, role: null },
};

const nav = document.getElementById("pages");
const main = document.getElementById("main");
const who = document.getElementById("who");
const banner = document.getElementById("banner");
const made = new Map();
let service = null;
let current = null; // the page that is shown, which another key does not change

/** Pages that the keys at hand open; all but Review where none are asked for. */
function open() {
  return Object.entries(PAGES).filter(([, { role }]) => {
    if (role === null) return !mustSignIn();
    return role === "review" ? hasKey("review") : !asksForKeys() || hasKey(role);
  });
}

async function start() {
  const waiting = (left, problem) => fill(main, h("p", { role: "status" }, whyWaiting(left, problem)));
  try {
    await begin();
    if (!mustSignIn() && !service) service = await readService(waiting);
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    fill(main, h("h1", {}, "The service refused the request"), h("p", { role: "alert" }, problem.message));
    drawWho();
    return;
  }
  show();
}

async function readService(waiting) {
  const { manifest, sha256, golden_difference } = await askPatiently("/v1/model", { role: "any" }, waiting);
  const { policies, default: defaultPolicy } = await askPatiently("/v1/policies", { role: "any" }, waiting);
  return {
    manifest,
    policies,
    defaultPolicy,
    sha256,
    golden_difference,
    labels: manifest.labels.map((label) => label.name),
    categories: manifest.targets.map((target) => target.name),
    mechanisms: manifest.mechanisms.map((one) => one.name),
    thresholds: Object.fromEntries(
      Object.entries(manifest.operating_points.balanced).map(([name, point]) => [name, point.threshold]),
    ),
  };
}

function show() {
  if (!service && !mustSignIn()) return; // it comes once the service has said what it is
  const pages = open();
  if (location.hash === "#review" && !mustSignIn() && !hasKey("review")) return noReview(pages);
  const wanted = [location.hash.slice(1), current].map((one) => pages.find(([name]) => name === one));
  const [name] = wanted.find(Boolean) ?? pages[0] ?? [];
  current = name;
  drawNav(pages, name);
  if (!name) {
    fill(main, h("h1", {}, "This service needs an API key"), h("p", {}, "Sign in with a key. It stays in the memory of this page, and a reload forgets it."), h("p", {}, h("button", { type: "button", onclick: signingIn }, "Sign in")));
    return;
  }
  if (!made.has(name)) made.set(name, PAGES[name].make(service));
  const page = made.get(name);
  document.title = `${page.title} · Upstander`;
  fill(main, page.element);
  page.shown?.();
}

function drawNav(pages, name) {
  fill(
    nav,
    pages.map(([one, { title }]) =>
      h("li", {}, h("a", { href: `#${one}`, "aria-current": one === name ? "page" : null }, title)),
    ),
  );
  drawWho();
}

/** Say what the page Review takes, where it cannot be shown. */
function noReview(pages) {
  drawNav(pages, "review");
  document.title = "Review · Upstander";
  const make = h("code", {}, "upstander keys create NAME --review --keys keys.json");
  const told = asksForKeys()
    ? ["Reviewing needs a review key: add one made with ", make, "."]
    : ["Reviewing needs API keys: make one with ", make, ", serve with ", h("code", {}, "--keys keys.json --record texts"), ", and sign in with it here."];
  fill(main, h("h1", {}, "Review queue"), h("p", {}, told));
}

function drawWho() {
  const hadFocus = who.contains(document.activeElement);
  fill(
    who,
    heldKeys().map(({ role, name: owner }) => h("span", { class: "key" }, `${owner} (${role}) `)),
    asksForKeys() && h("button", { type: "button", onclick: signingIn }, heldKeys().length ? "Add a key" : "Sign in"),
    heldKeys().length > 0 && h("button", { type: "button", onclick: signOut }, "Sign out"),
  );
  if (hadFocus) (who.querySelector("button") ?? main).focus();
}

function signingIn() {
  const field = h("input", { type: "password", id: "key", autocomplete: "off", required: true });
  const status = h("p", { role: "status" });
  const enter = async (event) => {
    event.preventDefault();
    fill(status, "Checking…");
    try {
      await signIn(field.value);
      dialog.close();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      fill(status, problem.status === 401 ? "This key is not valid. Check that it is complete, or ask whoever created it." : problem.message);
      field.select();
    }
  };
  const dialog = h(
    "dialog",
    { "aria-labelledby": "signing-in", onclose: () => dialog.remove() },
    h("h2", { id: "signing-in" }, "Sign in"),
    h("form", { onsubmit: enter }, h("label", { for: "key" }, "API key "), field, h("p", { class: "small" }, "A scoring key opens Try, Compare and File, a review key the review queue, and an admin key the change of the bundle. You may add one of each."), status, h("button", { type: "submit" }, "Sign in"), " ", h("button", { type: "button", onclick: () => dialog.close() }, "Cancel")),
  );
  document.body.append(dialog);
  dialog.showModal();
}

session.addEventListener("signed", () => {
  if (heldKeys().length === 0) {
    for (const page of made.values()) page.leave?.();
    made.clear();
    service = null;
  }
  start();
});
session.addEventListener("asked", show); // the pages keep what they hold until somebody signs in
session.addEventListener("gone", () => {
  fill(banner, "The service does not answer. This page keeps trying.");
  const again = async () => {
    try {
      await ask("/livez", { role: "any" });
    } catch {
      setTimeout(again, 2000);
    }
  };
  setTimeout(again, 1000);
});
session.addEventListener("back", () => fill(banner));
addEventListener("hashchange", () => {
  main.focus({ preventScroll: true });
  show();
});
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault(); // the address names the page
  main.focus();
});

start();
