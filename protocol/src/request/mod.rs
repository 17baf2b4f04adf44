//! THE table of requests: every name a client may send, and the type that it stands for.
//!
//! Wire name, file, type, handler and transcript follow one rule: `callStart`, `call_start.rs`, [`CallStart`],
//! `handler/call_start.rs`, `transcript/call_start.txt`.

use crate::{DecodeError, Element, Scalar, Schema, Wire};

macro_rules! requests {
    ($($file:ident $type:ident $(or $alias:literal)?;)+) => {
        $(mod $file; pub use $file::$type;)+

        /// A request, without its `id`.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Request {
            $(#[doc = concat!("`", stringify!($file), "`.")] $type($type),)+
        }

        impl Request {
            /// The declarations of all requests.
            pub const SCHEMAS: &[Schema] = &[$($type::SCHEMA),+];

            /// Reads a request of whatever name, regardless of the case of its letters.
            ///
            /// # Errors
            /// If no request has the name, or this is not that request's form.
            pub fn decode(element: &Element) -> Result<Self, RequestError> {
                $(if element.is($type::NAME) $(|| element.is($alias))? {
                    return Ok(Self::$type($type::decode(element)?));
                })+
                Err(RequestError::Unknown(element.name().chars().take(60).collect()))
            }

            /// The request as an element with this `id`.
            #[must_use]
            pub fn encode(&self, id: &str) -> Element {
                match self {
                    $(Self::$type(request) => {
                        let mut element = Element::new($type::NAME).with("id", id);
                        request.encode(&mut element);
                        element
                    })+
                }
            }

            /// The request's name on the wire.
            #[must_use]
            pub const fn name(&self) -> &'static str {
                match self { $(Self::$type(_) => $type::NAME,)+ }
            }
        }

        $(impl From<$type> for Request {
            fn from(request: $type) -> Self {
                Self::$type(request)
            }
        })+
    };
}

requests! {
    list_features ListFeatures;
    starttls Starttls;
    login Login;
    auth Auth;
    resume Resume;
    noop Noop;
    bye Bye;
    set_session_option SetSessionOption;
    set_client_name SetClientName;
    prefs_read PrefsRead;
    prefs_store PrefsStore;
    mailbox_list MailboxList;
    mailbox_create MailboxCreate;
    mailbox_rename MailboxRename;
    mailbox_remove MailboxRemove;
    mailbox_rights_get MailboxRightsGet;
    mailbox_rights_list MailboxRightsList;
    mailbox_rights_set MailboxRightsSet;
    mailbox_sub_list MailboxSubList;
    mailbox_sub_update MailboxSubUpdate;
    folder_open FolderOpen;
    folder_reopen FolderReopen;
    folder_browse FolderBrowse;
    folder_sync FolderSync;
    folder_read FolderRead;
    folder_search FolderSearch;
    folder_expunge FolderExpunge;
    folder_close FolderClose or "closeMailbox";
    message_mark MessageMark;
    message_remove MessageRemove;
    message_copy MessageCopy;
    message_move MessageMove;
    message_append MessageAppend;
    message_submit MessageSubmit;
    message_redirect MessageRedirect;
    empty_trash EmptyTrash;
    empty_mailbox EmptyMailbox;
    file_list FileList;
    file_dir_info FileDirInfo;
    file_dir_create FileDirCreate;
    file_read FileRead;
    file_write FileWrite;
    file_rename FileRename;
    file_remove FileRemove;
    file_store FileStore;
    file_attr_read FileAttrRead;
    file_attr_write FileAttrWrite;
    file_sub_list FileSubList;
    file_sub_update FileSubUpdate;
    signal_bind SignalBind;
    signal_unbind SignalUnbind;
    call_start CallStart;
    call_provision CallProvision;
    call_accept CallAccept;
    call_reject CallReject;
    call_update_accept CallUpdateAccept;
    call_update_reject CallUpdateReject;
    call_kill CallKill;
}

/// Why an element is not a request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// No request has this name.
    #[error("unknown command")]
    Unknown(String),
    /// It is not this request's form.
    #[error(transparent)]
    Invalid(#[from] DecodeError),
}

/// What every request may carry beside its own attributes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RequestHeader {
    /// Chosen by the client and echoed to the byte; never interpreted.
    pub id: Option<String>,
    /// Whether the response shall tell the processing time (`exeTime` with a value other than 0).
    pub wants_time: bool,
    /// The number of the last message received, on a connection with numbered messages (BINDINGS.md).
    pub acknowledged: Option<u64>,
}

/// The longest `id` of a request, in bytes. It comes back with every message of the answer.
const LONGEST_ID: usize = 1_024;

impl RequestHeader {
    /// The `id` under which a request is answered, whatever else is wrong with it.
    #[must_use]
    pub fn id_of(element: &Element) -> Option<&str> {
        element.attribute("id").filter(|id| id.len() <= LONGEST_ID)
    }

    /// Takes the common attributes of a request.
    ///
    /// # Errors
    /// If `ackSeq` is not a number, or `id` is longer than 1,024 bytes.
    pub fn decode(element: &Element) -> Result<Self, DecodeError> {
        let id = Self::id_of(element);
        if let (None, Some(id)) = (id, element.attribute("id")) {
            return Err(DecodeError::attribute("id", id, "at most 1024 bytes long"));
        }
        let acknowledged = element.attribute("ackSeq").filter(|_| !element.is(Resume::NAME));
        let number =
            |text| u64::from_wire(text).ok_or_else(|| DecodeError::attribute("ackSeq", text, u64::ALLOWED));
        Ok(Self {
            id: id.map(str::to_owned),
            wants_time: element.attribute("exeTime").is_some_and(|time| !matches!(time.trim(), "" | "0")),
            acknowledged: acknowledged.map(number).transpose()?,
        })
    }
}

#[cfg(test)]
mod tests;
