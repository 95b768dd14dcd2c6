/** What each operating point does with a thousand posts: found, missed, wrongly flagged. */

import { exact, fill, h, words } from "./dom.js";

const POSTS = 1000;

/** The table, with the share of harmful posts to choose: it differs from platform to platform. */
export function perThousand(manifest) {
  const points = Object.entries(manifest.operating_points);
  const label = h("select", { id: "thousand-label", onchange: draw }, manifest.labels.map(({ name }) => h("option", { value: name }, words(name))));
  const harmful = h("input", { type: "number", id: "harmful", min: "0", max: String(POSTS), value: "10", oninput: draw });
  const table = h("div", { class: "scrolling", tabindex: "0", role: "region", "aria-label": "Per 1,000 posts" });

  function draw() {
    const bad = Math.min(POSTS, Math.max(0, Number(harmful.value) || 0));
    fill(
      table,
      h(
        "table",
        { class: "narrow thousand" },
        h("thead", {}, h("tr", {}, ["operating point", "threshold", "found", "missed", "wrongly flagged"].map((name, index) => h("th", { scope: "col", class: index ? "number" : "" }, name)))),
        h(
          "tbody",
          {},
          points.map(([name, outputs]) => {
            const { threshold, recall, ordinary } = outputs[label.value];
            const missed = recall && { value: 1 - recall.value, low: 1 - recall.high, high: 1 - recall.low };
            return h(
              "tr",
              {},
              h("th", { scope: "row" }, name),
              h("td", { class: "number" }, exact(threshold)),
              [[recall, bad], [missed, bad], [ordinary, POSTS - bad]].map(([share, posts]) => h("td", { class: "number" }, estimate(share, posts))),
            );
          }),
        ),
      ),
    );
  }

  draw();
  return h(
    "div",
    {},
    h(
      "p",
      { class: "filters" },
      h("span", {}, h("label", { for: "thousand-label" }, "Label "), label),
      h("span", {}, h("label", { for: "harmful" }, "Harmful posts among 1,000 "), harmful),
    ),
    table,
    h("p", { class: "small" }, "Found and missed come from natural posts, wrongly flagged from ordinary posts of everyday domains; in parentheses 95 % intervals. Posts of your platform may differ: measure with “upstander evaluate” on your own labelled posts."),
  );
}

/** `6.9 (6.2 to 7.5)` of so many posts; on a phone the interval stands below. */
function estimate(share, posts) {
  if (!share) return "not measured";
  const told = (value) => (value * posts).toFixed(1);
  return [`${told(share.value)} `, h("span", { class: "range" }, `(${told(share.low)} to ${told(share.high)})`)];
}
