// How does a user hear of a call who looks at something else?

import type { Call } from "../../sdk";

/** Whether the user can still be asked. */
export function canAskForNotices(): boolean {
  return "Notification" in window && window.isSecureContext && Notification.permission === "default";
}

/** Asks whether notices may be shown. */
export async function askForNotices(): Promise<void> {
  await Notification.requestPermission();
}

/** Shows a notice of a call until it is answered or over. */
export class CallNotices {
  readonly #shown = new Map<Call, Notification | undefined>();

  /** These calls have come in and wait. */
  show(waiting: Call[]): void {
    for (const [call, notification] of this.#shown) {
      if (waiting.includes(call)) continue;
      notification?.close();
      this.#shown.delete(call);
    }
    for (const call of waiting) {
      if (!this.#shown.has(call)) this.#shown.set(call, notify(call));
    }
  }
}

function notify(call: Call): Notification | undefined {
  const isSeen = document.visibilityState === "visible" && document.hasFocus();
  if (isSeen || !("Notification" in window) || Notification.permission !== "granted") return undefined;
  try {
    const notification = new Notification("Incoming call", {
      body: call.peerName === undefined ? call.peer : `${call.peerName} (${call.peer})`,
      icon: "/icon.svg",
      tag: call.leg,
      requireInteraction: true,
    });
    notification.onclick = () => {
      window.focus();
      notification.close();
    };
    return notification;
  } catch {
    // Some browsers on telephones let only a background script do that.
    return undefined;
  }
}
