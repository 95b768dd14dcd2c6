/** Model: the card, the numbers with their intervals, and where it all comes from. */

import { ask, askPatiently, hasKey, Problem } from "./api.js";
import { fill, h, link, score, svg, words } from "./dom.js";
import { ratesView } from "./rates.js";

export function modelPage(service) {
  const { manifest } = service;
  const card = h("div", {}, "Reading the card…");
  const rates = h("div", {});
  const diagram = h("div", {});
  const choice = h(
    "select",
    { id: "reliability-label", onchange: draw },
    Object.keys(manifest.reliability).map((name) => h("option", { value: name }, words(name))),
  );

  function draw() {
    fill(diagram, reliability(choice.value, manifest.reliability[choice.value]));
  }

  async function readCard() {
    try {
      const found = await askPatiently("/v1/model-card", { role: "any" });
      fill(rates, ratesView(found));
      fill(
        card,
        h("p", {}, `${found.modelName} ${found.version}, released on ${found.releaseDate}.`),
        found.sections.map((section) => sectionView(section, 3)),
      );
    } catch (problem) {
      fill(card, h("p", {}, problem.message));
    }
  }

  const change = h("div", {});
  draw();
  readCard();
  return {
    title: "Model",
    element: h(
      "div",
      {},
      h("h1", {}, "The model"),
      h("p", {}, manifest.description),
      h(
        "dl",
        { class: "facts" },
        fact("Bundle", `${manifest.name} ${manifest.version}`),
        fact("Checksum", h("code", {}, service.sha256)),
        fact("Base model", `${manifest.base_model.name} (${manifest.base_model.licence})`),
        fact("Weights", `${manifest.quantization.weights}, in windows of ${manifest.window.length} tokens`),
        fact("Golden scores", `${manifest.golden.rows} texts, differing by ${service.golden_difference.toExponential(1)} at most on this machine`),
      ),
      change,
      h("h2", {}, "Are its probabilities right?"),
      h("p", {}, h("label", { for: "reliability-label" }, "Label "), choice),
      diagram,
      h("h2", {}, "Is it the same for every group?"),
      rates,
      h("h2", {}, "Numbers, with 95 % intervals"),
      metrics(manifest.metrics),
      h("h2", {}, "What it learned from"),
      sources(manifest.sources),
      h("h2", {}, "The card"),
      card,
    ),
    shown() {
      if (!hasKey("admin")) fill(change);
      else if (!change.firstChild) fill(change, reloading());
    },
  };
}

const fact = (name, value) => [h("dt", {}, name), h("dd", {}, value)];

function reloading() {
  const status = h("span", { role: "status" });
  const reload = async () => {
    fill(status, " Opening and verifying…");
    try {
      const now = await ask("/v1/admin/reload", { body: {}, role: "admin" });
      fill(status, ` Now ${now.name} ${now.version} answers. Load this page again to see it.`);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      fill(status, ` ${problem.message}`);
    }
  };
  return h("p", {}, h("button", { type: "button", onclick: reload }, "Change to the bundle on disk"), status);
}

function metrics(rows) {
  return scrolling(
    "Numbers of the model",
    h(
      "table",
      {},
      h("thead", {}, h("tr", {}, ["suite", "label", "number", "value", "interval", "rows"].map((name, index) => h("th", { scope: "col", class: index > 2 ? "number" : "" }, name)))),
      h(
        "tbody",
        {},
        rows.map((row) =>
          h(
            "tr",
            {},
            h("th", { scope: "row" }, row.suite),
            h("td", {}, words(row.label)),
            h("td", {}, words(row.name)),
            h("td", { class: "number" }, score(row.value)),
            h("td", { class: "number" }, `${score(row.low)} to ${score(row.high)}`),
            h("td", { class: "number" }, row.rows.toLocaleString("en")),
          ),
        ),
      ),
    ),
  );
}

function sources(rows) {
  return scrolling(
    "Sources of the training data",
    h(
      "table",
      {},
      h("thead", {}, h("tr", {}, ["source", "rows", "licence", "verified", "citation"].map((name, index) => h("th", { scope: "col", class: index === 1 ? "number" : "" }, name)))),
      h(
        "tbody",
        {},
        rows.map((row) =>
          h(
            "tr",
            {},
            h("th", { scope: "row" }, link(row.upstream, row.name)),
            h("td", { class: "number" }, row.rows.toLocaleString("en")),
            h("td", {}, row.licence),
            h("td", {}, row.licence_verified ? "yes" : "no"),
            h("td", {}, row.citation),
          ),
        ),
      ),
    ),
  );
}

/** A table that may be wider than the page: it scrolls in its own frame, also by keyboard. */
const scrolling = (name, table) => h("div", { class: "scrolling", tabindex: "0", role: "region", "aria-label": name }, table);

function sectionView(section, level) {
  return h(
    "details",
    { id: `card-${section.id}` },
    h("summary", {}, section.title),
    section.fields.map((field) =>
      field.label === section.title
        ? h("p", {}, field.value)
        : h("p", { class: "field" }, h("strong", {}, field.label), ": ", field.value),
    ),
    (section.subsections ?? []).map((inner) => sectionView(inner, level + 1)),
  );
}

const SIDE = 240;
const EDGE = 44;

/** Predicted probability against the share of positives, ten bins of as many rows each. */
function reliability(label, bins) {
  const at = (value) => EDGE + value * SIDE;
  const up = (value) => 12 + (1 - value) * SIDE;
  const title = `Reliability of ${words(label)} on validation rows`;
  const spoken = bins.map((bin) => `${score(bin.predicted)} predicted, ${score(bin.seen)} seen`).join("; ");
  return h(
    "figure",
    {},
    svg(
      "svg",
      { viewBox: `0 0 ${SIDE + EDGE + 16} ${SIDE + 56}`, role: "img", "aria-label": `${title}: ${spoken}`, class: "diagram" },
      [0, 0.25, 0.5, 0.75, 1].map((value) => [
        svg("line", { x1: at(value), y1: up(0), x2: at(value), y2: up(1), class: "grid" }),
        svg("line", { x1: at(0), y1: up(value), x2: at(1), y2: up(value), class: "grid" }),
        svg("text", { x: at(value), y: up(0) + 16, "text-anchor": "middle" }, `${value}`),
        svg("text", { x: at(0) - 6, y: up(value) + 4, "text-anchor": "end" }, `${value}`),
      ]),
      svg("line", { x1: at(0), y1: up(0), x2: at(1), y2: up(1), class: "ideal" }),
      svg("polyline", { points: bins.map((bin) => `${at(bin.predicted)},${up(bin.seen)}`).join(" "), class: "line" }),
      bins.map((bin) => svg("circle", { cx: at(bin.predicted), cy: up(bin.seen), r: 4, class: "point" })),
      svg("text", { x: at(0.5), y: up(0) + 36, "text-anchor": "middle" }, "predicted probability"),
      svg("text", { x: 12, y: up(0.5), "text-anchor": "middle", transform: `rotate(-90 12 ${up(0.5)})` }, "share of positives"),
    ),
    h("figcaption", {}, `${title}. On the dashed line every probability would be right.`),
  );
}
