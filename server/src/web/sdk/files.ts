// How do files get to the server and back?
//
// What is uploaded belongs to the session and goes with it, unless `fileStore` keeps it.

import type { Client } from "./client";
import { ConnectionError, RequestError, SessionEnded } from "./errors";

/** How far a transfer has got, in bytes; `total` is absent if nobody knows. */
export interface Progress {
  done: number;
  total?: number;
}

export interface TransferOptions {
  onProgress?: (progress: Progress) => void;
  signal?: AbortSignal;
}

/** Puts a file into the session's upload set, under an id of the caller's choice; an earlier one of that id is
 * replaced. */
export function upload(client: Client, id: string, file: Blob, options: TransferOptions = {}): Promise<void> {
  const { onProgress, signal } = options;
  return new Promise((resolve, reject) => {
    // `fetch` does not tell how much was sent.
    const request = new XMLHttpRequest();
    request.open("PUT", sessionUrl(client, `UPLOAD/${encodeURIComponent(id)}`));
    request.setRequestHeader("Content-Type", file.type || "application/octet-stream");
    request.upload.onprogress = ({ loaded, total }) => onProgress?.({ done: loaded, total });
    request.onload = () => {
      const failure = failureOf("upload", request.status, request.responseText);
      if (failure === undefined) resolve();
      else reject(failure);
    };
    request.onerror = () => reject(new ConnectionError("the upload broke off"));
    request.onabort = () => reject(new DOMException("the upload was stopped", "AbortError"));
    signal?.addEventListener("abort", () => request.abort());
    request.send(file);
  });
}

/** The URL of an uploaded file. */
export function uploadUrl(client: Client, id: string): string {
  return sessionUrl(client, `DOWNLOAD/$UPLOAD$/${encodeURIComponent(id)}`);
}

/** The URL of a file in the account's file storage, by its path; with `~account@domain/path` of one in another's. */
export function fileUrl(client: Client, path: string): string {
  return sessionUrl(client, `DOWNLOAD/${path.split("/").map(encodeURIComponent).join("/")}`);
}

/** Fetches what is at a URL of the session. It goes straight into a blob, which the browser keeps where it likes. */
export async function download(url: string, options: TransferOptions = {}): Promise<Blob> {
  const { onProgress, signal } = options;
  const response = await fetch(url, { ...(signal && { signal }) }).catch((error: unknown) => {
    throw signal?.aborted ? error : new ConnectionError("the server cannot be reached");
  });
  const failure = failureOf("download", response.status, response.ok ? "" : await response.text());
  if (failure !== undefined) throw failure;
  const length = response.headers.get("Content-Length");
  const total = length === null ? {} : { total: Number(length) };
  let done = 0;
  const counter = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      done += chunk.byteLength;
      onProgress?.({ done, ...total });
      controller.enqueue(chunk);
    },
  });
  const counted = response.body?.pipeThrough(counter) ?? null;
  return new Response(counted, { headers: response.headers }).blob();
}

function sessionUrl(client: Client, path: string): string {
  if (client.identity === undefined) throw new SessionEnded("there is no session");
  return `${client.server}/Session/${client.identity.urlID}/${path}`;
}

/** A status of 550 says that the session is gone. */
function failureOf(what: string, status: number, text: string): Error | undefined {
  if (status >= 200 && status < 300) return undefined;
  if (status === 550) return new SessionEnded("the session has ended");
  return new RequestError(what, text, status === 404 ? 512 : 500);
}
