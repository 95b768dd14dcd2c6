/** A table of many rows, of which only those in sight are drawn. */

import { fill, h, score, words } from "./dom.js";
import { badge, beginning, categoriesOf, mechanismsOf } from "./view.js";

const HEIGHT = 40; // of a row, as the style has it
const AROUND = 10;
const LONGEST = 300; // characters of a post: a cell shows fewer, and megabytes in it would stall the page

/**
 * The table. columns: of `{name, title, value}`: title is a text or gives what is shown, and `value` is sorted by.
 *
 * onopen: told the post whose row was opened.
 */
export function rowsTable({ onopen }) {
  let posts = [];
  let label = "";
  let order = { by: "score", down: true };
  const columns = [
    { name: "row", title: "Row", value: (post) => post.row },
    { name: "text", title: "Post", value: (post) => post.text },
    { name: "score", title: () => ["Score", h("span", { class: "which" }, `: ${words(label)}`)], value: (post) => post.reply?.scores[label] ?? -1 },
    { name: "band", title: "Decision", value: (post) => post.reply?.band ?? "" },
    { name: "category", title: "Group", value: (post) => categoriesOf(post.reply) },
    { name: "mechanism", title: "Mechanism", value: (post) => mechanismsOf(post.reply) },
  ];
  const heads = columns.map((column) => {
    const sort = () => {
      order = { by: column.name, down: order.by === column.name ? !order.down : column.name === "score" };
      arrange();
    };
    const button = h("button", { type: "button", class: "quiet", onclick: sort });
    return { column, button, cell: h("th", { scope: "col", class: column.name }, button) };
  });
  const head = h("tr", {}, heads.map(({ cell }) => cell));
  const above = space();
  const below = space();
  const body = h("tbody", { onfocusin: followed }, above, below);
  const table = h("table", { class: "rows", "aria-label": "Posts of the file" }, h("thead", {}, head), body);
  const frame = h("div", { class: "frame scrolling", tabindex: "0", role: "region", "aria-label": "Posts of the file", onscroll: scrolled }, table);
  let drawn = { first: 0, rows: [] };
  let place = 0; // a page that is not shown forgets how far it was scrolled

  function drawHead() {
    for (const { column, button, cell } of heads) {
      const sorted = order.by === column.name ? (order.down ? "descending" : "ascending") : "none";
      cell.setAttribute("aria-sort", sorted);
      fill(button, typeof column.title === "string" ? column.title : column.title(), { descending: " ↓", ascending: " ↑", none: "" }[sorted]);
    }
  }

  function arrange() {
    const { value } = columns.find((column) => column.name === order.by);
    const sign = order.down ? -1 : 1;
    posts = posts
      .map((post) => [value(post), post])
      .sort(([a, one], [b, other]) => (a < b ? -sign : a > b ? sign : one.row - other.row))
      .map(([, post]) => post);
    drawHead();
    redraw();
  }

  function scrolled() {
    place = frame.scrollTop;
    draw();
  }

  /** Draw the rows in sight; those that are drawn already stay as they are, with the focus. */
  function draw() {
    const first = Math.max(0, Math.floor(frame.scrollTop / HEIGHT) - AROUND);
    const last = Math.min(posts.length, first + Math.ceil((frame.clientHeight || 480) / HEIGHT) + 2 * AROUND);
    const hadFocus = body.contains(document.activeElement);
    const kept = new Map(drawn.rows.map((row, index) => [drawn.first + index, row]));
    const rows = Array.from({ length: Math.max(0, last - first) }, (_, index) => kept.get(first + index) ?? rowOf(posts[first + index], first + index));
    for (const [index, row] of kept) if (index < first || index >= last) row.remove();
    let before = above;
    for (const row of rows) {
      if (row.previousSibling !== before) before.after(row);
      before = row;
    }
    drawn = { first, rows };
    resize(above, first);
    resize(below, posts.length - last);
    if (hadFocus && !body.contains(document.activeElement)) frame.focus({ preventScroll: true });
  }

  /** Draw the rows anew: other posts, or others in their places. */
  function redraw() {
    const focused = drawn.rows.findIndex((row) => row.contains(document.activeElement));
    const index = drawn.first + focused;
    for (const row of drawn.rows) row.remove();
    drawn = { first: 0, rows: [] };
    table.setAttribute("aria-rowcount", String(posts.length + 1));
    draw();
    if (focused >= 0) (drawn.rows[index - drawn.first]?.querySelector("button") ?? frame).focus({ preventScroll: true });
  }

  /** Whoever walks by keyboard finds the next row drawn, however fast they walk. */
  function followed({ target }) {
    const index = drawn.rows.indexOf(target.closest("tr"));
    const after = drawn.rows.length - 1 - index;
    const isNearEnd = (index < AROUND / 2 && drawn.first > 0) || (after < AROUND / 2 && drawn.first + drawn.rows.length < posts.length);
    if (!isNearEnd) return; // nothing moves under a mouse that is pressed on the first or the last row
    target.scrollIntoView({ block: "nearest" });
    draw();
  }

  function rowOf(post, index) {
    const { reply } = post;
    return h(
      "tr",
      { "aria-rowindex": index + 2 },
      h("td", { class: "number" }, String(post.row)),
      h("td", { class: "text", dir: "auto" }, h("button", { type: "button", class: "quiet opening", onclick: () => onopen(post) }, beginning(post.text, reply?.spans ?? [], LONGEST))),
      reply
        ? [
            h("td", { class: "number" }, score(reply.scores[label])),
            h("td", {}, reply.band && badge(reply.band)),
            h("td", { title: categoriesOf(reply) }, categoriesOf(reply)),
            h("td", { title: mechanismsOf(reply) }, mechanismsOf(reply)),
          ]
        : h("td", { colspan: 4, class: "failed", title: post.problem ?? "" }, post.problem ?? "not scored"),
    );
  }

  return {
    element: frame,
    /** Show other posts, and the scores of a label. */
    show(given, ofLabel) {
      posts = given;
      label = ofLabel;
      frame.scrollTop = place = 0;
      arrange();
    },
    /** The page is shown again. */
    shown() {
      frame.scrollTop = place;
      draw();
    },
    /** In the order in which they are shown. */
    get posts() {
      return posts;
    },
  };
}

/** In the place of the rows that are not drawn. */
const space = () => h("tr", { "aria-hidden": "true", class: "space", hidden: true }, h("td", { colspan: 6 }));

function resize(one, count) {
  one.hidden = count <= 0;
  one.firstChild.style.setProperty("height", `${count * HEIGHT}px`);
}
