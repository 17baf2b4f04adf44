// Which data messages answer which request?

import type { Messages, Requests } from "./protocol";

/** The name of the data messages of each request that has some. */
export interface Answers {
  listFeatures: "features";
  prefsRead: "prefs";
  mailboxList: "mailbox";
  mailboxSubList: "mailboxSubscription";
  folderOpen: "folderReport";
  folderReopen: "folderReport";
  folderBrowse: "folderReport";
  folderSync: "folderReport";
  folderSearch: "folderSearchResult";
  folderRead: "folderMessage";
  messageAppend: "messageAdded";
  messageCopy: "messageAdded";
  messageMove: "messageAdded";
  fileList: "fileInfo";
  fileDirInfo: "fileDirInfo";
  fileRead: "fileData";
  fileAttrRead: "fileAttrData";
  fileSubList: "fileSubscription";
}

/** A data message of a request. */
export type DataMessage<R extends keyof Requests> = R extends keyof Answers ? Messages[Answers[R]] : never;
