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
  "M6.2 3.500h2.700l1.700 4.300-2 1.500a12 12 0 0 0 6.100 6.100l1.500-2 4.300 1.700v2.700a2.400 2.400 0 0 1-2.600 2.400A16.300 16.300 0 0 1 3.800 6.100a2.400 2.400 0 0 1 2.400-2.600z";

const ICONS = {
  phone: HANDSET,
  hangUp: HANDSET,
  microphone:
    "M12 3.500a2.800 2.800 0 0 1 2.800 2.800v5a2.800 2.800 0 0 1-5.600 0v-5A2.800 2.800 0 0 1 12 3.500zM5.800 11.200a6.200 6.200 0 0 0 12.400 0M12 17.400v3.100M8.500 20.500h7",
  microphoneOff:
    "M9.200 9.200v2.100a2.800 2.800 0 0 0 4.600 2.100M14.800 11V6.300a2.800 2.800 0 0 0-5.500-.8M5.800 11.200a6.200 6.200 0 0 0 10 4.900M18.200 11.200a6 6 0 0 1-.5 2.500M12 17.400v3.100M8.500 20.500h7M4 4l16 16",
  keypad: "M6 5h.01M12 5h.01M18 5h.01M6 11h.01M12 11h.01M18 11h.01M6 17h.01M12 17h.01M18 17h.01M12 21.500h.01",
  sliders: "M4 7h9M17 7h3M4 17h3M11 17h9M13 4.500v5M7 14.500v5",
  inbox: "M4 13.500 6.500 5h11L20 13.500M4 13.500V19h16v-5.500M4 13.500h5l1.200 2.200h3.600l1.200-2.200h5",
  mailbox: "M3.500 6.500h6l1.800 2h9.200v10h-17z",
  mail: "M3.500 5.500h17v13h-17zM4 6.500l8 6 8-6",
  trash: "M4.500 6.500h15M9.500 6.500V4h5v2.500M6.500 6.500l.9 13.500h9.200l.9-13.500M10.200 10v6.500M13.800 10v6.500",
  back: "M14.500 5.500 8 12l6.500 6.500",
  clip: "M19.500 11.500l-7.300 7.300a4.600 4.600 0 0 1-6.500-6.500l7.700-7.700a3 3 0 0 1 4.300 4.300l-7.600 7.600a1.500 1.500 0 0 1-2.100-2.100l6.600-6.600",
  download: "M12 4v11M7.500 11l4.500 4.500 4.500-4.500M5 19.500h14",
  upload: "M12 15.500v-11M7.500 8.500 12 4l4.500 4.500M5 19.500h14",
  files: "M6 3.500h8l4.500 4.500v12.500H6zM13.500 3.500v5h5",
  close: "M6 6l12 12M18 6 6 18",
  leave: "M10 4H5v16h5M14.500 8l4 4-4 4M18 12H9.500",
  swap: "M7 4.500 3.500 8 7 11.500M3.500 8h13M17 12.500l3.500 3.500-3.500 3.500M20.500 16h-13",
  star: "M12 3.800l2.500 5.200 5.700.8-4.100 4 1 5.700-5.100-2.700-5.100 2.700 1-5.700-4.100-4 5.700-.8z",
} as const;

function present(children: Child[]): (Node | string)[] {
  return children.filter((child) => child !== undefined && child !== false);
}
