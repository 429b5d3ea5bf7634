//! The simulator in a test's own process: what `/sim/…` does over HTTP, done at once.

use std::{fs, sync::Arc};

use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::watch};
use tokio_rustls::TlsAcceptor;

use crate::{
    app::Identity,
    calls::Origin,
    cloud::{self, Cloud},
    directory::Directory,
    hub::{Config, Hub},
    options::Cli,
    portal,
    rest::{self, Params},
    tls::{self, TlsListener},
};

/// A portal, and the way to its neighbours.
#[derive(Clone, Debug)]
pub struct Simulator {
    hub: Arc<Hub>,
    cloud: Arc<Cloud>,
    directory: Directory,
}

/// What answers for all portals.
pub struct Server {
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    cloud: Arc<Cloud>,
}

impl Server {
    /// Serves until told to stop.
    ///
    /// # Errors
    /// When the system takes the listener away.
    pub async fn run(self, stop: impl Future<Output = ()> + Send + 'static) -> Result<(), String> {
        let router = cloud::router(self.cloud);
        let served = match self.tls {
            None => {
                axum::serve(self.listener, router)
                    .with_graceful_shutdown(stop)
                    .await
            }
            Some(acceptor) => {
                let listener = TlsListener::new(self.listener, acceptor);
                axum::serve(listener.map_err(|it| it.to_string())?, router)
                    .with_graceful_shutdown(stop)
                    .await
            }
        };
        served.map_err(|error| error.to_string())
    }
}

impl Simulator {
    /// Opens the portals that the command line names, and listens; what comes is answered once the
    /// server runs.
    ///
    /// # Errors
    /// One sentence that names what is wrong.
    pub async fn open(cli: &Cli) -> Result<(Simulator, Server), String> {
        let read = |option: &str, path| {
            fs::read_to_string(path).map_err(|error| format!("cannot read {option}: {error}"))
        };
        let bx24_js = cli.bx24_js.as_ref().map(|it| read("--bx24-js", it));
        let directory = match &cli.directory {
            Some(path) => Directory::read(&read("--directory", path)?)
                .map_err(|error| format!("--directory: {error}"))?,
            None => Directory::new(),
        };
        check_url("--handler", &cli.handler)?;
        if let Some(url) = &cli.install_url {
            check_url("--install-url", url)?;
        }
        let tls = match (&cli.tls_cert, &cli.tls_key) {
            (Some(certificate), Some(key)) => Some(tls::acceptor(certificate, key)?),
            _ => None,
        };
        let listener = TcpListener::bind(cli.listen).await;
        let listener =
            listener.map_err(|error| format!("cannot listen on {}: {error}", cli.listen))?;
        let address = listener.local_addr().map_err(|error| error.to_string())?;
        let authority = portal::authority(&cli.portal_host, address.port());
        let config = Config {
            member_id: cli
                .member_id
                .clone()
                .unwrap_or_else(|| portal::member_id(&authority)),
            authority,
            tls: tls.is_some(),
            app: Identity {
                client_id: cli.client_id.clone(),
                client_secret: cli.client_secret.clone(),
                handler: cli.handler.clone(),
                install_url: cli.install_url.clone(),
                application_token: cli.application_token.clone(),
            },
            webhook: cli.webhook.clone(),
            bx24_js: bx24_js.transpose()?,
        };
        let cloud = Arc::default();
        let hub = Hub::new(config, directory.clone(), &cloud);
        let simulator = Simulator {
            hub,
            cloud: Arc::clone(&cloud),
            directory,
        };
        for name in &cli.neighbours {
            let name = portal::authority(name, address.port());
            simulator.neighbour(&name, &portal::member_id(&name));
        }
        let server = Server {
            listener,
            tls,
            cloud,
        };
        Ok((simulator, server))
    }

    /// Opens another portal, by a name with its port and an account number.
    pub fn neighbour(&self, authority: &str, member_id: &str) -> Simulator {
        let config = Config {
            authority: authority.to_owned(),
            member_id: member_id.to_owned(),
            ..self.hub.config.clone()
        };
        Simulator {
            hub: Hub::new(config, self.directory.clone(), &self.cloud),
            ..self.clone()
        }
    }

    /// The portal's host, with its port.
    pub fn authority(&self) -> &str {
        &self.hub.config.authority
    }

    /// The portal's account number.
    pub fn member_id(&self) -> &str {
        &self.hub.config.member_id
    }

    /// The portal's address.
    pub fn address(&self) -> String {
        self.hub.config.url("")
    }

    /// Told whenever something has changed.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.hub.changes()
    }

    /// All there is but pages, as `GET /sim/state` has it.
    pub fn state(&self) -> Value {
        self.hub.world().snapshot()
    }

    /// The lines of one kind in the log.
    pub fn log(&self, kind: &str) -> Vec<Value> {
        let world = self.hub.world();
        let lines = world.journal.since(0).filter(|it| it.kind == kind);
        lines.map(|it| json!(it)).collect()
    }

    /// How many requests REST and the OAuth servers have got at this portal.
    pub fn requests(&self) -> u64 {
        self.hub.world().requests.total()
    }

    /// How many of them were for a method, as the faults call it.
    pub fn requests_for(&self, method: &str) -> u64 {
        self.hub.world().requests.of(method)
    }

    /// Sets faults as `PUT /sim/faults` does.
    ///
    /// # Errors
    /// Names the fault that there is none of.
    pub fn set_faults(&self, patch: &Value) -> Result<(), String> {
        let mut world = self.hub.world();
        world.faults = world.faults.patched(patch)?;
        world.announce();
        Ok(())
    }

    /// The present faults.
    pub fn faults(&self) -> Value {
        json!(self.hub.world().faults)
    }

    /// Calls a REST method as the app in the name of a user: neither counted nor hit by a fault.
    ///
    /// # Errors
    /// The portal's code.
    pub fn call(&self, user: i64, method: &str, params: Value) -> Result<Value, String> {
        rest::call_as(&self.hub, user, method, &Params::new(params))
    }

    /// Gives a user of the app an access and a refresh token.
    pub fn issue(&self, user: i64) -> (String, String) {
        let pair = self.hub.world().issue(user);
        (pair.access, pair.refresh)
    }

    /// Gives a user an access token of another app of the portal.
    pub fn issue_elsewhere(&self, user: i64) -> String {
        self.hub.world().issue_elsewhere(user).access
    }

    /// Every access and refresh token that was given out and not revoked.
    pub fn tokens(&self) -> Vec<String> {
        self.hub.world().tokens.all().map(str::to_owned).collect()
    }

    /// Lets one access token run out.
    pub fn expire(&self, access: &str) {
        self.hub.world().tokens.expire_one(access);
    }

    /// Lets all access tokens run out; with `refresh` the refresh tokens, too.
    pub fn expire_all(&self, refresh: bool) {
        self.hub.world().tokens.expire(refresh);
    }

    /// Whether the app's installation is finished. Nobody is told.
    pub fn set_installed(&self, installed: bool) {
        let mut world = self.hub.world();
        world.app.installed = installed;
        world.announce();
    }

    /// Stops the portal's clock at a time, in milliseconds since 1970.
    pub fn stop_clock_at(&self, ms: u64) {
        let mut world = self.hub.world();
        world.clock.stop_at(ms);
        world.announce();
    }

    /// The portal registers a call by itself, as for a click on a number, by a `CALL_ID` of the
    /// caller's. A second one of that name is the first.
    pub fn register_click(&self, call_id: &str, user: i64, number: &str) {
        let params = json!({
            "USER_ID": user, "PHONE_NUMBER": number, "TYPE": 1, "SHOW": 0,
            "EXTERNAL_CALL_ID": call_id, "callId": call_id,
        });
        let mut world = self.hub.world();
        let _ = rest::register(&self.hub, &mut world, &Params::new(params), Origin::Portal);
        world.announce();
    }
}

fn check_url(option: &str, url: &str) -> Result<(), String> {
    if url.starts_with("http://") || url.starts_with("https://") {
        return Ok(());
    }
    Err(format!(
        "{option} must be an http or https URL, not {url:?}"
    ))
}
