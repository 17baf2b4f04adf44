// How does a message become text, and text a message? By the descriptors that are generated with the types.

import { type Contents, codecs } from "./content";
import { type AttributeKind, type Descriptor, type Messages, messages, type Requests } from "./protocol";
import { type Attributes, element, parse, type XmlElement } from "./xml";

export type RequestName = keyof Requests;
export type MessageName = keyof Messages;

/** A message of the server. */
export type Message = { [N in MessageName]: { name: N; value: Messages[N] } }[MessageName];

/** What came in one frame. */
export interface Frame {
  /** The request that the message belongs to; absent: nobody asked for it. */
  id?: string;
  /** Its number, if messages are numbered. */
  seq?: number;
  /** The message; absent: one that this version does not know. */
  message?: Message;
}

/** Reads a frame. Throws a `SyntaxError` if it is not XML. */
export function readFrame(text: string): Frame {
  const root = parse(text);
  const { name, attributes } = root;
  const [id, seq] = [attributes.get("id"), attributes.get("seq")];
  return {
    ...(id !== undefined && { id }),
    ...(seq !== undefined && { seq: Number(seq) }),
    ...(isMessage(name) && { message: { name, value: decode(messages[name], root) } as Message }),
  };
}

/** Writes a message; `header` is what stands before its own attributes. */
export function encode(name: string, descriptor: Descriptor, value: object, header: Attributes): string {
  const values = value as Record<string, unknown>;
  const attributes: Attributes = { ...header };
  for (const [key, kind] of Object.entries(descriptor.attributes)) {
    attributes[key] = writeAttribute(kind, values[key]);
  }
  let body = "";
  for (const [key, codec] of Object.entries(descriptor.body)) {
    body += codecs[codec as keyof Contents].write(values[key] as never);
  }
  return element(name, attributes, body);
}

/** Reads a message. */
export function decode(descriptor: Descriptor, root: XmlElement): object {
  const value: Record<string, unknown> = {};
  const set = (key: string, part: unknown) => {
    if (part !== undefined) value[key] = part;
  };
  for (const [key, kind] of Object.entries(descriptor.attributes)) {
    set(key, readAttribute(kind, root.attributes.get(key)));
  }
  for (const [key, codec] of Object.entries(descriptor.body)) {
    set(key, codecs[codec as keyof Contents].read(root));
  }
  return value;
}

function isMessage(name: string): name is MessageName {
  return Object.hasOwn(messages, name);
}

function writeAttribute(kind: AttributeKind, value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (kind === "boolean") return value === true ? "yes" : undefined;
  return String(value);
}

function readAttribute(kind: AttributeKind, text: string | undefined): unknown {
  switch (kind) {
    case "string":
      return text;
    case "number":
      return text === undefined ? undefined : Number(text);
    case "boolean":
      // Absent is no, and is left out.
      return text !== undefined && ["yes", "1"].includes(text.toLowerCase()) ? true : undefined;
  }
}
