//! The README's examples are files that are compiled.
#![cfg(not(target_arch = "wasm32"))]

const README: &str = include_str!("../README.md");

#[test]
fn the_rust_example_is_the_one_that_runs() {
    let phone = include_str!("../examples/rust-worker/src/phone.rs");
    let worker = include_str!("../examples/rust-worker/src/lib.rs");
    for source in [phone, worker] {
        assert!(
            README.contains(&format!("```rust\n{source}```")),
            "copy it:\n{source}"
        );
    }
}

#[test]
fn the_typescript_example_is_the_one_that_is_checked() {
    let source = include_str!("types/readme.ts");
    assert!(
        README.contains(&format!("```ts\n{source}```")),
        "copy it:\n{source}"
    );
}
