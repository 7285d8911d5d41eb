// A field of a form with its label, what helps to fill it in, and what is wrong with it.

import { html } from "../lib.js";

/** The control in it has the id `id` and is described by `describedBy(id)`. */
export function Field({ id, label, hint, error, children }) {
  return html`<div class="field"><label class="label" for=${id}>${label}</label>${children}
    ${hint && html`<span class="hint" id=${`${id}-hint`}>${hint}</span>`}
    <span class="form-error" id=${`${id}-error`} role="alert">${error ?? ""}</span></div>`;
}

export const describedBy = (id) => `${id}-hint ${id}-error`;
