// How are elements made?

type Child = Node | string | undefined | false;

/** Properties of an element: attributes, listeners by `on…`, and `class`. What is `undefined` or `false` is left out. */
export type Properties = Record<string, string | number | boolean | undefined | ((event: never) => void)>;

/** An element with its properties and children. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Properties = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value as EventListener);
    else setAttribute(element, name, value);
  }
  element.append(...present(children));
  return element;
}

/** Sets an attribute, or removes it. */
export function setAttribute(element: Element, name: string, value: string | number | boolean | undefined): void {
  if (value === undefined || value === false) element.removeAttribute(name);
  else element.setAttribute(name, value === true ? "" : String(value));
}

/** Puts these in the place of what an element has. */
export function fill(element: Element, ...children: Child[]): void {
  element.replaceChildren(...present(children));
}

/** A button with a picture, and its name for those who do not see it. */
export function iconButton(name: IconName, label: string, properties: Properties, withText = false): HTMLButtonElement {
  const named = withText ? {} : { "aria-label": label, title: label };
  return h("button", { type: "button", ...named, ...properties }, icon(name), withText && h("span", {}, label));
}

/** A picture, drawn in the colour of the text around it. */
export function icon(name: IconName): SVGElement {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.classList.add("icon", `icon-${name}`);
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  if (name === "hangUp") path.setAttribute("transform", "rotate(135 12 12)");
  svg.append(path);
  return svg;
}

export type IconName = keyof typeof ICONS;

const SVG = "http://www.w3.org/2000/svg";

const HANDSET =
  "M6.2 3.5h2.700l1.700 4.300-2 1.5a12 12 0 0 0 6.100 6.100l1.5-2 4.300 1.700v2.700a2.400 2.400 0 0 1-2.600 2.400A16.300 16.300 0 0 1 3.800 6.100a2.400 2.400 0 0 1 2.400-2.600z";

const ICONS = {
  phone: HANDSET,
  hangUp: HANDSET,
  microphone:
    "M12 3.5a2.800 2.800 0 0 1 2.800 2.800v5a2.800 2.800 0 0 1-5.600 0v-5A2.800 2.800 0 0 1 12 3.5zM5.800 11.200a6.200 6.200 0 0 0 12.400 0M12 17.400v3.100M8.5 20.5h7",
  microphoneOff:
    "M9.200 9.200v2.100a2.800 2.800 0 0 0 4.600 2.100M14.800 11V6.300a2.800 2.800 0 0 0-5.5-.8M5.800 11.200a6.200 6.200 0 0 0 10 4.900M18.200 11.200a6 6 0 0 1-.5 2.5M12 17.400v3.100M8.5 20.5h7M4 4l16 16",
  keypad: "M6 5h.01M12 5h.01M18 5h.01M6 11h.01M12 11h.01M18 11h.01M6 17h.01M12 17h.01M18 17h.01M12 21.5h.01",
  sliders: "M4 7h9M17 7h3M4 17h3M11 17h9M13 4.5v5M7 14.5v5",
  inbox: "M4 13.5 6.5 5h11L20 13.5M4 13.5V19h16v-5.5M4 13.5h5l1.200 2.200h3.600l1.200-2.200h5",
  mailbox: "M3.5 6.5h6l1.800 2h9.200v10h-17z",
  mail: "M3.5 5.5h17v13h-17zM4 6.5l8 6 8-6",
  trash: "M4.5 6.5h15M9.5 6.5V4h5v2.5M6.5 6.5l.9 13.5h9.200l.9-13.5M10.200 10v6.5M13.800 10v6.5",
  back: "M14.5 5.5 8 12l6.5 6.5",
  clip: "M19.5 11.5l-7.300 7.300a4.600 4.600 0 0 1-6.5-6.5l7.700-7.700a3 3 0 0 1 4.300 4.300l-7.600 7.600a1.5 1.5 0 0 1-2.100-2.100l6.600-6.600",
  download: "M12 4v11M7.5 11l4.5 4.5 4.5-4.5M5 19.5h14",
  upload: "M12 15.5v-11M7.5 8.5 12 4l4.5 4.5M5 19.5h14",
  files: "M6 3.5h8l4.5 4.5v12.5H6zM13.5 3.5v5h5",
  close: "M6 6l12 12M18 6 6 18",
  leave: "M10 4H5v16h5M14.5 8l4 4-4 4M18 12H9.5",
  swap: "M7 4.5 3.5 8 7 11.5M3.5 8h13M17 12.5l3.5 3.5-3.5 3.5M20.5 16h-13",
  star: "M12 3.800l2.5 5.200 5.700.8-4.100 4 1 5.700-5.100-2.700-5.100 2.700 1-5.700-4.100-4 5.700-.8z",
  folder: "M3.5 6.5h6l1.800 2h9.200v10h-17z",
  drafts: "M4 20l1-4.5L15.5 5l3.5 3.5L8.5 19zM13 7.5l3.5 3.5M4 20h16",
  sent: "M20.5 4 3.5 11l6.5 2.800L12.5 20.5zM20.5 4 10 13.800",
  junk: "M12 3.5a8.5 8.5 0 1 0 .01 0zM6.200 6.200l11.600 11.600",
  reply: "M9.5 6 4 11.5 9.5 17M4.5 11.5h8.5c4 0 6.5 2.5 7 7",
  replyAll: "M12.5 6 7 11.5l5.5 5.5M7.5 6 2 11.5 7.5 17M7.5 11.5H14c4 0 6.5 2.5 7 7",
  forward: "M14.5 6 20 11.5 14.5 17M19.5 11.5H11c-4 0-6.5 2.5-7 7",
  move: "M3.5 18.5v-12h6l1.800 2h9.200v10zM9 13.5h6M12.800 11l2.5 2.5-2.5 2.5",
  read: "M3.5 10 12 4l8.5 6v9.5h-17zM3.800 10.200 12 15.5l8.200-5.300",
  search: "M10.5 4a6.5 6.5 0 1 0 .01 0zM15.5 15.5 20.5 20.5",
  plus: "M12 5v14M5 12h14",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  menu: "M4 7h16M4 12h16M4 17h16",
  chevron: "M9.5 6 15.5 12l-6 6",
  down: "M6 9.5l6 6 6-6",
  up: "M6 14.5l6-6 6 6",
  check: "M5 12.5l4.5 4.5L19 7.5",
  threads: "M4 4.5h12v8.5H9l-3.5 3v-3H4zM9 16v1.5h6l3.5 3v-3H20V9h-4",
  help: "M12 3.5a8.5 8.5 0 1 0 .01 0zM9.5 9.5a2.5 2.5 0 1 1 3.5 2.300c-.7.300-1 .8-1 1.700M12 16.5h.01",
  picture: "M4 5.5h16v13H4zM4 15.5l4.5-4.5 4.5 4.5 2.5-2 4.5 4M15.5 9h.01",
  person: "M12 4.5a3.5 3.5 0 1 0 .01 0zM5 19.5c.5-3.5 3.200-5.5 7-5.5s6.5 2 7 5.5",
  calendar: "M4.5 6h15v13.5h-15zM4.5 10h15M8.5 3.5V7M15.5 3.5V7",
  warning: "M12 4 3 19.5h18zM12 10v4.5M12 17h.01",
} as const;

function present(children: Child[]): (Node | string)[] {
  return children.filter((child) => child !== undefined && child !== false);
}
