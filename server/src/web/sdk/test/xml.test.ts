import { expect, test } from "vitest";
import { element, parse, serialize, text } from "../xml";

test("what is written reads back as it was, whatever is in it", () => {
  const awkward = " <&>\"' ä 😀 \t\n\r\r\n ]]> ";
  const root = parse(element("a", { b: awkward }, element("c", {}, "x") + " y "));
  expect(root.attributes).toEqual(new Map([["b", awkward]]));
  expect(serialize(root)).toBe(element("a", { b: awkward }, "<c>x</c> y "));
  expect(text(root)).toBe("x y ");
});

test("characters that XML forbids are replaced: the server would end the connection", () => {
  expect(element("a", { b: "\u0000\u0008\ud800x\udc00\uffff" })).toBe('<a b="\ufffd\ufffd\ufffdx\ufffd\ufffd"/>');
});

test("references stand for their characters", () => {
  const root = parse("<a b='&lt;&#9;&#x1F600;'>&amp;&gt;&quot;&apos;&#13;</a>");
  expect(root).toEqual({ name: "a", attributes: new Map([["b", "<\t😀"]]), children: ["&>\"'\r"] });
});

test.each([
  ["nothing", ""],
  ["text alone", "text"],
  ["an element that does not end", "<a><b/>"],
  ["an end of something else", "<a></b>"],
  ["an end too many", "<a/></a>"],
  ["two elements", "<a/><b/>"],
  ["text beside the element", "<a/> "],
  ["an unknown reference", "<a>&nbsp;</a>"],
  ["a bare ampersand", "<a>a & b</a>"],
  ["an attribute without quotes", "<a b=c/>"],
  ["a comment", "<a><!-- --></a>"],
  ["a DOCTYPE", "<!DOCTYPE a><a/>"],
])("%s is refused", (_, document) => {
  expect(() => parse(document)).toThrow(SyntaxError);
});
