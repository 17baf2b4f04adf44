// Which files has the account, and what can be done with them?
//
// Paths are divided by `/`. A file comes by way of the session's upload set, and goes by a URL.

import type { Client } from "./client";
import { RequestError } from "./errors";
import { fileUrl, type TransferOptions, upload } from "./files";
import type { Messages } from "./protocol";

/** A file or a directory. */
export interface FileEntry {
  name: string;
  isDirectory: boolean;
  /** Bytes in a file. */
  size: number;
  /** When it was last written, as the protocol has it. */
  modified?: string;
}

export class FileStorage {
  /** Names in the upload set that are free to be used again: what was there is stored. */
  readonly #free: string[] = [];
  #made = 0;

  constructor(private readonly client: Client) {}

  /** What is in a directory (`""`: the root), so many from a place on. */
  async list(directory: string, position: number, limit: number): Promise<FileEntry[]> {
    const found = await this.client.request("fileList", { directory, position, limit });
    return found.map(({ fileName, type, size = 0, timeModified }) => ({
      name: fileName,
      isDirectory: type === "directory",
      size,
      ...(timeModified !== undefined && { modified: timeModified }),
    }));
  }

  /** Whether there is a file or a directory of this path. */
  async has(path: string): Promise<boolean> {
    try {
      await this.client.request("fileList", { fileName: path });
      return true;
    } catch (error) {
      if (error instanceof RequestError && error.errorNum === NO_SUCH) return false;
      throw error;
    }
  }

  /** How much there is in all, and how much there may be. */
  async usage(): Promise<Messages["fileDirInfo"] | undefined> {
    const [info] = await this.client.request("fileDirInfo", {});
    return info;
  }

  async createDirectory(path: string): Promise<void> {
    await this.client.request("fileDirCreate", { fileName: path });
  }

  /** Renames or moves a file, or a directory with all that is in it. */
  async rename(path: string, newPath: string): Promise<void> {
    await this.client.request("fileRename", { fileName: path, newFileName: newPath });
  }

  /** Removes a file, or a directory with all that is in it. */
  async remove(path: string): Promise<void> {
    await this.client.request("fileRemove", { fileName: path, children: true });
  }

  /** Stores a file, in the place of one that is there. */
  async store(path: string, file: Blob, options: TransferOptions = {}): Promise<void> {
    const id = this.#free.pop() ?? `stored-${++this.#made}`;
    try {
      await upload(this.client, id, file, options);
      await this.client.request("fileStore", { fileName: path, uploadID: id });
    } finally {
      this.#free.push(id);
    }
  }

  /** Where a file is. */
  url(path: string): string {
    return fileUrl(this.client, path);
  }
}

/** There is no such thing. */
const NO_SUCH = 512;
