// How is something asked of the user?

import { h, iconButton } from "./dom";
import { problem } from "./words";

export interface Question {
  title: string;
  text?: string;
  /** A text that is asked for, and what stands there at first. */
  field?: { label: string; value: string };
  /** What the button says that does it. */
  confirm: string;
  /** Whether something is lost by it. */
  isDangerous?: boolean;
  /** Does it. What goes wrong is said in the dialog, which stays open. */
  act: (text: string) => Promise<void>;
}

/** Asks, and does what was asked for if the user agrees. */
export function ask({ title, text, field, confirm, isDangerous = false, act }: Question): void {
  const input =
    field && h("input", { type: "text", value: field.value, required: true, autofocus: true, "data-test": "dialog-field" });
  const bad = h("p", { class: "notice bad", role: "alert", hidden: true, "data-test": "dialog-problem" });
  const submit = h(
    "button",
    { type: "submit", class: isDangerous ? "bad" : "main", autofocus: field === undefined, "data-test": "dialog-confirm" },
    confirm,
  );
  const run = async () => {
    submit.disabled = true;
    bad.hidden = true;
    try {
      await act(input?.value.trim() ?? "");
      dialog.close();
    } catch (error) {
      bad.hidden = false;
      bad.textContent = problem(error);
      submit.disabled = false;
      input?.select();
    }
  };
  const form = h(
    "form",
    {
      class: "dialog-form",
      onsubmit: (event: SubmitEvent) => {
        event.preventDefault();
        void run();
      },
    },
    text !== undefined && h("p", {}, text),
    input && h("label", { class: "field" }, h("span", {}, field?.label ?? ""), input),
    bad,
    h(
      "div",
      { class: "dialog-buttons" },
      h("button", { type: "button", "data-test": "dialog-cancel", onclick: () => dialog.close() }, "Cancel"),
      submit,
    ),
  );
  const dialog = modal(title, form);
  input?.select();
}

/** A dialog with this in it, which is shown at once and goes when it is closed. The focus returns by itself. */
export function modal(title: string, content: HTMLElement, name = "dialog"): HTMLDialogElement {
  const dialog = h(
    "dialog",
    {
      class: "dialog",
      "aria-label": title,
      "data-test": name,
      onclose: () => dialog.remove(),
      // Beside the dialog.
      onclick: (event: MouseEvent) => void (event.target === dialog && dialog.close()),
    },
    h(
      "header",
      {},
      h("h2", {}, title),
      iconButton("close", "Close", { class: "quiet", onclick: () => dialog.close(), "data-test": "dialog-close" }),
    ),
    content,
  );
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}
