//! What does the browser's SDK know of the messages? Types and descriptors, generated from the declarations.

use std::fmt::Write;

use crate::{Form, Message, Request, Schema};

/// The TypeScript module with the type of every message, and with a descriptor of each from which the SDK reads
/// and writes it. The types that bodies consist of are the SDK's own (`content.ts`).
#[must_use]
pub fn typescript() -> String {
    let mut out = String::from(
        "// Generated from the protocol crate by `cargo run -p protocol --example typescript`. Do not edit.\n\n\
         import type { Email, Features, FileAclEntry, FileContent, FileSubscriptionEdit, MessageSet, PreferenceValue, Recipient, RightsEdit, SubscriptionEdit, ViewerField } from \"./content\";\n\n\
         /** How an attribute is written: as it is, as a number, or as yes. */\n\
         export type AttributeKind = \"string\" | \"number\" | \"boolean\";\n\n\
         /** The wire form of a message: its attributes and the pieces of its body, in order. */\n\
         export interface Descriptor {\n  attributes: Record<string, AttributeKind>;\n  \
         body: Record<string, string>;\n}\n",
    );
    table(&mut out, "Requests", "requests", "What a client may send.", Request::SCHEMAS);
    table(&mut out, "Messages", "messages", "What the server sends.", Message::SCHEMAS);
    out
}

fn table(out: &mut String, types: &str, descriptors: &str, doc: &str, schemas: &[Schema]) {
    _ = writeln!(out, "\n/** {doc} */\nexport interface {types} {{");
    for schema in schemas {
        comment(out, "  ", schema.doc);
        if schema.properties.is_empty() {
            _ = writeln!(out, "  {}: Record<never, never>;", schema.name);
            continue;
        }
        _ = writeln!(out, "  {}: {{", schema.name);
        for property in schema.properties {
            comment(out, "    ", property.doc);
            let (typescript, optional) = match property.form {
                Form::Attribute { typescript, optional } | Form::Body { typescript, optional, .. } => {
                    (typescript, optional)
                }
            };
            let mark = if optional { "?" } else { "" };
            _ = writeln!(out, "    {}{mark}: {typescript};", property.name);
        }
        out.push_str("  };\n");
    }
    _ = writeln!(out, "}}\n\nexport const {descriptors}: Record<keyof {types}, Descriptor> = {{");
    for schema in schemas {
        let mut attributes = Vec::new();
        let mut body = Vec::new();
        for property in schema.properties {
            match property.form {
                Form::Attribute { typescript, .. } => {
                    let kind = if matches!(typescript, "number" | "boolean") { typescript } else { "string" };
                    attributes.push(format!("{}: \"{kind}\"", property.name));
                }
                Form::Body { codec, .. } => body.push(format!("{}: \"{codec}\"", property.name)),
            }
        }
        let list = |entries: Vec<String>| {
            if entries.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", entries.join(", ")) }
        };
        _ = writeln!(out, "  {}: {{ attributes: {}, body: {} }},", schema.name, list(attributes), list(body));
    }
    out.push_str("};\n");
}

fn comment(out: &mut String, indent: &str, doc: &[&str]) {
    let lines: Vec<_> = doc.iter().map(|line| line.trim()).collect();
    _ = writeln!(out, "{indent}/** {} */", lines.join(" "));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_appears_as_a_type_and_as_a_descriptor() {
        let text = typescript();
        assert!(text.contains("  folderSync: {\n    /** The folder. */\n    folder: string;\n"), "{text}");
        assert!(text.contains("    limit?: number;\n"), "{text}");
        assert!(text.contains(
            "  folderBrowse: { attributes: { folder: \"string\" }, body: { set: \"messageSet\" } },\n"
        ));
    }
}
