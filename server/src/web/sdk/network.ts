// When has the world changed so that the connection should be looked at?

/** Calls `look` when the network comes or goes, or the page is seen again. Returns what ends that. */
export function watchNetwork(look: () => void): () => void {
  if (typeof window === "undefined") return () => {};
  const seen = () => {
    if (document.visibilityState === "visible") look();
  };
  window.addEventListener("online", look);
  window.addEventListener("offline", look);
  window.addEventListener("pageshow", seen);
  document.addEventListener("visibilitychange", seen);
  return () => {
    window.removeEventListener("online", look);
    window.removeEventListener("offline", look);
    window.removeEventListener("pageshow", seen);
    document.removeEventListener("visibilitychange", seen);
  };
}
