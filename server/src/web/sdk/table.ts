// What does the client know of a folder's view?
//
// The view has as many places as the server says; rows are filled in as they are asked for. The places move with the
// reports of `folderSync`, whose indexes are relative to the view after all earlier reports.

/** A row that is known. */
export interface Row<F> {
  uid: number;
  fields: F;
}

/** Rows kept at most: those farthest from where was looked last are forgotten, and fetched again when needed. */
export const MOST_ROWS = 4_000;

export class Table<F> {
  #places: (Row<F> | undefined)[];
  #filled = 0;

  constructor(length: number) {
    this.#places = emptyPlaces(length);
  }

  get length(): number {
    return this.#places.length;
  }

  /** The row at a place; `undefined` if it is not known. */
  at(index: number): Row<F> | undefined {
    return this.#places[index];
  }

  /** The place of a message, if its row is known. */
  indexOf(uid: number): number | undefined {
    const index = this.#places.findIndex((row) => row?.uid === uid);
    return index < 0 ? undefined : index;
  }

  /** A row is new in the view. */
  insert(index: number, row: Row<F>): void {
    this.#places.splice(index, 0, row);
    this.#filled += 1;
  }

  /** A row has left the view. */
  remove(index: number): void {
    const [row] = this.#places.splice(index, 1);
    if (row !== undefined) this.#filled -= 1;
  }

  /** A row was read, or has changed. */
  fill(index: number, row: Row<F>): void {
    if (index >= this.#places.length) return;
    if (this.#places[index] === undefined) this.#filled += 1;
    this.#places[index] = row;
  }

  /** The first stretch of places, of those from `from` up to `till` (not included), whose rows are not known. */
  missing(from: number, till: number): { from: number; till: number } | undefined {
    const end = Math.min(till, this.#places.length);
    let first = Math.max(0, from);
    while (first < end && this.#places[first] !== undefined) first += 1;
    let last = first;
    while (last < end && this.#places[last] === undefined) last += 1;
    return first < last ? { from: first, till: last } : undefined;
  }

  /** Forgets rows far from this place, if there are too many. */
  trim(centre: number): void {
    if (this.#filled <= MOST_ROWS) return;
    const near = MOST_ROWS / 4;
    this.#filled = 0;
    this.#places = this.#places.map((row, index) => {
      if (row === undefined || Math.abs(index - centre) > near) return undefined;
      this.#filled += 1;
      return row;
    });
  }
}

function emptyPlaces<F>(length: number): (Row<F> | undefined)[] {
  return Array.from({ length }, () => undefined);
}
