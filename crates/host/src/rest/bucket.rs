//! The portal's leaky bucket, kept on our side too: a portal takes some requests at once and then
//! two a second of an app, and refuses what is more. Who waits here is not refused there, and a
//! click on a number does not wait behind bindings and lines.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use super::RestError;

/// How many seconds' worth a portal takes at once: 50 at two a second.
const BURST_SECONDS: f64 = 25.0;

/// The part of it that is kept for calls: other work stops there.
const FOR_CALLS: f64 = 0.4;

/// How long anybody waits. Whoever would wait for longer is told that the portal is busy.
const PATIENCE: Duration = Duration::from_secs(30);

/// The most portals remembered. Those that are full again are forgotten first, then all: portals
/// refuse by themselves what is too much.
const MOST: usize = 10_000;

/// Who goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Urgency {
    /// Somebody waits at the telephone.
    Call,
    /// It may take a while.
    Work,
}

/// The buckets of all portals, by their hosts.
pub(super) struct Buckets {
    per_second: f64,
    all: Mutex<HashMap<String, Bucket>>,
}

struct Bucket {
    left: f64,
    at: Instant,
}

impl Urgency {
    /// How urgent a method is.
    pub(super) fn of(method: &str) -> Self {
        let is_call =
            method.starts_with("telephony.externalCall.") || method == "pull.application.event.add";
        if is_call { Self::Call } else { Self::Work }
    }
}

impl Buckets {
    /// Buckets that fill up by so many requests a second.
    pub(super) fn new(per_second: u32) -> Self {
        Self {
            per_second: f64::from(per_second),
            all: Mutex::default(),
        }
    }

    /// Waits for the portal to have room.
    ///
    /// # Errors
    /// When that takes too long: it may be tried again later.
    pub(super) async fn take(&self, portal: &str, urgency: Urgency) -> Result<(), RestError> {
        let began = Instant::now();
        while let Err(wait) = self.try_take(portal, urgency, Instant::now()) {
            if began.elapsed() + wait > PATIENCE {
                return Err(RestError::refused("QUERY_LIMIT_EXCEEDED", 503));
            }
            tokio::time::sleep(wait).await;
        }
        Ok(())
    }

    // Whoever has to wait looks again then, and so calls get ahead of work at every look.
    fn try_take(&self, portal: &str, urgency: Urgency, now: Instant) -> Result<(), Duration> {
        let most = self.per_second * BURST_SECONDS;
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        let filled = |bucket: &Bucket| {
            let since = now.saturating_duration_since(bucket.at).as_secs_f64();
            (bucket.left + since * self.per_second).min(most)
        };
        if all.len() >= MOST && !all.contains_key(portal) {
            all.retain(|_, bucket| filled(bucket) < most);
            if all.len() >= MOST {
                all.clear();
            }
        }
        let bucket = all.entry(portal.to_owned()).or_insert(Bucket {
            left: most,
            at: now,
        });
        bucket.left = filled(bucket);
        bucket.at = now;
        let needed = match urgency {
            Urgency::Call => 1.0,
            Urgency::Work => most * FOR_CALLS + 1.0,
        };
        if bucket.left >= needed {
            bucket.left -= 1.0;
            return Ok(());
        }
        let missing = needed - bucket.left;
        Err(Duration::from_secs_f64(missing / self.per_second))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(buckets: &Buckets, portal: &str, urgency: Urgency, now: Instant) -> usize {
        (0..1000)
            .take_while(|_| buckets.try_take(portal, urgency, now).is_ok())
            .count()
    }

    #[test]
    fn a_portal_is_asked_no_faster_than_it_answers() {
        let (buckets, now) = (Buckets::new(2), Instant::now());
        assert_eq!(taken(&buckets, "a1", Urgency::Call, now), 50);
        let later = now + Duration::from_secs(10);
        assert_eq!(taken(&buckets, "a1", Urgency::Call, later), 20);
        let wait = buckets.try_take("a1", Urgency::Call, later);
        assert_eq!(wait, Err(Duration::from_millis(500)));
        assert_eq!(
            taken(&buckets, "b2", Urgency::Call, later),
            50,
            "each has its own"
        );
    }

    #[test]
    fn work_leaves_room_for_a_click() {
        let (buckets, now) = (Buckets::new(2), Instant::now());
        assert_eq!(taken(&buckets, "a1", Urgency::Work, now), 30);
        assert_eq!(taken(&buckets, "a1", Urgency::Call, now), 20);
        // What comes in while both wait is the calls' until their part is full again.
        let later = now + Duration::from_secs(5);
        assert!(buckets.try_take("a1", Urgency::Work, later).is_err());
        assert!(buckets.try_take("a1", Urgency::Call, later).is_ok());
        let idle = now + Duration::from_secs(60);
        assert!(buckets.try_take("a1", Urgency::Work, idle).is_ok());
    }

    #[test]
    fn there_are_no_more_buckets_than_there_is_room_for() {
        let (buckets, now) = (Buckets::new(2), Instant::now());
        let ask = |number: usize, at| {
            let taken = buckets.try_take(&format!("p{number}"), Urgency::Call, at);
            assert!(taken.is_ok());
            buckets.all.lock().map_or(0, |all| all.len())
        };
        for number in 0..MOST {
            ask(number, now);
        }
        // Half a minute later all but the busy one are full again.
        let later = now + Duration::from_secs(30);
        ask(0, later);
        assert_eq!(ask(MOST, later), 2);
        for number in MOST..3 * MOST {
            assert!(ask(number, later) <= MOST);
        }
    }

    #[test]
    fn a_call_is_what_somebody_waits_for() {
        assert_eq!(Urgency::of("pull.application.event.add"), Urgency::Call);
        assert_eq!(
            Urgency::of("telephony.externalCall.register"),
            Urgency::Call
        );
        for method in [
            "placement.bind",
            "event.bind",
            "telephony.externalLine.add",
            "profile",
        ] {
            assert_eq!(Urgency::of(method), Urgency::Work, "{method}");
        }
    }
}
