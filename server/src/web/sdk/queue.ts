// Which requests has the server not got, and which has it not answered?

/** Requests on their way, in the order in which they were made. */
export class Queue<R extends { readonly id: string }> {
  /** Not handed to a connection, or to one that was lost before the server had accepted them. */
  #unsent: R[] = [];
  /** Handed to a connection and not answered, with the number that the server counts them by. */
  readonly #sent = new Map<string, { request: R; number: number }>();
  /** How many were handed over since the login. */
  #count = 0;

  /** Puts a request in. */
  add(request: R): void {
    this.#unsent.push(request);
  }

  /** Takes out the next request to be handed to the connection; it counts as handed over. */
  next(): R | undefined {
    const request = this.#unsent.shift();
    if (request !== undefined) this.#sent.set(request.id, { request, number: ++this.#count });
    return request;
  }

  /** The request of this id, if it waits for its answer. */
  waiting(id: string): R | undefined {
    return this.#sent.get(id)?.request;
  }

  /** The request of this id is answered. */
  answered(id: string): void {
    this.#sent.delete(id);
  }

  /** A new connection: the server has accepted so many requests since the login, the rest goes to it again. */
  resume(accepted: number): void {
    const lost: R[] = [];
    for (const [id, { request, number }] of this.#sent) {
      if (number <= accepted) continue;
      lost.push(request);
      this.#sent.delete(id);
    }
    this.#unsent = [...lost, ...this.#unsent];
    this.#count = accepted;
  }

  /** Forgets everything; returns what was not answered. */
  clear(): R[] {
    const all = [...Array.from(this.#sent.values(), ({ request }) => request), ...this.#unsent];
    this.#sent.clear();
    this.#unsent = [];
    this.#count = 0;
    return all;
  }
}
