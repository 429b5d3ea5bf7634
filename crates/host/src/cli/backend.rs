//! The options that lead to the portals and their tokens.

use std::path::PathBuf;

use clap::Args;

use super::positive;

/// What every command needs that touches a portal.
#[derive(Args, Debug, Clone)]
pub struct BackendArgs {
    /// The folder for what outlives a start: the SQLite file and the key that seals its secrets.
    #[arg(
        long,
        env = "B24_HOST_DATA",
        value_name = "DIR",
        default_value = "b24-host-data"
    )]
    pub data: PathBuf,

    /// Another database: `postgres://…` for several replicas, or `sqlite:…`.
    #[arg(
        long = "database",
        env = "DATABASE_URL",
        value_name = "URL",
        hide_env_values = true
    )]
    pub database: Option<String>,

    /// Take the PostgreSQL server's word only with a certificate for its name, of an authority that
    /// this machine trusts.
    #[arg(long, env = "B24_HOST_DATABASE_VERIFY")]
    pub database_verify: bool,

    /// The same, with the authority's certificate in this file, in PEM.
    #[arg(long, env = "B24_HOST_DATABASE_CA", value_name = "FILE")]
    pub database_ca: Option<PathBuf>,

    /// A file with the key that seals tokens and passwords, 32 bytes in base64; several to rotate
    /// them: the first seals, and all of them open. Needed with
    /// PostgreSQL; for SQLite one is made in the data folder. B24_HOST_KEY may hold it instead.
    #[arg(long, env = "B24_HOST_KEY_FILE", value_name = "FILE")]
    pub key_file: Option<PathBuf>,

    /// The app's id (`client_id`) from its card. Without it no portal can install.
    #[arg(long, env = "B24_HOST_CLIENT_ID", value_name = "ID")]
    pub client_id: Option<String>,

    /// A file with the app's secret (`client_secret`). B24_HOST_CLIENT_SECRET may hold it instead.
    #[arg(long, env = "B24_HOST_CLIENT_SECRET_FILE", value_name = "FILE")]
    pub client_secret_file: Option<PathBuf>,

    /// An OAuth server that may be asked: where tokens are renewed, and which app they speak for.
    /// Repeatable; in the variable separated by commas. Each portal says which of them is its own:
    /// Bitrix24 has one in the west and one in the east.
    #[arg(
        long = "oauth-server",
        env = "B24_HOST_OAUTH_SERVER",
        value_name = "ORIGIN",
        value_delimiter = ',',
        default_values = ["https://oauth.bitrix.info", "https://oauth.bitrix24.tech"]
    )]
    pub oauth_servers: Vec<String>,

    /// A file with certificates in PEM that are trusted beside the machine's: for a portal on
    /// premises whose authority is its company's own.
    #[arg(long, env = "B24_HOST_CA_FILE", value_name = "FILE")]
    pub ca_file: Option<PathBuf>,

    /// This host's own address as portals reach it. With it, an install binds all placements
    /// and events by itself.
    #[arg(long, env = "B24_HOST_PUBLIC_URL", value_name = "ORIGIN")]
    pub public_url: Option<String>,

    /// The app's name in a language, as operators see it. Repeatable; in the variable separated
    /// by commas. The first one is also that of all other languages.
    #[arg(
        long = "title",
        env = "B24_HOST_TITLES",
        value_name = "LANGUAGE=TEXT",
        value_delimiter = ',',
        default_values = ["en=Call worker", "ru=Звонки", "de=Anrufe"]
    )]
    pub titles: Vec<String>,

    /// How many seconds lie at least between two looks at a portal after notices that its
    /// handler was deleted.
    #[arg(
        long,
        env = "B24_HOST_ERROR_INTERVAL",
        value_name = "SECONDS",
        default_value_t = 60,
        value_parser = positive()
    )]
    pub error_interval: u32,

    /// How many milliseconds lie at least between two questions about tokens that turned out to
    /// be nobody's, for each portal.
    #[arg(
        long,
        env = "B24_HOST_STRANGER_INTERVAL",
        value_name = "MS",
        default_value_t = 1000
    )]
    pub stranger_interval: u64,

    /// How many milliseconds to wait before a busy portal is asked again; doubled each time.
    #[arg(
        long,
        env = "B24_HOST_RETRY_PAUSE",
        value_name = "MS",
        default_value_t = 500
    )]
    pub retry_pause: u64,

    /// How many requests a second a portal takes of an app once it was asked much: 2, on the
    /// Enterprise plan 5. The host asks no faster, and calls go before other work.
    #[arg(
        long,
        env = "B24_HOST_PORTAL_RATE",
        value_name = "NUMBER",
        default_value_t = 2,
        value_parser = positive()
    )]
    pub portal_rate: u32,

    /// For development: portals and the OAuth server may be on this machine, without TLS.
    #[arg(long, env = "B24_HOST_ALLOW_LOOPBACK")]
    pub allow_loopback: bool,
}
