// Who is the user?

import { ConnectionError, type Session } from "../sdk";
import { h, type Properties } from "./dom";
import { problem } from "./words";

/** The form to log in by; `done` is called once that has succeeded. `notice` says why it is shown again. */
export function loginScreen(session: Session, notice: string | undefined, done: () => void): HTMLElement {
  const account = field("Account", {
    name: "username",
    autocomplete: "username",
    autocapitalize: "none",
    spellcheck: "false",
    placeholder: "name@domain",
    autofocus: true,
    "data-test": "account",
  });
  const password = field("Password", {
    name: "password",
    type: "password",
    autocomplete: "current-password",
    "data-test": "password",
  });
  const submit = h("button", { type: "submit", class: "main", "data-test": "login" }, "Log in");
  const alert = h("p", { class: "notice bad", role: "alert", hidden: true, "data-test": "login-problem" });
  const say = (text: string | undefined) => {
    alert.hidden = text === undefined;
    alert.textContent = text ?? "";
  };
  const logIn = async () => {
    submit.disabled = true;
    say(undefined);
    try {
      await session.login(account.input.value.trim(), password.input.value);
      done();
    } catch (error) {
      say(problem(error));
      if (!(error instanceof ConnectionError)) password.input.select();
    } finally {
      submit.disabled = false;
    }
  };
  say(notice);
  return h(
    "main",
    { class: "login" },
    h(
      "form",
      {
        class: "login-card",
        "aria-label": "Log in",
        onsubmit: (event: SubmitEvent) => {
          event.preventDefault();
          void logIn();
        },
      },
      h("img", { src: "/icon.svg", alt: "", width: 56, height: 56 }),
      h("h1", {}, "XIMSS gateway"),
      h("p", { class: "muted" }, "Mail and telephone in one page"),
      account.label,
      password.label,
      alert,
      submit,
    ),
  );
}

function field(label: string, properties: Properties) {
  const input = h("input", { type: "text", required: true, ...properties });
  return { input, label: h("label", { class: "field" }, h("span", {}, label), input) };
}
