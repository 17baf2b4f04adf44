// What is the path of a file?

/** The path of what is in a directory; the root is `""`. */
export function within(directory: string, name: string): string {
  return directory === "" ? name : `${directory}/${name}`;
}

/** The directories on the way to one, from the root on: their names and paths. */
export function wayTo(directory: string): { name: string; path: string }[] {
  const pieces = directory.split("/").filter(Boolean);
  return pieces.map((name, i) => ({ name, path: pieces.slice(0, i + 1).join("/") }));
}

/** A name that nothing has: `a (2).txt`. */
export async function unusedName(name: string, isUsed: (name: string) => Promise<boolean>): Promise<string> {
  const dot = name.lastIndexOf(".");
  const [stem, ending] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ""];
  let other = name;
  for (let i = 2; await isUsed(other); i += 1) other = `${stem} (${i})${ending}`;
  return other;
}
