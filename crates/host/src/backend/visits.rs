//! Visits that may bring a lost portal's authorization back, waiting to be looked into.

use std::{
    collections::{HashMap, VecDeque},
    net::IpAddr,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::store::Candidate;

/// The most addresses whose visits wait for one portal.
const MOST: usize = 64;

/// By portal: one visit for each address, the newest.
#[derive(Default)]
pub(super) struct Visits(Mutex<HashMap<String, VecDeque<(IpAddr, Candidate)>>>);

impl Visits {
    /// Adds a visit. Returns whether the caller is to look into this portal's: nobody else does.
    pub(super) fn add(&self, member_id: &str, from: IpAddr, candidate: Candidate) -> bool {
        let mut all = self.all();
        let first = !all.contains_key(member_id);
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
        if !visits.iter().any(|(other, _)| *other == from) {
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
