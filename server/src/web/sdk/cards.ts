// What do a card of somebody, a calendar and a report on a message say, which come as XML within a message?

import { elements, parse, text, type XmlElement } from "./xml";

/** What is known of somebody, or of a group. */
export interface Card {
  name: string;
  organization: string;
  title: string;
  emails: Labelled[];
  phones: Labelled[];
  addresses: Labelled[];
  urls: string[];
  note: string;
  /** The members of a group. */
  members: Labelled[];
}

/** A value and what it is for, such as `work`. */
export interface Labelled {
  value: string;
  labels: string[];
}

export interface Calendar {
  /** What is wanted of who gets it, such as `REQUEST`. */
  method?: string;
  entries: CalendarEntry[];
}

/** An event or a task. */
export interface CalendarEntry {
  kind: "event" | "task";
  summary: string;
  location: string;
  description: string;
  start?: CalendarTime;
  end?: CalendarTime;
  organizer?: string;
  attendees: string[];
}

/** `20240229T130000`, with a `Z` at the end if it is UTC; without a time of day `20240229`. */
export interface CalendarTime {
  value: string;
  /** The name of the time zone, if it is in one. */
  zone?: string;
}

/** Reports on what became of a message: first on the whole, then on each recipient. */
export type Report = { name: string; value: string }[][];

/** What a part says whose body is XML. */
export type XmlPart =
  | { kind: "card"; card: Card }
  | { kind: "calendar"; calendar: Calendar }
  | { kind: "report"; report: Report };

/** Reads the body of a part. What is nothing of these is left out. */
export function readXmlParts(xml: string): XmlPart[] {
  // A part may have several cards.
  return elements(parse(`<parts>${xml}</parts>`)).flatMap((root): XmlPart[] => {
    switch (root.name) {
      case "vCard":
      case "vCardGroup":
        return [{ kind: "card", card: readCard(root) }];
      case "iCalendar":
        return [{ kind: "calendar", calendar: readCalendar(root) }];
      case "MIMEReport":
        return [{ kind: "report", report: readReport(root) }];
      default:
        return [];
    }
  });
}

function readCard(of: XmlElement): Card {
  const [value = ""] = values(of, "FN");
  const [name] = elements(of, "N");
  const pieces = ["PREFIX", "GIVEN", "MIDDLE", "FAMILY", "SUFFIX"].map((piece) => (name ? childText(name, piece) : ""));
  const [organization] = elements(of, "ORG");
  return {
    name: value || pieces.filter(Boolean).join(" "),
    organization: organization ? elements(organization).map(text).filter(Boolean).join(", ") : "",
    title: values(of, "TITLE")[0] ?? "",
    emails: labelled(of, "EMAIL"),
    phones: labelled(of, "TEL"),
    addresses: elements(of, "ADR").map((address) => {
      const lines = ["POBOX", "EXTADD", "STREET", "PCODE", "LOCALITY", "REGION", "CTRY"];
      const value = lines.map((line) => childText(address, line)).filter(Boolean).join(", ");
      return { value, labels: labelsOf(address) };
    }),
    urls: values(of, "URL"),
    note: values(of, "NOTE").join("\n"),
    members: elements(of, "MEMBER").map((member) => ({
      value: childText(member, "VALUE"),
      labels: [member.attributes.get("CN") ?? ""].filter(Boolean),
    })),
  };
}

function labelled(of: XmlElement, name: string): Labelled[] {
  const all = elements(of, name).map((each) => ({ value: childText(each, "VALUE"), labels: labelsOf(each) }));
  return all.filter(({ value }) => value !== "");
}

/** Elements without anything in them say what their parent is for. */
function labelsOf(of: XmlElement): string[] {
  const empty = elements(of).filter(({ children }) => children.length === 0);
  return empty.map(({ name }) => name.toLowerCase()).filter((name) => !["internet", "pref", "voice"].includes(name));
}

function values(of: XmlElement, name: string): string[] {
  return elements(of, name).flatMap((each) => elements(each, "VALUE").map(text)).filter(Boolean);
}

function childText(of: XmlElement, name: string): string {
  const [child] = elements(of, name);
  return child === undefined ? "" : text(child);
}

function readCalendar(of: XmlElement): Calendar {
  const calendars = elements(of).filter(({ name }) => name.toLowerCase() === "vcalendar");
  const method = calendars[0]?.attributes.get("method");
  const entries = calendars.flatMap((calendar) =>
    elements(calendar)
      .filter(({ name }) => name === "vevent" || name === "vtodo")
      .map(readEntry),
  );
  return { ...(method !== undefined && { method }), entries };
}

function readEntry(of: XmlElement): CalendarEntry {
  const [start, end] = [timeOf(of, "dtstart"), timeOf(of, "dtend") ?? timeOf(of, "due")];
  const [organizer] = elements(of, "organizer").map(personOf);
  return {
    kind: of.name === "vevent" ? "event" : "task",
    summary: childText(of, "summary"),
    location: childText(of, "location"),
    description: childText(of, "description"),
    ...(start !== undefined && { start }),
    ...(end !== undefined && { end }),
    ...(organizer !== undefined && { organizer }),
    attendees: elements(of, "attendee").map(personOf),
  };
}

function timeOf(of: XmlElement, name: string): CalendarTime | undefined {
  const [element] = elements(of, name);
  if (element === undefined) return undefined;
  const zone = element.attributes.get("TZID");
  return { value: text(element), ...(zone !== undefined && { zone }) };
}

function personOf(of: XmlElement): string {
  return of.attributes.get("CN") ?? text(of).replace(/^mailto:/i, "");
}

function readReport(of: XmlElement): Report {
  const own: Report[number] = [];
  const groups: Report = [];
  for (const child of elements(of)) {
    const below = elements(child);
    if (below.length === 0) own.push(fieldOf(child));
    else groups.push(below.map(fieldOf));
  }
  return own.length > 0 ? [own, ...groups] : groups;
}

function fieldOf(of: XmlElement): { name: string; value: string } {
  return { name: of.name, value: text(of).trim() };
}
