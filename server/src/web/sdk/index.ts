// What does an application see of the SDK?

export type { Answers, DataMessage } from "./answers";
export { Call } from "./call";
export type { CallState, Ending, SavedCall, Sound } from "./call-state";
export { Calls } from "./calls";
export {
  type Calendar,
  type CalendarEntry,
  type CalendarTime,
  type Card,
  type Labelled,
  readXmlParts,
  type Report,
  type XmlPart,
} from "./cards";
export { Client, type ClientEvents, type Identity, type SavedClient } from "./client";
export type { Socket, OpenSocket } from "./connection";
export type {
  Email,
  Features,
  FileAclEntry,
  FileContent,
  FileSubscriptionEdit,
  Header,
  MessageRange,
  MessageSet,
  Mime,
  MimeBody,
  PreferenceValue,
  ViewerField,
} from "./content";
export {
  type Device,
  type Devices,
  listDevices,
  MicrophoneError,
  type MicrophoneProblem,
  openMicrophone,
  watchDevices,
} from "./devices";
export { ConnectionError, RequestError, SessionEnded } from "./errors";
export { Events } from "./events";
export { type FileEntry, FileStorage } from "./file-storage";
export { download, fileUrl, type Progress, type TransferOptions, upload, uploadUrl } from "./files";
export {
  fieldText,
  flagsOf,
  Folder,
  type FolderEvents,
  type FolderOptions,
  type FolderRow,
  type FolderView,
  type Places,
} from "./folder";
export type { EndReason, State } from "./link";
export type { Item } from "./mime";
export type { Messages, Requests } from "./protocol";
export { type MessagePlace, type SavedSession, Session } from "./session";
