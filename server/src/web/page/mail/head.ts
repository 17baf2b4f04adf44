// Who has written a message, to whom, when and about what?

import type { Email } from "../../sdk";
import { fill, h } from "../dom";
import { fullTime, hue, initials, parseTime } from "../format";
import { addresses, headerText } from "./content";

type Person = ReturnType<typeof addresses>[number];

/** The head of a message. */
export function headOf(email: Email): HTMLElement {
  const [from] = addresses(email, "From");
  const name = nameOf(from) ?? "(no sender)";
  const badge = h("span", { class: "badge", "aria-hidden": "true" }, initials(name));
  badge.style.setProperty("--hue", String(hue(from?.realName ?? name)));
  const time = timeOf(email);
  return h(
    "header",
    { class: "message-head" },
    h("h2", { "data-test": "subject" }, headerText(email, "Subject") || "(no subject)"),
    badge,
    h(
      "div",
      { class: "people" },
      h("div", { class: "from" }, h("strong", {}, name), from?.realName !== undefined && ` ${from.address}`),
      recipients(email),
    ),
    time && h("time", { datetime: time.toISOString() }, fullTime(time)),
  );
}

/** When a message was written. */
export function timeOf(email: Email): Date | undefined {
  const date = email.headers.find((header) => header.kind === "date" && header.name === "Date");
  return date?.kind === "date" ? parseTime(date.time) : undefined;
}

/** In one line; the addresses can be unfolded. */
function recipients(email: Email): HTMLElement | false {
  const fields = ["To", "Cc", "Bcc", "Reply-To"].map((field) => [field, addresses(email, field)] as const);
  const present = fields.filter(([, people]) => people.length > 0);
  if (present.length === 0) return false;
  const short = present
    .filter(([field]) => field !== "Reply-To")
    .map(([field, people]) => `${field} ${people.map((each) => nameOf(each)).join(", ")}`)
    .join(" · ");
  const summary = h("summary", { class: "to", title: "All addresses" }, short || "Addresses");
  const full = h("dl", { class: "addresses" });
  const details = h("details", { class: "recipients", ontoggle: () => draw() }, summary, full);
  const draw = () => {
    if (!details.open) return;
    fill(full, ...present.flatMap(([field, people]) => [h("dt", {}, field), h("dd", {}, people.map(whole).join(", "))]));
  };
  return details;
}

function nameOf(person: Person | undefined): string | undefined {
  return person && (person.realName ?? person.address);
}

function whole({ realName, address }: Person): string {
  return realName === undefined ? address : `${realName} <${address}>`;
}
