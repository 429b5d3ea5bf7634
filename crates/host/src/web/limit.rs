//! How much one address may ask: a bucket of tokens for each.

use std::{
    net::{IpAddr, Ipv6Addr, SocketAddr},
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter, clock::DefaultClock};
use moka::sync::Cache;
use tracing::warn;

use super::{client::Client, refusal::Refusal};

/// The most addresses remembered, whoever comes from how many. Beyond it those that ask seldom are
/// forgotten, so a flood of new ones keeps none that asks too much from being known.
const MOST: u64 = 50_000;

/// A bucket that nobody has taken from for so long is full again.
const QUIET: Duration = Duration::from_secs(60);

/// Our own proxies, by which a client's address is known.
pub struct Proxies {
    number: usize,
    /// Whether one was noticed that nobody has told of.
    noticed: AtomicBool,
}

impl Proxies {
    /// So many.
    #[must_use]
    pub fn new(number: u8) -> Arc<Self> {
        Arc::new(Self {
            number: usize::from(number),
            noticed: AtomicBool::new(false),
        })
    }

    // The last proxy wrote the last entry; what a client wrote stands before ours.
    fn address(&self, headers: &HeaderMap, connection: IpAddr) -> IpAddr {
        let mut entries = headers.get_all("x-forwarded-for").iter().peekable();
        if self.number == 0 {
            if entries.peek().is_some() && !self.noticed.swap(true, Ordering::Relaxed) {
                warn!(
                    "requests come with X-Forwarded-For, and --proxies is 0: behind a proxy all clients \
                     share one limit until --proxies says how many there are"
                );
            }
            return connection;
        }
        let entries: Vec<&str> = entries
            .filter_map(|it| it.to_str().ok())
            .flat_map(|it| it.split(','))
            .map(str::trim)
            .collect();
        let ours = entries.len().checked_sub(self.number);
        ours.and_then(|at| entries.get(at)?.parse().ok())
            .map_or(connection, network)
    }
}

/// Buckets by address.
pub struct Limiter {
    quota: Quota,
    clock: DefaultClock,
    buckets: Cache<IpAddr, Arc<DefaultDirectRateLimiter>>,
    proxies: Arc<Proxies>,
    /// Whether only what is refused counts.
    refusals: bool,
}

impl Limiter {
    /// So many requests a minute, and as many at once; behind these proxies.
    #[must_use]
    pub fn new(per_minute: u32, proxies: &Arc<Proxies>) -> Self {
        let quota = Quota::per_minute(NonZeroU32::new(per_minute).unwrap_or(NonZeroU32::MIN));
        Self {
            quota,
            clock: DefaultClock::default(),
            buckets: Cache::builder()
                .max_capacity(MOST)
                .time_to_idle(QUIET)
                .build(),
            proxies: Arc::clone(proxies),
            refusals: false,
        }
    }

    /// The same for requests that count only when they are refused: the events of all portals come
    /// from few addresses of the vendor's.
    #[must_use]
    pub fn of_refusals(per_minute: u32, proxies: &Arc<Proxies>) -> Self {
        Self {
            refusals: true,
            ..Self::new(per_minute, proxies)
        }
    }

    /// Takes one request of an address. Returns whether there was one left.
    pub fn take(&self, address: IpAddr) -> bool {
        let full = || RateLimiter::direct_with_clock(self.quota, self.clock.clone());
        let bucket = self.buckets.get_with(address, || Arc::new(full()));
        bucket.check().is_ok()
    }
}

/// An IPv6 customer has a whole /64.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => v4.into(),
            None => Ipv6Addr::from(u128::from(v6) & (u128::MAX << 64)).into(),
        },
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// Refuses what is too much, and tells what comes behind it where the request is from.
pub async fn limit(
    State(limiter): State<Arc<Limiter>>,
    mut request: Request,
    next: Next,
) -> Response {
    let connection = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let connection = connection.map_or(IpAddr::from([0, 0, 0, 0]), |it| network(it.0.ip()));
    let address = limiter.proxies.address(request.headers(), connection);
    request.extensions_mut().insert(Client(address));
    if limiter.refusals {
        return limit_refusals(&limiter, address, request, next).await;
    }
    if limiter.take(address) {
        return next.run(request).await;
    }
    too_much()
}

// Refusals are taken from the bucket when they have happened, so a client is one over at most.
async fn limit_refusals(
    limiter: &Limiter,
    address: IpAddr,
    request: Request,
    next: Next,
) -> Response {
    let response = next.run(request).await;
    if response.status().is_client_error() && !limiter.take(address) {
        return too_much();
    }
    response
}

fn too_much() -> Response {
    let refusal = Refusal::new(
        StatusCode::TOO_MANY_REQUESTS,
        "too many requests from this address: wait a minute",
    );
    let mut response = refusal.into_response();
    response
        .headers_mut()
        .insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_its_own_bucket() {
        let limiter = Limiter::new(2, &Proxies::new(0));
        let (one, other) = (IpAddr::from([1, 1, 1, 1]), IpAddr::from([2, 2, 2, 2]));
        assert!(limiter.take(one) && limiter.take(one));
        assert!(!limiter.take(one));
        assert!(limiter.take(other));
    }

    #[test]
    fn a_flood_of_addresses_takes_no_more_room_than_there_is_and_hides_nobody() {
        let limiter = Limiter::new(2, &Proxies::new(0));
        let busy = IpAddr::from([192, 0, 2, 1]);
        let address = |number: u64| IpAddr::from(Ipv6Addr::from(u128::from(number) << 64));
        for number in 0..MOST + 10_000 {
            limiter.take(address(number));
            if number % 100 == 0 {
                limiter.take(busy);
            }
        }
        limiter.buckets.run_pending_tasks();
        assert!(limiter.buckets.entry_count() <= MOST);
        assert!(!limiter.take(busy));
    }

    #[test]
    fn only_entries_of_our_own_proxies_are_believed() {
        let mut headers = HeaderMap::new();
        headers.insert(
            "x-forwarded-for",
            HeaderValue::from_static("6.6.6.6, 1.2.3.4, 10.0.0.2"),
        );
        let connection = IpAddr::from([10, 0, 0, 1]);
        let seen = |proxies| Proxies::new(proxies).address(&headers, connection);
        assert_eq!(seen(0), connection);
        assert_eq!(seen(1), IpAddr::from([10, 0, 0, 2]));
        assert_eq!(seen(2), IpAddr::from([1, 2, 3, 4]));
        assert_eq!(seen(9), connection);
    }
}
