//! The command line.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};

/// The domains of Bitrix24's cloud, whose every subdomain may be a portal.
const CLOUD: [&str; 18] = [
    "com", "ru", "eu", "de", "fr", "es", "it", "pl", "com.br", "com.tr", "in", "kz", "by", "ua",
    "uk", "cn", "jp", "vn",
];

/// Serves the pages of a Bitrix24 call app, and carries its life on the portals.
///
/// Register the printed address plus /handler as the placement's handler. In production put
/// a proxy with TLS in front: portals load handlers over https only.
///
/// Everything in dist/ is read at start; start again after a build.
#[derive(Parser, Debug, Clone)]
#[command(name = "b24-host", version)]
pub struct Cli {
    /// Portals and tokens.
    #[command(flatten)]
    pub life: LifeArgs,

    /// Address and port to listen on; port 0 takes a free one.
    #[arg(long, env = "B24_HOST_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,

    /// The name printed on the `listening` line; anything ending in .localhost reaches this machine.
    #[arg(
        long,
        env = "B24_HOST_NAME",
        value_name = "NAME",
        default_value = "app.localhost"
    )]
    pub host_name: String,

    /// The folder that ./build.sh makes: handler.html, manifest.json and assets/.
    #[arg(
        long,
        env = "B24_HOST_DIST",
        value_name = "DIR",
        default_value = "dist"
    )]
    pub dist: PathBuf,

    /// Where the page loads BX24.js from.
    #[arg(
        long,
        env = "B24_HOST_BX24_JS",
        value_name = "URL",
        default_value = "https://api.bitrix24.com/api/v1/"
    )]
    pub bx24_js: String,

    /// A portal that may frame the page, e.g. `https://crm.example.com` or `https://*.example.com`.
    /// Repeatable; in the variable separated by commas. Without it: Bitrix24's cloud.
    #[arg(
        long = "portal",
        env = "B24_HOST_PORTALS",
        value_name = "ORIGIN",
        value_delimiter = ','
    )]
    pub portals: Vec<String>,

    /// The softphone adapter: the name of a file in www/adapters/ (without .js) or an absolute URL.
    #[arg(
        long,
        env = "B24_HOST_ADAPTER",
        value_name = "NAME|URL",
        default_value = "loopback"
    )]
    pub adapter: String,

    /// The adapter's options, a JSON object. The page carries them, and whoever opens the page
    /// can read them: put no password here.
    #[arg(
        long,
        env = "B24_HOST_ADAPTER_OPTIONS",
        value_name = "JSON",
        default_value = "{}",
        hide_env_values = true
    )]
    pub adapter_options: String,

    /// Further options of the worker (`StartOptions` of its types), a JSON object, e.g.
    /// {"transfer":"blind","secondCall":"wait","statusTexts":{"connected":"Verbunden"}}.
    #[arg(
        long,
        env = "B24_HOST_WORKER_OPTIONS",
        value_name = "JSON",
        default_value = "{}"
    )]
    pub worker_options: String,

    /// Record every call and attach the record to it on the portal. Tell those who are recorded.
    #[arg(long, env = "B24_HOST_RECORD")]
    pub record: bool,

    /// A line of the softphone, e.g. +15550100. Repeatable; in the variable separated by commas.
    #[arg(
        long = "line",
        env = "B24_HOST_LINES",
        value_name = "NUMBER",
        value_delimiter = ',',
        hide_env_values = true
    )]
    pub lines: Vec<String>,

    /// How many requests a minute one address may send to /install, /events, /error, /settings
    /// and /signals; pages and assets take ten times as many.
    #[arg(
        long,
        env = "B24_HOST_RATE_LIMIT",
        value_name = "NUMBER",
        default_value_t = 600,
        value_parser = clap::value_parser!(u32).range(1..)
    )]
    pub rate_limit: u32,

    /// How many proxies stand before the host and add to X-Forwarded-For; 0 trusts none, and
    /// takes the connection's address.
    #[arg(
        long,
        env = "B24_HOST_PROXIES",
        value_name = "NUMBER",
        default_value_t = 0
    )]
    pub proxies: u8,

    /// How the log on stderr is written. RUST_LOG chooses how much of it.
    #[arg(long, env = "B24_HOST_LOG", value_enum, default_value_t = LogFormat::Text)]
    pub log: LogFormat,
}

/// What every command needs that touches a portal.
#[derive(Args, Debug, Clone)]
pub struct LifeArgs {
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

    /// A file with the key that seals tokens and passwords, 32 bytes in base64. Needed with
    /// PostgreSQL; for SQLite one is made in the data folder. B24_HOST_KEY may hold it instead.
    #[arg(long, env = "B24_HOST_KEY_FILE", value_name = "FILE")]
    pub key_file: Option<PathBuf>,

    /// The app's id (`client_id`) from its card. Without it no portal can install.
    #[arg(long, env = "B24_HOST_CLIENT_ID", value_name = "ID")]
    pub client_id: Option<String>,

    /// A file with the app's secret (`client_secret`). B24_HOST_CLIENT_SECRET may hold it instead.
    #[arg(long, env = "B24_HOST_CLIENT_SECRET_FILE", value_name = "FILE")]
    pub client_secret_file: Option<PathBuf>,

    /// Where tokens are renewed.
    #[arg(
        long,
        env = "B24_HOST_OAUTH_SERVER",
        value_name = "ORIGIN",
        default_value = "https://oauth.bitrix24.tech"
    )]
    pub oauth_server: String,

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
        value_parser = clap::value_parser!(u32).range(1..)
    )]
    pub error_interval: u32,

    /// How many milliseconds to wait before a busy portal is asked again; doubled each time.
    #[arg(
        long,
        env = "B24_HOST_RETRY_PAUSE",
        value_name = "MS",
        default_value_t = 500
    )]
    pub retry_pause: u64,

    /// For development: portals and the OAuth server may be on this machine, without TLS.
    #[arg(long, env = "B24_HOST_ALLOW_LOOPBACK")]
    pub allow_loopback: bool,
}

/// The whole command line: serving, unless a command is named.
#[derive(Parser, Debug, Clone)]
#[command(
    name = "b24-host",
    version,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true
)]
pub struct Program {
    /// What to do instead of serving.
    #[command(subcommand)]
    pub command: Option<Command>,

    /// The options of `serve`, which may be left out.
    #[command(flatten)]
    pub serve: Cli,
}

/// A command.
#[derive(Subcommand, Debug, Clone)]
pub enum Command {
    /// Serves the pages; the same as no command.
    Serve(Box<Cli>),
    /// Binds handlers on a portal that has installed the app. Twice is as good as once.
    Bind(BindArgs),
    /// Removes handlers from a portal.
    Unbind(UnbindArgs),
    /// Tells what is known of a portal, and what is bound there. Without --portal: all portals.
    Status(StatusArgs),
    /// Removes everything about a portal from the database, as its uninstallation does.
    Forget(ForgetArgs),
}

/// Options of `bind`.
#[derive(Args, Debug, Clone)]
pub struct BindArgs {
    /// Portals and tokens.
    #[command(flatten)]
    pub life: LifeArgs,

    /// The portal: its host, its address or its member_id. A webhook will not do.
    #[arg(long, value_name = "PORTAL")]
    pub portal: String,

    /// A placement; repeatable. Without it all three, and the events.
    #[arg(long = "placement", value_name = "NAME")]
    pub placements: Vec<String>,

    /// Binds for this user only, where the placement allows it.
    #[arg(long, value_name = "ID", value_parser = clap::value_parser!(i64).range(1..))]
    pub user_id: Option<i64>,

    /// The handler's address, instead of the public one plus /handler.
    #[arg(long, value_name = "URL")]
    pub handler: Option<String>,

    /// The address for deletion notices, instead of the public one plus /error.
    #[arg(long, value_name = "URL")]
    pub error_handler: Option<String>,
}

/// Options of `unbind`.
#[derive(Args, Debug, Clone)]
pub struct UnbindArgs {
    /// Portals and tokens.
    #[command(flatten)]
    pub life: LifeArgs,

    /// The portal: its host, its address or its member_id.
    #[arg(long, value_name = "PORTAL")]
    pub portal: String,

    /// A placement; repeatable. Without it all three.
    #[arg(long = "placement", value_name = "NAME")]
    pub placements: Vec<String>,

    /// Removes this user's handler only.
    #[arg(long, value_name = "ID", value_parser = clap::value_parser!(i64).range(1..))]
    pub user_id: Option<i64>,
}

/// Options of `status`.
#[derive(Args, Debug, Clone)]
pub struct StatusArgs {
    /// Portals and tokens.
    #[command(flatten)]
    pub life: LifeArgs,

    /// The portal: its host, its address or its member_id.
    #[arg(long, value_name = "PORTAL")]
    pub portal: Option<String>,
}

/// Options of `forget`.
#[derive(Args, Debug, Clone)]
pub struct ForgetArgs {
    /// Portals and tokens.
    #[command(flatten)]
    pub life: LifeArgs,

    /// The portal: its host, its address or its member_id.
    #[arg(long, value_name = "PORTAL")]
    pub portal: String,
}

/// The form of the log.
#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// One readable line an event.
    Text,
    /// One JSON object an event.
    Json,
}

impl Cli {
    /// The origins given by `--portal`, or those of Bitrix24's cloud.
    #[must_use]
    pub fn portals_or_cloud(&self) -> Vec<String> {
        if self.portals.is_empty() {
            CLOUD
                .iter()
                .map(|domain| format!("https://*.bitrix24.{domain}"))
                .collect()
        } else {
            self.portals.clone()
        }
    }
}
