/** How scores are distributed, with a threshold to drag. */

import { counted, exact, fill, h, svg } from "./dom.js";
import { perDay, positives } from "./estimate.js";

const BINS = 50;
const WIDTH = 600;
const HEIGHT = 160;
const APART = 0.2; // of the height, between two ticks of the axis

/**
 * The diagram with its slider and the size of a queue.
 *
 * onthreshold: told the threshold when it moves.
 */
export function histogram({ onthreshold }) {
  let values = [];
  let flagged = [];
  let about = { label: "", isUsed: true };
  let own = 0; // the threshold from which it is moved
  const drawing = h("div", { class: "bins", onpointerdown: grabbed, onpointermove: dragged });
  const axis = h("div", { class: "axis", "aria-hidden": "true" });
  const told = h("p", { role: "status" });
  const slider = h("input", { type: "range", class: "sliding", id: "threshold", min: "0", max: "1", step: "0.001", value: "0.5", oninput: () => moved() });
  const number = h("output", { for: "threshold" });
  const origin = h("span", { class: "small" });
  const capacity = h("input", { type: "number", id: "capacity", min: "1", value: "200", oninput: tell });
  const days = h("input", { type: "number", id: "days", min: "1", value: "1", oninput: tell });
  const fits = h("p", { class: "fits" });
  const use = h("button", { type: "button", onclick: () => move(thresholdFor(capacity.value * days.value)) }, "Use this threshold");
  const counts = h("div", { class: "scrolling", tabindex: "0", role: "region", "aria-label": "Counts" });

  function draw() {
    const bins = countsOf(values, BINS);
    const most = Math.max(1, ...bins);
    const threshold = Number(slider.value);
    // The root shows a bin of one beside a bin of ten thousand.
    const height = (count) => Math.sqrt(count / most) * HEIGHT;
    const ticks = ticksUpTo(most);
    fill(axis, ticks.map((tick) => h("span", { style: { bottom: `${(100 * height(tick)) / HEIGHT}%` } }, tick.toLocaleString("en"))));
    fill(
      drawing,
      svg(
        "svg",
        { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "histogram", role: "img", "aria-label": `Scores of ${values.length} posts in ${BINS} bins; ${flagged.length} at or over ${exact(threshold)}`, preserveAspectRatio: "none" },
        ticks.map((tick) => svg("line", { x1: 0, x2: WIDTH, y1: HEIGHT - height(tick), y2: HEIGHT - height(tick), class: "grid" })),
        bins.map((count, index) => {
          const over = (index + 1) / BINS > threshold;
          const title = svg("title", {}, `${index / BINS} to ${(index + 1) / BINS}: ${counted(count, "post")}`);
          return svg("rect", { x: (index * WIDTH) / BINS + 0.5, y: HEIGHT - height(count), width: WIDTH / BINS - 1, height: height(count), class: over ? "over" : "under" }, title);
        }),
        svg("line", { x1: threshold * WIDTH, x2: threshold * WIDTH, y1: 0, y2: HEIGHT, class: "threshold" }),
      ),
    );
  }

  /** The threshold follows the pointer on the diagram too; the slider is for those who have none. */
  function grabbed(event) {
    if (event.button !== 0) return;
    drawing.setPointerCapture(event.pointerId);
    dragged(event);
  }

  function dragged(event) {
    if (!drawing.hasPointerCapture(event.pointerId)) return;
    const { left, width } = drawing.getBoundingClientRect();
    move(Math.min(1, Math.max(0, (event.clientX - left) / width)));
  }

  /** The lowest threshold that flags no more than so many. */
  function thresholdFor(room) {
    const sorted = Float64Array.from(values).sort();
    const left = sorted.length - Math.max(0, Math.floor(room));
    if (left <= 0) return 0;
    return Math.min(1, Math.floor(sorted[left - 1] * 1000 + 1) / 1000);
  }

  function tell() {
    const share = values.length ? ((100 * flagged.length) / values.length).toFixed(1) : "0.0";
    fill(told, `${flagged.length.toLocaleString("en")} of ${values.length.toLocaleString("en")} posts (${share} %) are at or over ${exact(Number(slider.value))}.`);
    const threshold = thresholdFor(capacity.value * days.value);
    const held = values.filter((value) => value >= threshold);
    const good = positives(held);
    const daily = perDay(held.length, Math.max(1, Number(days.value)));
    fill(
      fits,
      `That queue holds the ${held.length.toLocaleString("en")} highest scores, from a threshold of ${exact(threshold)}. `,
      `About ${spoken(good)} of them are expected to have the label ${about.label}. `,
      `Expect ${spoken(daily)} a day on days like those of the file.`,
    );
  }

  function moved() {
    const threshold = Number(slider.value);
    number.value = exact(threshold);
    const whose = about.isUsed ? "of the policy" : "balanced; the policy does not use this label";
    fill(origin, threshold === own ? `(${whose}). ` : `(moved from ${exact(own)}, ${whose}). `, "Moving it is a what-if: it changes no decision.");
    flagged = values.filter((value) => value >= threshold);
    draw();
    tell();
    onthreshold(threshold);
  }

  function move(threshold) {
    slider.value = String(threshold);
    moved();
  }

  return {
    element: h(
      "div",
      { class: "spread" },
      h("p", { class: "small" }, "Number of posts by score. The vertical axis is a square-root scale, so that small bars are visible."),
      h("div", { class: "plot" }, axis, h("div", {}, drawing, h("div", { class: "scale", "aria-hidden": "true" }, [0, 0.25, 0.5, 0.75, 1].map((value) => h("span", {}, String(value)))), slider)),
      h("p", {}, h("label", { for: "threshold" }, "Threshold "), number, " ", origin),
      told,
      h("p", { class: "filters" }, h("span", {}, h("label", { for: "capacity" }, "A queue of "), capacity, " posts a day;"), h("span", {}, h("label", { for: "days" }, "the file covers "), days, " days"), use),
      fits,
      h("p", { class: "small" }, "Both ranges are 95 % intervals. The first assumes that the probabilities are right for your posts, the second that days differ by chance alone."),
      h("details", {}, h("summary", {}, "Counts"), counts),
    ),
    /** Show other values, of which `given.label` tells the name, and whether the policy uses it. */
    show(others, threshold, given) {
      values = others;
      about = given;
      const rows = countsOf(values, 10);
      fill(
        counts,
        h(
          "table",
          {},
          h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "score"), h("th", { scope: "col", class: "number" }, "posts"))),
          h("tbody", {}, rows.map((count, index) => h("tr", {}, h("th", { scope: "row" }, `${index / 10} to ${(index + 1) / 10}`), h("td", { class: "number" }, count.toLocaleString("en"))))),
        ),
      );
      slider.value = String(threshold);
      own = Number(slider.value); // in steps of the slider
      moved();
    },
  };
}

/** `12 (8 to 16)`. */
const spoken = ({ value, low, high }) => `${Math.round(value).toLocaleString("en")} (${Math.round(low).toLocaleString("en")} to ${Math.round(high).toLocaleString("en")})`;

function countsOf(values, bins) {
  const counts = new Array(bins).fill(0);
  for (const value of values) counts[Math.min(bins - 1, Math.floor(value * bins))] += 1;
  return counts;
}

/** The highest bar, 0, and round counts between them, far enough from each other on the scale of roots. */
function ticksUpTo(most) {
  const found = [most];
  for (let power = 10 ** Math.floor(Math.log10(most)); power >= 1; power /= 10) {
    for (const tick of [5, 2, 1].map((one) => one * power)) {
      const place = Math.sqrt(tick / most);
      if (tick < most && place >= APART && found.every((one) => Math.sqrt(one / most) - place >= APART)) found.push(tick);
    }
  }
  return [...found, 0];
}
