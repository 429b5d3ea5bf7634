//! What `docs/design.md` draws is what the code has.
#![cfg(not(target_arch = "wasm32"))]

mod world;

use std::collections::BTreeSet;
use std::time::Duration;

use b24_background_worker::card::{CallId, CardEvent};
use b24_background_worker::hub::PhonePlace;
use b24_background_worker::link::TabId;
use b24_background_worker::session::Config;
use b24_background_worker::softphone::EndCause;
use b24_background_worker::tab::{CardSerial, Input};
use world::{LINE, World};

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

/// The arrows of the chart that stands behind this text: from, to, and what leads there.
fn arrows(after: &str) -> BTreeSet<[String; 3]> {
    let (_, rest) = DESIGN.split_once(after).expect("the text before the chart");
    let (_, rest) = rest.split_once("```mermaid\n").expect("the chart");
    let (chart, _) = rest.split_once("```").expect("its end");
    let arrows = chart.lines().filter_map(|line| line.split_once("-->"));
    let arrows = arrows.map(|(from, to)| {
        let (to, why) = to.split_once(':').unwrap_or((to, ""));
        [from, to, why].map(|it| it.trim().to_owned())
    });
    arrows.collect()
}

/// The states of that chart.
fn chart(after: &str) -> BTreeSet<String> {
    let arrows = arrows(after).into_iter();
    let ends = arrows.flat_map(|[from, to, _]| [from, to]);
    ends.filter(|it| it != "[*]").collect()
}

/// Each arrow of a chart, and what shows that the code goes that way.
type Ways<'a> = [([&'a str; 3], fn())];

/// The chart has these arrows and no other, and the code goes each of them.
fn goes(after: &str, ways: &Ways<'_>) {
    let proven = ways.iter().map(|(arrow, _)| arrow.map(str::to_owned));
    let mut drawn = arrows(after);
    drawn.retain(|[from, ..]| from != "[*]");
    assert_eq!(drawn, proven.collect());
    for (_, way) in ways {
        way();
    }
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

/// The card that the application was told of and has not been told the end of.
fn card(world: &World) -> Option<CardSerial> {
    let gone = world.told.closed.len();
    let cards = world.told.cards.iter().skip(gone);
    cards.last().map(|(card, _)| card.serial())
}

fn ringing() -> (World, CardSerial) {
    let mut world = World::new();
    assert_eq!(card(&world), None);
    world.ring("a");
    let serial = card(&world).expect("`initialized` brings a card");
    (world, serial)
}

#[test]
fn the_chart_of_a_card_has_the_codes_ways() {
    goes(
        "## The cards of a call",
        &[
            (["none", "card", "initialized"], || drop(ringing())),
            (["card", "card", "initialized, another serial"], || {
                let (mut world, first) = ringing();
                let mut info = world.told.cards[0].1.clone();
                info.call_id = CallId::new("another").expect("not empty");
                world.page_says(CardEvent::Initialized(info));
                assert!(card(&world).expect("another card") > first);
            }),
            (["card", "none", "Close clicked"], || {
                let (mut world, _) = ringing();
                world.click_slowly(world.first(), CardEvent::Close);
                assert_eq!(card(&world), None);
            }),
            (["card", "none", "closed by a handle or an order"], || {
                let (mut world, _) = ringing();
                let (handle, _) = world.told.cards.pop().expect("a handle");
                world.request(handle.close());
                assert_eq!(world.told.closed.len(), 1);
            }),
            (["card", "none", "\"Call card is undefined\""], || {
                let (mut world, _) = ringing();
                world.click(CardEvent::Answer);
                world.the_portal_takes_the_card_away();
                assert!(world.told.closed.is_empty(), "nothing tells of it");
                world.click_slowly(world.first(), CardEvent::Mute(true));
                world.pass(Duration::from_secs(6));
                assert_eq!(world.told.closed.len(), 1);
            }),
        ],
    );
}

fn with_tabs(tabs: u64) -> World {
    let mut config = Config::new(7, "test");
    config.lines = vec![LINE.to_owned()];
    World::with_tabs(config, tabs, PhonePlace::Seat)
}

fn seat(world: &World) -> Option<(TabId, u64)> {
    world.hub.seat().map(|seat| (seat.tab, seat.run))
}

const ONE: TabId = TabId(1);

/// A tab that has the seat, and the number of its run.
fn seated() -> (World, u64) {
    let world = with_tabs(1);
    let (tab, run) = seat(&world).expect("the seat is taken");
    assert_eq!(tab, ONE);
    (world, run)
}

/// Its softphone did not start.
fn failed() -> (World, u64) {
    let (mut world, run) = seated();
    let cause = EndCause::error("NO_MICROPHONE", "there is none");
    world.feed_tab(ONE, Input::PhoneNotStarted { run, cause });
    world.settle();
    assert_eq!(seat(&world), Some((ONE, run)), "the seat is kept");
    (world, run)
}

#[test]
fn the_chart_of_the_seat_has_the_codes_ways() {
    goes(
        "## The seat",
        &[
            (
                ["nobody", "seated", "a tab that can take it is there"],
                || {
                    let mut world = with_tabs(0);
                    assert_eq!(seat(&world), None);
                    world.open_tab(ONE);
                    assert_eq!(seat(&world).map(|(tab, _)| tab), Some(ONE));
                },
            ),
            (
                [
                    "seated",
                    "seated",
                    "renewSoftphone(), run n + 1, between calls",
                ],
                || {
                    let (mut world, run) = seated();
                    world.ring("a");
                    world.feed_tab(ONE, Input::Renew);
                    world.settle();
                    assert_eq!(seat(&world), Some((ONE, run)), "not during a call");
                    world.click(CardEvent::Skip);
                    world.pass(Duration::from_secs(5));
                    assert_eq!(seat(&world), Some((ONE, run + 1)));
                },
            ),
            (["seated", "failed", "the softphone did not start"], || {
                drop(failed());
            }),
            (
                ["failed", "seated", "after 5 s, then longer, run n + 1"],
                || {
                    let (mut world, run) = failed();
                    world.pass(Duration::from_millis(4900));
                    assert_eq!(seat(&world), Some((ONE, run)));
                    world.pass(Duration::from_millis(200));
                    assert_eq!(seat(&world), Some((ONE, run + 1)));
                },
            ),
            (
                [
                    "seated",
                    "nobody",
                    "its tab is left, frozen, closed or dead",
                ],
                || {
                    for told in [true, false] {
                        let (mut world, _) = seated();
                        world.close_tab(ONE, told);
                        assert_eq!(seat(&world), None);
                    }
                    let (mut world, _) = seated();
                    world.freeze(ONE, true);
                    world.settle();
                    assert_eq!(seat(&world), None);
                },
            ),
            (
                ["nobody", "[*]", "20 s without any tab, the calls are ended"],
                || {
                    let (mut world, _) = seated();
                    world.ring("a");
                    world.close_tab(ONE, false);
                    world.pass(Duration::from_secs(21));
                    assert_eq!(world.call(), None);
                    world.only_finish();
                },
            ),
        ],
    );
}
