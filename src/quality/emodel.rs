//! The E-model: how people would grade a connection with these impairments.
//!
//! Sources: [ITU-T G.107](https://www.itu.int/rec/T-REC-G.107) for the rating R, its default of
//! 93.2, the effective equipment impairment and the mapping to MOS; ITU-T G.113, Appendix I, for a
//! codec with packet loss concealment; R. G. Cole and J. H. Rosenbluth, "Voice over IP performance
//! monitoring" (2001), for the delay impairment as two straight lines.

use std::time::Duration;

/// What impairs a connection.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Impairments {
    /// The part of the packets that never came, 0 to 1.
    pub loss: f64,
    /// From mouth to ear.
    pub delay: Duration,
}

/// The rating of a connection without impairments, all other parameters at G.107's defaults.
const UNIMPAIRED: f64 = 93.2;
/// How well loss is concealed (G.113: G.711 with concealment, random loss).
const LOSS_ROBUSTNESS: f64 = 25.1;
/// From here on people notice that they interrupt each other, in milliseconds.
const NOTICED_DELAY: f64 = 177.3;

/// The mean opinion score: 1 (bad) to 4.4 (as good as a telephone gets).
///
/// ```
/// use b24_background_worker::quality::{Impairments, mos};
/// use std::time::Duration;
///
/// let near = Duration::from_millis(40);
/// assert!(mos(Impairments { loss: 0.0, delay: near }) > 4.3);
/// assert!(mos(Impairments { loss: 0.2, delay: near }) < 3.0);
/// ```
#[must_use]
pub fn mos(impairments: Impairments) -> f64 {
    let percent = impairments.loss.clamp(0.0, 1.0) * 100.0;
    let loss = 95.0 * percent / (percent + LOSS_ROBUSTNESS);
    let millis = impairments.delay.as_secs_f64() * 1000.0;
    let delay = 0.024 * millis + 0.11 * (millis - NOTICED_DELAY).max(0.0);
    let rating = (UNIMPAIRED - loss - delay).clamp(0.0, 100.0);
    (1.0 + 0.035 * rating + rating * (rating - 60.0) * (100.0 - rating) * 7e-6).max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(percent: f64, millis: u64) -> f64 {
        let delay = Duration::from_millis(millis);
        let loss = percent / 100.0;
        mos(Impairments { loss, delay })
    }

    #[test]
    fn a_perfect_line_has_the_recommendations_best_score() {
        // G.107, Annex B: R = 93.2 is a MOS of 4.41.
        assert!((of(0.0, 0) - 4.41).abs() < 0.005, "{}", of(0.0, 0));
    }

    #[test]
    fn more_loss_and_more_delay_never_sound_better() {
        for percent in 0..100 {
            let percent = f64::from(percent);
            assert!(of(percent + 1.0, 50) <= of(percent, 50), "{percent} %");
        }
        for step in 0..200 {
            assert!(of(1.0, step * 10 + 10) <= of(1.0, step * 10), "{step}");
        }
    }

    #[test]
    fn whatever_comes_in_the_score_is_one_to_four_and_a_half() {
        for percent in [-5.0, 0.0, 50.0, 400.0, f64::INFINITY] {
            let score = of(percent, 100_000);
            assert!((1.0..=4.5).contains(&score), "{percent}: {score}");
        }
    }
}
