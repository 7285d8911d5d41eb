// One tooltip for the whole page. Any element with `data-tip` has one: by pointer, by keyboard focus,
// and by touch (which focuses). It may be pointed at, and Escape hides it.

const GAP = 6;
const EDGE = 8;

let tip;
let owner = null;

function place() {
  // Near an edge it would be measured as narrow as the room that is left there.
  tip.style.left = "0";
  const box = owner.getBoundingClientRect();
  const size = tip.getBoundingClientRect();
  const left = Math.min(box.left, document.documentElement.clientWidth - size.width - EDGE);
  const below = box.bottom + GAP + size.height < window.innerHeight - EDGE;
  tip.style.left = `${Math.max(EDGE, left)}px`;
  tip.style.top = `${below ? box.bottom + GAP : Math.max(EDGE, box.top - GAP - size.height)}px`;
}

function show(element) {
  if (owner === element) return;
  hide();
  owner = element;
  tip.textContent = element.dataset.tip;
  tip.hidden = false;
  element.setAttribute("aria-describedby", tip.id);
  place();
}

function hide() {
  if (!owner) return;
  owner.removeAttribute("aria-describedby");
  owner = null;
  tip.hidden = true;
}

const tipped = (target) => target?.closest?.("[data-tip]") ?? null;

// Where the tooltip of an element belongs: above the backdrop of its dialog, in the landmark that it explains a part of.
const homeOf = (element) => element.closest("dialog, header, main") ?? document.body;

/** Begins to show tooltips. */
export function startTooltips() {
  tip = document.createElement("div");
  tip.id = "tooltip";
  tip.className = "tooltip";
  tip.setAttribute("role", "tooltip");
  tip.hidden = true;
  document.body.append(tip);
  const enter = (event) => {
    const element = tipped(event.target);
    if (element) {
      homeOf(element).append(tip);
      show(element);
    } else if (event.type === "pointerover" && event.target !== tip) {
      if (owner !== document.activeElement) hide();
    }
  };
  document.addEventListener("pointerover", enter);
  document.addEventListener("focusin", enter);
  document.addEventListener("focusout", hide);
  document.addEventListener("scroll", hide, { capture: true, passive: true });
  window.addEventListener("resize", () => owner && place());
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !owner) return;
    hide();
    event.stopPropagation();
  }, { capture: true });
}
