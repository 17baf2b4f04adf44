//! `folderReopen`: show a folder's mailbox in another way.

use crate::{Field, SortOrder, wire::wire};

wire! {
    /// Builds an open folder anew from its mailbox. Answered by `folderReport` with the mode `init`: what the client knows
    /// of the folder's messages is void.
    pub struct FolderReopen "folderReopen" {
        /// The folder.
        attribute folder: String = "folder";
        /// As in `folderOpen`.
        attribute sort_field: Option<Field> = "sortField";
        /// As in `folderOpen`.
        attribute sort_order: Option<SortOrder> = "sortOrder";
        /// As in `folderOpen`.
        attribute filter: Option<String> = "filter";
        /// As in `folderOpen`.
        attribute filter_field: Option<Field> = "filterField";
        /// As in `folderOpen`.
        attribute hide_deleted: Option<bool> = "hideDeleted";
        /// As in `folderOpen`.
        attribute uid_validity: Option<u32> = "UIDValidity";
        /// As in `folderOpen`.
        attribute uid_min: Option<u32> = "UIDMin";
        /// The fields that reports on messages carry; none: those that they carried before.
        body fields: Vec<Field> = "fields";
    }
}
