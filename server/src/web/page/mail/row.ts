// How is a message drawn in the list?

import { fieldText, flagsOf } from "../../sdk";
import { fill, h, icon } from "../dom";
import { hue, initials, parseTime, shortTime, size } from "../format";
import type { Entry } from "./source";

/** Draws what is at a place; `undefined`: it is not known yet. */
export function fillRow(element: HTMLElement, entry: Entry | undefined, isOutgoing: boolean): void {
  element.classList.toggle("loading", entry === undefined);
  if (entry === undefined) {
    element.removeAttribute("data-uid");
    element.classList.remove("unseen", "below");
    fill(element, h("span", { class: "bar" }), h("span", { class: "bar" }));
    return;
  }
  const { row, isUnseen, isThread, isBelow, size: count } = entry;
  const flags = flagsOf(row);
  const who = fieldText(row, isOutgoing ? "To" : "From") || (isOutgoing ? "(no recipient)" : "(no sender)");
  const subject = fieldText(row, "Subject") || "(no subject)";
  const time = parseTime(fieldText(row, "INTERNALDATE"));
  const isStarred = flags.has("Flagged");
  element.classList.toggle("unseen", isUnseen);
  element.classList.toggle("below", isBelow);
  element.classList.toggle("deleted", flags.has("Deleted"));
  element.setAttribute("data-uid", String(row.uid));
  fill(
    element,
    badge(who),
    h(
      "span",
      { class: "row-from", "data-test": "row-from" },
      isUnseen && h("span", { class: "spoken" }, "Not read: "),
      h("span", {}, isOutgoing ? `To: ${who}` : who),
    ),
    h(
      "span",
      { class: "row-subject" },
      flags.has("Answered") && mark("reply", "Answered"),
      flags.has("Redirected") && mark("forward", "Forwarded"),
      flags.has("Draft") && h("span", { class: "tag" }, "Draft"),
      flags.has("Junk") && h("span", { class: "tag bad" }, "Junk"),
      h("span", { class: "row-subject-text", "data-test": "row-subject" }, subject),
      isThread && threadMark(count),
    ),
    h("span", { class: "row-clip" }, hasFiles(fieldText(row, "Content-Type")) && mark("clip", "Has attachments")),
    h("span", { class: "row-size" }, size(Number(fieldText(row, "SIZE")))),
    h("span", { class: "row-time" }, time === undefined ? "" : shortTime(time, new Date())),
    h(
      "span",
      { class: isStarred ? "row-star starred" : "row-star", title: isStarred ? "Starred" : "Star", "data-star": "" },
      icon("star"),
      isStarred && h("span", { class: "spoken" }, "Starred"),
    ),
  );
}

/** Where a click chooses the message: the sender's letters, or a tick once it is chosen. */
function badge(who: string): HTMLElement {
  const element = h(
    "span",
    { class: "badge row-badge", "aria-hidden": "true", title: "Select", "data-choose": "" },
    h("span", {}, initials(who)),
    icon("check"),
  );
  element.style.setProperty("--hue", String(hue(who)));
  return element;
}

/** How many messages a folded conversation has; a sign to fold it up if it is unfolded. */
function threadMark(count: number): HTMLElement {
  const label = count > 1 ? `${count} messages` : "Fold";
  return h(
    "span",
    { class: "row-thread", title: label, "data-unfold": count > 1 ? "open" : "fold", "data-test": "row-thread" },
    count > 1 ? String(count) : icon("up"),
    count > 1 && h("span", { class: "spoken" }, " messages"),
  );
}

function mark(name: "reply" | "forward" | "clip", label: string): HTMLElement {
  return h("span", { class: "mark", title: label }, icon(name), h("span", { class: "spoken" }, label));
}

function hasFiles(contentType: string): boolean {
  return /^multipart\/(mixed|signed)/i.test(contentType);
}
