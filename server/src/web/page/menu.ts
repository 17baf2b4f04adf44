// What can be done with something, as a menu?

import { h, icon, type IconName } from "./dom";

export interface MenuItem {
  label: string;
  icon: IconName;
  run: () => void;
  /** A name for tests. */
  name?: string;
  isDangerous?: boolean;
}

export interface Point {
  x: number;
  y: number;
}

/** Opens a menu below an element, or at a point. The focus returns to where it was. */
export function openMenu(at: HTMLElement | Point, label: string, items: MenuItem[]): void {
  const before = document.activeElement;
  const close = () => {
    if (!menu.isConnected) return;
    const hadFocus = menu.contains(document.activeElement);
    menu.remove();
    window.removeEventListener("pointerdown", outside, true);
    window.removeEventListener("resize", close);
    if (at instanceof HTMLElement) at.setAttribute("aria-expanded", "false");
    if (hadFocus && before instanceof HTMLElement) before.focus();
  };
  const outside = (event: Event) => {
    if (!menu.contains(event.target as Node)) close();
  };
  const buttons = items.map((item) =>
    h(
      "button",
      {
        type: "button",
        role: "menuitem",
        class: item.isDangerous === true ? "menu-item dangerous" : "menu-item",
        tabindex: -1,
        "data-test": item.name,
        onclick: () => {
          close();
          item.run();
        },
      },
      icon(item.icon),
      h("span", {}, item.label),
    ),
  );
  const menu = h(
    "div",
    {
      class: "menu",
      role: "menu",
      "aria-label": label,
      "data-test": "menu",
      onkeydown: (event: KeyboardEvent) => {
        event.stopPropagation();
        const step = STEPS[event.key];
        if (event.key === "Escape" || event.key === "Tab") close();
        else if (step !== undefined) buttons[step(buttons.indexOf(focused()), buttons.length)]?.focus();
        else return;
        event.preventDefault();
      },
    },
    ...buttons,
  );
  const focused = () => document.activeElement as HTMLButtonElement;
  (document.querySelector("main") ?? document.body).append(menu);
  place(menu, at);
  if (at instanceof HTMLElement) at.setAttribute("aria-expanded", "true");
  window.addEventListener("pointerdown", outside, true);
  window.addEventListener("resize", close);
  buttons[0]?.focus();
}

const STEPS: Record<string, (at: number, count: number) => number> = {
  ArrowDown: (at, count) => (at + 1) % count,
  ArrowUp: (at, count) => (at + count - 1) % count,
  Home: () => 0,
  End: (_, count) => count - 1,
};

/** Pixels that a menu keeps from the edge of the window. */
const MARGIN = 8;

function place(menu: HTMLElement, at: HTMLElement | Point): void {
  const { width, height } = menu.getBoundingClientRect();
  const box = at instanceof HTMLElement ? at.getBoundingClientRect() : new DOMRect(at.x, at.y);
  const below = box.bottom + 4;
  const top = below + height + MARGIN <= window.innerHeight ? below : Math.max(MARGIN, box.top - height - 4);
  const { left: x } = box;
  menu.style.left = `${Math.max(MARGIN, Math.min(x, window.innerWidth - width - MARGIN))}px`;
  menu.style.top = `${top}px`;
}
