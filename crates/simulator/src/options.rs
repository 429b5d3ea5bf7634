//! The command line.

use std::{net::SocketAddr, path::PathBuf};

use clap::Parser;

/// A portal simulator for apps in Bitrix24's PAGE_BACKGROUND_WORKER placement.
///
/// Open the printed address in a browser: the page loads your handler into a hidden frame,
/// as the portal would. The developer dock at its foot has a customer's phone to ring from.
#[derive(Parser, Debug)]
#[command(name = "b24-simulator", version)]
pub struct Cli {
    /// Address and port to listen on; port 0 takes a free one.
    #[arg(long, env = "B24_SIM_LISTEN", default_value = "127.0.0.1:8081")]
    pub listen: SocketAddr,

    /// The portal's public name. The port listened on is appended unless one is given here.
    /// Take a name on another site than the handler's, or the browser will not
    /// partition the frame's storage as it does in production.
    #[arg(long, env = "B24_SIM_PORTAL_HOST", default_value = "portal.localhost")]
    pub portal_host: String,

    /// The portal's account number; without one it is made of its name.
    #[arg(long, env = "B24_SIM_MEMBER_ID", value_name = "ID")]
    pub member_id: Option<String>,

    /// Another portal at the same address, by a name of its own, with the same app and the same
    /// OAuth servers. Repeatable; in the variable separated by commas.
    #[arg(
        long = "neighbour",
        env = "B24_SIM_NEIGHBOURS",
        value_name = "NAME",
        value_delimiter = ','
    )]
    pub neighbours: Vec<String>,

    /// Employees, clients and lines of one's own, in the form of www/directory.json.
    #[arg(long, env = "B24_SIM_DIRECTORY", value_name = "FILE")]
    pub directory: Option<PathBuf>,

    /// The app's handler URL, loaded into the hidden frame by a form POST.
    #[arg(
        long,
        env = "B24_SIM_HANDLER",
        default_value = "http://app.localhost:8080/handler"
    )]
    pub handler: String,

    /// The app's installer. With it the app is not installed yet: an administrator opens
    /// /marketplace/app/CLIENT_ID/ on the portal and gets this page. Without it the app is
    /// installed and its handler bound from the start.
    #[arg(long, env = "B24_SIM_INSTALL_URL", value_name = "URL")]
    pub install_url: Option<String>,

    /// The app's id, as its backend and the portal's addresses name it.
    #[arg(long, env = "B24_SIM_CLIENT_ID", default_value = "local.simulator")]
    pub client_id: String,

    /// The app's secret, with which its backend renews tokens.
    #[arg(
        long,
        env = "B24_SIM_CLIENT_SECRET",
        default_value = "simulator",
        hide_env_values = true
    )]
    pub client_secret: String,

    /// What the app's events carry; without it a new token with each install.
    #[arg(long, env = "B24_SIM_APPLICATION_TOKEN", value_name = "TOKEN")]
    pub application_token: Option<String>,

    /// The secret in the address of the administrator's webhook, /rest/1/SECRET/METHOD.
    #[arg(
        long,
        env = "B24_SIM_WEBHOOK",
        value_name = "SECRET",
        default_value = "webhook",
        hide_env_values = true
    )]
    pub webhook: String,

    /// Serve this file as BX24.js in place of the built-in stand-in.
    #[arg(long, env = "B24_SIM_BX24_JS", value_name = "FILE")]
    pub bx24_js: Option<PathBuf>,

    /// Speak TLS with the certificate in this file, in PEM, and its authorities behind it.
    #[arg(
        long,
        env = "B24_SIM_TLS_CERT",
        value_name = "FILE",
        requires = "tls_key"
    )]
    pub tls_cert: Option<PathBuf>,

    /// The certificate's key, in PEM.
    #[arg(
        long,
        env = "B24_SIM_TLS_KEY",
        value_name = "FILE",
        requires = "tls_cert"
    )]
    pub tls_key: Option<PathBuf>,
}
