// When does something in a calendar take place, in words?

import type { CalendarTime } from "../../sdk";

interface Read {
  date: Date;
  /** Whether it has no time of day. */
  isDay: boolean;
  /** A zone that the time is in and that this browser does not know: it is named beside it. */
  zone: string | undefined;
}

/** `Tuesday, December 1, 2026, 2:00 – 3:00 PM`, on the user's clock. */
export function calendarTime(start: CalendarTime | undefined, end: CalendarTime | undefined): string {
  const [from, to] = [start && read(start), end && read(end)];
  const only = from ?? to;
  if (only === undefined) return start?.value ?? end?.value ?? "";
  const format = new Intl.DateTimeFormat(undefined, {
    dateStyle: "full",
    ...(!only.isDay && { timeStyle: "short" }),
  });
  const zone = only.zone === undefined ? "" : ` (${only.zone})`;
  if (from === undefined || to === undefined) return format.format(only.date) + zone;
  // The end of whole days is the day after (RFC 5545 §3.6.1).
  const last = from.isDay && to.isDay ? new Date(to.date.getTime() - 86_400_000) : to.date;
  return (last > from.date ? format.formatRange(from.date, last) : format.format(from.date)) + zone;
}

function read({ value, zone }: CalendarTime): Read | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)?(Z)?)?$/.exec(value.trim());
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second] = match.map(Number);
  const parts = [year ?? 0, (month ?? 1) - 1, day ?? 1, hour || 0, minute || 0, second || 0] as const;
  if (match[4] === undefined) return { date: new Date(parts[0], parts[1], parts[2]), isDay: true, zone: undefined };
  if (match[7] !== undefined) return { date: new Date(Date.UTC(...parts)), isDay: false, zone: undefined };
  const inZone = zone === undefined ? undefined : atZone(Date.UTC(...parts), zone);
  if (inZone !== undefined) return { date: inZone, isDay: false, zone: undefined };
  return { date: new Date(...parts), isDay: false, zone };
}

/** The instant at which a clock in the zone shows this, written as if it were UTC; `undefined`: nobody knows the zone. */
function atZone(shown: number, zone: string): Date | undefined {
  try {
    const format = new Intl.DateTimeFormat("en", { timeZone: zone, timeZoneName: "longOffset" });
    let instant = shown;
    // The offset is that of the instant looked for: the second look is right beside changes of the clock, too.
    for (let i = 0; i < 2; i += 1) instant = shown - offset(format, instant);
    return new Date(instant);
  } catch {
    return undefined;
  }
}

function offset(format: Intl.DateTimeFormat, instant: number): number {
  const name = format.formatToParts(instant).find(({ type }) => type === "timeZoneName")?.value ?? "";
  const match = /GMT([+-])(\d\d):(\d\d)/.exec(name);
  if (match === null) return 0;
  const minutes = Number(match[2]) * 60 + Number(match[3]);
  return (match[1] === "-" ? -minutes : minutes) * 60_000;
}
