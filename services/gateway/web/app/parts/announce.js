// Says things to screen readers, and shows short notes to everybody.

import { html } from "../lib.js";
import { createStore, useStore } from "../store.js";

const NOTE_MS = 4000;
const note = createStore("");
let timer = 0;

export function announce(text) {
  clearTimeout(timer);
  note.set(text);
  timer = setTimeout(() => note.set(""), NOTE_MS);
}

export function Notes() {
  const text = useStore(note);
  return html`<div class="notes" role="status">${text && html`<span class="note">${text}</span>`}</div>`;
}
