//! How is a page of text written as PDF (ISO 32000-1)?

use std::fmt::Write;

/// One page of A5 with a title and, under headings, lines of text.
pub(super) fn page(title: &str, sections: &[(&str, &[&str])]) -> Vec<u8> {
    let content = content(title, sections);
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 420 595] /Contents 4 0 R \
         /Resources << /Font << /Bold 5 0 R /Text 6 0 R /Code 7 0 R >> >> >>"
            .to_owned(),
        format!("<< /Length {} >>\nstream\n{content}\nendstream", content.len()),
        font("Helvetica-Bold"),
        font("Helvetica"),
        font("Courier"),
    ];
    let mut out = String::from("%PDF-1.4\n");
    let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for (number, object) in (1..).zip(&objects) {
        _ = writeln!(table, "{:010} 00000 n ", out.len());
        _ = write!(out, "{number} 0 obj\n{object}\nendobj\n");
    }
    let start = out.len();
    _ = write!(
        out,
        "{table}trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n",
        objects.len() + 1
    );
    out.into_bytes()
}

fn font(name: &str) -> String {
    format!("<< /Type /Font /Subtype /Type1 /BaseFont /{name} /Encoding /WinAnsiEncoding >>")
}

/// The operators that draw the page, top down: a bar with the title, then the sections.
fn content(title: &str, sections: &[(&str, &[&str])]) -> String {
    let mut out = String::from("0.114 0.306 0.537 rg 0 525 420 70 re f\n");
    _ = write!(out, "BT /Bold 22 Tf 1 1 1 rg 36 550 Td ({}) Tj ET\n0.1 0.1 0.1 rg", escaped(title));
    let mut height = 490;
    for (heading, lines) in sections {
        _ = write!(out, "\nBT /Bold 12 Tf 36 {height} Td ({}) Tj ET", escaped(heading));
        for line in *lines {
            height -= 17;
            let (font, size) = if line.starts_with("ximss-gateway") { ("Code", 9) } else { ("Text", 11) };
            _ = write!(out, "\nBT /{font} {size} Tf 36 {height} Td ({}) Tj ET", escaped(line));
        }
        height -= 32;
    }
    out
}

/// The text as a literal string; what is no ASCII is left out.
fn escaped(text: &str) -> String {
    let visible = text.chars().filter(|c| c.is_ascii_graphic() || *c == ' ');
    visible.flat_map(|c| matches!(c, '(' | ')' | '\\').then_some('\\').into_iter().chain([c])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_of_the_table_points_to_its_object() {
        let pdf = String::from_utf8(page("Title", &[("One (1)", &["a\\b", "ximss-gateway x"])])).unwrap();
        let start: usize = pdf.rsplit("startxref\n").next().unwrap().lines().next().unwrap().parse().unwrap();
        let table: Vec<_> = pdf[start..].lines().collect();
        assert_eq!(table[..3], ["xref", "0 8", "0000000000 65535 f "]);
        for (number, entry) in (1..=7).zip(&table[3..]) {
            let offset: usize = entry[..10].parse().unwrap();
            assert!(pdf[offset..].starts_with(&format!("{number} 0 obj\n")), "{number}");
            assert_eq!(entry[10..], *" 00000 n ");
        }
        assert!(pdf.contains("(One \\(1\\)) Tj") && pdf.contains("(a\\\\b) Tj"));
    }

    #[test]
    fn the_length_of_the_drawing_is_told() {
        let pdf = String::from_utf8(page("T", &[])).unwrap();
        let (before, rest) = pdf.split_once(" >>\nstream\n").unwrap();
        let length: usize = before.rsplit("/Length ").next().unwrap().parse().unwrap();
        assert!(rest[length..].starts_with("\nendstream"));
    }
}
