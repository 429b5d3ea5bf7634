//! Everything a request may need.

use std::sync::Arc;

use axum::extract::FromRef;

use crate::{
    backend::{Backend, mobile::MobileHook},
    cli::Cli,
    clock::Clock,
    lines::lines,
    site::Site,
    start_error::StartError,
    web::{
        limit::{Limiter, Proxies},
        room::Room,
    },
};

/// The state shared by all requests.
#[derive(Clone, FromRef)]
pub struct App {
    /// The pages and their policies.
    pub site: Arc<Site>,
    /// The portals.
    pub backend: Arc<Backend>,
    /// How much one address may ask.
    pub limits: Limits,
    /// Whether what operations look at has an address of its own.
    #[from_ref(skip)]
    pub ops_apart: bool,
}

/// The limits of what portals and operators ask, and of what browsers load.
#[derive(Clone)]
pub struct Limits {
    /// Requests that lead to the database or a portal.
    pub backend: Arc<Limiter>,
    /// The portals' events.
    pub events: Arc<Limiter>,
    /// What operations look at.
    pub ops: Arc<Limiter>,
    /// Pages and assets.
    pub pages: Arc<Limiter>,
    /// How many requests may wait for a portal at once.
    pub portals: Room,
}

impl Limits {
    fn new(cli: &Cli) -> Self {
        let proxies = Proxies::new(cli.proxies);
        let of = |per_minute| Arc::new(Limiter::new(per_minute, &proxies));
        Self {
            backend: of(cli.rate_limit),
            events: Arc::new(Limiter::of_refusals(cli.rate_limit, &proxies)),
            ops: of(cli.rate_limit),
            pages: of(cli.rate_limit.saturating_mul(10)),
            // The other half is for pages, however long portals take to answer.
            portals: Room::new(cli.connections.div_ceil(2)),
        }
    }
}

impl App {
    /// Reads `dist/`, opens the database and checks the options.
    ///
    /// # Errors
    /// With the first thing that is wrong, and its cure.
    pub async fn new(cli: &Cli, clock: Clock) -> Result<Self, StartError> {
        let site = Site::new(cli)?;
        let mut backend = Backend::open(&cli.backend, site.portals.clone(), clock).await?;
        backend.options.lines = lines(cli)?;
        backend.options.callback_wait = i64::from(cli.callback_wait);
        backend.options.mobile_hook = match &cli.mobile_hook {
            None => None,
            Some(url) => {
                let secret = backend.rest.client_secret().cloned();
                Some(MobileHook::new(url, secret, cli.backend.allow_loopback)?)
            }
        };
        Ok(Self {
            site: Arc::new(site),
            backend: Arc::new(backend),
            ops_apart: cli.ops_listen.is_some(),
            limits: Limits::new(cli),
        })
    }
}
