// What can the body of a message consist of, and how is each kind of it written in XML?

import { type Email, emailCodec, optionalEmailCodec } from "./email";
import { element, elements, escape, serialize, text, type XmlElement } from "./xml";

export type { Email, Header, Mime, MimeBody } from "./email";

/** What a server offers before a login. */
export interface Features {
  /** Whether `starttls` is possible on this connection. */
  starttls: boolean;
  /** Names of the SASL mechanisms. */
  sasl: string[];
  /** The challenge for CRAM-MD5 over the HTTP binding. */
  nonce?: string;
  /** Codes of the languages that error texts come in. */
  languages: string[];
}

/** Messages of a folder, by unique id or by position in the view, counted from 0. */
export type MessageSet = { uids: MessageRange[] } | { indexes: MessageRange[] };

/** One message, or all from one to another, both included. */
export type MessageRange = number | { from: number; till: number };

/** The value of a preference: a text, a list or a dictionary. */
export type PreferenceValue = string | PreferenceValue[] | { [key: string]: PreferenceValue };

/** A change to the subscription to a mailbox. */
export interface SubscriptionEdit {
  /** The mailbox. */
  mailbox: string;
  /** Whether it is added or removed; absent: added. */
  mode?: "add" | "remove";
}

/** What somebody shall be allowed with a mailbox. */
export interface RightsEdit {
  /** An account, or `anyone` for all accounts of the mailbox's domain. */
  account: string;
  /** The rights from now on, a letter each; empty: none. */
  rights: string;
}

/** Somebody to whom a message is sent on. */
export interface Recipient {
  /** The name beside the address. */
  realName?: string;
  /** `local@domain`. */
  address: string;
}

/** What is in a file: text, anything in base64, or vCards as XML. */
export type FileContent =
  | { kind: "text"; text: string }
  | { kind: "binary"; base64: string }
  | { kind: "cards"; xml: string };

/** What somebody may do with a file or directory. */
export interface FileAclEntry {
  /** An account of the owner's domain by its name, one of another domain by its address, or `anyone`. */
  who: string;
  /** Letters: `l` see it and what is in it, `r` read, `w` write, rename and remove, `a` see and change its attributes. */
  rights: string;
}

/** A change to the subscription to a file or directory. */
export interface FileSubscriptionEdit {
  /** The file or directory. */
  fileName: string;
  /** Whether it is added or removed; absent: added. */
  mode?: "add" | "remove";
}

/** The value of a field of a row. An address field asked for with the prefix `E-` yields one for each address. */
export interface ViewerField {
  /** The field, spelt as it was asked for. */
  field: string;
  /** The value; empty if the message has no such header. */
  text: string;
  /** For `E-` fields: the real name beside the address. */
  realName?: string;
  /** For dates: the instant on the clock of the user's time zone, `YYYYMMDDTHHMMSS`. `text` has it in UTC. */
  localTime?: string;
}

/** Reads a piece of a body out of its message, and writes it. */
export interface Codec<T> {
  read(message: XmlElement): T;
  write(value: T): string;
}

/** What the codecs named in the descriptors of `protocol.ts` stand for. */
export interface Contents {
  text: string;
  fields: string[];
  names: string[];
  messageSet: MessageSet;
  rights: RightsEdit[];
  subscriptions: SubscriptionEdit[];
  fileContent: FileContent;
  fileAcl: FileAclEntry[] | undefined;
  filePasswords: string[] | undefined;
  fileSubscriptions: FileSubscriptionEdit[];
  viewerFields: ViewerField[];
  preferences: Record<string, PreferenceValue>;
  features: Features;
  email: Email;
  optionalEmail: Email | undefined;
  recipients: Recipient[];
  sdp: string | undefined;
}

export const codecs: { [K in keyof Contents]: Codec<Contents[K]> } = {
  text: { read: text, write: escape },
  fields: texts("field"),
  names: texts("name"),
  messageSet: {
    read: (message) => {
      const uids = elements(message, "UID").map(readRange);
      return uids.length > 0 ? { uids } : { indexes: elements(message, "index").map(readRange) };
    },
    write: (set) =>
      "uids" in set
        ? set.uids.map((range) => writeRange("UID", range)).join("")
        : set.indexes.map((range) => writeRange("index", range)).join(""),
  },
  rights: {
    read: (message) =>
      elements(message, "mailboxRights").map((child) => ({
        account: child.attributes.get("account") ?? "",
        rights: text(child),
      })),
    write: (edits) =>
      edits.map(({ account, rights }) => element("mailboxRights", { account }, escape(rights))).join(""),
  },
  subscriptions: {
    read: (message) => elements(message, "mailboxSubscription").map(readSubscription),
    write: (edits) => edits.map((edit) => element("mailboxSubscription", { ...edit })).join(""),
  },
  fileContent: { read: readFileContent, write: writeFileContent },
  fileAcl: {
    read: (message) => elements(message, "ACL").map(readFileAcl)[0],
    write: (acl) => (acl === undefined ? "" : element("ACL", {}, acl.map(writeFileAclEntry).join(""))),
  },
  filePasswords: {
    read: (message) => elements(message, "accessPwd").map((keys) => elements(keys, "key").map(text))[0],
    write: (keys) => (keys === undefined ? "" : element("accessPwd", {}, texts("key").write(keys))),
  },
  fileSubscriptions: {
    read: (message) => elements(message, "fileSubscription").map(readFileSubscription),
    write: (edits) => edits.map((edit) => element("fileSubscription", { ...edit })).join(""),
  },
  viewerFields: { read: (message) => elements(message).map(readViewerField), write: writeViewerFields },
  preferences: {
    read: (message) =>
      Object.fromEntries(elements(message).map((child) => [child.name, readPreference(child)])),
    write: (values) =>
      Object.entries(values)
        .map(([name, value]) => element(name, {}, writePreference(value)))
        .join(""),
  },
  features: { read: readFeatures, write: writeFeatures },
  email: emailCodec,
  optionalEmail: optionalEmailCodec,
  recipients: {
    read: (message) => elements(message, "To").map(readRecipient),
    write: (recipients) =>
      recipients.map(({ realName, address }) => element("To", { realName }, escape(address))).join(""),
  },
  sdp: {
    // XML may have made line feeds of line ends; SDP wants CR LF (RFC 8866 §5).
    read: (message) => elements(message, "sdpText").map((child) => text(child).replace(/\r?\n/g, "\r\n"))[0],
    write: (sdp) => (sdp === undefined ? "" : element("sdpText", {}, escape(sdp))),
  },
};

function texts(name: string): Codec<string[]> {
  return {
    read: (message) => elements(message, name).map(text),
    write: (values) => values.map((value) => element(name, {}, escape(value))).join(""),
  };
}

function readRange(of: XmlElement): MessageRange {
  const [from, till] = [of.attributes.get("from"), of.attributes.get("till")];
  return from === undefined || till === undefined ? Number(text(of)) : { from: Number(from), till: Number(till) };
}

function writeRange(name: string, range: MessageRange): string {
  if (typeof range === "number") return element(name, {}, String(range));
  return element(name, { from: String(range.from), till: String(range.till) });
}

function readSubscription(of: XmlElement): SubscriptionEdit {
  const mode = of.attributes.get("mode");
  const edit = { mailbox: of.attributes.get("mailbox") ?? "" };
  return mode === undefined ? edit : { ...edit, mode: mode === "add" ? "add" : "remove" };
}

function readRecipient(of: XmlElement): Recipient {
  const realName = of.attributes.get("realName");
  return { ...(realName !== undefined && { realName }), address: text(of) };
}

function readFileSubscription(of: XmlElement): FileSubscriptionEdit {
  const mode = of.attributes.get("mode");
  const edit = { fileName: of.attributes.get("fileName") ?? "" };
  return mode === undefined ? edit : { ...edit, mode: mode === "add" ? "add" : "remove" };
}

function readFileContent(message: XmlElement): FileContent {
  const children = elements(message);
  const [first] = children;
  if (first === undefined) return { kind: "text", text: text(message) };
  if (first.name === "base64") return { kind: "binary", base64: text(first) };
  return { kind: "cards", xml: children.map(serialize).join("") };
}

function writeFileContent(content: FileContent): string {
  switch (content.kind) {
    case "text":
      return escape(content.text);
    case "binary":
      return element("base64", {}, content.base64);
    case "cards":
      return content.xml;
  }
}

function readFileAcl(acl: XmlElement): FileAclEntry[] {
  return elements(acl, "subKey").map((key) => ({ who: key.attributes.get("key") ?? "", rights: text(key) }));
}

function writeFileAclEntry({ who, rights }: FileAclEntry): string {
  return element("subKey", { key: who }, escape(rights));
}

function readViewerField(of: XmlElement): ViewerField {
  const [realName, localTime] = [of.attributes.get("realName"), of.attributes.get("localTime")];
  return {
    field: of.name,
    text: text(of),
    ...(realName !== undefined && { realName }),
    ...(localTime !== undefined && { localTime }),
  };
}

function writeViewerFields(fields: ViewerField[]): string {
  return fields
    .map(({ field, text, realName, localTime }) => element(field, { realName, localTime }, escape(text)))
    .join("");
}

function readPreference(of: XmlElement): PreferenceValue {
  const keys = elements(of, "subKey");
  if (keys.length > 0) {
    return Object.fromEntries(keys.map((key) => [key.attributes.get("key") ?? "", readPreference(key)]));
  }
  const values = elements(of, "subValue");
  return values.length > 0 ? values.map(readPreference) : text(of);
}

function writePreference(value: PreferenceValue): string {
  if (typeof value === "string") return escape(value);
  if (Array.isArray(value)) {
    return value.map((item) => element("subValue", {}, writePreference(item))).join("");
  }
  return Object.entries(value)
    .map(([key, item]) => element("subKey", { key }, writePreference(item)))
    .join("");
}

function readFeatures(message: XmlElement): Features {
  const nonce = elements(message, "nonce").map(text)[0];
  return {
    starttls: elements(message, "starttls").length > 0,
    sasl: elements(message, "sasl").map(text),
    ...(nonce !== undefined && { nonce }),
    languages: elements(message, "language").map(text),
  };
}

function writeFeatures({ starttls, sasl, nonce, languages }: Features): string {
  const all = (name: string, values: string[]) =>
    values.map((value) => element(name, {}, escape(value))).join("");
  return (
    (starttls ? element("starttls", {}) : "") +
    all("sasl", sasl) +
    all("nonce", nonce === undefined ? [] : [nonce]) +
    all("language", languages)
  );
}
