//! How much one address may ask: a bucket of tokens for each.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use axum::{
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::refusal::Refusal;

/// The most addresses remembered. Beyond it those that have been quiet are forgotten.
const MOST: usize = 50_000;

/// Buckets by address.
pub struct Limiter {
    per_minute: f64,
    proxies: usize,
    buckets: Mutex<HashMap<IpAddr, Bucket>>,
}

struct Bucket {
    left: f64,
    at: Instant,
}

impl Limiter {
    /// So many requests a minute, and as many at once; behind so many proxies.
    #[must_use]
    pub fn new(per_minute: u32, proxies: u8) -> Self {
        Self {
            per_minute: f64::from(per_minute),
            proxies: usize::from(proxies),
            buckets: Mutex::default(),
        }
    }

    /// Takes one request of an address. Returns whether there was one left.
    pub fn take(&self, address: IpAddr, now: Instant) -> bool {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= MOST {
            let minute = std::time::Duration::from_secs(60);
            buckets.retain(|_, bucket| now.duration_since(bucket.at) < minute);
            if buckets.len() >= MOST {
                // An attack from everywhere: nothing is gained by remembering who.
                buckets.clear();
            }
        }
        let bucket = buckets.entry(address).or_insert(Bucket {
            left: self.per_minute,
            at: now,
        });
        let refilled = now.duration_since(bucket.at).as_secs_f64() * self.per_minute / 60.0;
        bucket.left = (bucket.left + refilled).min(self.per_minute);
        bucket.at = now;
        let enough = bucket.left >= 1.0;
        if enough {
            bucket.left -= 1.0;
        }
        enough
    }

    // The last proxy wrote the last entry; what a client wrote stands before ours.
    fn address(&self, headers: &HeaderMap, connection: IpAddr) -> IpAddr {
        let forwarded: Vec<&str> = headers
            .get_all("x-forwarded-for")
            .iter()
            .filter_map(|it| it.to_str().ok())
            .flat_map(|it| it.split(','))
            .map(str::trim)
            .collect();
        let position = forwarded.len().checked_sub(self.proxies);
        let named = match position {
            Some(position) if self.proxies > 0 => forwarded.get(position),
            _ => None,
        };
        named
            .and_then(|it| it.parse().ok())
            .map_or(connection, network)
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

/// Refuses what is too much.
pub async fn limit(State(limiter): State<Arc<Limiter>>, request: Request, next: Next) -> Response {
    let connection = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let connection = connection.map_or(IpAddr::from([0, 0, 0, 0]), |it| network(it.0.ip()));
    let address = limiter.address(request.headers(), connection);
    if limiter.take(address, Instant::now()) {
        return next.run(request).await;
    }
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
    use std::time::Duration;

    use super::*;

    #[test]
    fn an_address_has_its_own_bucket_that_fills_up_again() {
        let limiter = Limiter::new(2, 0);
        let (one, other) = (IpAddr::from([1, 1, 1, 1]), IpAddr::from([2, 2, 2, 2]));
        let now = Instant::now();
        assert!(limiter.take(one, now) && limiter.take(one, now));
        assert!(!limiter.take(one, now));
        assert!(limiter.take(other, now));
        assert!(limiter.take(one, now + Duration::from_secs(30)));
    }

    #[test]
    fn only_entries_of_our_own_proxies_are_believed() {
        let mut headers = HeaderMap::new();
        headers.insert(
            "x-forwarded-for",
            HeaderValue::from_static("6.6.6.6, 1.2.3.4, 10.0.0.2"),
        );
        let connection = IpAddr::from([10, 0, 0, 1]);
        let seen = |proxies| Limiter::new(1, proxies).address(&headers, connection);
        assert_eq!(seen(0), connection);
        assert_eq!(seen(1), IpAddr::from([10, 0, 0, 2]));
        assert_eq!(seen(2), IpAddr::from([1, 2, 3, 4]));
        assert_eq!(seen(9), connection);
    }
}
