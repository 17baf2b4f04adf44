//! Which words do folder requests and reports use?

use crate::scalar::words;

words! {
    /// The direction of a sort.
    pub enum SortOrder {
        /// Smallest first.
        Ascending = "asc",
        /// Largest first.
        Descending = "desc",
    }
    allowed: "asc or desc"
    typescript: "\"asc\" | \"desc\""
}

words! {
    /// How messages are deleted.
    pub enum DeleteMode {
        /// They are gone at once.
        Immediately = "Immediately",
        /// They move to the Trash mailbox; those already there are gone.
        MoveToTrash = "Move To Trash",
        /// They get the flag `Deleted`.
        Mark = "Mark",
    }
    allowed: "Immediately, Move To Trash or Mark"
    typescript: "\"Immediately\" | \"Move To Trash\" | \"Mark\""
}

words! {
    /// What a copy reports.
    pub enum CopyReport {
        /// The UID of each copy.
        Uid = "uid",
    }
    allowed: "uid"
    typescript: "\"uid\""
}

words! {
    /// What `folderRead` makes of a message.
    pub enum ReadMode {
        /// An answer to its author.
        ReplyFrom = "replyFrom",
        /// An answer to all who have it.
        ReplyAll = "replyAll",
        /// The message for others.
        Forward = "forward",
        /// `replyFrom` as HTML.
        ReplyFromHtml = "replyFromHTML",
        /// `replyAll` as HTML.
        ReplyAllHtml = "replyAllHTML",
        /// `forward` as HTML.
        ForwardHtml = "forwardHTML",
    }
    allowed: "replyFrom, replyAll, forward, replyFromHTML, replyAllHTML or forwardHTML"
    typescript: "\"replyFrom\" | \"replyAll\" | \"forward\" | \"replyFromHTML\" | \"replyAllHTML\" | \"forwardHTML\""
}

words! {
    /// What a `folderReport` is about; absent for a row of `folderBrowse`.
    pub enum ReportMode {
        /// The folder was opened.
        Init = "init",
        /// Something changed; a `folderSync` tells what.
        Notify = "notify",
        /// A message has left the view.
        Removed = "removed",
        /// A message has come into the view.
        Added = "added",
        /// A message of the view has changed.
        Updated = "updated",
        /// Metadata of a message of the view have changed.
        AttrsUpdated = "attrsUpdated",
        /// The message cannot be shown.
        Error = "error",
    }
    allowed: "init, notify, removed, added, updated, attrsUpdated or error"
    typescript: "\"init\" | \"notify\" | \"removed\" | \"added\" | \"updated\" | \"attrsUpdated\" | \"error\""
}

words! {
    /// Why a `folderSearch` has not found everything.
    pub enum SearchEnd {
        /// As many messages were found as were asked for.
        Limit = "limit",
        /// The time was over.
        Timeout = "timeout",
    }
    allowed: "limit or timeout"
    typescript: "\"limit\" | \"timeout\""
}
