import { expect, test } from "vitest";
import type { Email, Header } from "../../sdk";
import { forward, goOn, replyTo } from "./reply";

const person = (name: string, address: string, realName?: string): Header => ({
  kind: "address",
  name,
  address,
  ...(realName !== undefined && { realName }),
});
const field = (name: string, value: string): Header => ({ kind: "text", name, value });
const text = (content: string): Email["mime"] => ({
  type: "text",
  subtype: "plain",
  estimatedSize: content.length,
  parameters: {},
  dispositionParameters: {},
  body: { kind: "text", text: content },
});

const email: Email = {
  headers: [
    person("From", "carol@x", "Carol"),
    person("To", "alice@x"),
    person("To", "bob@x", "Bob"),
    person("Cc", "carol@x"),
    person("Cc", "dan@x"),
    field("Subject", "Lunch"),
    field("Message-ID", "<2@x>"),
    field("References", "<1@x>"),
  ],
  mime: text("Hello\r\n> older\r\n"),
};

test("an answer goes to the author, and names what it answers", () => {
  const draft = replyTo(email, "alice@x", false);
  expect([draft.to, draft.cc, draft.subject]).toEqual(["Carol <carol@x>", "", "Re: Lunch"]);
  expect([draft.inReplyTo, draft.references]).toEqual(["<2@x>", "<1@x> <2@x>"]);
  expect(draft.text).toBe("\n\nCarol wrote:\n> Hello\n>> older\n");
});

test("an answer to all goes to everybody once, but not to oneself", () => {
  const draft = replyTo(email, "Alice@X", true);
  expect([draft.to, draft.cc]).toEqual(["Carol <carol@x>", "Bob <bob@x>, dan@x"]);
});

test("an answer goes where the author wants it, and is not prefixed twice", () => {
  const headers = [...email.headers.filter(({ name }) => name !== "Subject"), person("Reply-To", "list@x"), field("Subject", "RE: Lunch")];
  const draft = replyTo({ ...email, headers }, "alice@x", false);
  expect([draft.to, draft.subject]).toEqual(["list@x", "RE: Lunch"]);
});

test("an answer to oneself goes to whom the message went to", () => {
  const draft = replyTo(email, "carol@x", true);
  expect([draft.to, draft.cc]).toEqual(["alice@x, Bob <bob@x>", "dan@x"]);
});

const pdf = {
  type: "application",
  subtype: "pdf",
  estimatedSize: 9,
  partID: "02",
  parameters: {},
  dispositionParameters: { filename: "a.pdf" },
  body: { kind: "omitted" } as const,
};
const withFile: Email = {
  headers: email.headers,
  mime: {
    type: "multipart",
    subtype: "mixed",
    estimatedSize: 20,
    parameters: {},
    dispositionParameters: {},
    body: { kind: "parts", parts: [text("Hello") as NonNullable<Email["mime"]>, pdf] },
  },
};
const attached = {
  name: "a.pdf",
  size: 9,
  mediaType: "application/pdf",
  source: { kind: "message", folder: "F", uid: 7, partID: "02" },
};

test("a message is sent on with its head, its text and what is attached", () => {
  const draft = forward(withFile, { folder: "F", uid: 7 });
  expect([draft.to, draft.subject, draft.inReplyTo]).toEqual(["", "Fwd: Lunch", ""]);
  expect(draft.text).toBe(
    "\n\n-------- Forwarded message --------\nFrom: Carol <carol@x>\nSubject: Lunch\nTo: alice@x, Bob <bob@x>\n" +
      "Cc: carol@x, dan@x\n\nHello",
  );
  expect(draft.attachments).toEqual([attached]);
});

test("a draft is gone on with as it was left", () => {
  const draft = goOn({ ...withFile, headers: [...email.headers, person("Bcc", "eve@x")] }, { folder: "F", uid: 7 });
  expect(draft).toEqual({
    to: "alice@x, Bob <bob@x>",
    cc: "carol@x, dan@x",
    bcc: "eve@x",
    subject: "Lunch",
    text: "Hello",
    inReplyTo: "",
    references: "<1@x>",
    attachments: [attached],
  });
});
