//! Putting the backend together from the command line.

use std::{env, fs, path::Path, sync::Arc, time::Duration};

use tokio::sync::Notify;

use super::{Backend, mobile::MobileHook, public_origin};
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
        };
        make_private(&args.data)?;
        let holder = replica(&args.data.join("replica"))?;
        let store = open_store(args, clock).await?;
        let metrics = Arc::new(Metrics::default());
        let retry = Retry {
            pause: Duration::from_millis(args.retry_pause),
            ..Retry::default()
        };
        let rest = Rest::new(
            store.clone(),
            Transport::new(args.allow_loopback)?,
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
            options,
            wake: Notify::new(),
            due: Notify::new(),
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
        return Store::open(url, &given.ok_or_else(key::missing)?, clock).await;
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
    let server = Origin::of_url(&args.oauth_server).map_err(|problem| {
        StartError::new(
            format!("--oauth-server is not an address ({problem})"),
            "give one like https://oauth.bitrix24.tech",
        )
    })?;
    if server.is_plain() && !args.allow_loopback {
        return Err(StartError::new(
            "--oauth-server is not reached over https",
            "give an https address; on one machine, for development, add --allow-loopback",
        ));
    }
    match (&args.client_id, secret) {
        (None, _) => Ok(None),
        (Some(id), Some(secret)) if !id.is_empty() && !secret.is_empty() => Ok(Some(Application {
            server: server.to_string(),
            client_id: id.clone(),
            client_secret: secret,
        })),
        _ => Err(StartError::new(
            "--client-id comes without the app's secret",
            format!("give it with --client-secret-file or {VARIABLE}"),
        )),
    }
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
