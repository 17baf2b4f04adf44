//! Do we read messages as Python's `email` does?
//!
//! `reading.py` makes messages of all shapes and says what Python reads in them; the samples of `tests/data/mail` and of
//! Python's own tests are read beside them. What differs is either wrong here, or is listed in `differences.txt` with what
//! settles it. White space in subjects and names is compared as one blank: how much of it folding leaves is nobody's
//! business (RFC 5322 §2.2.3).

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::header::Header;
use super::tree::{Entity, Structure, Tree};
use super::{address, charset, date, line, part};

/// Fewest messages that are compared.
const MESSAGES: usize = 1_000;

/// What a message is to both readers.
fn reading(raw: &[u8]) -> Value {
    let tree = Tree::read(raw);
    let header = Header::read(raw);
    let addresses = |name: &str| {
        let entries = address::of(&header, name).into_iter().filter(|entry| !entry.address.is_empty());
        entries.map(|entry| json!([entry.name.unwrap_or_default(), entry.address])).collect::<Vec<_>>()
    };
    let sent = header.first("Date").and_then(|field| date::read(&field.unfolded()));
    let mut parts = Vec::new();
    walk(&tree, 0, 0, &mut parts);
    json!({
        "subject": header.text("Subject"),
        "from": addresses("From"),
        "to": addresses("To"),
        "cc": addresses("Cc"),
        "date": sent.map(|date| date.time.0 / 1000),
        "parts": parts,
    })
}

fn walk(tree: &Tree<'_>, at: usize, depth: usize, parts: &mut Vec<Value>) {
    let Some(entity) = tree.entity(at) else { return };
    let kind = format!("{}/{}", entity.content_type.media_type, entity.content_type.subtype);
    match &entity.structure {
        Structure::Multipart(children) => {
            parts.push(json!({ "depth": depth, "type": kind }));
            children.iter().for_each(|child| walk(tree, *child, depth + 1, parts));
        }
        Structure::Message(child) => {
            parts.push(json!({ "depth": depth, "type": kind }));
            walk(tree, *child, depth + 1, parts);
        }
        Structure::Leaf => parts.push(leaf(tree, entity, depth, &kind)),
    }
}

fn leaf(tree: &Tree<'_>, entity: &Entity, depth: usize, kind: &str) -> Value {
    let bytes = entity.encoding.decode(tree.body(entity));
    let mut leaf = json!({
        "depth": depth,
        "type": kind,
        "body": STANDARD.encode(&bytes),
        "file": part::file_name(&tree.header(entity), &entity.content_type),
    });
    if entity.content_type.media_type == "text" {
        let label = entity.content_type.parameter("charset");
        leaf["text"] = label.map(|label| charset::decode(Some(label), &bytes)).into();
    }
    leaf
}

/// What both readings are compared by.
fn normal(field: &str, value: &Value) -> Value {
    let blanks = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    match (field, value) {
        ("subject" | "from" | "to" | "cc", Value::String(text)) => blanks(text).into(),
        ("from" | "to" | "cc", Value::Array(entries)) => {
            entries.iter().map(|entry| normal(field, entry)).collect()
        }
        ("parts", Value::Array(parts)) => parts.iter().map(normal_part).collect(),
        (_, value) => value.clone(),
    }
}

fn normal_part(part: &Value) -> Value {
    let mut part = part.clone();
    // A text whose character set neither knows is nobody's reading.
    if let Some(text) = part["text"].as_str() {
        part["text"] = line::with_lf(text).into();
    }
    if let Some(name) = part["file"].as_str() {
        part["file"] = name.split_whitespace().collect::<Vec<_>>().join(" ").into();
    }
    part
}

/// The fields in which the readings of a message differ, with both.
fn differences(raw: &[u8], theirs: &Value) -> BTreeMap<String, (Value, Value)> {
    let ours = reading(raw);
    let mut found = BTreeMap::new();
    for field in ["subject", "from", "to", "cc", "date", "parts"] {
        // Where Python fails there is nothing to compare.
        let Some(read) = theirs[field].get("read") else { continue };
        let (ours, theirs) = (normal(field, &ours[field]), normal(field, read));
        if ours != theirs {
            found.insert(field.to_owned(), (ours, theirs));
        }
    }
    found
}

/// Messages and fields that are read in another way on purpose: `MESSAGE FIELD REASON`; a message may be named by what its
/// name begins with and `*`.
fn listed(text: &str) -> Vec<(&str, &str)> {
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let words: Vec<&str> = line.splitn(3, ' ').collect();
            assert!(words.last().is_some_and(|reason| reason.contains("RFC ")), "no reason: {line}");
            (words[0], words[1])
        })
        .collect()
}

fn names(pattern: &str, name: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == name, |start| name.starts_with(start))
}

#[test]
fn messages_are_read_as_python_reads_them() {
    let folder = tempfile::tempdir().unwrap();
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    let script = own.join("src/mail/differential/reading.py");
    let samples = own.join("../tests/data/mail");
    let status = Command::new("python3").arg(script).arg(folder.path()).arg(samples).status();
    assert!(status.expect("python3 is installed").success());
    let text = std::fs::read_to_string(own.join("src/mail/differential/differences.txt")).unwrap();
    let listed = listed(&text);
    let (mut count, mut wrong, mut used) = (0, String::new(), BTreeSet::new());
    let mut seen = BTreeSet::new();
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "eml") {
            continue;
        }
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let theirs: Value =
            serde_json::from_slice(&std::fs::read(path.with_extension("json")).unwrap()).unwrap();
        count += 1;
        for (field, (ours, theirs)) in differences(&std::fs::read(&path).unwrap(), &theirs) {
            let entry = listed.iter().position(|(pattern, known)| *known == field && names(pattern, &name));
            match entry {
                Some(entry) => _ = used.insert(entry),
                None => wrong.push_str(&format!("{name} {field}\n  ours:   {ours}\n  theirs: {theirs}\n")),
            }
        }
        seen.insert(name);
    }
    assert!(count >= MESSAGES, "{count} messages");
    for (at, (pattern, field)) in listed.iter().enumerate() {
        // What is not there, such as Python's own tests, is not compared.
        if seen.iter().any(|name| names(pattern, name)) && !used.contains(&at) {
            wrong.push_str(&format!("{pattern} {field} is listed and does not differ\n"));
        }
    }
    if let Ok(file) = std::env::var("DIFFERENCES") {
        std::fs::write(file, &wrong).unwrap();
    }
    let differences = wrong.lines().filter(|line| !line.starts_with(' ')).count();
    let start: String = wrong.chars().take(4_000).collect();
    assert!(wrong.is_empty(), "{differences} differences in {count} messages:\n{start}");
}
