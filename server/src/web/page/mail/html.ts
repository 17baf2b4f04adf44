// How is somebody else's HTML shown so that it can do no harm?
//
// In a frame that runs no script and loads nothing but pictures of the message itself. What could do otherwise is taken
// out beforehand, but nothing depends on that: the sandbox and the policies of the frame and of the page forbid it.

import { h } from "../dom";

export interface SafeHtml {
  frame: HTMLIFrameElement;
  /** Whether it has pictures from elsewhere. */
  hasRemote: boolean;
}

/** Where pictures may come from. */
export interface Pictures {
  /** Where the part with a Content-ID is, if the message has it. */
  urlOf: (contentID: string) => string | undefined;
  /** Whether they may come from elsewhere, too: the user has asked for them. */
  isRemoteAllowed: boolean;
}

/** A frame with the HTML in it. */
export function safeHtml(source: string, title: string, pictures: Pictures): SafeHtml {
  const document = new DOMParser().parseFromString(source, "text/html");
  for (const element of document.querySelectorAll(UNWANTED)) element.remove();
  let hasRemote = false;
  for (const element of document.querySelectorAll("*")) {
    if (cleanAttributes(element, pictures)) hasRemote = true;
  }
  const styles = [...document.head.querySelectorAll("style")].map((style) => style.outerHTML).join("");
  if (REMOTE_STYLE.test(styles)) hasRemote = true;
  const remote = pictures.isRemoteAllowed ? " https:" : "";
  const policy = `default-src 'none'; img-src ${location.origin}/Session/ data:${remote}; style-src 'unsafe-inline'`;
  const frame = h("iframe", {
    class: "message-frame",
    title,
    "data-test": "message-html",
    // Without `allow-scripts` nothing runs, whatever its origin; with the page's own, its height can be measured.
    sandbox: "allow-same-origin allow-popups allow-popups-to-escape-sandbox",
    srcdoc: `<!doctype html><html><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}"><meta name="referrer" content="no-referrer"><style>${STYLE}</style>${styles}<style>${LAST_STYLE}</style></head>${document.body.outerHTML}</html>`,
  });
  frame.addEventListener("load", () => follow(frame));
  return { frame, hasRemote };
}

const UNWANTED =
  "script, noscript, template, iframe, frame, frameset, object, embed, applet, portal, base, link, meta, title, audio, video, source, track";

/** Attributes that load something, or send it. */
const LOADING = new Set(["srcset", "background", "poster", "action", "formaction", "ping", "data", "lowsrc", "dynsrc"]);

const REMOTE = /^(https?:)?\/\//i;
const REMOTE_STYLE = /url\(\s*['"]?\s*(https?:)?\/\//i;

const STYLE =
  "html{overflow:auto}body{margin:0;padding:4px;font:15px/1.5 system-ui,sans-serif;color:#1c2430;background:#fff;overflow-wrap:anywhere}img{max-width:100%;height:auto}pre{white-space:pre-wrap}";

/** Whatever the message says, it is as high as what is in it, not as the frame. */
const LAST_STYLE = "html,body{height:auto!important;min-height:0!important;max-height:none!important}";

/** Returns whether it has something from elsewhere, which is taken out unless it is allowed. */
function cleanAttributes(element: Element, pictures: Pictures): boolean {
  let hasRemote = false;
  for (const { name, value } of [...element.attributes]) {
    const lower = name.toLowerCase();
    if (lower === "src") {
      const url = pictureUrl(value.trim(), pictures);
      if (REMOTE.test(value.trim())) hasRemote = true;
      if (url === undefined) element.removeAttribute(name);
      else element.setAttribute(name, url);
    } else if (lower.startsWith("on") || LOADING.has(lower)) {
      element.removeAttribute(name);
      if (!lower.startsWith("on") && REMOTE.test(value.trim())) hasRemote = true;
    } else if (lower === "style") {
      // The policy keeps it from being loaded.
      if (REMOTE_STYLE.test(value)) hasRemote = true;
    } else if (lower === "href" || lower === "xlink:href") {
      if (!/^(https?:|mailto:|tel:|sip:|sips:|#)/i.test(value.trim())) element.removeAttribute(name);
    }
  }
  if (element.localName === "a" || element.localName === "area") {
    element.setAttribute("target", "_blank");
    element.setAttribute("rel", "noopener noreferrer");
  }
  return hasRemote;
}

function pictureUrl(source: string, { urlOf, isRemoteAllowed }: Pictures): string | undefined {
  if (/^cid:/i.test(source)) return urlOf(decode(source.slice(4)));
  // Without encryption others would see what is read: the policies allow only https.
  if (REMOTE.test(source)) return isRemoteAllowed ? source.replace(/^(http:)?\/\//i, "https://") : undefined;
  return /^data:image\//i.test(source) ? source : undefined;
}

function decode(contentID: string): string {
  try {
    return decodeURIComponent(contentID);
  } catch {
    return contentID;
  }
}

/** Room for a scroll bar, in pixels. */
const SCROLL_BAR = 16;

/** The frame is as high as what is in it. */
function follow(frame: HTMLIFrameElement): void {
  const document = frame.contentDocument;
  if (document === null) return;
  const fit = () => {
    // Something in it may be as high as the frame: measured from nothing, that does not make it grow for ever.
    frame.style.height = "0";
    frame.style.height = `${document.documentElement.scrollHeight + SCROLL_BAR}px`;
  };
  let width = 0;
  new ResizeObserver(() => {
    if (frame.clientWidth === width) return;
    width = frame.clientWidth;
    fit();
  }).observe(frame);
  document.addEventListener("toggle", fit, true);
  document.addEventListener("click", (event) => followAnchor(document, event));
}

/** A link to another place of the message leads there, not to another page. */
function followAnchor(document: Document, event: Event): void {
  const link = (event.target as Element | null)?.closest('a[href^="#"]');
  if (link == null) return;
  event.preventDefault();
  const id = link.getAttribute("href")?.slice(1) ?? "";
  document.querySelector(`[id="${CSS.escape(id)}"], [name="${CSS.escape(id)}"]`)?.scrollIntoView();
}
