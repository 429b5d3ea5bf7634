//! SECURITY.md claims nothing that no test looks after.

use std::{fs, path::Path};

const CRATE: &str = env!("CARGO_MANIFEST_DIR");

fn claims() -> String {
    fs::read_to_string(Path::new(CRATE).join("../../SECURITY.md")).unwrap()
}

/// What stands in backticks, in order.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// A file of tests, or one of the crate with tests of its own.
fn source(name: &str) -> Option<String> {
    ["tests", "src"]
        .iter()
        .find_map(|folder| fs::read_to_string(Path::new(CRATE).join(folder).join(name)).ok())
}

/// Whether a file has a test of that name.
fn has(text: &str, test: &str) -> bool {
    text.split("test]\n")
        .chain(text.split("test(start_paused = true)]\n"))
        .skip(1)
        .any(|it| {
            it.lines()
                .take(3)
                .any(|line| line.contains(&format!("fn {test}(")))
        })
}

#[test]
fn each_test_that_is_named_is_there() {
    let (text, mut named) = (claims(), 0);
    let mut file = String::new();
    for word in quoted(&text) {
        if word.ends_with(".rs") {
            file = source(word).unwrap_or_else(|| panic!("there is no {word}"));
            let tests = ["#[test]", "#[tokio::test"];
            let any = tests.iter().any(|it| file.contains(it));
            assert!(any, "{word} has no test");
        } else if word.len() > 20
            && word
                .bytes()
                .all(|it| it.is_ascii_lowercase() || b"0123456789_".contains(&it))
        {
            assert!(
                has(&file, word),
                "{word} is not in the file named before it"
            );
            named += 1;
        }
    }
    assert!(named >= 25, "{named}");
}

#[test]
fn each_claim_of_a_table_names_its_test() {
    for line in claims().lines().filter(|it| it.starts_with("| ")) {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let is_head = cells.last() == Some(&"Test") || line.contains("| --- |");
        let tests = cells.last().copied().unwrap_or_default();
        let is_named = tests.contains(".rs`") || tests.contains("docs/routes.md");
        assert!(is_head || is_named, "no test is named: {line}");
    }
}
