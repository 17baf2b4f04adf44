// Does the connection stand?

import type { Client, State } from "../sdk";
import { fill, h } from "./dom";

/** Says when it does not, and lets the user try at once. */
export function connectionStatus(client: Client): HTMLElement {
  const element = h("div", { class: "status", role: "status", "data-test": "status" });
  const draw = (state: State) => {
    element.setAttribute("data-state", state.name);
    if (state.name !== "reconnecting") {
      fill(element, h("span", { class: "dot" }), h("span", { class: "status-text" }, "Online"));
      return;
    }
    fill(
      element,
      h("span", { class: "dot" }),
      h("span", { class: "status-text" }, "Reconnecting …"),
      h("button", { type: "button", class: "link", "data-test": "try-now", onclick: () => client.look() }, "Try now"),
    );
  };
  draw(client.state);
  client.on("state", (state) => {
    if (state.name !== element.getAttribute("data-state")) draw(state);
  });
  return element;
}
