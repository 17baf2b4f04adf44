// At which URL is a message, or a part of it?

/** What of a message: the source, the headers, or the decoded body, of all of it or of a part; or what a part refers to
 * as `cid:`. */
export type Item =
  | { kind: "source"; partID?: string }
  | { kind: "headers"; partID?: string }
  | { kind: "body"; partID?: string; fileName?: string }
  | { kind: "related"; partID?: string; contentID: string };

/** The URL. `folder` is the name of an open folder. */
export function mimeUrl(server: string, urlID: string, folder: string, uid: number, item: Item): string {
  const part = item.partID === undefined ? "" : `-${item.partID}`;
  return `${server}/Session/${urlID}/MIME/${encodeURIComponent(folder)}/${uid}${part}-${suffix(item)}`;
}

function suffix(item: Item): string {
  switch (item.kind) {
    case "source":
      return "P.txt";
    case "headers":
      return "H.txt";
    case "body":
      return item.fileName === undefined ? "B.bin" : `B.bin/${encodeURIComponent(item.fileName)}`;
    case "related":
      return `R/${encodeURIComponent(item.contentID)}`;
  }
}
