import { expect, test } from "vitest";
import { type Attachment, EMPTY, emailOf, fault, isEmpty, moved } from "./draft";

const me = { realName: "Alice", address: "alice@localhost" };

test("a draft becomes a message", () => {
  const draft = {
    ...EMPTY,
    to: "Bob <bob@x>, c@d, nobody",
    bcc: "e@f",
    subject: " Hello ",
    text: "Hi\n",
    inReplyTo: "<1@x>",
  };
  expect(emailOf(draft, me)).toEqual({
    headers: [
      { kind: "address", name: "From", realName: "Alice", address: "alice@localhost" },
      { kind: "address", name: "To", realName: "Bob", address: "bob@x" },
      { kind: "address", name: "To", address: "c@d" },
      { kind: "address", name: "Bcc", address: "e@f" },
      { kind: "text", name: "Subject", value: "Hello" },
      { kind: "text", name: "In-Reply-To", value: "<1@x>" },
    ],
    mime: {
      type: "text",
      subtype: "plain",
      charset: "utf-8",
      estimatedSize: 0,
      parameters: {},
      dispositionParameters: {},
      body: { kind: "text", text: "Hi\n" },
    },
  });
});

test("attachments say where their content is", () => {
  const attachments = [
    { name: "a.pdf", size: 1, mediaType: "application/pdf", source: { kind: "upload", id: "u1" } as const },
    {
      name: "b.png",
      size: 1,
      mediaType: "image/png",
      source: { kind: "message", folder: "F", uid: 7, partID: "02" } as const,
    },
  ];
  const { mime } = emailOf({ ...EMPTY, attachments }, me);
  const parts = mime?.body.kind === "parts" ? mime.body.parts : [];
  const file = { disposition: "attachment", estimatedSize: 0, parameters: {}, body: { kind: "omitted" } };
  expect(parts.slice(1)).toEqual([
    { ...file, type: "application", subtype: "pdf", uploadID: "u1", dispositionParameters: { filename: "a.pdf" } },
    {
      ...file,
      type: "image",
      subtype: "png",
      folder: "F",
      UID: "7",
      partID: "02",
      dispositionParameters: { filename: "b.png" },
    },
  ]);
});

test("attachments that are kept are found where they are kept, and only they", () => {
  const named = (name: string, source: Attachment["source"]) => ({ name, size: 1, mediaType: "text/plain", source });
  const a = named("a", { kind: "message", folder: "Drafts 1", uid: 5, partID: "02" });
  const b = named("b", { kind: "upload", id: "b" });
  const part = named("a", { kind: "message", folder: "Drafts 1", uid: 6, partID: "02" });
  const kept: Attachment[] = [a];
  moved(kept, [part]);
  expect([a.source, b.source]).toEqual([part.source, { kind: "upload", id: "b" }]);
});

test("what is wrong is said of the field that it is in", () => {
  expect(fault(EMPTY)?.field).toBe("to");
  expect(fault({ ...EMPTY, bcc: "a@b" })).toBeUndefined();
  expect(fault({ ...EMPTY, to: "a@b", cc: "c@d, nobody" })).toEqual({
    field: "cc",
    text: "“nobody” is no address: it should be like name@example.org.",
  });
});

test("a draft with nothing in it is not missed", () => {
  expect([isEmpty({ ...EMPTY, text: " \n" }), isEmpty({ ...EMPTY, subject: "x" })]).toEqual([true, false]);
});
