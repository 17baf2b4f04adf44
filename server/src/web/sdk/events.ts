// Who wants to be told of what?

/** What has events; `M` maps their names to what comes with them. */
export class Events<M extends object> {
  readonly #listeners = new Map<keyof M, Set<(value: never) => void>>();

  /** Calls the listener at each event of this name. Returns what ends that. */
  on<K extends keyof M>(name: K, listener: (value: M[K]) => void): () => void {
    let listeners = this.#listeners.get(name);
    if (listeners === undefined) this.#listeners.set(name, (listeners = new Set()));
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  protected emit<K extends keyof M>(name: K, value: M[K]): void {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) {
      try {
        (listener as (value: M[K]) => void)(value);
      } catch (error) {
        // One listener's fault is not the next one's.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  protected hasListeners(name: keyof M): boolean {
    return (this.#listeners.get(name)?.size ?? 0) > 0;
  }
}
