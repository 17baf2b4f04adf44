// What is a message that is being written, and how does it go over the wire?

import type { Email, Header, Mime } from "../../sdk";
import { type Address, isAddress, readAddresses } from "./address";

/** As it stands in the form. */
export interface Draft {
  to: string;
  cc: string;
  bcc: string;
  subject: string;
  text: string;
  /** The ids of the message that it answers, and of those before it. */
  inReplyTo: string;
  references: string;
  attachments: Attachment[];
}

export const EMPTY: Draft = {
  to: "",
  cc: "",
  bcc: "",
  subject: "",
  text: "",
  inReplyTo: "",
  references: "",
  attachments: [],
};

export interface Attachment {
  name: string;
  size: number;
  /** The media type, `type/subtype`. */
  mediaType: string;
  source: Source;
}

/** Where the content of an attachment is. */
export type Source =
  /** In the session's upload set. */
  | { kind: "upload"; id: string }
  /** In a message of an open folder: a part of it, or without `partID` all of it. */
  | { kind: "message"; folder: string; uid: number; partID?: string };

/** The content of these is now where the others have it, in the same order. */
export function moved(attachments: Attachment[], parts: Attachment[]): void {
  if (parts.length !== attachments.length) return;
  for (const [i, attachment] of attachments.entries()) attachment.source = parts[i]?.source ?? attachment.source;
}

export type Field = "to" | "cc" | "bcc";

/** What is wrong with a draft that is to be sent; `undefined`: nothing is. */
export function fault(draft: Draft): { field: Field; text: string } | undefined {
  for (const field of ["to", "cc", "bcc"] as const) {
    const wrong = readAddresses(draft[field]).find(({ address }) => !isAddress(address));
    if (wrong !== undefined)
      return { field, text: `“${wrong.address}” is no address: it should be like name@example.org.` };
  }
  const isForNobody = [draft.to, draft.cc, draft.bcc].every((text) => readAddresses(text).length === 0);
  return isForNobody ? { field: "to", text: "Say whom the message is for." } : undefined;
}

/** Whether there is nothing in it that would be missed. */
export function isEmpty({ to, cc, bcc, subject, text, attachments }: Draft): boolean {
  return [to, cc, bcc, subject, text].every((each) => each.trim() === "") && attachments.length === 0;
}

/** The message. Addresses that are none yet are left out of one that is only kept. */
export function emailOf(draft: Draft, from: Address): Email {
  const people = (name: string, text: string): Header[] =>
    readAddresses(text)
      .filter(({ address }) => isAddress(address))
      .map((address) => ({ kind: "address", name, ...address }));
  const field = (name: string, value: string): Header[] => (value === "" ? [] : [{ kind: "text", name, value }]);
  const headers = [
    ...people("From", from.address).map((header) => ({ ...header, ...from })),
    ...people("To", draft.to),
    ...people("Cc", draft.cc),
    ...people("Bcc", draft.bcc),
    ...field("Subject", draft.subject.trim()),
    ...field("In-Reply-To", draft.inReplyTo),
    ...field("References", draft.references),
  ];
  const text = part("text", "plain", { body: { kind: "text", text: draft.text }, charset: "utf-8" });
  if (draft.attachments.length === 0) return { headers, mime: text };
  const parts = [text, ...draft.attachments.map(attached)];
  return { headers, mime: part("multipart", "mixed", { body: { kind: "parts", parts } }) };
}

function attached({ name, mediaType, source }: Attachment): Mime {
  const [type = "application", subtype = "octet-stream"] = mediaType.split("/");
  const from =
    source.kind === "upload"
      ? { uploadID: source.id }
      : {
          folder: source.folder,
          UID: String(source.uid),
          ...(source.partID !== undefined && { partID: source.partID }),
        };
  return part(type, subtype, { ...from, disposition: "attachment", dispositionParameters: { filename: name } });
}

function part(type: string, subtype: string, rest: Partial<Mime>): Mime {
  const nothing = { parameters: {}, dispositionParameters: {}, body: { kind: "omitted" } as const };
  return { type, subtype, estimatedSize: 0, ...nothing, ...rest };
}
