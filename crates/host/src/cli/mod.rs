//! The command line.

mod backend;
mod backup;
mod callbacks;
mod commands;
mod pbx;
mod run;
mod status;
mod turn;

use std::{net::SocketAddr, path::PathBuf};

use clap::{Parser, ValueEnum, builder::RangedI64ValueParser, value_parser};

pub use backend::BackendArgs;
pub use backup::{BackupArgs, RestoreArgs};
pub use callbacks::CallbacksArgs;
pub use commands::{BindArgs, Command, PortalArgs, Program, StatusArgs, UnbindArgs};
pub use pbx::PbxKeyArgs;
pub use run::run;
pub use turn::TurnArgs;

/// The domains of Bitrix24's cloud, whose every subdomain may be a portal.
const CLOUD: [&str; 22] = [
    "com", "ru", "eu", "de", "fr", "es", "it", "pl", "com.br", "com.tr", "in", "kz", "by", "ua",
    "uk", "cn", "jp", "vn", "mx", "co", "id", "tech",
];

/// Serves the pages of a Bitrix24 call app, and is its backend on the portals.
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
    pub backend: BackendArgs,

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

    /// How the page speaks to the portal: through BX24.js, or directly, without it.
    #[arg(
        long,
        env = "B24_HOST_TRANSPORT",
        value_enum,
        default_value_t = Transport::Bx24
    )]
    pub transport: Transport,

    /// A portal that may frame the page and be called beside those of Bitrix24's cloud, e.g.
    /// `https://crm.example.com` or `https://*.example.com`. Repeatable; in the variable separated
    /// by commas.
    #[arg(
        long = "portal",
        env = "B24_HOST_PORTALS",
        value_name = "ORIGIN",
        value_delimiter = ','
    )]
    pub portals: Vec<String>,

    /// Only the portals named by --portal, and none of Bitrix24's cloud.
    #[arg(long, env = "B24_HOST_ONLY_NAMED_PORTALS", requires = "portals")]
    pub only_named_portals: bool,

    /// The softphone adapter: the name of a file in www/adapters/ (without .js), an absolute URL, or `none`:
    /// signals, cards and sliders without a softphone.
    #[arg(
        long,
        env = "B24_HOST_ADAPTER",
        value_name = "NAME|URL|none",
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

    /// Take the softphone's account from what each operator has saved in the contact centre. With the
    /// adapters jssip and sipjs it is laid over --adapter-options (server, uri, user, password,
    /// displayName, line, iceServers); others find its fields under `account`. An operator without
    /// an account is told so, and the worker waits for it. Needs --client-id.
    #[arg(long, env = "B24_HOST_ACCOUNTS")]
    pub accounts: bool,

    /// The TURN server.
    #[command(flatten)]
    pub turn: TurnArgs,

    /// Further options of the worker (`StartOptions` of its types), a JSON object, e.g.
    /// {"transfer":"blind","secondCall":"wait","statusTexts":{"connected":"Verbunden"}}.
    #[arg(
        long,
        env = "B24_HOST_WORKER_OPTIONS",
        value_name = "JSON",
        default_value = "{}"
    )]
    pub worker_options: String,

    /// Keep no page in browsers. By default a service worker answers the portal with the page and files that
    /// the browser has, and fetches newer ones behind: a slow host is no slow page. With this option browsers
    /// forget what they have.
    #[arg(long, env = "B24_HOST_NO_SERVICE_WORKER")]
    pub no_service_worker: bool,

    /// Record every call and attach the record to it on the portal. Tell those who are recorded.
    #[arg(long, env = "B24_HOST_RECORD")]
    pub record: bool,

    /// How calls are recorded (`RecorderOptions` of its types), a JSON object, e.g.
    /// {"toneSeconds":15,"maxMinutes":60}.
    #[arg(
        long,
        env = "B24_HOST_RECORD_OPTIONS",
        value_name = "JSON",
        default_value = "{}"
    )]
    pub record_options: String,

    /// A line of the softphone, e.g. +15550100, or +15550100=Sales with the name the portal shows.
    /// Each portal is told of them. Repeatable; in the variable separated by commas.
    #[arg(
        long = "line",
        env = "B24_HOST_LINES",
        value_name = "NUMBER[=NAME]",
        value_delimiter = ',',
        hide_env_values = true
    )]
    pub lines: Vec<String>,

    /// Whether the portal makes a CRM entity of an unknown caller on the lines.
    #[arg(
        long,
        env = "B24_HOST_LINE_CRM_AUTO_CREATE",
        value_name = "BOOL",
        default_value_t = true,
        action = clap::ArgAction::Set
    )]
    pub line_crm_auto_create: bool,

    /// How many seconds an operator has to make a callback that a form has asked for, before the
    /// next one is asked: whoever is responsible, then those of `b24-host callbacks`.
    #[arg(
        long,
        env = "B24_HOST_CALLBACK_WAIT",
        value_name = "SECONDS",
        default_value_t = 40,
        value_parser = positive()
    )]
    pub callback_wait: u32,

    /// The PBX's address for calls asked for in the portal's mobile app, where no browser dials
    /// (docs/pbx-api.md). Without it such a call is finished at once, with the reason.
    #[arg(
        long,
        env = "B24_HOST_MOBILE_HOOK",
        value_name = "URL",
        hide_env_values = true
    )]
    pub mobile_hook: Option<String>,

    /// How many requests a minute one address may send to /install, /events, /error, /settings
    /// and /signals; pages and assets take ten times as many.
    #[arg(
        long,
        env = "B24_HOST_RATE_LIMIT",
        value_name = "NUMBER",
        default_value_t = 600,
        value_parser = positive()
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

    /// How many connections are served at once; more wait for a second, and are told to come again.
    /// Requests that wait for portals take half of it at most, and pages always have room.
    #[arg(
        long,
        env = "B24_HOST_CONNECTIONS",
        value_name = "NUMBER",
        default_value_t = 4096,
        value_parser = positive()
    )]
    pub connections: u32,

    /// How many seconds a connection may take to send the head of a request, the first one or the
    /// next: more than a proxy before the host keeps its connections.
    #[arg(
        long,
        env = "B24_HOST_IDLE_TIMEOUT",
        value_name = "SECONDS",
        default_value_t = 65,
        value_parser = positive()
    )]
    pub idle_timeout: u32,

    /// Address and port for /ready and /metrics alone, which then are nowhere else.
    #[arg(long, env = "B24_HOST_OPS_LISTEN", value_name = "ADDRESS")]
    pub ops_listen: Option<SocketAddr>,

    /// How many seconds /ready says no, before the host takes no more connections once it was
    /// asked to stop: as long as the balancer needs to notice.
    #[arg(
        long,
        env = "B24_HOST_DRAIN",
        value_name = "SECONDS",
        default_value_t = 0
    )]
    pub drain: u32,

    /// How the log on stderr is written. RUST_LOG chooses how much of it.
    #[arg(long, env = "B24_HOST_LOG", value_enum, default_value_t = LogFormat::Text)]
    pub log: LogFormat,
}

/// A number of which there is one at least.
fn positive() -> RangedI64ValueParser<u32> {
    value_parser!(u32).range(1..)
}

/// A user's id on a portal.
fn user_id() -> RangedI64ValueParser {
    value_parser!(i64).range(1..)
}

/// How the page speaks to the portal.
#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// Through the portal's own library.
    Bx24,
    /// By itself: no script of anybody else's is on the page.
    Direct,
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
    /// The origins of Bitrix24's cloud, unless they were ruled out, and those given by `--portal`.
    #[must_use]
    pub fn all_portals(&self) -> Vec<String> {
        let cloud = CLOUD
            .iter()
            .filter(|_| !self.only_named_portals)
            .map(|domain| format!("https://*.bitrix24.{domain}"));
        cloud.chain(self.portals.iter().cloned()).collect()
    }
}
