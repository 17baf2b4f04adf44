// Which rows of a long list are seen, and where do they stand?
//
// Browsers cannot scroll over more than some ten million pixels. A list that is longer moves faster than the scroll bar.

/** Pixels that a list may be high. */
const HIGHEST = 8_000_000;

export interface Viewport {
  /** Height of what is scrolled, in pixels. */
  height: number;
  /** The rows seen, `till` not included. */
  from: number;
  till: number;
  /** Where the row stands, in pixels from the top of what is scrolled. */
  top: (row: number) => number;
  /** Pixels of the list that one pixel of scrolling goes. */
  scale: number;
}

export function viewport(rows: number, rowHeight: number, scrollTop: number, visible: number): Viewport {
  const full = rows * rowHeight;
  const height = Math.min(full, Math.max(HIGHEST, visible));
  const scale = full <= height ? 1 : (full - visible) / Math.max(1, height - visible);
  const position = scrollTop * scale;
  const from = Math.max(0, Math.floor(position / rowHeight));
  const till = Math.min(rows, Math.ceil((position + visible) / rowHeight));
  return { height, from, till, top: (row) => scrollTop + row * rowHeight - position, scale };
}

/** Where to scroll so that a row is seen, or stays where it is if it is. */
export function scrollTo(row: number, rows: number, rowHeight: number, scrollTop: number, visible: number): number {
  const { top, scale } = viewport(rows, rowHeight, scrollTop, visible);
  const offset = top(row) - scrollTop;
  const needed = offset < 0 ? offset : Math.max(0, offset + rowHeight - visible);
  return scrollTop + needed / scale;
}
