//! One call's quality, sample by sample.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::counters::Counters;
use super::emodel::{Impairments, mos};

/// How a call sounded between two samples.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Quality {
    /// The part of the customer's packets that never came, 0 to 1.
    pub loss_in: f64,
    /// The part of the operator's packets that never arrived, 0 to 1, as the far end counts.
    pub loss_out: f64,
    /// How unevenly packets come, in milliseconds.
    pub jitter: f64,
    /// There and back, in milliseconds.
    pub round_trip: f64,
    /// The mean opinion score by the E-model, 1 to 4.5, of the worse direction.
    pub mos: f64,
    /// What else is wrong with the sound.
    pub problem: Option<SoundProblem>,
}

/// A call in which somebody can't hear.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SoundProblem {
    /// Nothing comes from the other side.
    NothingHeard,
    /// Nothing is sent to the other side.
    NothingSent,
    /// The microphone is on, but picks up nothing at all.
    MicrophoneSilent,
}

/// What the call itself explains: who is meant to be silent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Silence {
    /// Either side holds the call, or its media path is being mended.
    pub held: bool,
    /// The microphone is muted.
    pub muted: bool,
}

/// Watches one call. Feed it about once a second.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Meter {
    last: Option<Counters>,
    deaf: u32,
    dumb: u32,
    silent: u32,
    scores: f64,
    scored: u32,
}

/// After so many samples a silence is a problem.
const NOTHING: u32 = 3;
/// A microphone may be quiet for longer; this one has not even picked up noise.
const SILENT: u32 = 10;
/// A grade needs a call to be graded.
const GRADED: u32 = 5;
/// What packets and codec add to the network's delay.
const PACKETS: Duration = Duration::from_millis(25);

impl Meter {
    /// The media is another's from now on, and its counters begin anew; what was heard stays in the grade.
    pub fn restart(&mut self) {
        self.last = None;
        (self.deaf, self.dumb, self.silent) = (0, 0, 0);
    }

    /// What has happened since the last sample; `None` for the first, and before media flows.
    pub fn sample(&mut self, now: Counters, silence: Silence) -> Option<Quality> {
        let last = self.last.replace(now)?;
        let came = since(now.received, last.received);
        let went = since(now.sent, last.sent);
        // Before the connection is there both are absent.
        let (came, went) = (came?, went?);
        let problem = self.problem(&last, &now, came, went, silence);
        let loss_in = part(delta(now.lost, last.lost), came);
        let lost_out = delta(now.lost_remotely, last.lost_remotely);
        let loss_out = part(lost_out, went.saturating_sub(lost_out));
        let round_trip = now.round_trip.unwrap_or_default();
        let delay = round_trip / 2 + waited(&last, &now) + PACKETS;
        let loss = loss_in.max(loss_out);
        let mos = mos(Impairments { loss, delay });
        if !silence.held && (came > 0 || loss > 0.0) {
            self.scores += mos;
            self.scored += 1;
        }
        Some(Quality {
            loss_in,
            loss_out,
            jitter: millis(now.jitter.unwrap_or_default()),
            round_trip: millis(round_trip),
            mos,
            problem,
        })
    }

    /// The whole call's grade, one to five, once there was enough of it.
    #[must_use]
    pub fn grade(&self) -> Option<u8> {
        let mean = self.scores / f64::from(self.scored.max(1));
        // A telephone's best is 4.4; that is five stars.
        let grades = [(4.2, 5), (3.8, 4), (3.1, 3), (2.2, 2)];
        let grade = grades.iter().find(|(least, _)| mean >= *least);
        (self.scored >= GRADED).then(|| grade.map_or(1, |(_, grade)| *grade))
    }

    fn problem(
        &mut self,
        last: &Counters,
        now: &Counters,
        came: u64,
        went: u64,
        silence: Silence,
    ) -> Option<SoundProblem> {
        let heard_nothing = now.microphone.is_some() && now.microphone == last.microphone;
        let mut count = |counter: fn(&mut Self) -> &mut u32, wrong: bool| {
            let counter = counter(self);
            *counter = if wrong { counter.saturating_add(1) } else { 0 };
            *counter
        };
        let deaf = count(|m| &mut m.deaf, came == 0 && !silence.held);
        let dumb = count(|m| &mut m.dumb, went == 0 && !silence.held);
        let quiet = heard_nothing && !silence.held && !silence.muted;
        let silent = count(|m| &mut m.silent, quiet);
        if deaf >= NOTHING {
            Some(SoundProblem::NothingHeard)
        } else if dumb >= NOTHING {
            Some(SoundProblem::NothingSent)
        } else if silent >= SILENT {
            Some(SoundProblem::MicrophoneSilent)
        } else {
            None
        }
    }
}

/// How much a counter has grown. One that starts anew, as after an ICE restart, has grown by what it says.
fn since(now: Option<u64>, last: Option<u64>) -> Option<u64> {
    let (now, last) = (now?, last.unwrap_or(0));
    Some(now.checked_sub(last).unwrap_or(now))
}

fn delta(now: Option<i64>, last: Option<i64>) -> u64 {
    let grown = now.unwrap_or(0).saturating_sub(last.unwrap_or(0));
    u64::try_from(grown).unwrap_or(0)
}

#[allow(clippy::cast_precision_loss)] // packets of one second
fn part(lost: u64, came: u64) -> f64 {
    let all = lost.saturating_add(came);
    if all == 0 {
        0.0
    } else {
        lost as f64 / all as f64
    }
}

/// How long a sample waited in the jitter buffer, on average.
fn waited(last: &Counters, now: &Counters) -> Duration {
    let samples = since(now.played, last.played).unwrap_or(0);
    let waited = now.buffered.unwrap_or_default();
    let waited = waited.saturating_sub(last.buffered.unwrap_or_default());
    #[allow(clippy::cast_precision_loss)] // samples of one second
    let mean = waited.as_secs_f64() / samples.max(1) as f64;
    Duration::try_from_secs_f64(mean).unwrap_or_default()
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A good second: fifty packets each way.
    fn second(n: u64) -> Counters {
        Counters {
            received: Some(50 * n),
            lost: Some(0),
            jitter: Some(Duration::from_millis(3)),
            buffered: Some(Duration::from_millis(40) * u32::try_from(48_000 * n).expect("small")),
            played: Some(48_000 * n),
            sent: Some(50 * n),
            lost_remotely: Some(0),
            round_trip: Some(Duration::from_millis(60)),
            #[allow(clippy::cast_precision_loss)]
            microphone: Some(0.01 * n as f64),
        }
    }

    fn watch(
        seconds: impl IntoIterator<Item = Counters>,
        silence: Silence,
    ) -> (Meter, Vec<Quality>) {
        let mut meter = Meter::default();
        let told = seconds
            .into_iter()
            .filter_map(|now| meter.sample(now, silence));
        let told = told.collect();
        (meter, told)
    }

    #[test]
    fn a_good_call_gets_five_stars_and_no_problem() {
        let (meter, told) = watch((0..20).map(second), Silence::default());
        assert_eq!(
            told.len(),
            19,
            "the first sample has nothing to compare with"
        );
        assert!(
            told.iter().all(|q| q.problem.is_none() && q.mos > 4.2),
            "{told:?}"
        );
        assert!((told[0].round_trip - 60.0).abs() < 1e-9);
        assert!((told[0].jitter - 3.0).abs() < 1e-9);
        assert_eq!(meter.grade(), Some(5));
    }

    #[test]
    fn loss_in_either_direction_costs_stars() {
        let inbound = |n: u64| Counters {
            received: Some(40 * n),
            lost: Some(i64::try_from(10 * n).expect("small")),
            ..second(n)
        };
        let (meter, told) = watch((0..20).map(inbound), Silence::default());
        assert!((told[3].loss_in - 0.2).abs() < 1e-9);
        assert!(meter.grade() < Some(4), "{:?}", meter.grade());
        let outbound = |n: u64| Counters {
            lost_remotely: Some(i64::try_from(10 * n).expect("small")),
            ..second(n)
        };
        let (meter, told) = watch((0..20).map(outbound), Silence::default());
        assert!((told[3].loss_out - 0.2).abs() < 1e-9);
        assert!(meter.grade() < Some(4), "{:?}", meter.grade());
    }

    #[test]
    fn a_call_nobody_is_heard_in_says_so_after_three_seconds_and_until_it_is_mended() {
        let deaf = |n: u64| Counters {
            received: Some(100),
            ..second(n)
        };
        let (mut meter, told) = watch((2..8).map(deaf), Silence::default());
        let problems: Vec<_> = told.iter().map(|q| q.problem).collect();
        let nothing = Some(SoundProblem::NothingHeard);
        assert_eq!(problems, [None, None, nothing, nothing, nothing]);
        let mended = meter.sample(
            Counters {
                received: Some(150),
                ..second(8)
            },
            Silence::default(),
        );
        assert_eq!(mended.expect("a sample").problem, None);
    }

    #[test]
    fn a_call_on_hold_is_meant_to_be_silent() {
        let still = |n: u64| Counters {
            received: Some(9),
            sent: Some(9),
            ..second(n)
        };
        let held = Silence {
            held: true,
            muted: false,
        };
        let (meter, told) = watch((2..20).map(still), held);
        assert!(told.iter().all(|q| q.problem.is_none()), "{told:?}");
        assert_eq!(meter.grade(), None, "and there is nothing to grade");
    }

    #[test]
    fn a_microphone_that_picks_up_nothing_is_a_problem_unless_it_is_muted() {
        let dead = |n: u64| Counters {
            microphone: Some(0.0),
            ..second(n)
        };
        let last = |silence| {
            watch((1..14).map(dead), silence)
                .1
                .pop()
                .expect("samples")
                .problem
        };
        assert_eq!(
            last(Silence::default()),
            Some(SoundProblem::MicrophoneSilent)
        );
        assert_eq!(
            last(Silence {
                muted: true,
                held: false
            }),
            None
        );
    }

    #[test]
    fn before_ice_connects_there_is_nothing_to_say() {
        let (meter, told) = watch((0..5).map(|_| Counters::default()), Silence::default());
        assert!(told.is_empty());
        assert_eq!(meter.grade(), None);
    }

    #[test]
    fn counters_that_start_anew_or_run_backwards_are_no_flood_of_loss() {
        let strange = [
            second(100),
            second(1),
            Counters {
                lost: Some(-40),
                lost_remotely: Some(i64::MIN),
                ..second(2)
            },
            Counters {
                lost: Some(i64::MAX),
                received: Some(u64::MAX),
                ..second(3)
            },
            Counters::default(),
            second(4),
        ];
        let (_, told) = watch(strange, Silence::default());
        for quality in told {
            assert!((0.0..=1.0).contains(&quality.loss_in), "{quality:?}");
            assert!((0.0..=1.0).contains(&quality.loss_out), "{quality:?}");
            assert!((1.0..=4.5).contains(&quality.mos), "{quality:?}");
        }
    }
}
