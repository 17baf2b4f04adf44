// How is XML written and read?
//
// What the server sends is exact and simple, so that this is all there is to it; it needs no DOM, and works in workers too.

/** Attributes of an element; those without a value are left out when they are written. */
export type Attributes = Record<string, string | undefined>;

/** An element that was read. */
export interface XmlElement {
  name: string;
  attributes: Map<string, string>;
  children: (XmlElement | string)[];
}

/** An element as text. `content` is XML already. */
export function element(name: string, attributes: Attributes, content = ""): string {
  let tag = `<${name}`;
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined) tag += ` ${key}="${escape(value, SPECIAL_IN_ATTRIBUTE)}"`;
  }
  return content === "" ? `${tag}/>` : `${tag}>${content}</${name}>`;
}

/** Text as it stands between tags: it reads back as it is, line ends included. */
export function escape(text: string, special = SPECIAL): string {
  return text.replace(NOT_XML, "\ufffd").replace(special, (c) => NAMES[c] ?? `&#${c.charCodeAt(0)};`);
}

/** The root element of a document. Throws a `SyntaxError` if the text is not well-formed, or has more than elements,
 * attributes, text and references to characters. */
export function parse(document: string): XmlElement {
  const root: XmlElement = { name: "", attributes: new Map(), children: [] };
  const open = [root];
  const token = new RegExp(TOKEN);
  while (token.lastIndex < document.length) {
    const match = token.exec(document);
    const inner = open.at(-1);
    if (match === null || inner === undefined) throw new SyntaxError("not well-formed XML");
    const [, end, start, attributes = "", isEmpty, characters] = match;
    if (characters !== undefined) {
      inner.children.push(resolve(characters));
    } else if (start !== undefined) {
      const child: XmlElement = { name: start, attributes: readAttributes(attributes), children: [] };
      inner.children.push(child);
      if (isEmpty === "") open.push(child);
    } else if (open.pop()?.name !== end) {
      throw new SyntaxError(`</${end}> ends nothing`);
    }
  }
  const [only] = root.children;
  if (open.length !== 1 || root.children.length !== 1 || typeof only !== "object") {
    throw new SyntaxError("not one element");
  }
  return only;
}

/** An element that was read, as text again. */
export function serialize({ name, attributes, children }: XmlElement): string {
  const content = children.map((child) => (typeof child === "string" ? escape(child) : serialize(child)));
  return element(name, Object.fromEntries(attributes), content.join(""));
}

/** The elements in an element. */
export function elements(of: XmlElement, name?: string): XmlElement[] {
  return of.children.filter((child) => typeof child === "object" && (name === undefined || child.name === name)) as XmlElement[];
}

/** The text in an element. */
export function text(of: XmlElement): string {
  return of.children.map((child) => (typeof child === "string" ? child : text(child))).join("");
}

const TOKEN =
  /<\/([^\s<>/]+)\s*>|<([^\s<>/!?&]+)((?:\s+[^\s=<>/]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>|([^<]+)/y;
const ATTRIBUTE = /([^\s=]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;
const REFERENCE = /&(?:#x([0-9a-fA-F]+)|#([0-9]+)|(\w+));|&/g;
const NAMED: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
const NAMES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

// Characters that XML 1.0 forbids: the server would end the connection.
const NOT_XML = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu;
const SPECIAL = /[&<>\r]/g;
// A reader makes blanks of these in an attribute (XML 1.0 §3.3.3).
const SPECIAL_IN_ATTRIBUTE = /[&<>"\t\n\r]/g;

function readAttributes(source: string): Map<string, string> {
  const attributes = new Map<string, string>();
  for (const [, name = "", double, single = ""] of source.matchAll(ATTRIBUTE)) {
    attributes.set(name, resolve(double ?? single));
  }
  return attributes;
}

function resolve(source: string): string {
  if (!source.includes("&")) return source;
  return source.replace(REFERENCE, (reference, hexadecimal, decimal, name) => {
    if (hexadecimal !== undefined) return String.fromCodePoint(Number.parseInt(hexadecimal, 16));
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal));
    const character = NAMED[name as string];
    if (character === undefined) throw new SyntaxError(`${reference} stands for nothing`);
    return character;
  });
}
