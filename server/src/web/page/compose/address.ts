// Whom does somebody mean who writes addresses into a field?

/** Somebody a message goes to. */
export interface Address {
  realName?: string;
  address: string;
}

/** The addresses of a field; what is none is there as it was written. */
export function readAddresses(text: string): Address[] {
  return pieces(text)
    .map((piece) => piece.trim())
    .filter(Boolean)
    .map(readAddress);
}

/** As it is written into the field. */
export function writeAddress({ realName = "", address }: Address): string {
  if (realName === "" || realName === address) return address;
  const isPlain = /^[^",;<>()@\\]*$/.test(realName);
  return `${isPlain ? realName : `"${realName.replace(/["\\]/g, "\\$&")}"`} <${address}>`;
}

/** Whether mail can be sent there: `local@domain`. */
export function isAddress(address: string): boolean {
  return /^[^\s@,;<>]+@[^\s@,;<>]+$/.test(address);
}

/** The address that is being written at the end of a text, and what stands before it. */
export function lastPiece(text: string): { before: string; piece: string } {
  const all = pieces(text);
  const piece = all.at(-1) ?? "";
  return { before: text.slice(0, text.length - piece.length), piece: piece.trimStart() };
}

/** All but the addresses that are there already, or in one of the others. */
export function without(addresses: Address[], ...others: Address[][]): Address[] {
  const known = new Set(others.flat().map(({ address }) => address.toLowerCase()));
  return addresses.filter(({ address }) => {
    const isNew = !known.has(address.toLowerCase());
    known.add(address.toLowerCase());
    return isNew;
  });
}

function readAddress(text: string): Address {
  const match = /^(.*)<([^<>]*)>$/s.exec(text);
  if (match === null) return { address: text };
  const [, before = "", address = ""] = match;
  const quoted = /^"(.*)"$/s.exec(before.trim());
  const realName = quoted === null ? before.trim() : (quoted[1] ?? "").replace(/\\(.)/g, "$1");
  return { ...(realName !== "" && { realName }), address: address.trim() };
}

/** The text at its commas and semicolons, but for those within quotes and angle brackets. */
function pieces(text: string): string[] {
  const found = [""];
  let inside = "";
  for (let i = 0; i < text.length; i += 1) {
    const letter = text.charAt(i);
    const isEnd = inside === "" && (letter === "," || letter === ";");
    if (isEnd) found.push("");
    else found.push(`${found.pop() ?? ""}${letter}`);
    if (inside === '"' && letter === "\\") {
      i += 1;
      found.push(`${found.pop() ?? ""}${text.charAt(i)}`);
    } else if (inside === '"') inside = letter === '"' ? "" : inside;
    else if (inside === "<") inside = letter === ">" ? "" : inside;
    else if (letter === '"' || letter === "<") inside = letter;
  }
  return found;
}
