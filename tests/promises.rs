//! What holds whatever happens, and in whatever order: safety, and that the next call still rings.
#![cfg(not(target_arch = "wasm32"))]

mod life;
mod world;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use life::{Birth, Life, Step, birth, steps};
use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestError, TestRunner};
use world::bus::Faults;

fn from_environment<T: std::str::FromStr>(name: &str) -> Option<T> {
    std::env::var(name).ok()?.parse().ok()
}

/// The same lives each time, so that a failure is the change's; `./build.sh fuzz` lives others.
fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases: from_environment("PROPTEST_CASES").unwrap_or(cases),
        rng_seed: RngSeed::Fixed(from_environment("PROPTEST_RNG_SEED").unwrap_or(24)),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// Lives one life, without these.
fn live(birth: &Birth, steps: &[Step], without: Faults) {
    let mut life = Life::new(birth);
    life.world.bus.without = without;
    for step in steps {
        life.take(step);
        life.check();
    }
    life.come_to_an_end();
}

proptest! {
    #![proptest_config(config(600))]

    #[test]
    fn whatever_happens_nothing_bad_does_and_the_next_call_rings(
        birth in birth(),
        steps in steps(),
    ) {
        live(&birth, &steps, Faults::default());
    }
}

// ---- what makes it hold ----

/// It takes far fewer lives, most times.
const UNTIL_IT_SHOWS: u32 = 5000;

/// Lives so many lives without these, or until something goes wrong; says what.
fn what_goes_wrong(without: Faults, lives: u32) -> Option<String> {
    let config = ProptestConfig {
        max_shrink_iters: 0,
        ..config(lives)
    };
    let lives = (birth(), steps()).prop_map(|(birth, steps)| {
        // Only what travels can be spoilt on its way.
        let slow_link = true;
        let keeps = false;
        let birth = Birth {
            slow_link,
            keeps,
            ..birth
        };
        (birth, steps)
    });
    let result = TestRunner::new(config).run(&lives, |(birth, steps)| {
        live(&birth, &steps, without);
        Ok(())
    });
    match result {
        Ok(()) => None,
        Err(TestError::Fail(why, _)) => Some(why.to_string()),
        Err(abort) => panic!("{abort}"),
    }
}

#[test]
fn nothing_goes_wrong_with_dedupe_numbers_and_journal() {
    assert_eq!(what_goes_wrong(Faults::default(), 300), None);
}

#[test]
fn without_the_dedupe_of_items_something_happens_twice() {
    let dedupe = true;
    let without = Faults {
        dedupe,
        ..Faults::default()
    };
    let why = what_goes_wrong(without, UNTIL_IT_SHOWS);
    assert!(
        why.as_ref().is_some_and(|why| why.contains("twice")),
        "{why:?}"
    );
}

#[test]
fn without_the_numbers_of_states_tabs_and_hub_do_not_agree() {
    let numbering = true;
    let without = Faults {
        numbering,
        ..Faults::default()
    };
    let why = what_goes_wrong(without, UNTIL_IT_SHOWS);
    assert!(why.is_some(), "it makes no difference");
}

#[test]
fn without_the_journal_a_record_stays_open() {
    let journal = true;
    let without = Faults {
        journal,
        ..Faults::default()
    };
    let why = what_goes_wrong(without, UNTIL_IT_SHOWS);
    let open = |why: &String| why.contains("a record stays open");
    assert!(why.as_ref().is_some_and(open), "{why:?}");
}

// ---- for as long as one likes ----

/// `./build.sh fuzz` runs it: lives for `FUZZ_SECONDS`, on each processor, and counts.
#[test]
#[ignore = "runs for as long as it is told; ./build.sh fuzz"]
fn lives_without_end() {
    let seconds = from_environment("FUZZ_SECONDS").unwrap_or(60);
    let seed: u64 = from_environment("PROPTEST_RNG_SEED").unwrap_or(24);
    let threads = std::thread::available_parallelism().map_or(1, usize::from) as u64;
    let (began, counted, lived) = (Instant::now(), AtomicU64::new(0), AtomicU64::new(0));
    let until = began + Duration::from_secs(seconds);
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let (counted, lived) = (&counted, &lived);
            scope.spawn(move || {
                for round in 0.. {
                    if Instant::now() >= until {
                        return;
                    }
                    let seed = seed.wrapping_add(thread + round * threads);
                    let config = ProptestConfig {
                        cases: 100,
                        rng_seed: RngSeed::Fixed(seed),
                        failure_persistence: None,
                        ..ProptestConfig::default()
                    };
                    let lives = (birth(), steps());
                    let result = TestRunner::new(config).run(&lives, |(birth, steps)| {
                        live(&birth, &steps, Faults::default());
                        counted.fetch_add(steps.len() as u64, Ordering::Relaxed);
                        lived.fetch_add(1, Ordering::Relaxed);
                        Ok(())
                    });
                    if let Err(failure) = result {
                        panic!("PROPTEST_CASES=100 PROPTEST_RNG_SEED={seed}: {failure}");
                    }
                }
            });
        }
    });
    let steps = counted.into_inner();
    let took = began.elapsed().as_secs_f64();
    let (rate, lives) = (steps as f64 / took, lived.into_inner());
    println!("fuzz: {steps} steps in {took:.0} s ({rate:.0} a second), {lives} lives, seed {seed}");
}
