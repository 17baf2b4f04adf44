// Generated from the protocol crate by `cargo run -p protocol --example typescript`. Do not edit.

import type { Email, Features, FileAclEntry, FileContent, FileSubscriptionEdit, MessageSet, PreferenceValue, Recipient, RightsEdit, SubscriptionEdit, ViewerField } from "./content";

/** How an attribute is written: as it is, as a number, or as yes. */
export type AttributeKind = "string" | "number" | "boolean";

/** The wire form of a message: its attributes and the pieces of its body, in order. */
export interface Descriptor {
  attributes: Record<string, AttributeKind>;
  body: Record<string, string>;
}

/** What a client may send. */
export interface Requests {
  /** Asks what the server offers before a login. Answered by `features`. */
  listFeatures: {
    /** The domain meant; absent: that of the address connected to. */
    domain?: string;
  };
  /** Begins TLS right after the response. Possible on TCP, before a login. */
  starttls: Record<never, never>;
  /** Logs in, or begins to. Answered by `session`, or by `challenge` if a mechanism is named. */
  login: {
    /** The account: `name` or `name@domain`. */
    authData?: string;
    /** The password in the clear. */
    password?: string;
    /** In place of the password: the ticket of an earlier `session`. */
    ticket?: string;
    /** In place of both: a SASL mechanism, `PLAIN` or `CRAM-MD5`; goes on with `auth`. */
    method?: string;
    /** With `method`: the mechanism's first response in base64, if it has one. */
    value?: string;
    /** Whether messages are to be numbered, so that the session can be resumed (BINDINGS.md). */
    numbered?: boolean;
  };
  /** Answers a `challenge`. */
  auth: {
    /** The response in base64. */
    value: string;
  };
  /** In place of `login`: attaches to a live session whose messages are numbered. Answered by `session`, whose `requests` says how many requests the server has accepted, then by every message after `ackSeq`. */
  resume: {
    /** The session's id. */
    urlID: string;
    /** The ticket that came with the session. */
    ticket: string;
    /** The number of the last message received; 0 if none was. */
    ackSeq: number;
  };
  /** Does nothing, and keeps the session alive. */
  noop: Record<never, never>;
  /** Ends the session; the server closes after its response. */
  bye: Record<never, never>;
  /** Sets an option: `idleTimeout` (seconds), `reportMailboxChanges` (`yes`). Others are accepted and ignored. */
  setSessionOption: {
    /** Which option. */
    name: string;
    /** Its value. */
    value: string;
  };
  /** Tells the client's name and version, for the log. */
  setClientName: {
    /** The name. */
    name: string;
  };
  /** Reads preferences. Answered by `prefs`. */
  prefsRead: {
    /** `custom` or `default`; absent: the effective values. */
    type?: string;
    /** Which ones; none: all. */
    names: string[];
  };
  /** Sets preferences; an empty value or the word `default` removes one. */
  prefsStore: {
    /** `custom` or absent. */
    type?: string;
    /** The new values. */
    preferences: Record<string, PreferenceValue>;
  };
  /** Lists mailboxes. Answered by one `mailbox` for each. */
  mailboxList: {
    /** A pattern as of IMAP LIST: `*` any text, `%` any text without `/`. Absent: all. */
    filter?: string;
    /** Whether containers without messages are wanted too. */
    pureFolder?: boolean;
    /** Only mailboxes of this class. */
    mailboxClass?: string;
  };
  /** Creates a mailbox. A name that ends with `/` is a place that only has mailboxes below it. */
  mailboxCreate: {
    /** Its name. */
    mailbox: string;
    /** Its class, such as `IPF.Contact`. */
    mailboxClass?: string;
  };
  /** Renames a mailbox. It stays itself: folders on it stay open, and UIDs keep their meaning. */
  mailboxRename: {
    /** Its name. */
    mailbox: string;
    /** Its new name. */
    newName: string;
    /** If present, the mailboxes below it go with it. */
    children?: boolean;
  };
  /** Removes a mailbox with its messages. */
  mailboxRemove: {
    /** Its name. */
    mailbox: string;
    /** If present, the mailboxes below it are removed, too. */
    children?: boolean;
  };
  /** Tells the user's own rights. Answered by one `mailboxRights`. */
  mailboxRightsGet: {
    /** The mailbox. */
    mailbox: string;
  };
  /** Tells what has been granted to others, for who has the right `a`. Answered by one `mailboxRights` for each of them. The owner, who has all rights, is not among them. */
  mailboxRightsList: {
    /** The mailbox. */
    mailbox: string;
  };
  /** Sets the rights of those who are named; others keep theirs: all, or none if one is not possible. Rights only ever add up: what is granted to `anyone`, each account of the domain has beside its own. The owner has all.  Flags are the mailbox's, `Seen` included: who may see them sees the same, and who may set them sets them for all. */
  mailboxRightsSet: {
    /** The mailbox, to which the user has the right `a`. */
    mailbox: string;
    /** Who, and what from now on. */
    rights: RightsEdit[];
  };
  /** Answered by one `quota`. */
  quotaRead: Record<never, never>;
  /** Lists subscriptions. Answered by one `mailboxSubscription` for each; the mailbox need not exist. */
  mailboxSubList: {
    /** A pattern as of `mailboxList`. Absent: all. */
    filter?: string;
  };
  /** Adds and removes subscriptions: all, or none if one is not possible. */
  mailboxSubUpdate: {
    /** What changes, in order. */
    subscriptions: SubscriptionEdit[];
  };
  /** Opens a mailbox as a folder: sorted, perhaps filtered, watched. Answered by `folderReport` with the mode `init`. */
  folderOpen: {
    /** The folder's name, unique in the session. */
    folder: string;
    /** The mailbox; absent: the one named as the folder. */
    mailbox?: string;
    /** If the mailbox does not exist, create it with this class; it may be empty. */
    mailboxClass?: string;
    /** The field to sort by; absent: UID. */
    sortField?: string;
    /** Which way; absent: ascending. */
    sortOrder?: "asc" | "desc";
    /** Only messages that match this. */
    filter?: string;
    /** Where the filter looks: `FLAGS`, `body`, a header field; absent: any header field or body part. */
    filterField?: string;
    /** Whether messages leave the folder when they are marked `Deleted`; absent: as the preference DeleteMode says. */
    hideDeleted?: boolean;
    /** The UIDVALIDITY that `UIDMin` was seen with. */
    UIDValidity?: number;
    /** Only messages from this UID on, if `UIDValidity` is the mailbox's. */
    UIDMin?: number;
    /** The fields that reports on messages carry. */
    fields: string[];
  };
  /** Builds an open folder anew from its mailbox. Answered by `folderReport` with the mode `init`: what the client knows of the folder's messages is void. */
  folderReopen: {
    /** The folder. */
    folder: string;
    /** The field to sort by; absent: UID. */
    sortField?: string;
    /** Which way; absent: ascending. */
    sortOrder?: "asc" | "desc";
    /** Only messages that match this. */
    filter?: string;
    /** Where the filter looks: `FLAGS`, `body`, a header field; absent: any header field or body part. */
    filterField?: string;
    /** Whether messages leave the folder when they are marked `Deleted`; absent: as the preference DeleteMode says. */
    hideDeleted?: boolean;
    /** The UIDVALIDITY that `UIDMin` was seen with. */
    UIDValidity?: number;
    /** Only messages from this UID on, if `UIDValidity` is the mailbox's. */
    UIDMin?: number;
    /** The fields that reports on messages carry; none: those that they carried before. */
    fields: string[];
  };
  /** Asks for messages of the logical view. Answered by one `folderReport` for each. */
  folderBrowse: {
    /** The folder. */
    folder: string;
    /** Which messages. */
    set: MessageSet;
  };
  /** Brings the logical view up to date. Answered by a `folderReport` for each change. */
  folderSync: {
    /** The folder. */
    folder: string;
    /** At most so many reports; the rest waits for the next sync. */
    limit?: number;
  };
  /** Asks for a message or a part of it as XML. Answered by `folderMessage`. Does not mark it as seen. */
  folderRead: {
    /** The folder. */
    folder: string;
    /** The message. */
    UID: number;
    /** A part of it; absent: all. */
    partID?: string;
    /** How many bytes of texts, decoded, to include in all; absent: 10 MiB; -1: no limit. Those that do not fit are left empty, to be fetched by URL. */
    totalSizeLimit?: number;
    /** What to make of it: an answer, or a message for others; absent: it is shown as it is. */
    mode?: "replyFrom" | "replyAll" | "forward" | "replyFromHTML" | "replyAllHTML" | "forwardHTML";
  };
  /** Looks for messages in the logical view. Answered by one `folderSearchResult` for each that is found, in the order of the view; the form of the answer is ours. */
  folderSearch: {
    /** The folder. */
    folder: string;
    /** What to look for: search keys as of IMAP (RFC 3501, 6.4.4), such as `UNSEEN FROM "ann" SINCE 1-Feb-2024`. Sequence numbers are positions in the view, counted from 1; days are those of the user's time zone. */
    filter: string;
    /** How many messages to find at most; absent: all. */
    limit?: number;
    /** How many seconds to look at most, 60 if more are asked for; absent: 10. */
    timeout?: number;
  };
  /** Removes every message of the mailbox that is marked `Deleted`, whether or not the folder shows it. */
  folderExpunge: {
    /** The folder. */
    folder: string;
  };
  /** Closes a folder. Its name can be used again. */
  folderClose: {
    /** The folder. */
    folder: string;
  };
  /** Sets the flags named and clears those named negatively. */
  messageMark: {
    /** The folder. */
    folder: string;
    /** Such as `Seen,Unflagged`. */
    flags: string;
    /** Which messages. */
    set: MessageSet;
  };
  /** Removes messages. */
  messageRemove: {
    /** The folder. */
    folder: string;
    /** How; absent: as the preference DeleteMode says. */
    mode?: "Immediately" | "Move To Trash" | "Mark";
    /** Which messages. */
    set: MessageSet;
  };
  /** Copies messages to a mailbox. With `report`, answered by one `messageAdded` for each. */
  messageCopy: {
    /** The folder they are in. */
    folder: string;
    /** The mailbox they go to. */
    targetMailbox: string;
    /** If that mailbox does not exist, create it with this class; it may be empty. */
    mailboxClass?: string;
    /** `uid`: report the UIDs that they have there. */
    report?: "uid";
    /** Store encrypted for the user. */
    encrypt?: boolean;
    /** Store decrypted. */
    decrypt?: boolean;
    /** Which messages. */
    set: MessageSet;
  };
  /** Moves messages to a mailbox: all, or none if it fails. With `report`, answered by one `messageAdded` for each. */
  messageMove: {
    /** The folder they are in. */
    folder: string;
    /** The mailbox they go to. */
    targetMailbox: string;
    /** If that mailbox does not exist, create it with this class; it may be empty. */
    mailboxClass?: string;
    /** `uid`: report the UIDs that they have there. */
    report?: "uid";
    /** Store encrypted for the user. */
    encrypt?: boolean;
    /** Store decrypted. */
    decrypt?: boolean;
    /** Which messages. */
    set: MessageSet;
  };
  /** Stores a message in a mailbox without sending it: the `<EMail>` of the body, or an uploaded file that is a message. With `report`, answered by `messageAdded`. */
  messageAppend: {
    /** An open folder, in whose mailbox it is stored; else `targetMailbox` names the mailbox. */
    folder?: string;
    /** The mailbox. */
    targetMailbox?: string;
    /** If that mailbox does not exist, create it with this class; it may be empty. */
    mailboxClass?: string;
    /** The flags that it has from the beginning; absent: none. */
    flags?: string;
    /** When it came; absent: now. */
    internalDate?: string;
    /** `uid`: report the UID that it has there. */
    report?: "uid";
    /** The UID in the same mailbox of the version that it replaces, such as a draft saved before: that one is removed as this one is stored, and is its original (`ORIGUID`). One that is gone already is no error. */
    replacesUID?: number;
    /** A file of the session's upload set that is a message, stored as it is. Then there is no `<EMail>`. */
    uploadID?: string;
    /** The message. */
    email?: Email;
  };
  /** Sends a message to those whom its `To`, `Cc` and `Bcc` name; nobody is told of `Bcc`. A copy with it goes to the mailbox that the preference `SentBox` names, which is created if it is missing. When it is answered with success, the message is on its way whatever happens. `From` is the account's address; it may be left out. */
  messageSubmit: {
    /** `yes`: keep no copy. */
    noSentCopy?: boolean;
    /** An open folder with the message that this one answers: it is marked `Answered`. */
    replyFolder?: string;
    /** Its UID. */
    replyUID?: number;
    /** An open folder with the draft of this message: it is removed. */
    draftFolder?: string;
    /** Its UID. */
    draftUID?: number;
    /** The message. */
    email: Email;
  };
  /** Sends messages on to others as they are, with fields before them that tell who did it (RFC 5322 §3.6.6), and marks them `Redirected`. */
  messageRedirect: {
    /** The folder. */
    folder: string;
    /** Which messages. */
    set: MessageSet;
    /** To whom: `<To realName="Bob">bob@example.org</To>`, one for each. */
    recipients: Recipient[];
  };
  /** Removes all messages of the Trash mailbox. */
  emptyTrash: Record<never, never>;
  /** Removes messages of a mailbox for good. */
  emptyMailbox: {
    /** The mailbox. */
    mailbox: string;
    /** How old a message has to be: seconds, or counts of `w`, `d`, `h`, `m` and `s` (`1d12h`). 0 removes all. */
    duration: string;
  };
  /** Lists the files and directories in a directory, in the order of the bytes of their names. Answered by one `fileInfo` for each. `~account@domain/path` names what is in another account, here and in all requests for files. Fails with 512 if there is no such directory or file, 516 if its rights do not go so far. */
  fileList: {
    /** The directory, with or without a `/` at its end; absent or empty: the root. It is echoed as it is sent. */
    directory?: string;
    /** A single file or directory in it that is wanted; absent: all. */
    fileName?: string;
    /** How many to leave out at the beginning. */
    position?: number;
    /** How many are wanted at most. */
    limit?: number;
  };
  /** Asks how much is below a directory. Answered by `fileDirInfo`. */
  fileDirInfo: {
    /** The directory; absent or empty: the root. */
    directory?: string;
  };
  /** Makes a directory, and those that are missing on the way to it. Fails with 520 if a file or directory has the name. The parts of a path are divided by `/`; a part has 255 bytes at most and is not `.` or `..`; a path has 1,024 bytes and 32 parts at most, and no control characters. */
  fileDirCreate: {
    /** Its path, with or without a `/` at its end. */
    fileName: string;
  };
  /** Reads a file, or a slice of it. Answered by `fileData`. A slice has 1 MiB at most: if `position` and `slice` of the answer do not add up to `size`, the rest is read from there. A slice of text ends after a whole character (UTF-8) and has at least one unless `limit` is 0. What is not text fails with 500: read it as binary. */
  fileRead: {
    /** Its path. */
    fileName: string;
    /** How it is wanted; absent: as text. As vCards it is read whole. */
    type?: "binary" | "vcard";
    /** The byte to begin with; absent: the first one, 0. */
    position?: number;
    /** How many bytes are wanted at most. */
    limit?: number;
  };
  /** Writes a file. One that is not there is made, with the directories on the way to it. The file is as before or has all of what was written, whoever writes at once. Fails with 500 "file storage is full…" if the account has no room for it. */
  fileWrite: {
    /** Its path. */
    fileName: string;
    /** What is in the body; absent: what the body is. */
    type?: "binary" | "vcard";
    /** Where it is written: over what is there from this byte on, which lies in the file or follows its last one, or at the end; absent: in place of all that is there. */
    position?: number | "append";
    /** What is written: text, `<base64>`, or `<vCard>` elements, which are written as vCard 3.0. */
    content: FileContent;
  };
  /** Renames or moves a file, or a directory with all that is below it, within its account. Directories that are missing on the way to the new path are made. Fails with 520 if something has the new path, 500 if a directory would be below itself. */
  fileRename: {
    /** Its path. */
    fileName: string;
    /** Its new path. */
    newFileName: string;
  };
  /** Removes a file or a directory. Fails with 500 for a directory that is not empty, without `children`. */
  fileRemove: {
    /** Its path. */
    fileName: string;
    /** If present, all that is below a directory is removed, too. (Ours: the protocol does not say.) */
    children?: boolean;
  };
  /** Stores a file of the session's upload set, where it stays, in place of what is in a file or as a new one. Directories that are missing on the way are made. Fails with 512 if there is no such upload. */
  fileStore: {
    /** Its path. */
    fileName: string;
    /** The file's id in the upload set. */
    uploadID: string;
  };
  /** Asks for the attributes that were given to a file or directory. Answered by `fileAttrData`. */
  fileAttrRead: {
    /** Its path. */
    fileName: string;
  };
  /** Sets the attributes of a file or directory; those that are absent stay as they are. Rights add up: what is granted by a directory holds for all that is below it. Nothing in `private/` can be granted to others. */
  fileAttrWrite: {
    /** Its path. */
    fileName: string;
    /** What is granted to whom; empty: nothing. */
    acl?: FileAclEntry[];
    /** Access passwords; empty: none. */
    accessPasswords?: string[];
  };
  /** Lists subscriptions to files and directories. Answered by one `fileSubscription` for each; the file need not exist. */
  fileSubList: Record<never, never>;
  /** Adds and removes subscriptions to files and directories: all, or none if one is not possible. */
  fileSubUpdate: {
    /** What changes, in order. */
    subscriptions: FileSubscriptionEdit[];
  };
  /** Lets signals directed to the account reach this session. A second one replaces the first. */
  signalBind: {
    /** The session's name among those of the account; absent: the server makes one. */
    clientID?: string;
    /** What to do if the name is in use; absent: vary it. */
    mode?: "fixed" | "kill";
    /** Whether roster and presence are to be told. */
    presence?: boolean;
    /** Whether `readIM` comes in its extended form. */
    readIM?: boolean;
    /** What the client can do with media. Its presentation, XML or text, is the one the server then uses. */
    sdp?: string;
  };
  /** Undoes `signalBind`. Calls that are under way go on. */
  signalUnbind: Record<never, never>;
  /** Starts a call. Goes on with `callProvisioned`, `callConnected` or `callDisconnected`. */
  callStart: {
    /** A new name for the call; names that begin with `inp` are the server's. */
    callLeg: string;
    /** Whom to call: an e-mail address or a SIP URI. */
    peer: string;
    /** The callee's name. */
    peerName?: string;
    /** An offer. */
    sdp?: string;
  };
  /** Tells the caller that the user is being alerted. Goes on with `callUpdated`. */
  callProvision: {
    /** The call. */
    callLeg: string;
    /** For early media: the answer to the caller's offer, or an offer if there was none. */
    sdp?: string;
  };
  /** Accepts an incoming call. Goes on with `callUpdated`. */
  callAccept: {
    /** The call. */
    callLeg: string;
    /** The answer to the caller's offer, or an offer if there was none. */
    sdp?: string;
  };
  /** Declines an incoming call. */
  callReject: {
    /** The call. */
    callLeg: string;
    /** A SIP status: 486 lets other devices ring on, 6xx stops them all. Absent: 603. */
    signalCode?: number;
  };
  /** Answers `callUpdateRequest`, `callProvisioned` or `callConnected`. */
  callUpdateAccept: {
    /** The call. */
    callLeg: string;
    /** The answer, if the message carried an offer. */
    sdp?: string;
  };
  /** Refuses `callUpdateRequest`, `callProvisioned` or `callConnected`. */
  callUpdateReject: {
    /** The call. */
    callLeg: string;
    /** A SIP status; absent: 488. */
    signalCode?: number;
    /** Why, in words for the peer. */
    errorText?: string;
  };
  /** Ends the call, whatever its state, and releases its name. */
  callKill: {
    /** The call. */
    callLeg: string;
  };
}

export const requests: Record<keyof Requests, Descriptor> = {
  listFeatures: { attributes: { domain: "string" }, body: {} },
  starttls: { attributes: {}, body: {} },
  login: { attributes: { authData: "string", password: "string", ticket: "string", method: "string", value: "string", numbered: "boolean" }, body: {} },
  auth: { attributes: { value: "string" }, body: {} },
  resume: { attributes: { urlID: "string", ticket: "string", ackSeq: "number" }, body: {} },
  noop: { attributes: {}, body: {} },
  bye: { attributes: {}, body: {} },
  setSessionOption: { attributes: { name: "string", value: "string" }, body: {} },
  setClientName: { attributes: { name: "string" }, body: {} },
  prefsRead: { attributes: { type: "string" }, body: { names: "names" } },
  prefsStore: { attributes: { type: "string" }, body: { preferences: "preferences" } },
  mailboxList: { attributes: { filter: "string", pureFolder: "boolean", mailboxClass: "string" }, body: {} },
  mailboxCreate: { attributes: { mailbox: "string", mailboxClass: "string" }, body: {} },
  mailboxRename: { attributes: { mailbox: "string", newName: "string", children: "boolean" }, body: {} },
  mailboxRemove: { attributes: { mailbox: "string", children: "boolean" }, body: {} },
  mailboxRightsGet: { attributes: { mailbox: "string" }, body: {} },
  mailboxRightsList: { attributes: { mailbox: "string" }, body: {} },
  mailboxRightsSet: { attributes: { mailbox: "string" }, body: { rights: "rights" } },
  quotaRead: { attributes: {}, body: {} },
  mailboxSubList: { attributes: { filter: "string" }, body: {} },
  mailboxSubUpdate: { attributes: {}, body: { subscriptions: "subscriptions" } },
  folderOpen: { attributes: { folder: "string", mailbox: "string", mailboxClass: "string", sortField: "string", sortOrder: "string", filter: "string", filterField: "string", hideDeleted: "boolean", UIDValidity: "number", UIDMin: "number" }, body: { fields: "fields" } },
  folderReopen: { attributes: { folder: "string", sortField: "string", sortOrder: "string", filter: "string", filterField: "string", hideDeleted: "boolean", UIDValidity: "number", UIDMin: "number" }, body: { fields: "fields" } },
  folderBrowse: { attributes: { folder: "string" }, body: { set: "messageSet" } },
  folderSync: { attributes: { folder: "string", limit: "number" }, body: {} },
  folderRead: { attributes: { folder: "string", UID: "number", partID: "string", totalSizeLimit: "number", mode: "string" }, body: {} },
  folderSearch: { attributes: { folder: "string", filter: "string", limit: "number", timeout: "number" }, body: {} },
  folderExpunge: { attributes: { folder: "string" }, body: {} },
  folderClose: { attributes: { folder: "string" }, body: {} },
  messageMark: { attributes: { folder: "string", flags: "string" }, body: { set: "messageSet" } },
  messageRemove: { attributes: { folder: "string", mode: "string" }, body: { set: "messageSet" } },
  messageCopy: { attributes: { folder: "string", targetMailbox: "string", mailboxClass: "string", report: "string", encrypt: "boolean", decrypt: "boolean" }, body: { set: "messageSet" } },
  messageMove: { attributes: { folder: "string", targetMailbox: "string", mailboxClass: "string", report: "string", encrypt: "boolean", decrypt: "boolean" }, body: { set: "messageSet" } },
  messageAppend: { attributes: { folder: "string", targetMailbox: "string", mailboxClass: "string", flags: "string", internalDate: "string", report: "string", replacesUID: "number", uploadID: "string" }, body: { email: "optionalEmail" } },
  messageSubmit: { attributes: { noSentCopy: "boolean", replyFolder: "string", replyUID: "number", draftFolder: "string", draftUID: "number" }, body: { email: "email" } },
  messageRedirect: { attributes: { folder: "string" }, body: { set: "messageSet", recipients: "recipients" } },
  emptyTrash: { attributes: {}, body: {} },
  emptyMailbox: { attributes: { mailbox: "string", duration: "string" }, body: {} },
  fileList: { attributes: { directory: "string", fileName: "string", position: "number", limit: "number" }, body: {} },
  fileDirInfo: { attributes: { directory: "string" }, body: {} },
  fileDirCreate: { attributes: { fileName: "string" }, body: {} },
  fileRead: { attributes: { fileName: "string", type: "string", position: "number", limit: "number" }, body: {} },
  fileWrite: { attributes: { fileName: "string", type: "string", position: "string" }, body: { content: "fileContent" } },
  fileRename: { attributes: { fileName: "string", newFileName: "string" }, body: {} },
  fileRemove: { attributes: { fileName: "string", children: "boolean" }, body: {} },
  fileStore: { attributes: { fileName: "string", uploadID: "string" }, body: {} },
  fileAttrRead: { attributes: { fileName: "string" }, body: {} },
  fileAttrWrite: { attributes: { fileName: "string" }, body: { acl: "fileAcl", accessPasswords: "filePasswords" } },
  fileSubList: { attributes: {}, body: {} },
  fileSubUpdate: { attributes: {}, body: { subscriptions: "fileSubscriptions" } },
  signalBind: { attributes: { clientID: "string", mode: "string", presence: "boolean", readIM: "boolean" }, body: { sdp: "sdp" } },
  signalUnbind: { attributes: {}, body: {} },
  callStart: { attributes: { callLeg: "string", peer: "string", peerName: "string" }, body: { sdp: "sdp" } },
  callProvision: { attributes: { callLeg: "string" }, body: { sdp: "sdp" } },
  callAccept: { attributes: { callLeg: "string" }, body: { sdp: "sdp" } },
  callReject: { attributes: { callLeg: "string", signalCode: "number" }, body: {} },
  callUpdateAccept: { attributes: { callLeg: "string" }, body: { sdp: "sdp" } },
  callUpdateReject: { attributes: { callLeg: "string", signalCode: "number", errorText: "string" }, body: {} },
  callKill: { attributes: { callLeg: "string" }, body: {} },
};

/** What the server sends. */
export interface Messages {
  /** Ends a request: with success, or with `errorText` and `errorNum`. */
  response: {
    /** What went wrong. */
    errorText?: string;
    /** Its number. */
    errorNum?: number;
    /** If asked for: the processing time in ms. */
    exeTime?: number;
  };
  /** A text for the user. */
  alert: {
    /** When. */
    gmtTime: string;
    /** When, on the user's clock. */
    localTime: string;
    /** The text. */
    text: string;
  };
  /** The server ends the session. */
  bye: Record<never, never>;
  /** Answers `listFeatures`. */
  features: {
    /** The domain. */
    domain?: string;
    /** What is offered. */
    features: Features;
  };
  /** Answers `login` with a method, or `auth`. */
  challenge: {
    /** The challenge in base64; empty if the mechanism lets the client begin. */
    value: string;
  };
  /** A login or a resumption succeeded. */
  session: {
    /** The session's id, a secret: it opens the `/Session/` URLs. */
    urlID: string;
    /** The account, `name@domain`. */
    userName: string;
    /** The account's real name. */
    realName?: string;
    /** The protocol version, dotted numbers. */
    version: string;
    /** Accepted in place of the password for some days, and wanted by `resume`. */
    ticket?: string;
    /** After a resumption: how many requests the server has accepted since the login. */
    requests?: number;
  };
  /** Answers `prefsRead`. Preferences without a value are left out. */
  prefs: {
    /** As in the request. */
    type?: string;
    /** The values. */
    preferences: Record<string, PreferenceValue>;
  };
  /** Answers `mailboxList`. Some clients read `Messages` and `Size`, others `messages` and `size`: both are there. */
  mailbox: {
    /** Its name. */
    mailbox: string;
    /** Changes when UIDs lose their meaning. */
    UIDValidity?: number;
    /** The UID of the next message. */
    UIDNext?: number;
    /** How many messages. */
    messages?: number;
    /** The same. */
    Messages?: number;
    /** How many of them are not seen. */
    Unseen?: number;
    /** Bytes of all messages. */
    size?: number;
    /** The same. */
    Size?: number;
    /** Its class, such as `IPF.Contact`. */
    Class?: string;
    /** Whether it only contains other mailboxes. */
    pureFolder?: boolean;
    /** Whether it contains other mailboxes. */
    isFolder?: boolean;
    /** What the user may do with it; absent: everything. */
    rights?: string;
  };
  /** Comes to a session with the option `reportMailboxChanges`. Changes of counters come together, at most once a second for a mailbox. */
  mailboxReport: {
    /** The mailbox, as the user names it; absent: more has changed than was told, and the list should be read anew. */
    mailbox?: string;
    /** What has happened. */
    mode: "created" | "removed" | "renamed" | "updated";
    /** The name of a mailbox that was renamed. */
    newName?: string;
    /** Changes when UIDs lose their meaning. */
    UIDValidity?: number;
    /** The UID of the next message. */
    UIDNext?: number;
    /** How many messages. */
    messages?: number;
    /** How many of them are not seen. */
    Unseen?: number;
    /** Bytes of all messages. */
    size?: number;
    /** Its class, such as `IPF.Contact`. */
    Class?: string;
    /** What the user may do with it; absent: everything. */
    rights?: string;
  };
  /** Answers `mailboxRightsGet` and `mailboxRightsList`. */
  mailboxRights: {
    /** The mailbox, as the request names it. */
    mailbox: string;
    /** Whose rights: an account, or `anyone` for all accounts of the mailbox's domain; absent: the user's own. */
    account?: string;
    /** The rights, a letter each. */
    letters: string;
  };
  /** Answers `quotaRead`. */
  quota: {
    /** Bytes of all messages. */
    size: number;
    /** The most that they may be. */
    sizeLimit: number;
    /** Messages. */
    messages: number;
    /** The most that there may be. */
    messagesLimit: number;
    /** Mailboxes. */
    mailboxes: number;
    /** The most that there may be. */
    mailboxesLimit: number;
  };
  /** Answers `mailboxSubList`. */
  mailboxSubscription: {
    /** The mailbox's name. */
    mailbox: string;
  };
  /** Tells of a folder (`init`), that it changed (`notify`), what changed in it, or what is in it. */
  folderReport: {
    /** The folder. */
    folder: string;
    /** The position in the view, counted from 0. */
    index?: number;
    /** The message. */
    UID?: number;
    /** What this is about; absent: a row of `folderBrowse`. */
    mode?: "init" | "notify" | "removed" | "added" | "updated" | "attrsUpdated" | "error";
    /** How many messages the view has, after this report. */
    messages?: number;
    /** How many of them are not seen. */
    unseen?: number;
    /** What the user may do; absent: everything. */
    rights?: string;
    /** The mailbox's UIDVALIDITY. */
    UIDValidity?: number;
    /** The mailbox's UIDNEXT. */
    UIDNext?: number;
    /** The viewer fields, in the order of the request. */
    fields: ViewerField[];
  };
  /** Tells of a message that was found, or, at the end, that there may be more. */
  folderSearchResult: {
    /** The folder. */
    folder: string;
    /** The message's position in the logical view, counted from 0. */
    index?: number;
    /** The message. */
    UID?: number;
    /** Why the search ended before all messages were looked at; then there is no message. */
    partial?: "limit" | "timeout";
  };
  /** Answers `folderRead`. */
  folderMessage: {
    /** The folder. */
    folder: string;
    /** The message. */
    UID: number;
    /** What was made of it, as asked for. */
    mode?: "replyFrom" | "replyAll" | "forward" | "replyFromHTML" | "replyAllHTML" | "forwardHTML";
    /** The message's headers and parts. */
    email: Email;
  };
  /** Tells the UID of a message that the request stored. */
  messageAdded: {
    /** The UID in the target mailbox. */
    UID: number;
  };
  /** Answers `fileList`. */
  fileInfo: {
    /** Its name in the directory; of a single one that was asked for, what was asked for. */
    fileName: string;
    /** The directory as it was sent. */
    directory?: string;
    /** Whether it is a directory; absent: it is a file. */
    type?: "directory";
    /** Bytes in a file. */
    size?: number;
    /** When a file was last written, or a directory made. */
    timeModified?: string;
  };
  /** Answers `fileDirInfo`. */
  fileDirInfo: {
    /** The directory as it was sent. */
    directory?: string;
    /** Bytes of all files below it. */
    size: number;
    /** Files and directories below it. */
    files: number;
    /** For the root: bytes that the account may have. */
    sizeLimit?: number;
    /** For the root: files and directories that the account may have. */
    filesLimit?: number;
  };
  /** Answers `fileRead`. */
  fileData: {
    /** The file as it was named. */
    fileName: string;
    /** How it was wanted. */
    type?: "binary" | "vcard";
    /** The byte that the content begins with. */
    position: number;
    /** How many bytes of the file the content is. */
    slice: number;
    /** Bytes in the file. */
    size: number;
    /** When it was last written. */
    timeModified: string;
    /** The content. */
    content: FileContent;
  };
  /** Answers `fileAttrRead`. */
  fileAttrData: {
    /** The file as it was named. */
    fileName: string;
    /** Who may do what. */
    acl?: FileAclEntry[];
    /** Access passwords. */
    accessPasswords?: string[];
  };
  /** Answers `fileSubList`. */
  fileSubscription: {
    /** The file's name. */
    fileName: string;
  };
  /** A call for the account. Answered with `callProvision`, `callAccept` or `callReject`. */
  callIncoming: {
    /** The call; begins with `inp`. */
    callLeg: string;
    /** Who calls. */
    peer: string;
    /** The caller's name. */
    peerName?: string;
    /** The Call-ID. */
    callId: string;
    /** An offer. */
    sdp?: string;
  };
  /** Progress of an outgoing call. Answered with `callUpdateAccept` or `callUpdateReject`. */
  callProvisioned: {
    /** The call. */
    callLeg: string;
    /** The Call-ID. */
    callId: string;
    /** Which device. */
    tag: string;
    /** Early media: an answer to the offer of `callStart`, or an offer if that had none. */
    sdp?: string;
  };
  /** An outgoing call is established. Answered with `callUpdateAccept` or `callUpdateReject`. */
  callConnected: {
    /** The call. */
    callLeg: string;
    /** The Call-ID. */
    callId: string;
    /** Who has answered. */
    peer: string;
    /** Which device. */
    tag: string;
    /** An answer to the offer of `callStart`, or an offer if that had none. */
    sdp?: string;
  };
  /** The peer wants to change the call. Answered with `callUpdateAccept` or `callUpdateReject`. */
  callUpdateRequest: {
    /** The call. */
    callLeg: string;
    /** The Call-ID. */
    callId: string;
    /** Which device, before the call is established. */
    tag?: string;
    /** An offer. */
    sdp?: string;
  };
  /** The outcome of `callProvision` or `callAccept`. */
  callUpdated: {
    /** The call. */
    callLeg: string;
    /** The peer, if it is another one now. */
    peer?: string;
    /** The peer's name. */
    peerName?: string;
    /** On failure: a SIP status. */
    signalCode?: number;
    /** On failure: why. */
    errorText?: string;
    /** The answer, if the request carried an offer. */
    sdp?: string;
  };
  /** The call failed, was cancelled or has ended. `callKill` still has to release it. */
  callDisconnected: {
    /** The call. */
    callLeg: string;
    /** A SIP status. */
    signalCode?: number;
    /** Why. */
    errorText?: string;
  };
}

export const messages: Record<keyof Messages, Descriptor> = {
  response: { attributes: { errorText: "string", errorNum: "number", exeTime: "number" }, body: {} },
  alert: { attributes: { gmtTime: "string", localTime: "string" }, body: { text: "text" } },
  bye: { attributes: {}, body: {} },
  features: { attributes: { domain: "string" }, body: { features: "features" } },
  challenge: { attributes: { value: "string" }, body: {} },
  session: { attributes: { urlID: "string", userName: "string", realName: "string", version: "string", ticket: "string", requests: "number" }, body: {} },
  prefs: { attributes: { type: "string" }, body: { preferences: "preferences" } },
  mailbox: { attributes: { mailbox: "string", UIDValidity: "number", UIDNext: "number", messages: "number", Messages: "number", Unseen: "number", size: "number", Size: "number", Class: "string", pureFolder: "boolean", isFolder: "boolean", rights: "string" }, body: {} },
  mailboxReport: { attributes: { mailbox: "string", mode: "string", newName: "string", UIDValidity: "number", UIDNext: "number", messages: "number", Unseen: "number", size: "number", Class: "string", rights: "string" }, body: {} },
  mailboxRights: { attributes: { mailbox: "string", account: "string" }, body: { letters: "text" } },
  quota: { attributes: { size: "number", sizeLimit: "number", messages: "number", messagesLimit: "number", mailboxes: "number", mailboxesLimit: "number" }, body: {} },
  mailboxSubscription: { attributes: { mailbox: "string" }, body: {} },
  folderReport: { attributes: { folder: "string", index: "number", UID: "number", mode: "string", messages: "number", unseen: "number", rights: "string", UIDValidity: "number", UIDNext: "number" }, body: { fields: "viewerFields" } },
  folderSearchResult: { attributes: { folder: "string", index: "number", UID: "number", partial: "string" }, body: {} },
  folderMessage: { attributes: { folder: "string", UID: "number", mode: "string" }, body: { email: "email" } },
  messageAdded: { attributes: { UID: "number" }, body: {} },
  fileInfo: { attributes: { fileName: "string", directory: "string", type: "string", size: "number", timeModified: "string" }, body: {} },
  fileDirInfo: { attributes: { directory: "string", size: "number", files: "number", sizeLimit: "number", filesLimit: "number" }, body: {} },
  fileData: { attributes: { fileName: "string", type: "string", position: "number", slice: "number", size: "number", timeModified: "string" }, body: { content: "fileContent" } },
  fileAttrData: { attributes: { fileName: "string" }, body: { acl: "fileAcl", accessPasswords: "filePasswords" } },
  fileSubscription: { attributes: { fileName: "string" }, body: {} },
  callIncoming: { attributes: { callLeg: "string", peer: "string", peerName: "string", callId: "string" }, body: { sdp: "sdp" } },
  callProvisioned: { attributes: { callLeg: "string", callId: "string", tag: "string" }, body: { sdp: "sdp" } },
  callConnected: { attributes: { callLeg: "string", callId: "string", peer: "string", tag: "string" }, body: { sdp: "sdp" } },
  callUpdateRequest: { attributes: { callLeg: "string", callId: "string", tag: "string" }, body: { sdp: "sdp" } },
  callUpdated: { attributes: { callLeg: "string", peer: "string", peerName: "string", signalCode: "number", errorText: "string" }, body: { sdp: "sdp" } },
  callDisconnected: { attributes: { callLeg: "string", signalCode: "number", errorText: "string" }, body: {} },
};
