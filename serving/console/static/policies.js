/** Which policy decides, and the thresholds that it uses. */

import { h } from "./dom.js";

/**
 * A choice among the policies of the service; nothing to see where there are not several.
 *
 * Returns `{element, asked, id}`: asked is what a request says of the policy, id that of the policy. onchange: told when it changes.
 */
export function policyChoice({ policies, defaultPolicy }, id, onchange) {
  if (policies.length < 2) return { element: null, asked: {}, id: defaultPolicy };
  const select = h(
    "select",
    { id, onchange },
    policies.map((one) => h("option", { value: one.id, selected: one.id === defaultPolicy }, `${one.id} ${one.version}: ${one.title}`)),
  );
  return {
    element: h("p", {}, h("label", { for: id }, "Policy "), select),
    get id() {
      return select.value;
    },
    get asked() {
      return select.value === defaultPolicy ? {} : { policy: select.value };
    },
  };
}

/** The label that a policy is about: the one of its name, else the first that it has a rule about, else the first of all. */
export function mainLabel({ policies, labels }, id) {
  const used = Object.keys(policies.find((one) => one.id === id)?.thresholds ?? {});
  return used.includes(id) ? id : (used[0] ?? labels[0]);
}

/**
 * The thresholds that decide, by label: those of a policy, or the balanced ones where none decides.
 *
 * decision: as in a reply, or null. A label that is missing decides nothing.
 */
export function thresholdsOf({ policies, thresholds }, decision) {
  if (!decision) return thresholds;
  const known = policies.find(({ id, sha256 }) => id === decision.policy.id && sha256 === decision.policy.sha256);
  const own = decision.label == null ? {} : { [decision.label]: decision.threshold };
  return { ...(known ? known.thresholds : thresholds), ...own }; // a policy that came after this page: the balanced ones
}
