// How are cards, invitations and reports shown that come with a message?

import { type Calendar, type CalendarEntry, type Card, type Labelled, type Mime, readXmlParts, type Report, type XmlPart } from "../../sdk";
import { h, icon, type IconName } from "../dom";
import { hue, initials } from "../format";
import { calendarTime } from "./when";

/** What a part shows whose body is XML. */
export function cardsOf({ body }: Mime): HTMLElement[] {
  return body.kind === "xml" ? readXmlParts(body.xml).map(cardOf) : [];
}

function cardOf(part: XmlPart): HTMLElement {
  switch (part.kind) {
    case "card":
      return person(part.card);
    case "calendar":
      return calendar(part.calendar);
    case "report":
      return report(part.report);
  }
}

function person(card: Card): HTMLElement {
  const badge = h("span", { class: "badge", "aria-hidden": "true" }, initials(card.name));
  badge.style.setProperty("--hue", String(hue(card.name)));
  const what = [card.title, card.organization].filter(Boolean).join(", ");
  const rows = [
    ...card.emails.map((each) => row(labelOf("E-mail", each), link(`mailto:${each.value}`, each.value))),
    ...card.phones.map((each) => row(labelOf("Telephone", each), link(`tel:${each.value.replace(/^tel:/i, "")}`, each.value))),
    ...card.addresses.map((each) => row(labelOf("Address", each), each.value)),
    ...card.urls.map((url) => row("Web", /^https?:/i.test(url) ? link(url, url) : url)),
    ...card.members.map((each) => row(each.labels[0] ?? "Member", each.value)),
    card.note === "" ? [] : row("Note", card.note),
  ];
  return frame("vcard", "Card", [
    h("div", { class: "card-head" }, badge, h("div", {}, h("h3", {}, card.name), h("p", { class: "muted" }, what))),
    h("dl", { class: "addresses" }, ...rows.flat()),
  ]);
}

function labelOf(what: string, { labels }: Labelled): string {
  return labels.length === 0 ? what : `${what} (${labels.join(", ")})`;
}

const METHODS: Record<string, string> = {
  REQUEST: "Invitation",
  REPLY: "Answer to an invitation",
  CANCEL: "Cancelled",
  PUBLISH: "Event",
};

function calendar({ method = "PUBLISH", entries }: Calendar): HTMLElement {
  return frame("calendar", METHODS[method.toUpperCase()] ?? "Calendar", entries.map(entryOf));
}

function entryOf(entry: CalendarEntry): HTMLElement {
  const { start, end, summary, location, organizer, attendees, description } = entry;
  const rows = [
    start === undefined && end === undefined ? [] : row(entry.kind === "event" ? "When" : "Due", calendarTime(start, end)),
    location === "" ? [] : row("Where", location),
    organizer === undefined ? [] : row("Organizer", organizer),
    attendees.length === 0 ? [] : row("Invited", attendees.join(", ")),
    description === "" ? [] : row("About", description),
  ];
  const title = summary || (entry.kind === "event" ? "(no title)" : "(a task)");
  return h(
    "div",
    { class: "entry" },
    h("div", { class: "card-head" }, mark("calendar"), h("h3", {}, title)),
    h("dl", { class: "addresses" }, ...rows.flat()),
  );
}

function report(groups: Report): HTMLElement {
  const has = (value: RegExp) => groups.flat().some(({ name, value: of }) => /^action$/i.test(name) && value.test(of));
  const isBad = has(/^failed/i);
  const title = isBad ? "It was not delivered" : has(/^delayed/i) ? "It is late, and will be tried again" : "Report";
  return frame("report", "Report on a message", [
    h("div", { class: isBad ? "card-head wrong" : "card-head" }, mark(isBad ? "warning" : "mail"), h("h3", {}, title)),
    ...groups.map((fields) =>
      h("dl", { class: "addresses" }, ...fields.flatMap(({ name, value }) => row(name.replace(/-/g, " "), value))),
    ),
  ]);
}

function frame(name: string, label: string, content: HTMLElement[]): HTMLElement {
  const title = h("p", { class: "card-kind muted" }, label);
  return h("section", { class: "mail-card", "aria-label": label, "data-test": `card-${name}` }, title, ...content);
}

function mark(name: IconName): HTMLElement {
  return h("span", { class: "card-mark" }, icon(name));
}

function row(name: string, value: HTMLElement | string): HTMLElement[] {
  return [h("dt", {}, name), h("dd", {}, value)];
}

function link(href: string, text: string): HTMLElement {
  return h("a", { href, target: "_blank", rel: "noopener noreferrer" }, text);
}
