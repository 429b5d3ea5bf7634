//! What `docs/design.md` draws is what the code has.
#![cfg(not(target_arch = "wasm32"))]

use std::collections::BTreeSet;

const DESIGN: &str = include_str!("../docs/design.md");

/// The variants of an enum, as its source spells them.
fn variants(source: &str, name: &str) -> BTreeSet<String> {
    let start = source.find(&format!("enum {name} {{")).expect("the enum");
    let body = &source[start..];
    let body = &body[..body.find("\n}").expect("its end")];
    let is_variant = |line: &&str| {
        line.strip_prefix("    ")
            .is_some_and(|rest| rest.starts_with(char::is_uppercase))
    };
    let word = |line: &str| {
        let name = line.trim().split(|c: char| !c.is_alphanumeric()).next();
        name.unwrap_or_default().to_owned()
    };
    body.lines().filter(is_variant).map(word).collect()
}

/// The states of the chart that stands behind this text.
fn chart(after: &str) -> BTreeSet<String> {
    let (_, rest) = DESIGN.split_once(after).expect("the text before the chart");
    let (_, rest) = rest.split_once("```mermaid\n").expect("the chart");
    let (chart, _) = rest.split_once("```").expect("its end");
    let arrows = chart.lines().filter_map(|line| line.split_once("-->"));
    let ends = arrows.flat_map(|(from, to)| [from, to.split(':').next().unwrap_or_default()]);
    let names = ends.map(|it| it.trim().to_owned());
    names.filter(|it| it != "[*]").collect()
}

/// What a line of the document names in backticks.
fn named(line_with: &str) -> BTreeSet<String> {
    let line = DESIGN.lines().find(|line| line.contains(line_with));
    let quoted = line.expect("the line").split('`').skip(1).step_by(2);
    quoted.map(str::to_owned).collect()
}

#[test]
fn the_chart_of_a_calls_leg_has_the_codes_states() {
    let leg = variants(include_str!("../src/call/leg.rs"), "Leg");
    assert_eq!(chart("(`Leg` in `src/call/leg.rs`)"), leg);
}

#[test]
fn the_chart_of_a_record_has_the_codes_states() {
    let record = variants(include_str!("../src/call/record.rs"), "Record");
    assert_eq!(chart("(`Record` in `src/call/record.rs`)"), record);
}

#[test]
fn the_chart_of_a_hubs_life_has_the_codes_states() {
    let life = variants(include_str!("../src/hub/life.rs"), "Life");
    assert_eq!(chart("`Life` in `src/hub/life.rs`"), life);
}

#[test]
fn the_document_names_every_phase_of_a_transfer() {
    let phases = variants(include_str!("../src/call/transfer.rs"), "TransferPhase");
    for phase in phases {
        assert!(DESIGN.contains(&format!("*{phase}*")), "{phase}");
    }
}

#[test]
fn the_document_names_every_order_to_a_card() {
    let orders = variants(include_str!("../src/session/machine.rs"), "CardOrder");
    for order in orders {
        assert!(DESIGN.contains(&format!("\n| `{order}` |")), "{order}");
    }
}

#[test]
fn the_document_names_every_item_between_hub_and_tabs() {
    let messages = include_str!("../src/link/message.rs");
    for (line, items) in [
        ("hub to tab (`ToTab`)", variants(messages, "ForTab")),
        ("tab to hub (`ToHub`)", variants(messages, "ForHub")),
    ] {
        let mut named = named(line);
        named.retain(|it| it != "ToTab" && it != "ToHub");
        assert_eq!(named, items);
    }
}
