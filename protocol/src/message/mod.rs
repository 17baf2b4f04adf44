//! THE table of server messages: responses, data messages and notices.

use crate::{DecodeError, Element, Schema, Wire};

macro_rules! messages {
    ($($file:ident $type:ident;)+) => {
        $(mod $file; pub use $file::$type;)+

        /// A message of the server, without its `id`.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Message {
            $(#[doc = concat!("`", stringify!($file), "`.")] $type($type),)+
        }

        impl Message {
            /// The declarations of all messages.
            pub const SCHEMAS: &[Schema] = &[$($type::SCHEMA),+];

            /// Reads a message of whatever name; `None` if no message has it.
            ///
            /// # Errors
            /// If this is not that message's form.
            pub fn decode(element: &Element) -> Result<Option<Self>, DecodeError> {
                $(if element.name() == $type::NAME {
                    return Ok(Some(Self::$type($type::decode(element)?)));
                })+
                Ok(None)
            }

            /// The message as an element: with the `id` of the request it belongs to, or without one if it is
            /// asynchronous.
            #[must_use]
            pub fn encode(&self, id: Option<&str>) -> Element {
                match self {
                    $(Self::$type(message) => {
                        let mut element = Element::new($type::NAME);
                        if let Some(id) = id {
                            element.set("id", id);
                        }
                        message.encode(&mut element);
                        element
                    })+
                }
            }
        }

        $(impl From<$type> for Message {
            fn from(message: $type) -> Self {
                Self::$type(message)
            }
        })+
    };
}

messages! {
    response Response;
    alert Alert;
    bye_notice ByeNotice;
    features_report FeaturesReport;
    challenge Challenge;
    session Session;
    prefs Prefs;
    mailbox Mailbox;
    mailbox_rights MailboxRights;
    mailbox_subscription MailboxSubscription;
    folder_report FolderReport;
    folder_search_result FolderSearchResult;
    folder_message FolderMessage;
    message_added MessageAdded;
    file_info FileInfo;
    file_dir_report FileDirReport;
    file_data FileData;
    file_attr_data FileAttrData;
    file_subscription FileSubscription;
    call_incoming CallIncoming;
    call_provisioned CallProvisioned;
    call_connected CallConnected;
    call_update_request CallUpdateRequest;
    call_updated CallUpdated;
    call_disconnected CallDisconnected;
}

#[cfg(test)]
mod tests;
