//! All that is decided at start and shared by every request.

use std::sync::Arc;

use crate::{
    backend::public_origin,
    cli::Cli,
    config::PageConfig,
    dist::Dist,
    origin::Origin,
    start_error::StartError,
    turn::Turn,
    web::{
        assets::Assets,
        csp::Policy,
        page::Page,
        pages::{AppPages, Softphone},
        service_worker::ServiceWorker,
    },
};

/// A checked configuration with the page and its policy.
#[derive(Debug, Clone)]
pub struct Site {
    /// The handler page.
    pub page: Page,
    /// The handler page's policy.
    pub policy: Policy,
    /// The app's own pages.
    pub app_pages: AppPages,
    /// What answers with the page in its place.
    pub service_worker: ServiceWorker,
    /// The address of the page of error codes.
    pub error_codes: String,
    /// The hashed assets.
    pub assets: Arc<Assets>,
    /// Who may frame the page.
    pub portals: Vec<Origin>,
    /// The office's TURN server.
    pub turn: Option<Turn>,
}

impl Site {
    /// Reads `dist/` and checks the options.
    ///
    /// # Errors
    /// With the first thing that is wrong, and its cure.
    pub fn new(cli: &Cli) -> Result<Self, StartError> {
        let portals = cli
            .all_portals()
            .iter()
            .map(|text| portal(text))
            .collect::<Result<Vec<_>, _>>()?;
        let public_url = cli
            .backend
            .public_url
            .as_deref()
            .map(|url| public_origin(url, cli.backend.allow_loopback))
            .transpose()?;
        let dist = Dist::read(&cli.dist)?;
        let config = PageConfig::new(cli, &dist)?;
        let turn = Turn::new(cli)?;
        Ok(Self {
            page: Page::new(&dist.html, &config.to_script_json()?)?,
            policy: Policy::new(
                &portals,
                &config.script_origins(),
                &config.plain_origins(),
                config.has_accounts(),
            ),
            app_pages: AppPages::new(
                &cli.bx24_js,
                &portals,
                public_url.as_deref(),
                &Softphone {
                    module: &dist.url("connection.js")?,
                    given: config.given(),
                    turn: turn.is_some(),
                },
            )?,
            service_worker: ServiceWorker::new(if cli.no_service_worker {
                None
            } else {
                Some(&dist.service_worker)
            }),
            error_codes: dist.url("errors.html")?,
            assets: Arc::new(Assets::read(&dist.assets)?),
            portals,
            turn,
        })
    }
}

fn portal(text: &str) -> Result<Origin, StartError> {
    Origin::portal(text).map_err(|problem| {
        let cause = format!("--portal {text:?} is not an origin ({problem})");
        StartError::new(
            cause,
            "give one like https://crm.example.com or https://*.bitrix24.com",
        )
    })
}
