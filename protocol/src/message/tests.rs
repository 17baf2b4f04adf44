//! Tests of the table of messages.

use super::*;
use crate::*;

/// One full example of each message, as it goes over the wire.
const EXAMPLES: &[&str] = &[
    r#"<response id="1" errorText="unknown command" errorNum="500" exeTime="3"/>"#,
    r#"<alert id="1" gmtTime="20240229T120000Z" localTime="20240229T130000">Maintenance at 5</alert>"#,
    r#"<bye id="1"/>"#,
    r#"<features id="1" domain="localhost"><starttls/><sasl>PLAIN</sasl><nonce>abc</nonce><language>en</language></features>"#,
    r#"<challenge id="1" value="AA=="/>"#,
    r#"<session id="1" urlID="123456-ABC" userName="alice@localhost" realName="Alice" version="6.2.0" ticket="t" requests="5"/>"#,
    r#"<prefs id="1" type="custom"><Language>en</Language></prefs>"#,
    r#"<mailbox id="1" mailbox="INBOX" UIDValidity="1" UIDNext="2" messages="3" Messages="3" Unseen="1" size="9" Size="9" Class="IPF.Contact" pureFolder="yes" isFolder="yes" rights="lrs"/>"#,
    r#"<mailboxRights id="1" mailbox="Work" account="bob@localhost">lrs</mailboxRights>"#,
    r#"<mailboxSubscription id="1" mailbox="Work"/>"#,
    r#"<folderReport id="1" folder="INBOX" index="0" UID="5" mode="added" messages="234" unseen="12" rights="lrs" UIDValidity="1" UIDNext="9"><FLAGS>Seen</FLAGS></folderReport>"#,
    r#"<folderSearchResult id="1" folder="F" index="0" UID="5" partial="limit"/>"#,
    r#"<folderMessage id="1" folder="INBOX" UID="5"><EMail><Subject>Hi</Subject><MIME type="text" subtype="plain" estimatedSize="2">ho</MIME></EMail></folderMessage>"#,
    r#"<messageAdded id="1" UID="5"/>"#,
    r#"<fileInfo id="1" fileName="a" directory="docs/" type="directory" size="7" timeModified="20240229T120000Z"/>"#,
    r#"<fileDirInfo id="1" directory="" size="7" files="2" sizeLimit="1073741824" filesLimit="10000"/>"#,
    r#"<fileData id="1" fileName="a.vcf" type="vcard" position="0" slice="7" size="7" timeModified="20240229T120000Z"><vCard><FN><VALUE>A</VALUE></FN></vCard></fileData>"#,
    r#"<fileAttrData id="1" fileName="docs"><ACL><subKey key="bob">lr</subKey></ACL><accessPwd/></fileAttrData>"#,
    r#"<fileSubscription id="1" fileName="docs"/>"#,
    r#"<callIncoming id="1" callLeg="inp001" peer="bob@localhost" peerName="Bob" callId="x"/>"#,
    r#"<callProvisioned id="1" callLeg="c1" callId="x" tag="t"/>"#,
    r#"<callConnected id="1" callLeg="c1" callId="x" peer="bob@localhost" tag="t"/>"#,
    r#"<callUpdateRequest id="1" callLeg="c1" callId="x" tag="t"/>"#,
    r#"<callUpdated id="1" callLeg="c1" peer="bob@localhost" peerName="Bob" signalCode="488" errorText="no"/>"#,
    r#"<callDisconnected id="1" callLeg="c1" signalCode="486" errorText="Busy Here"/>"#,
];

#[test]
fn every_message_reads_back_as_it_was_written() {
    for text in EXAMPLES {
        let element = Element::read(text.as_bytes(), &Limits::AFTER_LOGIN).unwrap();
        let message = Message::decode(&element).unwrap().unwrap();
        assert_eq!(message.encode(Some("1")).to_xml(), *text);
    }
}

#[test]
fn every_message_has_an_example_with_all_of_its_attributes() {
    assert_eq!(EXAMPLES.len(), Message::SCHEMAS.len());
    for (schema, text) in Message::SCHEMAS.iter().zip(EXAMPLES) {
        let example = Element::read(text.as_bytes(), &Limits::AFTER_LOGIN).unwrap();
        assert_eq!(example.name(), schema.name);
        for property in schema.properties {
            if let Form::Attribute { .. } = property.form {
                assert!(example.attribute(property.name).is_some(), "{} {}", schema.name, property.name);
            }
        }
    }
}

#[test]
fn the_literal_strings_that_clients_compare_come_out_so() {
    let notify = FolderReport { mode: Some(ReportMode::Notify), ..FolderReport::of("INBOX-MM-1".to_owned()) };
    assert_eq!(
        Message::from(notify).encode(None).to_xml(),
        r#"<folderReport folder="INBOX-MM-1" mode="notify"/>"#
    );
    assert_eq!(Message::from(Response::OK).encode(Some("5")).to_xml(), r#"<response id="5"/>"#);
    assert_eq!(
        Message::from(Response::failure(ErrorCode::UnknownCommand)).encode(Some("5")).to_xml(),
        r#"<response id="5" errorText="unknown command" errorNum="500"/>"#
    );
}
