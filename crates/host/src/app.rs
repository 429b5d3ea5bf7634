//! Everything a request may need.

use std::sync::Arc;

use axum::extract::FromRef;

use crate::{
    cli::Cli, clock::Clock, life::Life, site::Site, start_error::StartError, web::limit::Limiter,
};

/// The state shared by all requests.
#[derive(Clone, FromRef)]
pub struct App {
    /// The pages and their policies.
    pub site: Arc<Site>,
    /// The portals.
    pub life: Arc<Life>,
    /// How much one address may ask.
    pub limits: Limits,
}

/// The limits of cheap and of dear requests.
#[derive(Clone)]
pub struct Limits {
    /// Requests that lead to the database or a portal.
    pub dear: Arc<Limiter>,
    /// Pages and assets.
    pub cheap: Arc<Limiter>,
}

impl App {
    /// Reads `dist/`, opens the database and checks the options.
    ///
    /// # Errors
    /// With the first thing that is wrong, and its cure.
    pub async fn new(cli: &Cli, clock: Clock) -> Result<Self, StartError> {
        let site = Site::new(cli)?;
        let life = Life::open(&cli.life, site.portals.clone(), clock).await?;
        Ok(Self {
            site: Arc::new(site),
            life: Arc::new(life),
            limits: Limits {
                dear: Arc::new(Limiter::new(cli.rate_limit, cli.proxies)),
                cheap: Arc::new(Limiter::new(cli.rate_limit.saturating_mul(10), cli.proxies)),
            },
        })
    }
}
