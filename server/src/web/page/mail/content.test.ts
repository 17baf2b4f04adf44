import { expect, test } from "vitest";
import type { Mime, MimeBody } from "../../sdk";
import { contentOf, fileName } from "./content";

function mime(mediaType: string, body: MimeBody, rest: Partial<Mime> = {}): Mime {
  const [type = "", subtype = ""] = mediaType.split("/");
  return { type, subtype, estimatedSize: 1, parameters: {}, dispositionParameters: {}, body, ...rest };
}

const text = (mediaType: string, content = ""): Mime => mime(mediaType, { kind: "text", text: content });
const file = (mediaType: string, rest: Partial<Mime> = {}): Mime => mime(mediaType, { kind: "omitted" }, rest);
const parts = (subtype: string, ...all: Mime[]): Mime => mime(`multipart/${subtype}`, { kind: "parts", parts: all });

const shown = (whole: Mime) => contentOf({ headers: [], mime: whole });

test("a message without a body has nothing to show", () => {
  expect(contentOf({ headers: [] })).toEqual({ sections: [], attachments: [], related: [], shown: [] });
});

test("the forms of an alternative are one section", () => {
  const [plain, html] = [text("text/plain"), text("text/html")];
  expect(shown(parts("alternative", plain, html)).sections).toEqual([{ plain, html }]);
});

test("the best form of an alternative may consist of several texts", () => {
  const [plain, first, second, pdf] = [
    text("text/plain"),
    text("text/html", "1"),
    text("text/html", "2"),
    file("application/pdf"),
  ];
  const { sections, attachments } = shown(parts("alternative", plain, parts("mixed", first, pdf, second)));
  expect(sections).toEqual([{ plain, html: first }, { html: second }]);
  expect(attachments).toEqual([pdf]);
});

test("a picture that the HTML shows is no attachment, a file that it does not show is one", () => {
  const picture = file("image/png", { contentID: "a@b" });
  const other = file("application/pdf", { contentID: "c@d" });
  const html = text("text/html", '<img src="cid:a@b">');
  const { attachments, related } = shown(parts("related", html, picture, other));
  expect(attachments).toEqual([other]);
  expect(related).toEqual([picture, other]);
});

test("a text that is a file is attached", () => {
  const attached = { ...text("text/plain"), disposition: "attachment" };
  const calendar = text("text/calendar");
  const body = text("text/plain");
  const { sections, attachments } = shown(parts("mixed", body, attached, calendar));
  expect(sections).toEqual([{ plain: body }]);
  expect(attachments).toEqual([attached, calendar]);
});

test("messages and what has a presentation of its own are shown, and can be saved", () => {
  const message = mime("message/rfc822", { kind: "email", email: { headers: [] } });
  const card = mime("text/x-vcard", { kind: "xml", xml: "<vCard/>" });
  const { attachments, shown: seen } = shown(parts("mixed", text("text/plain"), message, card, file("image/png")));
  expect([attachments.length, seen]).toEqual([3, [message, card]]);
});

test.each<[Partial<Mime>, string]>([
  [{ dispositionParameters: { filename: "a.pdf" }, parameters: { name: "b.pdf" } }, "a.pdf"],
  [{ parameters: { name: "b.pdf" } }, "b.pdf"],
  [{}, "application.pdf"],
])("a file is called what it says: %o", (rest, name) => {
  expect(fileName(file("application/pdf", rest))).toBe(name);
});
