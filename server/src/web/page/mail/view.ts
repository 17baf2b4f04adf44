// How does the user want to see a mailbox: in which order, which messages of it, by conversations or not?

import type { FolderView } from "../../sdk";

/** What a list can be sorted by. */
export type Column = "from" | "subject" | "date" | "size" | "flags";

/** Where to search. */
export type Place = "anywhere" | "from" | "to" | "subject" | "body";

/** Which messages: all, or those with or without a flag, or those with a text in them. */
export type Filter =
  | { kind: "all" }
  | { kind: "unread" }
  | { kind: "flagged" }
  | { kind: "text"; text: string; place: Place };

export interface View {
  column: Column;
  isDescending: boolean;
  filter: Filter;
  /** Whether messages of a conversation stand together. */
  isThreaded: boolean;
}

export const PLAIN: View = { column: "date", isDescending: true, filter: { kind: "all" }, isThreaded: false };

/** Fields that the rows need. */
const FIELDS = ["FLAGS", "From", "To", "Subject", "INTERNALDATE", "SIZE", "Content-Type"];
/** And those that conversations are made of. */
const THREAD_FIELDS = ["Message-ID", "In-Reply-To", "References"];

const PLACES: Record<Exclude<Place, "anywhere">, string> = { from: "From", to: "To", subject: "Subject", body: "body" };

/** The same as the protocol says it. `isOutgoing`: who a message went to is of interest, not who it came from. */
export function folderView(view: View, isOutgoing: boolean): FolderView & { fields: string[] } {
  const fields = view.isThreaded ? [...FIELDS, ...THREAD_FIELDS] : FIELDS;
  const sortField = sortFieldOf(view.column, isOutgoing);
  return { fields, sortField, sortOrder: view.isDescending ? "desc" : "asc", ...filterOf(view.filter) };
}

/** The view after the head of a column was clicked: the other way round, or by that column. */
export function sortedBy(view: View, column: Column): View {
  if (view.column === column) return { ...view, isDescending: !view.isDescending };
  // What is new, large or marked is looked for first; names and subjects are looked up.
  return { ...view, column, isDescending: column !== "from" && column !== "subject" };
}

export function isSameView(a: View, b: View): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function sortFieldOf(column: Column, isOutgoing: boolean): string {
  switch (column) {
    case "from":
      return isOutgoing ? "To" : "From";
    case "subject":
      return "Subject";
    case "date":
      return "INTERNALDATE";
    case "size":
      return "SIZE";
    case "flags":
      return "FLAGS";
  }
}

function filterOf(filter: Filter): Pick<FolderView, "filter" | "filterField"> {
  switch (filter.kind) {
    case "all":
      return {};
    case "unread":
      return { filter: "Unseen", filterField: "FLAGS" };
    case "flagged":
      return { filter: "Flagged", filterField: "FLAGS" };
    case "text": {
      const place = filter.place === "anywhere" ? {} : { filterField: PLACES[filter.place] };
      return { filter: filter.text, ...place };
    }
  }
}
