// What does an answer to a message begin with, and what does a message that is sent on?

import type { Email, MessagePlace, Mime } from "../../sdk";
import { fullTime } from "../format";
import { addresses, contentOf, fileName, headerText } from "../mail/content";
import { timeOf } from "../mail/head";
import { type Address, without, writeAddress } from "./address";
import { type Attachment, type Draft, EMPTY } from "./draft";

/** An answer to whoever wrote a message, or to all who have it. `me` is the account's address. */
export function replyTo(email: Email, me: string, isToAll: boolean): Draft {
  const replyTo = people(email, "Reply-To");
  const authors = replyTo.length > 0 ? replyTo : people(email, "From");
  const own = [{ address: me }];
  // An answer to a message of one's own goes to whom that went to.
  const isOwn = authors.every(({ address }) => address.toLowerCase() === me.toLowerCase());
  const to = isOwn ? people(email, "To") : authors;
  const others = isOwn ? people(email, "Cc") : [...people(email, "To"), ...people(email, "Cc")];
  const cc = isToAll ? without(others, to, own) : [];
  const id = headerText(email, "Message-ID");
  const references = headerText(email, "References") || headerText(email, "In-Reply-To");
  return {
    ...EMPTY,
    to: written(without(to)),
    cc: written(cc),
    subject: prefixed("Re: ", headerText(email, "Subject")),
    text: `\n\n${introduction(email)}\n${quoted(plainText(email))}\n`,
    inReplyTo: id,
    references: `${references} ${id}`.trim(),
  };
}

/** A message sent on, with what is attached to it. */
export function forward(email: Email, origin: MessagePlace): Draft {
  const lines = ["From", "Date", "Subject", "To", "Cc"].map((name) => [name, fieldText(email, name)] as const);
  const head = lines.filter(([, value]) => value !== "").map(([name, value]) => `${name}: ${value}`);
  const text = ["", "", "-------- Forwarded message --------", ...head, "", plainText(email)].join("\n");
  const subject = prefixed("Fwd: ", headerText(email, "Subject"));
  return { ...EMPTY, subject, text, attachments: attachedTo(contentOf(email).attachments, origin) };
}

/** A message that was kept unfinished, to be gone on with. */
export function goOn(email: Email, origin: MessagePlace): Draft {
  return {
    to: written(people(email, "To")),
    cc: written(people(email, "Cc")),
    bcc: written(people(email, "Bcc")),
    subject: headerText(email, "Subject"),
    text: plainText(email),
    inReplyTo: headerText(email, "In-Reply-To"),
    references: headerText(email, "References"),
    attachments: attachedTo(contentOf(email).attachments, origin),
  };
}

/** These parts of a message as attachments of another one. */
export function attachedTo(parts: Mime[], { folder, uid }: MessagePlace): Attachment[] {
  return parts
    .filter(({ partID }) => partID !== undefined)
    .map((mime) => ({
      name: fileName(mime),
      size: mime.estimatedSize,
      mediaType: `${mime.type}/${mime.subtype}`,
      source: { kind: "message", folder, uid, ...(mime.partID !== undefined && { partID: mime.partID }) },
    }));
}

function people(email: Email, name: string): Address[] {
  return addresses(email, name).map(({ realName, address }) => ({ ...(realName !== undefined && { realName }), address }));
}

function written(people: Address[]): string {
  return people.map(writeAddress).join(", ");
}

function fieldText(email: Email, name: string): string {
  if (name === "Subject") return headerText(email, name);
  if (name === "Date") return dateText(email);
  return written(people(email, name));
}

function prefixed(prefix: string, subject: string): string {
  return subject.toLowerCase().startsWith(prefix.trim().toLowerCase()) ? subject : `${prefix}${subject}`;
}

function introduction(email: Email): string {
  const [author] = people(email, "From");
  const name = author?.realName ?? author?.address ?? "Somebody";
  const date = dateText(email);
  return date === "" ? `${name} wrote:` : `On ${date}, ${name} wrote:`;
}

function dateText(email: Email): string {
  const time = timeOf(email);
  return time === undefined ? "" : fullTime(time);
}

/** Each line behind a mark; a line that was quoted already has one more. */
function quoted(text: string): string {
  const lines = text.trimEnd().split("\n");
  return lines.map((line) => (line.startsWith(">") ? `>${line}` : `> ${line}`)).join("\n");
}

/** The texts of a message without their form. */
function plainText(email: Email): string {
  const texts = contentOf(email).sections.map(({ plain, html }) => {
    if (plain?.body.kind === "text") return plain.body.text;
    return html?.body.kind === "text" ? textOfHtml(html.body.text) : "";
  });
  return texts.join("\n\n").replace(/\r\n?/g, "\n");
}

const BLOCKS = "p, div, tr, li, ul, ol, table, blockquote, pre, hr, h1, h2, h3, h4, h5, h6";

/** Lines end where blocks do. */
function textOfHtml(html: string): string {
  const { body } = new DOMParser().parseFromString(html, "text/html");
  for (const element of body.querySelectorAll("script, style, noscript, template")) element.remove();
  for (const element of body.querySelectorAll("br")) element.replaceWith("\n");
  for (const element of body.querySelectorAll(BLOCKS)) element.append("\n");
  const lines = (body.textContent ?? "").split("\n").map((line) => line.replace(/[^\S\n]+/g, " ").trim());
  return lines.join("\n").replace(/\n{3,}/g, "\n\n").trim();
}
