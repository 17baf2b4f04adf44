import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Toasts } from "./toast";

/** As much of an element as a toast needs. */
class Piece {
  pieces: Piece[] = [];
  parent: Piece | undefined;
  text = "";
  readonly classList = { add: () => {} };

  append(...children: (Piece | string)[]): void {
    for (const child of children) {
      if (typeof child === "string") this.text += child;
      else {
        child.parent = this;
        this.pieces.push(child);
      }
    }
  }

  remove(): void {
    const { parent } = this;
    if (parent !== undefined) parent.pieces = parent.pieces.filter((piece) => piece !== this);
  }

  setAttribute(): void {}
  addEventListener(): void {}
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("document", { createElement: () => new Piece(), createElementNS: () => new Piece() });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("what lasts stays its time whatever is said meanwhile, and is undone by itself", () => {
  const toasts = new Toasts();
  const done: string[] = [];
  const shown = () => (toasts.element as unknown as Piece).pieces.map(({ pieces }) => pieces[0]?.text);
  const send = (text: string) =>
    toasts.say({
      text,
      lasts: 5_000,
      isLasting: true,
      action: { label: "Undo", run: () => done.push(`${text} undone`) },
      gone: () => done.push(`${text} sent`),
    });
  send("first");
  vi.advanceTimersByTime(3_000);
  send("second");
  toasts.say({ text: "a" });
  toasts.say({ text: "b" });
  expect([shown(), done]).toEqual([["first", "second", "b"], []]);
  vi.advanceTimersByTime(2_000);
  expect([shown(), done]).toEqual([["second", "b"], ["first sent"]]);
  expect([toasts.undo(), toasts.undo()]).toEqual([true, false]);
  vi.advanceTimersByTime(60_000);
  expect([shown(), done]).toEqual([[], ["first sent", "second undone"]]);
});
