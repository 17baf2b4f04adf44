//! `fileAttrWrite`: say who else may do what with a file.

use std::sync::Arc;

use protocol::{ErrorCode, FileAcl, FileAclEntry, FileAttrWrite, FilePasswords};
use storage::{AccountId, Grantee};

use super::mailbox_rights_set::grantee;
use crate::failure::Failure;
use crate::file::{FileRef, Right};
use crate::hub::Hub;
use crate::session::{Session, Step};

/// Entries that the rights of a file have at most, and passwords.
const MOST_ENTRIES: usize = 1_000;
const MOST_PASSWORDS: usize = 16;
/// The longest password and the longest rights, in bytes.
const LONGEST: usize = 255;

pub(super) fn handle(session: &Session, request: FileAttrWrite) -> Result<Step, Failure> {
    let account = Arc::clone(session.handle.account());
    let name = FileRef::parse(&request.file_name, &account)?;
    if name.is_private() {
        let text = "nothing in private/ can be given to others: move it elsewhere";
        return Err(Failure::because(ErrorCode::FileAccessDenied, text));
    }
    let entries = request.acl.map(entries).transpose()?;
    let passwords = request.passwords.map(passwords).transpose()?;
    let hub = Arc::clone(&session.hub);
    let write = async move {
        let owner = name.grant(&hub, &account, Right::Administer).await?;
        let grants = match entries {
            Some(entries) => Some(grants(&hub, &entries, &account.domain, owner).await?),
            None => None,
        };
        let seal = |password: String| hub.accounts.seal_file_password(owner, &password);
        let passwords = passwords.map(|all| all.into_iter().map(seal).collect());
        let path = name.path().clone();
        Ok::<_, Failure>(hub.storage.set_file_attributes(owner, path, grants, passwords).await?)
    };
    Ok(Step::after(write, |_, _, done| {
        done?;
        Ok(Step::Done)
    }))
}

fn refuse<T>(text: &'static str) -> Result<T, Failure> {
    Err(Failure::because(ErrorCode::BadRequest, text))
}

fn entries(FileAcl(entries): FileAcl) -> Result<Vec<FileAclEntry>, Failure> {
    if entries.len() > MOST_ENTRIES {
        return refuse("an ACL has 1000 entries at most");
    }
    let is_right =
        |letters: &str| letters.len() <= LONGEST && letters.chars().all(|c| c.is_ascii_alphanumeric());
    if !entries.iter().all(|entry| is_right(&entry.rights)) {
        return refuse("the rights in an ACL should be letters, such as lr");
    }
    Ok(entries)
}

/// What is granted, each time to somebody else.
async fn grants(
    hub: &Hub,
    entries: &[FileAclEntry],
    domain: &str,
    owner: AccountId,
) -> Result<Vec<(Grantee, String)>, Failure> {
    let mut grants: Vec<(Grantee, String)> = Vec::with_capacity(entries.len());
    for FileAclEntry { who, rights } in entries {
        let grantee = grantee(hub, who, domain, owner).await?;
        if grants.iter().any(|(known, _)| *known == grantee) {
            return refuse("an ACL names nobody twice");
        }
        grants.push((grantee, rights.clone()));
    }
    Ok(grants)
}

fn passwords(FilePasswords(passwords): FilePasswords) -> Result<Vec<String>, Failure> {
    if passwords.len() > MOST_PASSWORDS {
        return refuse("a file has 16 access passwords at most");
    }
    if passwords.iter().any(|password| password.is_empty() || password.len() > LONGEST) {
        return refuse("an access password has 1 to 255 bytes");
    }
    Ok(passwords)
}
