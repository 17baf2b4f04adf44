//! Whom do address fields name, as they should be and as they are?

use super::*;

fn readable(text: &str) -> Vec<String> {
    let one = |address: &Address| format!("{}|{}", address.name.as_deref().unwrap_or(""), address.address);
    read(text).iter().map(one).collect()
}

#[test]
fn names_and_addresses_are_told_apart() {
    let table: &[(&str, &[&str])] = &[
        ("a@b", &["|a@b"]),
        ("<a@b>", &["|a@b"]),
        ("John Doe <a@b>", &["John Doe|a@b"]),
        ("\"Doe, \\\"J\\\" John\" <a@b>", &["Doe, \"J\" John|a@b"]),
        ("John \"Q\" Doe <a@b>", &["John Q Doe|a@b"]),
        ("a@b (Real (nested) Name)", &["Real (nested) Name|a@b"]),
        ("Ann <a@b> (Sales)", &["Ann (Sales)|a@b"]),
        ("\"a b\"@c.d", &["|\"a b\"@c.d"]),
        ("<\"a>b\"@c.d>", &["|\"a>b\"@c.d"]),
        ("<@r1,@r2:a@b>", &["|a@b"]),
        ("x <a @ b . c>", &["x|a@b.c"]),
        ("a @ b . c", &["|a@b.c"]),
        ("a@[IPv6:::1]", &["|a@[IPv6:::1]"]),
        ("\"a@b\" <a@b>", &["a@b|a@b"]),
        ("a@b <a@b>", &["a@b|a@b"]),
        ("\"Smith, J.\" j@x.org", &["Smith, J.|j@x.org"]),
        ("MAILER-DAEMON", &["|MAILER-DAEMON"]),
        ("root (Cron Daemon)", &["Cron Daemon|root"]),
        ("no address", &["no address|"]),
        ("Foo <mailto:a@b>", &["Foo|a@b"]),
        ("Jörg <jörg@münchen.de>", &["Jörg|jörg@münchen.de"]),
        ("", &[]),
        ("<>", &[]),
    ];
    for (text, addresses) in table {
        assert_eq!(readable(text), *addresses, "{text}");
    }
}

#[test]
fn encoded_names_are_decoded_and_their_commas_do_not_separate() {
    let table: &[(&str, &[&str])] = &[
        ("=?utf-8?Q?J=C3=B6rg?= <a@b>", &["Jörg|a@b"]),
        ("\"=?utf-8?Q?J=C3=B6rg?=\" <a@b>", &["Jörg|a@b"]),
        ("=?utf-8?Q?Doe,_John?= <a@b>, c@d", &["Doe, John|a@b", "|c@d"]),
        ("=?utf-8?B?SsM=?= =?utf-8?B?tnJn?=<a@b>", &["Jörg|a@b"]),
        ("Hello =?utf-8?Q?W=C3=B6rld?= Foo <a@b>", &["Hello Wörld Foo|a@b"]),
        ("a@b (=?utf-8?Q?J=C3=B6rg?=)", &["Jörg|a@b"]),
        ("=?utf-8?Q?Nobody?=", &["Nobody|"]),
        ("=?utf-8?Q?x=0D=0Ay?= <a@b>", &["x  y|a@b"]),
    ];
    for (text, addresses) in table {
        assert_eq!(readable(text), *addresses, "{text}");
    }
}

#[test]
fn groups_give_their_members_and_empty_ones_their_name() {
    let table: &[(&str, &[&str])] = &[
        ("A Group: \"X, Y\" <a@b>, c@d (Cee);", &["X, Y|a@b", "Cee|c@d"]),
        ("undisclosed-recipients:;", &["undisclosed-recipients|"]),
        ("Nobody: ; , e@f", &["Nobody|", "|e@f"]),
        ("Team : a@b;, c@d", &["|a@b", "|c@d"]),
        ("One: a@b; Two: c@d;", &["|a@b", "|c@d"]),
        ("Open: ", &["Open|"]),
        ("a@b; c@d;e@f", &["|a@b", "|c@d", "|e@f"]),
    ];
    for (text, addresses) in table {
        assert_eq!(readable(text), *addresses, "{text}");
    }
}

#[test]
fn what_is_left_open_is_read_as_far_as_it_goes() {
    let table: &[(&str, &[&str])] = &[
        ("John <a@b", &["John|a@b"]),
        ("John <a@b, Ann <c@d>", &["John|a@b,Ann<c@d"]),
        ("\"John <a@b>", &["John|a@b"]),
        ("John (x <a@b>", &["John x|a@b"]),
        ("<<a@b>>", &["|a@b"]),
        (",,a@b,,", &["|a@b"]),
    ];
    for (text, addresses) in table {
        assert_eq!(readable(text), *addresses, "{text}");
    }
}

#[test]
fn a_field_of_nothing_but_openings_is_read_in_no_time_and_long_lists_are_cut() {
    for opening in ["(", "<", "\"", "[", "=?a?q?", "\\", ":", "((<\""] {
        read(&opening.repeat(30_000));
    }
    assert_eq!(read(&"a@b,".repeat(5_000)).len(), ADDRESS_CAP);
}

#[test]
fn an_entry_is_readable() {
    let readable = |text: &str| read(text).iter().map(|a| a.readable().into_owned()).collect::<Vec<_>>();
    assert_eq!(readable("Ann <a@b>, c@d, Team:;"), ["Ann <a@b>", "c@d", "Team"]);
}
