import { describe, expect, test } from "vitest";
import type { Contents, Email } from "../content";
import { type AttributeKind, type Descriptor, messages, requests } from "../protocol";
import { decode, encode, readFrame } from "../wire";
import { parse } from "../xml";

const email: Email = {
  headers: [
    { kind: "address", name: "From", realName: 'Jürgen "J" <Groß>', address: "j@example.org" },
    { kind: "address", name: "To", address: "a@example.org" },
    { kind: "date", name: "Date", time: "20240229T120000Z", localTime: "20240229T130000", timeShift: -3600 },
    { kind: "text", name: "Subject", value: "Grüße & <b>" },
    { kind: "text", name: "X-Empty", value: "" },
  ],
  mime: {
    type: "multipart",
    subtype: "mixed",
    estimatedSize: 1234,
    parameters: {},
    dispositionParameters: {},
    body: {
      kind: "parts",
      parts: [
        {
          type: "text",
          subtype: "plain",
          charset: "utf-8",
          estimatedSize: 20,
          partID: "01",
          parameters: { format: "flowed" },
          dispositionParameters: {},
          body: { kind: "text", text: "  Hallo\nWelt  " },
        },
        {
          type: "message",
          subtype: "rfc822",
          estimatedSize: 500,
          partID: "02",
          parameters: {},
          dispositionParameters: {},
          body: {
            kind: "email",
            email: { partID: "02", headers: [{ kind: "text", name: "Subject", value: "inner" }] },
          },
        },
        {
          type: "text",
          subtype: "x-vcard",
          estimatedSize: 100,
          partID: "03",
          parameters: {},
          dispositionParameters: {},
          body: { kind: "xml", xml: '<vCard a="&quot;"><FN>A &amp; B</FN></vCard>' },
        },
        {
          type: "image",
          subtype: "png",
          estimatedSize: 100,
          partID: "04",
          contentID: "a@b",
          disposition: "inline",
          description: "Bild",
          location: "x",
          class: "c",
          uploadID: "u",
          fileName: "a/b",
          folder: "f",
          UID: "7",
          readError: "r",
          parseError: "p",
          parameters: {},
          dispositionParameters: { filename: "Übersicht.png" },
          body: { kind: "omitted" },
        },
      ],
    },
  },
};

/** Values of each kind of body. */
const BODIES: { [K in keyof Contents]: Contents[K][] } = {
  text: ["", " a <b> & c\nd "],
  fields: [[], ["FLAGS", "E-From"]],
  names: [[], ["Language", "DeleteMode"]],
  messageSet: [{ uids: [1, { from: 3, till: 9 }] }, { indexes: [0, { from: 1, till: 99 }] }],
  rights: [[], [{ account: "bob@localhost", rights: "lrs" }, { account: "anyone", rights: "" }]],
  subscriptions: [[{ mailbox: "INBOX", mode: "add" }, { mailbox: "Work/Old", mode: "remove" }, { mailbox: "a&b" }]],
  fileContent: [
    { kind: "text", text: "" },
    { kind: "text", text: " a <b> & c\r\n" },
    { kind: "binary", base64: "AAEC/w==" },
    { kind: "cards", xml: "<vCard><FN><VALUE>A &amp; B</VALUE></FN></vCard><vCard/>" },
  ],
  fileAcl: [undefined, [], [{ who: "bob@example.org", rights: "lrw" }, { who: "anyone", rights: "" }]],
  filePasswords: [undefined, [], ["secret", "a <b>"]],
  fileSubscriptions: [[], [{ fileName: "docs/ü", mode: "add" }, { fileName: "x", mode: "remove" }, { fileName: "y" }]],
  viewerFields: [
    [],
    [
      { field: "E-From", text: "a@b", realName: "Ä & B" },
      { field: "E-From", text: "c@d" },
      { field: "Date", text: "20240229T120000Z", localTime: "20240229T150000" },
      { field: "Subject", text: "" },
    ],
  ],
  preferences: [
    {},
    { Language: "de", Empty: "", Alerts: { a: "1", "b c": ["x", "y"], d: { e: "f" } }, List: ["1", { k: "v" }] },
  ],
  features: [
    { starttls: false, sasl: [], languages: [] },
    { starttls: true, sasl: ["PLAIN", "CRAM-MD5"], nonce: "<n@x>", languages: ["en"] },
  ],
  email: [{ headers: [] }, email],
  optionalEmail: [undefined, email],
  recipients: [[{ realName: "Ä & B", address: "a@b" }, { address: "c@d" }]],
  sdp: [undefined, "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\n"],
};

const ATTRIBUTES: Record<AttributeKind, unknown[]> = {
  string: [undefined, "", "ä <\"'&> \t\r\nx"],
  number: [undefined, 0, 4_294_967_295],
  boolean: [undefined, true],
};

/** Messages in which every attribute and every body takes each of its values. */
function samples({ attributes, body }: Descriptor): object[] {
  const choices: [string, unknown[]][] = [
    ...Object.entries(attributes).map(([key, kind]): [string, unknown[]] => [key, ATTRIBUTES[kind]]),
    ...Object.entries(body).map(([key, kind]): [string, unknown[]] => [key, BODIES[kind as keyof Contents]]),
  ];
  const most = Math.max(1, ...choices.map(([, values]) => values.length));
  return Array.from({ length: most }, (_, i) =>
    Object.fromEntries(
      choices
        .map(([key, values]): [string, unknown] => [key, values[i % values.length]])
        .filter(([, value]) => value !== undefined),
    ),
  );
}

describe.each([
  ["request", requests],
  ["message", messages],
])("each %s reads back as it was written:", (_, table) => {
  test.each(Object.entries<Descriptor>(table))("%s", (name, descriptor) => {
    for (const sample of samples(descriptor)) {
      const written = encode(name, descriptor, sample, { id: "1" });
      const root = parse(written);
      expect(root.name).toBe(name);
      expect(decode(descriptor, root)).toEqual(sample);
    }
  });
});

test("a request is written as the protocol text has it", () => {
  const open = { folder: "f", mailbox: "INBOX", hideDeleted: true, fields: ["FLAGS", "E-From"] };
  expect(encode("folderOpen", requests.folderOpen, open, { id: "A1", ackSeq: "7" })).toBe(
    '<folderOpen id="A1" ackSeq="7" folder="f" mailbox="INBOX" hideDeleted="yes">' +
      "<field>FLAGS</field><field>E-From</field></folderOpen>",
  );
});

test("a frame tells its number, its request and its message", () => {
  expect(readFrame('<folderReport seq="5" id="3" folder="f" index="0" UID="7"><FLAGS>Seen</FLAGS></folderReport>')).toEqual({
    seq: 5,
    id: "3",
    message: {
      name: "folderReport",
      value: { folder: "f", index: 0, UID: 7, fields: [{ field: "FLAGS", text: "Seen" }] },
    },
  });
});

test("a message of a later version has its number and nothing else", () => {
  expect(readFrame('<toString seq="5">x</toString>')).toEqual({ seq: 5 });
});

test("the line ends of a description that has lost its carriage returns are restored", () => {
  const root = parse("<callStart><sdpText>v=0\no=-\n</sdpText></callStart>");
  expect(decode(requests.callStart, root)).toEqual({ sdp: "v=0\r\no=-\r\n" });
});
