// How wide is the list? As wide as the user makes it.

import { h } from "../dom";
import { keepListWidth, listWidth } from "../storage";

/** Widths that it can have, in pixels. */
const [LEAST, MOST] = [300, 900];
/** How far a key moves it. */
const STEP = 24;

/** The line beside a pane, to be dragged or moved by keys. */
export function splitter(pane: HTMLElement): HTMLElement {
  let width = listWidth() ?? pane.clientWidth;
  const line = h("div", {
    class: "splitter",
    role: "separator",
    tabindex: 0,
    "aria-orientation": "vertical",
    "aria-label": "Width of the list",
    "aria-valuemin": LEAST,
    "aria-valuemax": MOST,
    "data-test": "splitter",
    onpointerdown: (event: PointerEvent) => {
      event.preventDefault();
      line.setPointerCapture(event.pointerId);
      width = pane.clientWidth;
    },
    onpointermove: (event: PointerEvent) => {
      if (line.hasPointerCapture(event.pointerId)) become(event.clientX - pane.getBoundingClientRect().left);
    },
    onpointerup: () => keepListWidth(width),
    onkeydown: (event: KeyboardEvent) => {
      const by = event.key === "ArrowRight" ? STEP : event.key === "ArrowLeft" ? -STEP : undefined;
      if (by === undefined) return;
      event.preventDefault();
      become(pane.clientWidth + by);
      keepListWidth(width);
    },
  });
  const become = (wanted: number) => {
    width = Math.round(Math.min(MOST, Math.max(LEAST, wanted)));
    pane.parentElement?.style.setProperty("--list", `${width}px`);
    line.setAttribute("aria-valuenow", String(width));
  };
  const kept = listWidth();
  line.setAttribute("aria-valuenow", String(kept ?? 400));
  // The pane has its parent by then.
  if (kept !== undefined) queueMicrotask(() => become(kept));
  return line;
}
