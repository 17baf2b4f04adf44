// How is a message presented as XML? Headers first, in message order, then one tree of MIME parts.

import type { Codec } from "./content";
import { type Attributes, element, elements, escape, serialize, text, type XmlElement } from "./xml";

/** A message, or one nested in another. */
export interface Email {
  /** The part it is, if it is nested; two-digit groups joined by hyphens. */
  partID?: string;
  /** Its header fields in message order. */
  headers: Header[];
  /** Its body. */
  mime?: Mime;
}

/** A header field. An address field with three addresses yields three of these. */
export type Header =
  | { kind: "address"; name: string; realName?: string; address: string }
  /** `time` is UTC, `YYYYMMDDTHHMMSSZ`; `timeShift` how far the sender's clock was ahead of it, in seconds. */
  | { kind: "date"; name: string; time: string; localTime: string; timeShift: number }
  /** Any other field, decoded. */
  | { kind: "text"; name: string; value: string };

/** A part. */
export interface Mime {
  /** The media type, such as `text`. */
  type: string;
  /** The media subtype, such as `plain`. */
  subtype: string;
  /** The character set named by the part; texts are decoded already. */
  charset?: string;
  /** Size of the decoded part in bytes, roughly. */
  estimatedSize: number;
  /** Its id for URLs. The whole body of a simple message has none. */
  partID?: string;
  /** `Content-ID` without the angle brackets. */
  contentID?: string;
  /** `Content-Disposition` without its parameters. */
  disposition?: string;
  /** `Content-Description`, decoded. */
  description?: string;
  /** `Content-Location`. */
  location?: string;
  /** `Content-Class`. */
  class?: string;
  /** To compose: the content is the file with this id in the session's upload set. */
  uploadID?: string;
  /** To compose: the content is this file of the file storage. */
  fileName?: string;
  /** To compose: the content is a message of this open folder, or its part `partID`. */
  folder?: string;
  /** To compose: the UID of that message. */
  UID?: string;
  /** Other parameters of `Content-Type`. */
  parameters: Record<string, string>;
  /** Parameters of `Content-Disposition`. */
  dispositionParameters: Record<string, string>;
  /** Why the part could not be read from storage. */
  readError?: string;
  /** Why the part could not be parsed. */
  parseError?: string;
  /** What is in it. */
  body: MimeBody;
}

/** The content of a part. */
export type MimeBody =
  /** Not in the message: too large, or to be fetched by URL. */
  | { kind: "omitted" }
  | { kind: "text"; text: string }
  | { kind: "parts"; parts: Mime[] }
  | { kind: "email"; email: Email }
  /** A presentation of its own, such as `<vCard>`, as XML. */
  | { kind: "xml"; xml: string };

export const emailCodec: Codec<Email> = {
  read: (message) => {
    const email = elements(message, "EMail")[0];
    return email === undefined ? { headers: [] } : readEmail(email);
  },
  write: writeEmail,
};

export const optionalEmailCodec: Codec<Email | undefined> = {
  read: (message) => elements(message, "EMail").map(readEmail)[0],
  write: (email) => (email === undefined ? "" : writeEmail(email)),
};

/** Header fields whose value is a list of addresses (RFC 5322 §3.6.2, §3.6.3, §3.6.6 and relatives). */
const ADDRESS_FIELDS = new Set([
  "from",
  "sender",
  "reply-to",
  "to",
  "cc",
  "bcc",
  "return-path",
  "resent-from",
  "resent-sender",
  "resent-to",
  "resent-cc",
  "resent-bcc",
  "disposition-notification-to",
]);

function readEmail(of: XmlElement): Email {
  const mime = elements(of, "MIME")[0];
  return {
    ...present({ partID: of.attributes.get("partID") }),
    headers: elements(of)
      .filter((child) => child.name !== "MIME")
      .map(readHeader),
    ...(mime !== undefined && { mime: readMime(mime) }),
  };
}

function writeEmail({ partID, headers, mime }: Email): string {
  const content = headers.map(writeHeader).join("") + (mime === undefined ? "" : writeMime(mime));
  return element("EMail", { partID }, content);
}

function readHeader(of: XmlElement): Header {
  const [name, value, localTime] = [of.name, text(of), of.attributes.get("localTime")];
  if (localTime !== undefined) {
    const timeShift = Number(of.attributes.get("timeShift") ?? 0);
    return { kind: "date", name, time: value, localTime, timeShift };
  }
  if (ADDRESS_FIELDS.has(name.toLowerCase())) {
    return { kind: "address", name, ...present({ realName: of.attributes.get("realName") }), address: value };
  }
  return { kind: "text", name, value };
}

function writeHeader(header: Header): string {
  switch (header.kind) {
    case "address":
      return element(header.name, { realName: header.realName }, escape(header.address));
    case "date": {
      const { name, time, localTime, timeShift } = header;
      return element(name, { localTime, timeShift: String(timeShift) }, escape(time));
    }
    case "text":
      return element(header.name, {}, escape(header.value));
  }
}

const NAMED = [
  "charset",
  "partID",
  "contentID",
  "disposition",
  "description",
  "location",
  "class",
  "uploadID",
  "fileName",
  "folder",
  "UID",
  "readError",
  "parseError",
] as const;

function readMime(of: XmlElement): Mime {
  const named = Object.fromEntries(NAMED.map((name) => [name, of.attributes.get(name)]));
  return {
    type: of.attributes.get("type") ?? "",
    subtype: of.attributes.get("subtype") ?? "",
    estimatedSize: Number(of.attributes.get("estimatedSize") ?? 0),
    ...present(named),
    parameters: readParameters(of, "Type-"),
    dispositionParameters: readParameters(of, "Disposition-"),
    body: readBody(of),
  };
}

function writeMime(mime: Mime): string {
  const attributes: Attributes = {
    type: mime.type,
    subtype: mime.subtype,
    estimatedSize: String(mime.estimatedSize),
  };
  for (const name of NAMED) attributes[name] = mime[name];
  for (const [name, value] of Object.entries(mime.parameters)) attributes[`Type-${name}`] = value;
  for (const [name, value] of Object.entries(mime.dispositionParameters)) {
    attributes[`Disposition-${name}`] = value;
  }
  return element("MIME", attributes, writeBody(mime.body));
}

function readParameters(of: XmlElement, prefix: string): Record<string, string> {
  const own = [...of.attributes].filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(own.map(([name, value]) => [name.slice(prefix.length), value]));
}

function readBody(of: XmlElement): MimeBody {
  if (of.attributes.get("type")?.toLowerCase() === "multipart") {
    return { kind: "parts", parts: elements(of, "MIME").map(readMime) };
  }
  const [child] = elements(of);
  if (child?.name === "EMail") return { kind: "email", email: readEmail(child) };
  if (child !== undefined) return { kind: "xml", xml: serialize(child) };
  return of.children.length > 0 ? { kind: "text", text: text(of) } : { kind: "omitted" };
}

function writeBody(body: MimeBody): string {
  switch (body.kind) {
    case "omitted":
      return "";
    case "text":
      return escape(body.text);
    case "parts":
      return body.parts.map(writeMime).join("");
    case "email":
      return writeEmail(body.email);
    case "xml":
      return body.xml;
  }
}

/** The properties that have a value. */
function present<T extends Record<string, string | undefined>>(values: T): { [K in keyof T]?: string } {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: string };
}
