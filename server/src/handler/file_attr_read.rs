//! `fileAttrRead`: who else may do what with a file?

use std::sync::Arc;

use protocol::{ErrorCode, FileAcl, FileAclEntry, FileAttrData, FileAttrRead, FilePasswords};

use crate::failure::Failure;
use crate::file::{FileRef, Right};
use crate::session::{Session, Step};

pub(super) fn handle(session: &Session, request: FileAttrRead) -> Result<Step, Failure> {
    let account = Arc::clone(session.handle.account());
    let name = FileRef::parse(&request.file_name, &account)?;
    let hub = Arc::clone(&session.hub);
    let read = async move {
        let owner = name.grant(&hub, &account, Right::Administer).await?;
        let (rights, sealed) = hub.storage.file_attributes(owner, name.path()).await?;
        let open = |sealed: &Vec<u8>| {
            let password = hub.accounts.open_file_password(owner, sealed);
            password.ok_or_else(|| Failure::because(ErrorCode::ServerFailure, LOST))
        };
        let passwords = sealed.iter().map(open).collect::<Result<_, _>>()?;
        let entry = |right: storage::FileRight| FileAclEntry { who: right.who, rights: right.rights };
        Ok::<_, Failure>((FileAcl(rights.into_iter().map(entry).collect()), FilePasswords(passwords)))
    };
    Ok(Step::after(read, |session, reply, attributes| {
        let (acl, passwords) = attributes?;
        let file_name = request.file_name;
        session.send(reply, FileAttrData { file_name, acl: Some(acl), passwords: Some(passwords) });
        Ok(Step::Done)
    }))
}

const LOST: &str = "the access passwords cannot be read any more: set them again";
