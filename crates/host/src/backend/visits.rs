//! Visits that may bring a lost portal's authorization back, waiting to be looked into.

use std::{
    collections::{HashMap, VecDeque},
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::time::sleep;

use super::Backend;
use crate::{rest::RestError, store::Candidate};

/// The most addresses whose visits wait for one portal.
const MOST: usize = 64;

/// The most portals that visits wait for: whoever posts to the handler names one freely. Who comes
/// when there is no room comes again with the next page.
const MOST_PORTALS: usize = 1000;

/// By portal: one visit for each address, the newest.
#[derive(Default)]
pub(super) struct Visits(Mutex<HashMap<String, VecDeque<(IpAddr, Candidate)>>>);

impl Visits {
    /// Adds a visit. Returns whether the caller is to look into this portal's: nobody else does.
    pub(super) fn add(&self, member_id: &str, from: IpAddr, candidate: Candidate) -> bool {
        let mut all = self.all();
        let first = !all.contains_key(member_id);
        if first && all.len() >= MOST_PORTALS {
            return false;
        }
        let visits = all.entry(member_id.to_owned()).or_default();
        visits.retain(|(other, _)| *other != from);
        if visits.len() >= MOST {
            visits.pop_front();
        }
        visits.push_back((from, candidate));
        first
    }

    /// The next visit; without one this portal's are done.
    pub(super) fn next(&self, member_id: &str) -> Option<(IpAddr, Candidate)> {
        let mut all = self.all();
        let next = all.get_mut(member_id)?.pop_front();
        if next.is_none() {
            all.remove(member_id);
        }
        next
    }

    /// Puts a visit back that could not be looked into, unless its address has come again.
    pub(super) fn put_back(&self, member_id: &str, from: IpAddr, candidate: Candidate) {
        let mut all = self.all();
        let visits = all.entry(member_id.to_owned()).or_default();
        if visits.len() < MOST && !visits.iter().any(|(other, _)| *other == from) {
            visits.push_back((from, candidate));
        }
    }

    /// Forgets what waits: the portal has what it needs.
    pub(super) fn clear(&self, member_id: &str) {
        if let Some(visits) = self.all().get_mut(member_id) {
            visits.clear();
        }
    }

    fn all(&self) -> MutexGuard<'_, HashMap<String, VecDeque<(IpAddr, Candidate)>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Backend {
    /// Takes an administrator's tokens for a portal that gives none any more, beside what the
    /// caller does. Does nothing for any other portal.
    ///
    /// Whoever posts to the handler comes here, so it waits its turn at the gate. Of one address
    /// the newest visit waits, so that garbage keeps no administrator out.
    pub fn visit(self: &Arc<Self>, candidate: Candidate, from: IpAddr) {
        let member = candidate.member_id.clone();
        // Nearly every page of every portal ends here, at the cost of a look into memory.
        if self.store.needs_no_visit(&member) {
            return;
        }
        if self.visits.add(&member, from, candidate) {
            self.tasks.spawn(Arc::clone(self).look_into_visits(member));
        }
    }

    async fn look_into_visits(self: Arc<Self>, member: String) {
        while let Some((from, candidate)) = self.visits.next(&member) {
            match self.regain(&candidate, from).await {
                Ok(Visit::Needless) => {
                    self.store.note_needs_no_visit(&member);
                    self.visits.clear(&member);
                }
                Ok(Visit::Regained) => {
                    self.metrics.event("authorization_regained");
                    // What waited for the tokens goes out now.
                    self.wake.notify_one();
                    self.visits.clear(&member);
                }
                Err(RestError::Busy) => {
                    self.visits.put_back(&member, from, candidate);
                    sleep(self.options.stranger_interval).await;
                }
                Ok(Visit::InVain) | Err(_) => {}
            }
        }
    }

    async fn regain(&self, candidate: &Candidate, from: IpAddr) -> Result<Visit, RestError> {
        let portal = self.store.portal(&candidate.member_id).await?;
        let Some(mut portal) = portal.filter(|it| it.lost.is_some()) else {
            return Ok(Visit::Needless);
        };
        // The portal's name and server may be what has changed: asked at those of the post.
        let address = self.rest.address(candidate.https, &candidate.domain)?;
        address.domain().clone_into(&mut portal.domain);
        address.as_str().clone_into(&mut portal.client_endpoint);
        if !candidate.server_endpoint.is_empty() {
            portal.oauth_server.clone_from(&candidate.server_endpoint);
        }
        let access = candidate.access.clone();
        if !self.user_at(&portal, &access, from).await?.is_admin {
            return Ok(Visit::InVain);
        }
        let Some(id) = self.store.begin_install(candidate).await? else {
            return Ok(Visit::InVain);
        };
        self.store.verify_install(&id).await?;
        match self.go_on_installing(&id, candidate, false).await {
            Ok(_) => Ok(Visit::Regained),
            Err(_) => Ok(Visit::InVain),
        }
    }
}

/// What came of a visit.
enum Visit {
    /// The portal is not lost.
    Needless,
    /// The portal has tokens again.
    Regained,
    /// It was not an administrator's.
    InVain,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    fn from(number: usize) -> IpAddr {
        IpAddr::V6(std::net::Ipv6Addr::from(number as u128))
    }

    fn candidate() -> Candidate {
        Candidate {
            member_id: String::new(),
            domain: String::new(),
            https: true,
            access: Secret::default(),
            refresh: Secret::default(),
            application_token: Secret::default(),
            server_endpoint: String::new(),
        }
    }

    #[test]
    fn strangers_visits_take_no_more_room_than_there_is() {
        let visits = Visits::default();
        for number in 0..2 * MOST {
            visits.add("a1", from(number), candidate());
            visits.put_back("a1", from(3 * MOST), candidate());
        }
        assert_eq!(visits.all()["a1"].len(), MOST);
        for number in 0..2 * MOST_PORTALS {
            let taken = visits.add(&format!("x{number}"), from(1), candidate());
            assert_eq!(taken, number < MOST_PORTALS - 1);
        }
        assert_eq!(visits.all().len(), MOST_PORTALS);
        // Whose visits wait goes on, and what is done makes room.
        assert!(!visits.add("a1", from(1), candidate()));
        visits.clear("x0");
        assert!(visits.next("x0").is_none());
        assert!(visits.add("b2", from(1), candidate()));
    }
}
