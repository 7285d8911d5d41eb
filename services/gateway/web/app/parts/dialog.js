// A question above the page. The browser's own <dialog> keeps the focus in it and closes on Escape.

import { html, useEffect, useRef } from "../lib.js";

let count = 0;

/** `onClose` is called for Escape too; `lasting` dialogs do not close by it. */
export function Dialog({ title, onClose, lasting = false, children }) {
  const element = useRef();
  const id = useRef(`dialog-${(count += 1)}`);
  useEffect(() => {
    const before = document.activeElement;
    element.current.showModal();
    // The browser scrolls to what it focuses; a long text is read from its top.
    element.current.scrollTop = 0;
    return () => before?.isConnected && before.focus?.();
  }, []);
  const cancel = (event) => {
    event.preventDefault();
    if (!lasting) onClose();
  };
  // Browsers close it all the same where Escape comes twice.
  const closed = () => {
    if (lasting) element.current?.showModal();
    else onClose();
  };
  return html`<dialog ref=${element} aria-labelledby=${id.current} onCancel=${cancel} onClose=${closed}>
    <h2 id=${id.current}>${title}</h2>${children}</dialog>`;
}
