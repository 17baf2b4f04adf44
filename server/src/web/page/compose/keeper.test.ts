import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Email, Folder, Session } from "../../sdk";
import { Keeper } from "./keeper";

/** A mailbox for drafts that can be opened, and out of reach. */
class Drafts {
  readonly appended: { subject: string; replaces: number | undefined }[] = [];
  isReachable = true;
  opened = 0;
  /** Called before a version is stored, and before it is told so. */
  storing = () => {};
  finding = () => {};
  #uid = 0;

  readonly session = { openFolder: () => this.#open() } as unknown as Session;
  folder: { isOpen: boolean } = { isOpen: false };

  #open(): Promise<Folder> {
    this.opened += 1;
    const append = async (email: Email, _flags: string, replaces?: number) => {
      if (!this.isReachable) throw new Error("out of reach");
      this.storing();
      const [subject] = email.headers;
      this.appended.push({ subject: subject?.kind === "text" ? subject.value : "", replaces });
      this.#uid += 1;
      return this.#uid;
    };
    this.folder = Object.assign({ isOpen: true, name: `Drafts ${this.opened}`, append, close: async () => {} });
    return Promise.resolve(this.folder as unknown as Folder);
  }
}

function begin() {
  const drafts = new Drafts();
  const state = { subject: "", said: "", places: [] as string[] };
  const keeper = new Keeper(drafts.session, "Drafts", {
    version: () => {
      const { subject } = state;
      if (subject === "") return undefined;
      const kept = async (folder: Folder, uid: number) => {
        drafts.finding();
        state.places.push(`${subject} in ${folder.name}, ${uid}`);
      };
      return { email: { headers: [{ kind: "text", name: "Subject", value: subject }] }, kept };
    },
    say: (text) => void (state.said = text),
  });
  const change = (subject: string) => {
    state.subject = subject;
    keeper.changed();
  };
  return { drafts, keeper, state, change };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("a draft is kept once it is left alone for a while, each version in the place of the one before", async () => {
  const { drafts, state, change } = begin();
  change("a");
  await vi.advanceTimersByTimeAsync(1_000);
  change("ab");
  await vi.advanceTimersByTimeAsync(2_000);
  expect(drafts.appended).toEqual([]);
  await vi.advanceTimersByTimeAsync(1_000);
  change("abc");
  await vi.advanceTimersByTimeAsync(3_000);
  expect(drafts.appended).toEqual([
    { subject: "ab", replaces: undefined },
    { subject: "abc", replaces: 1 },
  ]);
  expect([drafts.opened, state.said]).toEqual([1, "Draft saved"]);
});

test("what could not be kept is kept later", async () => {
  const { drafts, keeper, state, change } = begin();
  drafts.isReachable = false;
  change("a");
  await vi.advanceTimersByTimeAsync(3_000);
  expect([keeper.isChanged, keeper.place, state.said]).toEqual([true, undefined, "The draft is not saved"]);
  drafts.isReachable = true;
  await keeper.keep();
  expect([keeper.isChanged, keeper.place]).toEqual([false, { folder: "Drafts 1", uid: 1 }]);
});

test("a session that was lost does not lose the draft", async () => {
  const { drafts, keeper, state, change } = begin();
  change("a");
  await keeper.keep();
  drafts.folder.isOpen = false;
  expect(keeper.place).toBeUndefined();
  change("ab");
  await keeper.keep();
  expect(keeper.place).toEqual({ folder: "Drafts 2", uid: 2 });
  drafts.folder.isOpen = false;
  await keeper.rest();
  expect(keeper.place).toEqual({ folder: "Drafts 3", uid: 2 });
  // What is attached is found where the draft is.
  expect(state.places).toEqual(["a in Drafts 1, 1", "a in Drafts 2, 1", "ab in Drafts 2, 2", "ab in Drafts 3, 2"]);
});

test("the version that was kept is told where it is, whatever has changed meanwhile", async () => {
  const { drafts, keeper, state, change } = begin();
  change("a");
  drafts.storing = () => change("ab");
  await keeper.keep();
  expect([state.places, keeper.isChanged]).toEqual([["a in Drafts 1, 1"], true]);
});

test("a version that could not be told where it is, is told before the next one takes its place", async () => {
  const { drafts, keeper, state, change } = begin();
  drafts.finding = () => {
    throw new Error("out of reach");
  };
  change("a");
  await expect(keeper.keep()).rejects.toThrow();
  expect([drafts.appended.length, state.places]).toEqual([1, []]);
  drafts.finding = () => expect(drafts.appended.length).toBeLessThanOrEqual(state.places.length + 1);
  change("ab");
  await keeper.keep();
  expect(state.places).toEqual(["a in Drafts 1, 1", "ab in Drafts 1, 2"]);
  expect(drafts.appended[1]?.replaces).toBe(1);
});

test("nothing is not kept, and what is kept already is not kept again", async () => {
  const { drafts, keeper, change } = begin();
  change("");
  await keeper.keep();
  expect([drafts.appended.length, keeper.hasKept]).toEqual([0, false]);
  change("a");
  await keeper.keep();
  await keeper.keep();
  expect([drafts.appended.length, keeper.hasKept]).toEqual([1, true]);
});
