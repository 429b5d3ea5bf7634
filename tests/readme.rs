//! The README's examples are files that are compiled.
#![cfg(not(target_arch = "wasm32"))]

const README: &str = include_str!("../README.md");

#[test]
fn the_rust_example_is_the_one_that_is_compiled() {
    let source = include_str!("../examples/own_softphone.rs");
    let (_, rest) = source.split_once("// README: begin\n").expect("the marker");
    let (example, _) = rest.split_once("    // README: end").expect("the marker");
    let flush_left: String = example
        .lines()
        .map(|line| line.strip_prefix("    ").unwrap_or(line).to_owned() + "\n")
        .collect();
    assert!(
        README.contains(&format!("```rust\n{flush_left}```")),
        "copy it:\n{flush_left}"
    );
}

#[test]
fn the_typescript_example_is_the_one_that_is_checked() {
    let source = include_str!("types/readme.ts");
    assert!(
        README.contains(&format!("```ts\n{source}```")),
        "copy it:\n{source}"
    );
}
