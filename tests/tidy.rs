//! Is the repository in order?
//!
//! What the compiler does not see of the design: the shape of files and functions, which way dependencies point, what
//! stands only in its own place, and that what is generated is what its sources give.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The longest file and function, and how long nine of ten may be, in lines. Tests at the end of a file do not count.
const LONGEST_FILE: usize = 600;
const USUAL_FILE: usize = 300;
const LONGEST_FUNCTION: usize = 70;
const USUAL_FUNCTION: usize = 30;

/// What may lie at the top level, beside dotfiles.
const TOP_LEVEL: [&str; 16] = [
    "CHANGELOG.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "deny.toml",
    "docker",
    "migrations",
    "protocol",
    "server",
    "storage",
    "tests",
    "ximss-gateway.example.toml",
    // Not in the repository.
    "data",
    "target",
];

/// The crates that know no other of ours, and may not look at a clock.
const LEAVES: [&str; 4] = ["protocol", "storage", "server/sip", "server/media"];
const CLOCKLESS: [&str; 6] = [
    "protocol/src",
    "server/sip/src",
    "server/media/src",
    "server/src/folder.rs",
    "server/src/call",
    "server/src/phone",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests lie in the repository")
}

/// A source file.
struct Source {
    /// From the root.
    path: String,
    text: String,
}

impl Source {
    /// Its lines up to the module of tests.
    fn lines(&self) -> Vec<&str> {
        let lines: Vec<&str> = self.text.lines().collect();
        let tests = lines
            .windows(2)
            .position(|pair| pair[0].trim() == "#[cfg(test)]" && pair[1].trim_start().starts_with("mod "));
        lines[..tests.unwrap_or(lines.len())].to_vec()
    }

    /// The lines without comments.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.lines().into_iter().enumerate();
        lines.filter(|(_, line)| !line.trim_start().starts_with("//")).map(|(at, line)| (at + 1, line))
    }

    fn is_test(&self) -> bool {
        ["tests/", "/tests/", "/tests.rs", "/harness", "/samples/", "/examples/"]
            .iter()
            .any(|part| self.path.contains(part) || self.path.starts_with(part))
    }

    fn is_below(&self, places: &[&str]) -> bool {
        places.iter().any(|place| self.path.starts_with(place))
    }
}

/// The files that git knows and that have this ending.
fn files(ending: &str) -> Vec<Source> {
    let mut git = Command::new("git");
    git.args(["ls-files", "--cached", "--others", "--exclude-standard"]).current_dir(root());
    let listed = git.output().expect("git is there");
    let listed = String::from_utf8(listed.stdout).expect("text");
    let paths = listed.lines().filter(|path| path.ends_with(ending) && root().join(path).is_file());
    let read = |path: &str| std::fs::read_to_string(root().join(path)).expect("it can be read");
    paths.map(|path| Source { path: path.to_owned(), text: read(path) }).collect()
}

fn rust() -> Vec<Source> {
    let sources = files(".rs");
    assert!(sources.len() > 300, "git lists {} files", sources.len());
    sources
}

/// Fails with all that is wrong.
fn nothing_of(rule: &str, wrong: &[String]) {
    assert!(wrong.is_empty(), "{rule}:\n  {}", wrong.join("\n  "));
}

/// Lines of product code that have one of these words, outside the places where they belong.
fn lines_with(words: &[&str], belong: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for source in rust().iter().filter(|source| !source.is_test() && !source.is_below(belong)) {
        for (number, line) in source.code() {
            if words.iter().any(|word| line.contains(word)) {
                found.push(format!("{}:{number}: {}", source.path, line.trim()));
            }
        }
    }
    found
}

/// The function that begins at a line, if one does: its name and how many lines it has.
fn function<'a>(lines: &[&'a str], at: usize) -> Option<(&'a str, usize)> {
    let line = lines[at];
    let declaration = line.trim_start();
    let (before, after) = declaration.split_once("fn ")?;
    let is_declared = before.split_whitespace().all(|word| {
        word.starts_with("pub")
            || ["const", "async", "unsafe", "extern"].contains(&word)
            || word.ends_with(')')
    });
    let name = after.split(['(', '<']).next().filter(|_| is_declared)?;
    // In a trait it may be declared only.
    let opens = lines[at..].iter().find(|line| line.ends_with(['{', ';', '}']))?;
    if opens.ends_with(';') {
        return None;
    }
    let end = format!("{}}}", &line[..line.len() - declaration.len()]);
    let length = lines[at..].iter().position(|line| *line == end)? + 1;
    Some((name, length))
}

/// Of a sorted list, what nine of ten do not exceed.
fn usual(lengths: &mut [usize]) -> usize {
    lengths.sort_unstable();
    lengths[lengths.len() * 9 / 10]
}

#[test]
fn files_and_functions_are_short() {
    let (mut file_lengths, mut function_lengths, mut wrong) = (Vec::new(), Vec::new(), Vec::new());
    for source in rust() {
        let lines = source.lines();
        file_lengths.push(lines.len());
        if lines.len() > LONGEST_FILE {
            wrong.push(format!("{}: {} lines", source.path, lines.len()));
        }
        for at in 0..lines.len() {
            let Some((name, length)) = function(&lines, at) else { continue };
            // Match tables say why they are long.
            let is_table =
                lines[at.saturating_sub(4)..at].iter().any(|line| line.contains("clippy::too_many_lines"));
            function_lengths.push(length);
            if length > LONGEST_FUNCTION && !is_table {
                wrong.push(format!("{}:{}: {name} has {length} lines", source.path, at + 1));
            }
        }
    }
    nothing_of("files have at most 600 lines, functions 70", &wrong);
    let (file, function) = (usual(&mut file_lengths), usual(&mut function_lengths));
    println!("nine of ten files have at most {file} lines, functions {function}");
    assert!(file <= USUAL_FILE && function <= USUAL_FUNCTION, "files {file}, functions {function}");
}

#[test]
fn every_file_says_in_its_first_line_what_it_is_about() {
    let wrong = |source: &Source| !source.text.starts_with("//! ");
    let wrong: Vec<String> =
        rust().iter().filter(|source| wrong(source)).map(|source| source.path.clone()).collect();
    nothing_of("the first line is a sentence after //!", &wrong);
    let scripts: Vec<Source> = [".ts", ".mjs"].into_iter().flat_map(files).collect();
    // Tests say it in their names.
    let wrong = |source: &&Source| !source.text.starts_with("// ") && !source.path.ends_with(".test.ts");
    let wrong = scripts.iter().filter(wrong);
    let wrong: Vec<String> = wrong.map(|source| source.path.clone()).collect();
    nothing_of("the first line is a sentence after //", &wrong);
}

#[test]
fn things_stand_only_in_their_own_place() {
    let xml = ["protocol/src/xml"];
    nothing_of("only protocol/src/xml.rs knows the XML parser", &lines_with(&["quick_xml"], &xml));
    let sockets = ["server/src/net/", "server/src/command.rs"];
    let words = ["tokio::net::", "std::net::UdpSocket", "std::net::TcpStream"];
    nothing_of("only server/src/net/ has sockets", &lines_with(&words, &sockets));
    let tasks =
        ["server/src/net/", "server/src/hub", "server/src/lib.rs", "server/src/main.rs", "storage/src/"];
    nothing_of("tasks are spawned in lib.rs, net/ and hub.rs", &lines_with(&["tokio::spawn("], &tasks));
    nothing_of(
        "shared state is in hub.rs",
        &lines_with(&["Arc<Mutex", "Arc<RwLock"], &["server/src/hub", "storage/src/"]),
    );
    let clocks: Vec<String> = lines_with(&["Instant::now(", "SystemTime::now("], &[]);
    let clocks = clocks.into_iter().filter(|line| CLOCKLESS.iter().any(|place| line.starts_with(place)));
    // A test's start is no clock of the product.
    let clocks: Vec<String> = clocks.filter(|line| !line.starts_with("server/sip/src/origin.rs")).collect();
    nothing_of("the machines are told the time", &clocks);
}

#[test]
fn no_lint_is_silenced_without_a_reason() {
    nothing_of("use #[expect(…, reason = …)]", &lines_with(&["#[allow(", "#![allow("], &[]));
    let suffixes = ["Manager", "Helper", "Util", "Utils", "Service", "Impl"];
    let mut wrong = Vec::new();
    for source in rust() {
        for (number, line) in source.code() {
            let declared = ["struct ", "enum ", "trait "].iter().find_map(|word| line.split_once(word));
            let name = declared
                .map(|(_, rest)| rest.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default());
            if name.is_some_and(|name| suffixes.iter().any(|suffix| name.ends_with(suffix))) {
                wrong.push(format!("{}:{number}: {}", source.path, line.trim()));
            }
        }
    }
    nothing_of("names are the field's words", &wrong);
}

#[test]
fn dependencies_point_one_way() {
    let ours = ["protocol", "storage", "sip", "media", "ximss-gateway", "tests"];
    let mut wrong = Vec::new();
    for leaf in LEAVES {
        let manifest =
            std::fs::read_to_string(root().join(leaf).join("Cargo.toml")).expect("every crate has one");
        let named = manifest.lines().filter_map(|line| line.split(['.', ' ', '=']).next());
        wrong
            .extend(named.filter(|name| ours.contains(name)).map(|name| format!("{leaf} depends on {name}")));
    }
    nothing_of("the leaves do not know each other", &wrong);
}

#[test]
fn every_version_is_in_the_workspace_and_every_dependency_is_used() {
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).expect("it is there");
    let table = manifest.split("[workspace.dependencies]").nth(1).and_then(|rest| rest.split("\n[").next());
    let declared = table.expect("there is a table").lines().filter_map(|line| line.split_once(" = "));
    let manifests: Vec<Source> =
        files("Cargo.toml").into_iter().filter(|file| file.path.contains('/')).collect();
    let members = manifests.iter().filter(|file| !file.path.starts_with("tests/bench"));
    let all: String = members.map(|file| file.text.as_str()).collect();
    let is_named = |name: &str| all.lines().any(|line| line.split(['.', ' ']).next() == Some(name));
    let unused: Vec<String> =
        declared.map(|(name, _)| name.to_owned()).filter(|name| !is_named(name)).collect();
    nothing_of("a dependency that no crate names", &unused);
}

#[test]
fn the_top_level_is_as_the_map_shows_it() {
    let entries = std::fs::read_dir(root()).expect("it is there");
    let names =
        entries.map(|entry| entry.expect("it can be read").file_name().into_string().expect("a name"));
    let wrong: Vec<String> =
        names.filter(|name| !name.starts_with('.') && !TOP_LEVEL.contains(&name.as_str())).collect();
    nothing_of("this does not belong at the top level", &wrong);
}

#[test]
fn the_map_in_the_readme_names_what_is_there() {
    let readme = std::fs::read_to_string(root().join("README.md")).expect("it is there");
    let map = readme
        .split("## The map")
        .nth(1)
        .and_then(|rest| rest.split("\n## ").next())
        .expect("there is a map");
    let mut folders: Vec<(usize, PathBuf)> = Vec::new();
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for line in map.lines().filter(|line| line.starts_with("    ")) {
        let name = line.split_whitespace().next().expect("lines of the map begin with a name");
        let indent = line.len() - line.trim_start().len();
        folders.retain(|(other, _)| *other < indent);
        let path =
            folders.last().map(|(_, path)| path.clone()).unwrap_or_default().join(name.trim_end_matches('/'));
        if !root().join(&path).exists() {
            wrong.push(path.display().to_string());
        }
        if name.ends_with('/') {
            folders.push((indent, path));
        }
        seen += 1;
    }
    assert!(seen > 40, "the map has {seen} lines");
    nothing_of("the map names what is not there", &wrong);
}

/// A user's clone has only what is in it.
#[test]
fn nothing_reads_what_lies_outside_the_repository() {
    let mut wrong = Vec::new();
    for ending in [
        ".rs",
        ".ts",
        ".mjs",
        ".py",
        ".sh",
        ".toml",
        ".yaml",
        ".yml",
        ".md",
        "run",
        "Dockerfile",
        ".cfg",
        ".conf",
    ] {
        for source in files(ending) {
            let outside = source.text.lines().enumerate().filter(|(_, line)| {
                // Written so that this line does not find itself.
                line.contains(concat!("../", "shared/")) || line.contains(concat!("/work", "/"))
            });
            wrong.extend(outside.map(|(at, line)| format!("{}:{}: {}", source.path, at + 1, line.trim())));
        }
    }
    nothing_of("a path that a clone does not have", &wrong);
}

#[test]
fn the_sdk_has_the_messages_of_the_protocol_crate() {
    let file = root().join("server/src/web/sdk/protocol.ts");
    let committed = std::fs::read_to_string(file).expect("it is there");
    assert!(
        committed == protocol::typescript(),
        "run: cargo run -p protocol --example typescript > server/src/web/sdk/protocol.ts"
    );
}

/// `callStart` is `call_start.rs` is `CallStart`, in the protocol and among the handlers.
#[test]
fn requests_have_a_file_a_handler_and_a_name_by_one_rule() {
    let names = |folder: &str| {
        let files = std::fs::read_dir(root().join(folder)).expect("it is there");
        let names =
            files.map(|file| file.expect("it can be read").file_name().into_string().expect("a name"));
        let mut names: Vec<String> =
            names.filter_map(|name| Some(name.strip_suffix(".rs")?.to_owned())).collect();
        names.retain(|name| !["mod", "tests"].contains(&name.as_str()));
        names.sort();
        names
    };
    let (requests, handlers) = (names("protocol/src/request"), names("server/src/handler"));
    let missing: Vec<String> = requests.iter().filter(|name| !handlers.contains(name)).cloned().collect();
    nothing_of("requests without a handler", &missing);
    let mut wrong = String::new();
    for source in rust().iter().filter(|source| source.path.starts_with("protocol/src/request/")) {
        let name = Path::new(&source.path).file_stem().and_then(|stem| stem.to_str()).expect("a name");
        let type_name: String = name.split('_').map(capitalised).collect();
        if requests.iter().any(|request| request == name) && !source.text.contains(&format!("{type_name} ")) {
            writeln!(wrong, "{} does not declare {type_name}", source.path).expect("strings take text");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

fn capitalised(word: &str) -> String {
    let (first, rest) = word.split_at(1);
    first.to_uppercase() + rest
}
