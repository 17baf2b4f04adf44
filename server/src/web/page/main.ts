// Which screen is shown?

import "./style.css";
import { type EndReason, Session } from "../sdk";
import { App } from "./app";
import { h } from "./dom";
import { loginScreen } from "./login";
import {
  forget,
  keepTicket,
  save,
  type Saved,
  takeFarewell,
  takeSaved,
  writeFarewell,
} from "./storage";

const session = new Session(location.origin);
let app: App | undefined;

void start();

async function start(): Promise<void> {
  session.client.on("state", (state) => {
    if (state.name === "ended") leave(state.reason);
  });
  session.client.on("renewed", keepTicket);
  window.addEventListener("pagehide", keep);
  // The page comes back as it was left: what was kept must not be found by another.
  window.addEventListener("pageshow", (event) => void (event.persisted && takeSaved()));
  window.addEventListener("beforeunload", (event) => void (app?.isBusy && event.preventDefault()));
  const saved = takeSaved();
  if (saved === undefined) document.body.replaceChildren(loginScreen(session, takeFarewell(), () => enter()));
  else await goOn(saved);
}

/** Goes on with the session of the page that was here before. */
async function goOn(saved: Saved): Promise<void> {
  const anew = h(
    "button",
    { type: "button", class: "link", "data-test": "login-anew", onclick: logInAnew },
    "Log in anew",
  );
  const text = h("p", { role: "status" }, "Going on where you were …");
  document.body.replaceChildren(h("main", { class: "resuming" }, text, anew));
  try {
    await session.resume(saved.session);
    enter();
  } catch {
    // The state says so, too.
  }
}

function enter(): void {
  if (session.client.identity !== undefined) keepTicket(session.client.identity);
  app = new App(session);
  document.body.replaceChildren(app.element);
  void app.start();
}

function keep(): void {
  const saved = session.save();
  if (saved !== undefined) save({ session: saved });
}

/** Leaves the session alone: it ends by itself when nobody comes back. */
function logInAnew(): void {
  window.removeEventListener("pagehide", keep);
  forget();
  location.reload();
}

/** The session is over: everything begins anew. */
function leave(reason: EndReason): void {
  forget();
  app = undefined;
  if (reason === "ticket refused")
    writeFarewell("You have been logged out: the password was changed, or it was too long ago.");
  location.reload();
}
