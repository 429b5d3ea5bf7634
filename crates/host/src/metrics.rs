//! What Prometheus is told.

use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family},
    registry::Registry,
};

/// All counters of one host. Labels are chosen by this crate: no portal, user or number.
pub struct Metrics {
    registry: Registry,
    requests: Family<Request, Counter>,
    calls: Family<RestCall, Counter>,
    events: Family<Event, Counter>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Request {
    route: String,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RestCall {
    method: &'static str,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Event {
    event: &'static str,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("b24_host");
        let requests = Family::default();
        let calls = Family::default();
        let events = Family::default();
        registry.register("requests", "Requests answered", requests.clone());
        registry.register(
            "rest_calls",
            "Calls to portals and the OAuth server, each attempt",
            calls.clone(),
        );
        registry.register(
            "events",
            "What happened to the app on its portals",
            events.clone(),
        );
        Self {
            registry,
            requests,
            calls,
            events,
        }
    }
}

impl Metrics {
    /// Counts a request.
    pub fn request(&self, route: &str, status: u16) {
        let route = route.to_owned();
        self.requests
            .get_or_create(&Request { route, status })
            .inc();
    }

    /// Counts one attempt of a REST call.
    pub fn rest_call(&self, method: &'static str, outcome: &'static str) {
        self.calls
            .get_or_create(&RestCall { method, outcome })
            .inc();
    }

    /// Counts an event: `installed`, `uninstalled`, `handler_deleted`, `handler_rebound`, …
    pub fn event(&self, event: &'static str) {
        self.events.get_or_create(&Event { event }).inc();
    }

    /// How often something happened since the start.
    #[must_use]
    pub fn count(&self, event: &'static str) -> u64 {
        self.events.get_or_create(&Event { event }).get()
    }

    /// The counters as Prometheus reads them.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a String does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}
