//! THE match: one arm for each request.
//!
//! A handler either does its work on the spot, or says what has to be waited for and how it goes on ([`Step`]).
//! Files are named as requests are.

mod auth;
mod bye;
mod call_accept;
mod call_kill;
mod call_provision;
mod call_reject;
mod call_start;
mod call_update_accept;
mod call_update_reject;
mod empty_mailbox;
mod empty_trash;
mod file_attr_read;
mod file_attr_write;
mod file_dir_create;
mod file_dir_info;
mod file_list;
mod file_read;
mod file_remove;
mod file_rename;
mod file_store;
mod file_sub_list;
mod file_sub_update;
mod file_write;
mod folder_browse;
mod folder_close;
mod folder_expunge;
mod folder_open;
mod folder_read;
mod folder_reopen;
mod folder_search;
mod folder_sync;
mod list_features;
mod login;
mod mailbox_create;
mod mailbox_list;
mod mailbox_remove;
mod mailbox_rename;
mod mailbox_rights_get;
mod mailbox_rights_list;
mod mailbox_rights_set;
mod mailbox_sub_list;
mod mailbox_sub_update;
mod message_append;
mod message_copy;
mod message_mark;
mod message_move;
mod message_redirect;
mod message_remove;
mod message_submit;
mod noop;
mod pages;
mod pattern;
mod prefs_read;
mod prefs_store;
mod resume;
mod rows;
mod selection;
mod set_client_name;
mod set_session_option;
mod signal_bind;
mod signal_unbind;
mod starttls;
mod transfer;
mod view;

use protocol::{ErrorCode, Request};

use crate::delivery::EnvelopeAddress;
use crate::failure::Failure;
use crate::login::{Login, Progress};
use crate::mail::Unwritable;
use crate::mailbox::OpenFolder;
use crate::session::{Reply, Session, Step};

pub(crate) use login::greet;

/// Runs a request of a session.
pub(crate) fn handle(session: &mut Session, reply: &Reply, request: Request) -> Result<Step, Failure> {
    match request {
        Request::ListFeatures(request) => list_features::handle(session, reply, request),
        Request::Starttls(_) => starttls::handle(),
        Request::Login(_) => login::handle(),
        Request::Auth(_) => auth::handle(),
        Request::Resume(_) => resume::handle(),
        Request::Noop(_) => noop::handle(),
        Request::Bye(_) => bye::handle(session),
        Request::SetSessionOption(request) => set_session_option::handle(session, &request),
        Request::SetClientName(request) => set_client_name::handle(session, &request),
        Request::PrefsRead(request) => prefs_read::handle(session, request),
        Request::PrefsStore(request) => prefs_store::handle(session, request),
        Request::MailboxList(request) => mailbox_list::handle(session, request),
        Request::MailboxCreate(request) => mailbox_create::handle(session, request),
        Request::MailboxRename(request) => mailbox_rename::handle(session, &request),
        Request::MailboxRemove(request) => mailbox_remove::handle(session, &request),
        Request::MailboxRightsGet(request) => mailbox_rights_get::handle(session, request),
        Request::MailboxRightsList(request) => mailbox_rights_list::handle(session, request),
        Request::MailboxRightsSet(request) => mailbox_rights_set::handle(session, request),
        Request::MailboxSubList(request) => mailbox_sub_list::handle(session, request),
        Request::MailboxSubUpdate(request) => mailbox_sub_update::handle(session, &request),
        Request::FolderOpen(request) => folder_open::handle(session, request),
        Request::FolderReopen(request) => folder_reopen::handle(session, request),
        Request::FolderBrowse(request) => folder_browse::handle(session, &request),
        Request::FolderSync(request) => folder_sync::handle(session, request),
        Request::FolderRead(request) => folder_read::handle(session, request),
        Request::FolderSearch(request) => folder_search::handle(session, request),
        Request::FolderExpunge(request) => folder_expunge::handle(session, &request),
        Request::FolderClose(request) => folder_close::handle(session, &request),
        Request::MessageMark(request) => message_mark::handle(session, request),
        Request::MessageRemove(request) => message_remove::handle(session, request),
        Request::MessageCopy(request) => message_copy::handle(session, request),
        Request::MessageMove(request) => message_move::handle(session, request),
        Request::MessageAppend(request) => message_append::handle(session, request),
        Request::MessageSubmit(request) => message_submit::handle(session, request),
        Request::MessageRedirect(request) => message_redirect::handle(session, request),
        Request::EmptyTrash(_) => empty_trash::handle(session),
        Request::EmptyMailbox(request) => empty_mailbox::handle(session, &request),
        Request::FileList(request) => file_list::handle(session, request),
        Request::FileDirInfo(request) => file_dir_info::handle(session, request),
        Request::FileDirCreate(request) => file_dir_create::handle(session, &request),
        Request::FileRead(request) => file_read::handle(session, request),
        Request::FileWrite(request) => file_write::handle(session, request),
        Request::FileRename(request) => file_rename::handle(session, &request),
        Request::FileRemove(request) => file_remove::handle(session, &request),
        Request::FileStore(request) => file_store::handle(session, request),
        Request::FileAttrRead(request) => file_attr_read::handle(session, request),
        Request::FileAttrWrite(request) => file_attr_write::handle(session, request),
        Request::FileSubList(_) => file_sub_list::handle(session),
        Request::FileSubUpdate(request) => file_sub_update::handle(session, request),
        Request::SignalBind(request) => signal_bind::handle(session, request),
        Request::SignalUnbind(_) => signal_unbind::handle(session),
        Request::CallStart(request) => call_start::handle(session, request),
        Request::CallProvision(request) => call_provision::handle(session, request),
        Request::CallAccept(request) => call_accept::handle(session, request),
        Request::CallReject(request) => call_reject::handle(session, &request),
        Request::CallUpdateAccept(request) => call_update_accept::handle(session, request),
        Request::CallUpdateReject(request) => call_update_reject::handle(session, &request),
        Request::CallKill(request) => call_kill::handle(session, &request),
    }
}

/// Runs a request of a client that has no session yet.
pub(crate) async fn before_login(login: &mut Login, request: Request) -> Result<Progress, Failure> {
    match request {
        Request::ListFeatures(request) => list_features::before_login(login, request),
        Request::Starttls(_) => starttls::before_login(login),
        Request::Login(request) => login::before_login(login, request).await,
        Request::Auth(request) => auth::before_login(login, &request).await,
        Request::Resume(request) => resume::before_login(login, &request).await,
        Request::Noop(_) => Ok(Progress::Done(Vec::new())),
        Request::Bye(_) => Ok(Progress::End),
        Request::SetSessionOption(_)
        | Request::SetClientName(_)
        | Request::PrefsRead(_)
        | Request::PrefsStore(_)
        | Request::MailboxList(_)
        | Request::MailboxCreate(_)
        | Request::MailboxRename(_)
        | Request::MailboxRemove(_)
        | Request::MailboxRightsGet(_)
        | Request::MailboxRightsList(_)
        | Request::MailboxRightsSet(_)
        | Request::MailboxSubList(_)
        | Request::MailboxSubUpdate(_)
        | Request::FolderOpen(_)
        | Request::FolderReopen(_)
        | Request::FolderBrowse(_)
        | Request::FolderSync(_)
        | Request::FolderRead(_)
        | Request::FolderSearch(_)
        | Request::FolderExpunge(_)
        | Request::FolderClose(_)
        | Request::MessageMark(_)
        | Request::MessageRemove(_)
        | Request::MessageCopy(_)
        | Request::MessageMove(_)
        | Request::MessageAppend(_)
        | Request::MessageSubmit(_)
        | Request::MessageRedirect(_)
        | Request::EmptyTrash(_)
        | Request::EmptyMailbox(_)
        | Request::FileList(_)
        | Request::FileDirInfo(_)
        | Request::FileDirCreate(_)
        | Request::FileRead(_)
        | Request::FileWrite(_)
        | Request::FileRename(_)
        | Request::FileRemove(_)
        | Request::FileStore(_)
        | Request::FileAttrRead(_)
        | Request::FileAttrWrite(_)
        | Request::FileSubList(_)
        | Request::FileSubUpdate(_)
        | Request::SignalBind(_)
        | Request::SignalUnbind(_)
        | Request::CallStart(_)
        | Request::CallProvision(_)
        | Request::CallAccept(_)
        | Request::CallReject(_)
        | Request::CallUpdateAccept(_)
        | Request::CallUpdateReject(_)
        | Request::CallKill(_) => Err(ErrorCode::NotAuthenticated.into()),
    }
}

/// A request that only makes sense before a login.
fn too_late() -> Result<Step, Failure> {
    Err(Failure::because(ErrorCode::WrongState, "the session is logged in already"))
}

/// The folder of this name.
fn folder<'a>(session: &'a Session, name: &str) -> Result<&'a OpenFolder, Failure> {
    session.folders.get(name).ok_or_else(|| ErrorCode::FolderNotOpened.into())
}

/// The folder of this name, to be changed.
fn folder_mut<'a>(session: &'a mut Session, name: &str) -> Result<&'a mut OpenFolder, Failure> {
    session.folders.get_mut(name).ok_or_else(|| ErrorCode::FolderNotOpened.into())
}

/// An address that was checked as one of a header field.
fn envelope_address(text: &str) -> Result<EnvelopeAddress, Failure> {
    EnvelopeAddress::parse(text).ok_or_else(|| Unwritable::Address(text.chars().take(100).collect()).into())
}
