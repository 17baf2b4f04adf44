// Which messages belong to one conversation?
//
// Those that name each other in References or In-Reply-To; and an answer that names nothing (its subject begins with
// "Re:" or the like) goes with what has the same subject.

/** What is known of a message. */
export interface Threadable {
  uid: number;
  messageId: string;
  /** All ids in References and In-Reply-To. */
  references: string[];
  subject: string;
}

/** The conversations, in the order in which their first messages come; each has its messages in the given order. */
export function threadsOf(messages: Threadable[]): number[][] {
  const leaders = new Map<string, string>();
  const leader = (name: string): string => {
    let at = name;
    for (let next = leaders.get(at); next !== undefined; next = leaders.get(at)) at = next;
    return at;
  };
  const join = (a: string, b: string) => {
    const [from, to] = [leader(b), leader(a)];
    if (from !== to) leaders.set(from, to);
  };
  for (const { uid, messageId, references } of messages) {
    for (const id of [messageId, ...references]) if (id !== "") join(`uid ${uid}`, `id ${id}`);
  }
  // Messages that begin something may have the same subject and not belong together.
  const beginnings = new Map<string, string>();
  const begin = (subject: string, uid: number) => {
    const base = baseSubject(subject);
    if (base !== "" && !beginnings.has(base)) beginnings.set(base, `uid ${uid}`);
    return beginnings.get(base);
  };
  for (const { uid, subject } of messages) if (!isAnswer(subject)) begin(subject, uid);
  for (const { uid, references, subject } of messages) {
    if (references.length > 0 || !isAnswer(subject)) continue;
    const beginning = begin(subject, uid);
    if (beginning !== undefined) join(beginning, `uid ${uid}`);
  }
  const threads = new Map<string, number[]>();
  for (const { uid } of messages) {
    const name = leader(`uid ${uid}`);
    const thread = threads.get(name);
    if (thread === undefined) threads.set(name, [uid]);
    else thread.push(uid);
  }
  return [...threads.values()];
}

/** The ids in a header field such as References. */
export function idsOf(field: string): string[] {
  return field.match(/<[^<>\s]+>/g) ?? [];
}

/** What stands before the subject of an answer, in the languages that mail programs speak. */
const PREFIX = /^\s*((re|aw|antw|sv|vs|odp|rif|fwd?|wg|tr|i|enc)(\[\d+\])?|回复|答复|转发)\s*[:：]\s*/i;

/** A subject without what answers and forwards have put before it. */
export function baseSubject(subject: string): string {
  let rest = subject;
  while (PREFIX.test(rest)) rest = rest.replace(PREFIX, "");
  return rest.trim().toLowerCase();
}

function isAnswer(subject: string): boolean {
  return PREFIX.test(subject);
}
