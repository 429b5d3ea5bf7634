//! What strangers may cost: tokens nobody knows yet are looked up one at a time for a portal, and
//! after one that turned out to be nobody's the next waits for an interval.
//!
//! So junk leads to one question to the OAuth server for each portal and interval, however much of
//! it comes, and an honest token behind it waits for seconds at most.

use std::{
    collections::HashMap,
    future::Future,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::time::{Instant, sleep_until, timeout_at};

use crate::rest::RestError;

/// How long somebody waits for the turn.
const PATIENCE: Duration = Duration::from_secs(8);

/// How many of one address may wait while the lane is closed, and while it is open: many
/// operators of one office come at nine.
const WAITING: (usize, usize) = (2, 256);

/// The most lanes remembered. When all of them are in use, further portals share one.
const MOST: usize = 10_000;

/// No portal's name.
const SHARED: &str = "*";

/// All lanes, by portal.
pub struct Gate {
    interval: Duration,
    lanes: Mutex<HashMap<String, Arc<Lane>>>,
}

#[derive(Default)]
struct Lane {
    turn: tokio::sync::Mutex<()>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    closed_until: Option<Instant>,
    waiting: HashMap<IpAddr, usize>,
}

impl Gate {
    /// A gate with that interval.
    #[must_use]
    pub fn new(interval: Duration) -> Self {
        Self {
            interval,
            lanes: Mutex::default(),
        }
    }

    /// Looks a token up when it is its turn.
    ///
    /// # Errors
    /// What the lookup says, or that too many wait.
    pub async fn look_up<T>(
        &self,
        portal: &str,
        from: IpAddr,
        lookup: impl Future<Output = Result<T, RestError>>,
    ) -> Result<T, RestError> {
        let lane = self.lane(portal);
        let _place = Place::take(&lane, from).ok_or(RestError::Busy)?;
        let deadline = Instant::now() + PATIENCE;
        let turn = timeout_at(deadline, lane.turn.lock()).await;
        let _turn = turn.map_err(|_| RestError::Busy)?;
        let closed_until = lane.state().closed_until;
        if let Some(open_at) = closed_until {
            if open_at > deadline {
                return Err(RestError::Busy);
            }
            sleep_until(open_at).await;
        }
        let found = lookup.await;
        let nobodys = found.as_ref().is_err_and(RestError::is_nobodys);
        lane.state().closed_until = nobodys.then(|| Instant::now() + self.interval);
        found
    }

    fn lane(&self, portal: &str) -> Arc<Lane> {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        if lanes.len() >= MOST {
            let now = Instant::now();
            lanes.retain(|_, lane| {
                Arc::strong_count(lane) > 1 || lane.state().closed_until.is_some_and(|it| it > now)
            });
        }
        let full = lanes.len() >= MOST && !lanes.contains_key(portal);
        let lane = if full { SHARED } else { portal };
        Arc::clone(lanes.entry(lane.to_owned()).or_default())
    }
}

impl Lane {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place in the queue; drop leaves it.
struct Place<'a>(&'a Lane, IpAddr);

impl<'a> Place<'a> {
    fn take(lane: &'a Lane, from: IpAddr) -> Option<Self> {
        let mut state = lane.state();
        let closed = state.closed_until.is_some_and(|it| it > Instant::now());
        let most = if closed { WAITING.0 } else { WAITING.1 };
        let waiting = state.waiting.entry(from).or_default();
        if *waiting >= most {
            return None;
        }
        *waiting += 1;
        drop(state);
        Some(Self(lane, from))
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        if let Some(waiting) = state.waiting.get_mut(&self.1) {
            *waiting -= 1;
            if *waiting == 0 {
                state.waiting.remove(&self.1);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn junk<T>() -> Result<T, RestError> {
        Err(RestError::refused("invalid_token", 401))
    }

    const ONE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
    const OTHER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 2));

    #[tokio::test(start_paused = true)]
    async fn a_flood_of_junk_costs_one_lookup_an_interval_and_an_honest_token_gets_its_turn() {
        let gate = Gate::new(Duration::from_secs(1));
        let asked = AtomicUsize::new(0);
        let flood = (0..1000).map(|_| {
            gate.look_up("a1", ONE, async {
                asked.fetch_add(1, Ordering::SeqCst);
                junk::<()>()
            })
        });
        let honest = async {
            tokio::task::yield_now().await;
            let started = Instant::now();
            let found = gate.look_up("a1", OTHER, async { Ok(()) }).await;
            (found.is_ok(), started.elapsed())
        };
        let started = Instant::now();
        let (refused, _) = tokio::join!(futures::future::join_all(flood), honest);
        let seconds = usize::try_from(started.elapsed().as_secs()).unwrap_or_default();
        assert!(refused.iter().all(Result::is_err));
        assert!(asked.load(Ordering::SeqCst) <= seconds + 1);
        let next = gate.look_up("a1", OTHER, async { Ok(()) }).await;
        assert!(next.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_closed_lane_holds_up_nobody_elses_portal() {
        let gate = Gate::new(Duration::from_secs(3600));
        assert!(
            gate.look_up("a1", ONE, async { junk::<()>() })
                .await
                .is_err()
        );
        let busy = gate.look_up("a1", ONE, async { Ok(()) }).await;
        assert!(matches!(busy, Err(RestError::Busy)));
        assert!(gate.look_up("b2", ONE, async { Ok(()) }).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn there_are_no_more_lanes_than_there_is_room_for() {
        let gate = Gate::new(Duration::from_secs(1));
        let lanes = || gate.lanes.lock().map_or(0, |it| it.len());
        for number in 0..MOST {
            let portal = format!("p{number}");
            let refused = gate.look_up(&portal, ONE, async { junk::<()>() }).await;
            assert!(refused.is_err());
        }
        // All of them are closed: who comes now shares one, and waits there.
        for portal in ["x1", "x2"] {
            let refused = gate.look_up(portal, ONE, async { junk::<()>() }).await;
            assert!(matches!(refused, Err(RestError::Refused { .. })));
            assert_eq!(lanes(), MOST + 1);
        }
        // Once they are open again they are forgotten.
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert!(gate.look_up("b2", ONE, async { Ok(()) }).await.is_ok());
        assert_eq!(lanes(), 1);
    }
}
