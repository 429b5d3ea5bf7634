//! Putting the backend together from the command line.

use std::{
    env, fs,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::sync::{Notify, Semaphore};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::warn;
use url::Url;

use super::{
    Backend, gate::Gate, identity::known_tokens, mobile::MobileHook, public_origin,
    readiness::Readiness, rounds::AT_ONCE, visits::Visits,
};
use crate::{
    cli::BackendArgs,
    clock::Clock,
    key,
    lines::Line,
    metrics::Metrics,
    origin::Origin,
    rest::{Allowed, Application, Rest, Retry, Transport},
    secret::Secret,
    start_error::StartError,
    store::{Store, is_sqlite, sqlite_url},
};

/// What was decided at start.
#[derive(Clone)]
pub struct BackendOptions {
    /// The host's own address as portals reach it, without a slash at its end.
    pub public_url: Option<String>,
    /// The app's name by language.
    pub titles: Vec<(String, String)>,
    /// How many seconds lie at least between two looks at a portal's handler.
    pub error_interval: i64,
    /// The external lines each portal is to have.
    pub lines: Vec<Line>,
    /// How many seconds an operator has to make a callback before the next one is asked.
    pub callback_wait: i64,
    /// Where calls asked for in the mobile app go.
    pub mobile_hook: Option<MobileHook>,
    /// How long after a token that was nobody's the next unknown one waits.
    pub stranger_interval: Duration,
}

impl Backend {
    /// Opens the store and sets up the client.
    ///
    /// # Errors
    /// With the first thing that is wrong, and its cure.
    pub async fn open(
        args: &BackendArgs,
        portals: Vec<Origin>,
        clock: Clock,
    ) -> Result<Self, StartError> {
        let public_url = args
            .public_url
            .as_deref()
            .map(|url| public_origin(url, args.allow_loopback))
            .transpose()?;
        let application = application(args)?;
        let options = BackendOptions {
            public_url,
            titles: titles(&args.titles)?,
            error_interval: i64::from(args.error_interval),
            lines: Vec::new(),
            callback_wait: 0,
            mobile_hook: None,
            stranger_interval: Duration::from_millis(args.stranger_interval),
        };
        make_private(&args.data)?;
        let holder = replica(&args.data.join("replica"))?;
        let store = open_store(args, clock).await?;
        let metrics = Arc::new(Metrics::default());
        let retry = Retry {
            pause: Duration::from_millis(args.retry_pause),
            per_second: args.portal_rate,
            ..Retry::default()
        };
        let rest = Rest::new(
            store.clone(),
            transport(args)?,
            Allowed::new(portals, args.allow_loopback),
            application,
            retry,
            Arc::clone(&metrics),
            holder.clone(),
        );
        Ok(Self {
            store,
            rest,
            metrics,
            readiness: Readiness::default(),
            tasks: TaskTracker::new(),
            stopping: CancellationToken::new(),
            wake: Notify::new(),
            due: Notify::new(),
            gate: Gate::new(options.stranger_interval),
            options,
            tokens: known_tokens(),
            visits: Visits::default(),
            busy: Mutex::default(),
            room: Semaphore::new(AT_ONCE),
            chore_room: Semaphore::new(AT_ONCE),
            holder,
        })
    }
}

async fn open_store(args: &BackendArgs, clock: Clock) -> Result<Store, StartError> {
    let given = match (&args.key_file, env::var(key::VARIABLE)) {
        (Some(path), _) => Some(key::from_file(path)?),
        (None, Ok(text)) => Some(key::parse(&text, key::VARIABLE)?),
        (None, Err(_)) => None,
    };
    if let Some(url) = args.database.as_deref().filter(|url| !is_sqlite(url)) {
        if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
            return Err(StartError::new(
                "DATABASE_URL is of no known kind",
                "give one that begins with postgres:// or sqlite:, or leave it out",
            ));
        }
        let url = verified(url, args)?;
        return Store::open(&url, &given.ok_or_else(key::missing)?, clock).await;
    }
    let folder = &args.data;
    let url = match &args.database {
        Some(url) => url.clone(),
        None => sqlite_url(&folder.join("host.db")),
    };
    let key = match given {
        Some(key) => key,
        None => key::from_file_or_new(&folder.join("key"))?,
    };
    Store::open(&url, &key, clock).await
}

// A replica that starts again knows its own leases, and need not wait for them to run out.
fn replica(path: &Path) -> Result<String, StartError> {
    let fresh = || -> std::io::Result<String> {
        let id = format!("{:032x}", rand::random::<u128>());
        fs::write(path, &id)?;
        Ok(id)
    };
    match fs::read_to_string(path) {
        Ok(id) if id.len() == 32 => Ok(id),
        _ => fresh().map_err(|error| {
            StartError::new(
                format!("cannot write to {}: {error}", path.display()),
                "name a folder that may be written to with --data",
            )
        }),
    }
}

// Without a word of ours the driver takes TLS where the server offers it, from whoever it is.
fn verified(url: &str, args: &BackendArgs) -> Result<String, StartError> {
    let mut url = Url::parse(url).map_err(|_| {
        StartError::new(
            "DATABASE_URL is not an address",
            "give one like postgres://user:password@server/name, with %-signs for what is special in \
             the password",
        )
    })?;
    if args.database_verify || args.database_ca.is_some() {
        url.query_pairs_mut().append_pair("sslmode", "verify-full");
    } else if !url.query().unwrap_or_default().contains("sslmode=verify") && !is_near(&url) {
        warn!(
            "nothing verifies the database server: give --database-verify, or --database-ca with its \
             authority's certificate"
        );
    }
    if let Some(path) = &args.database_ca {
        let path = path.to_str().filter(|_| path.is_file()).ok_or_else(|| {
            StartError::new(
                format!("cannot read {}", path.display()),
                "check --database-ca",
            )
        })?;
        url.query_pairs_mut().append_pair("sslrootcert", path);
    }
    Ok(url.into())
}

// A server on this machine, or behind a socket in its file system.
fn is_near(url: &Url) -> bool {
    url.host_str().is_none_or(|it| {
        it.is_empty() || it == "localhost" || it.starts_with("127.") || it == "[::1]"
    })
}

fn make_private(folder: &Path) -> Result<(), StartError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|error| {
        StartError::new(
            format!("cannot make the folder {}: {error}", folder.display()),
            "name a folder that may be written to with --data",
        )
    })
}

fn application(args: &BackendArgs) -> Result<Option<Application>, StartError> {
    const VARIABLE: &str = "B24_HOST_CLIENT_SECRET";
    let secret = match &args.client_secret_file {
        Some(path) => Some(fs::read_to_string(path).map_err(|error| {
            StartError::new(
                format!(
                    "cannot read the app's secret in {}: {error}",
                    path.display()
                ),
                "check --client-secret-file",
            )
        })?),
        None => env::var(VARIABLE).ok(),
    };
    let secret = secret.map(|text| Secret::new(text.trim()));
    let servers = args
        .oauth_servers
        .iter()
        .map(|text| oauth_server(text, args.allow_loopback))
        .collect::<Result<Vec<_>, _>>()?;
    match (&args.client_id, secret) {
        (None, _) => Ok(None),
        (Some(id), Some(secret)) if !id.is_empty() && !secret.is_empty() => Ok(Some(Application {
            servers,
            client_id: id.clone(),
            client_secret: secret,
        })),
        _ => Err(StartError::new(
            "--client-id comes without the app's secret",
            format!("give it with --client-secret-file or {VARIABLE}"),
        )),
    }
}

fn oauth_server(text: &str, loopback: bool) -> Result<Origin, StartError> {
    let server = Origin::of_url(text).map_err(|problem| {
        StartError::new(
            format!("--oauth-server is not an address ({problem})"),
            "give one like https://oauth.bitrix24.tech",
        )
    })?;
    if server.is_plain() && !loopback {
        return Err(StartError::new(
            "--oauth-server is not reached over https",
            "give an https address; on one machine, for development, add --allow-loopback",
        ));
    }
    Ok(server)
}

fn transport(args: &BackendArgs) -> Result<Transport, StartError> {
    let authorities = args.ca_file.as_deref().map(|path| {
        fs::read(path).map_err(|error| {
            StartError::new(
                format!("cannot read {}: {error}", path.display()),
                "check --ca-file",
            )
        })
    });
    Transport::new(args.allow_loopback, authorities.transpose()?.as_deref())
}

fn titles(texts: &[String]) -> Result<Vec<(String, String)>, StartError> {
    texts
        .iter()
        .map(|text| match text.split_once('=') {
            Some((language, title)) if is_language(language) && !title.trim().is_empty() => {
                Ok((language.to_owned(), title.to_owned()))
            }
            _ => Err(StartError::new(
                format!("--title {text:?} is not LANGUAGE=TEXT"),
                "give one like en=Calls",
            )),
        })
        .collect()
}

fn is_language(text: &str) -> bool {
    (2..=5).contains(&text.len()) && text.bytes().all(|it| it.is_ascii_lowercase() || it == b'_')
}
