/** Reviewing harms: a warning before it, and breaks. */

import { counted, h } from "./dom.js";

export const warning = (onready) =>
  h(
    "section",
    {},
    h("h2", {}, "Before you begin"),
    h("p", {}, "The posts may demean people in the worst words. Each stays blurred until you ask for it. You may skip any of them, without a reason."),
    h("p", {}, h("button", { type: "button", onclick: onready }, "I am ready")),
  );

export const breakTime = (posts, minutes, oncontinue) =>
  h(
    "section",
    {},
    h("h2", {}, "Time for a break"),
    h("p", {}, `You have reviewed ${counted(posts, "post")} in ${counted(minutes, "minute")}. Look away from the screen, walk a little, talk to somebody. The queue can wait.`),
    h("p", {}, h("button", { type: "button", onclick: oncontinue }, "Continue")),
  );
