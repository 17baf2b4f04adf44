// How are times, sizes and people shown?

/** A time of the protocol, `YYYYMMDDTHHMMSSZ`; `undefined` if it is none. */
export function parseTime(text: string): Date | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second] = match.map(Number);
  return new Date(Date.UTC(year ?? 0, (month ?? 1) - 1, day, hour, minute, second));
}

const TIME = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const WEEKDAY = new Intl.DateTimeFormat(undefined, { weekday: "short" });
const DAY = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const DAY_AND_YEAR = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" });
const FULL = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "short" });

/** As short as it can be: the nearer a day is, the less of it has to be said. */
export function shortTime(time: Date, now: Date): string {
  const days = Math.round((startOfDay(now) - startOfDay(time)) / 86_400_000);
  if (days === 0) return TIME.format(time);
  if (days > 0 && days < 7) return WEEKDAY.format(time);
  return (time.getFullYear() === now.getFullYear() ? DAY : DAY_AND_YEAR).format(time);
}

export function fullTime(time: Date): string {
  return FULL.format(time);
}

function startOfDay(time: Date): number {
  return new Date(time.getFullYear(), time.getMonth(), time.getDate()).getTime();
}

/** `1:05`, or `1:01:05`. */
export function duration(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1_000));
  const two = (number: number) => String(number).padStart(2, "0");
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60];
  const rest = two(seconds % 60);
  return hours > 0 ? `${hours}:${two(minutes)}:${rest}` : `${minutes}:${rest}`;
}

const NUMBER = new Intl.NumberFormat(undefined, { maximumSignificantDigits: 3 });

/** `12.3 MB`. */
export function size(bytes: number): string {
  let [value, unit] = [bytes, "B"];
  for (const next of ["kB", "MB", "GB"]) {
    if (value < 1_000) break;
    [value, unit] = [value / 1_000, next];
  }
  return `${NUMBER.format(value)} ${unit}`;
}

/** One or two letters that stand for somebody. */
export function initials(name: string): string {
  const words = name.replace(/@.*/, "").match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
  const letters = [words[0], words.length > 1 ? words.at(-1) : undefined].map((word) => [...(word ?? "")][0] ?? "");
  return letters.join("").toUpperCase() || "?";
}

/** A hue that is always the same for the same name. */
export function hue(name: string): number {
  let sum = 0;
  for (const letter of name.toLowerCase()) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 3_600;
  return sum % 360;
}
