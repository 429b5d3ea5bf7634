//! `b24-simulator`: a stand-in for a Bitrix24 portal on one's own machine.
//!
//! It serves a portal page that loads an app's handler into a hidden frame the way the
//! portal does, speaks the portal's message protocol with it, shows the call card, answers
//! the REST methods a telephony app needs, and plays the customer's phone. Everything in it
//! can be driven over HTTP: see `docs/simulator.md`.
//!
//! It knows nothing of the worker's types. Two ends that share a type agree on a misspelt key.

mod ajax;
mod app;
mod assets;
mod calls;
mod clock;
mod directory;
mod faults;
mod hub;
mod journal;
mod mask;
mod oauth;
mod pages;
mod phone;
mod portal;
mod pull;
mod rest;
mod script;
mod server;
mod tokens;

use std::{net::SocketAddr, path::PathBuf, process::ExitCode, time::Duration};

use clap::Parser;
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

use crate::{
    app::Identity,
    hub::{Config, Hub},
};

/// A portal simulator for apps in Bitrix24's PAGE_BACKGROUND_WORKER placement.
///
/// Open the printed address in a browser: the page loads your handler into a hidden frame,
/// as the portal would. The developer dock at its foot has a customer's phone to ring from.
#[derive(Parser, Debug)]
#[command(name = "b24-simulator", version)]
struct Cli {
    /// Address and port to listen on; port 0 takes a free one.
    #[arg(long, env = "B24_SIM_LISTEN", default_value = "127.0.0.1:8081")]
    listen: SocketAddr,

    /// The portal's public name. The port listened on is appended unless one is given here.
    /// Take a name on another site than the handler's, or the browser will not
    /// partition the frame's storage as it does in production.
    #[arg(long, env = "B24_SIM_PORTAL_HOST", default_value = "portal.localhost")]
    portal_host: String,

    /// The app's handler URL, loaded into the hidden frame by a form POST.
    #[arg(
        long,
        env = "B24_SIM_HANDLER",
        default_value = "http://app.localhost:8080/handler"
    )]
    handler: String,

    /// The app's installer. With it the app is not installed yet: an administrator opens
    /// /marketplace/app/CLIENT_ID/ on the portal and gets this page. Without it the app is
    /// installed and its handler bound from the start.
    #[arg(long, env = "B24_SIM_INSTALL_URL", value_name = "URL")]
    install_url: Option<String>,

    /// The app's id, as its backend and the portal's addresses name it.
    #[arg(long, env = "B24_SIM_CLIENT_ID", default_value = "local.simulator")]
    client_id: String,

    /// The app's secret, with which its backend renews tokens.
    #[arg(
        long,
        env = "B24_SIM_CLIENT_SECRET",
        default_value = "simulator",
        hide_env_values = true
    )]
    client_secret: String,

    /// The secret in the address of the administrator's webhook, /rest/1/SECRET/METHOD.
    #[arg(
        long,
        env = "B24_SIM_WEBHOOK",
        value_name = "SECRET",
        default_value = "webhook",
        hide_env_values = true
    )]
    webhook: String,

    /// Serve this file as BX24.js in place of the built-in stand-in.
    #[arg(long, env = "B24_SIM_BX24_JS", value_name = "FILE")]
    bx24_js: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(
            EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info")),
        )
        .with_writer(std::io::stderr)
        .init();
    match run(Cli::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("b24-simulator: {message}");
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> Result<(), String> {
    let bx24_js = match &cli.bx24_js {
        Some(path) => Some(
            tokio::fs::read_to_string(path)
                .await
                .map_err(|e| format!("cannot read --bx24-js {}: {e}", path.display()))?,
        ),
        None => None,
    };
    check_url("--handler", &cli.handler)?;
    if let Some(url) = &cli.install_url {
        check_url("--install-url", url)?;
    }
    let listener = TcpListener::bind(cli.listen)
        .await
        .map_err(|e| format!("cannot listen on {}: {e}", cli.listen))?;
    let address = listener.local_addr().map_err(|e| e.to_string())?;
    let hub = Hub::new(Config {
        authority: portal::authority(&cli.portal_host, address.port()),
        app: Identity {
            client_id: cli.client_id,
            client_secret: cli.client_secret,
            handler: cli.handler,
            install_url: cli.install_url,
        },
        webhook: cli.webhook,
        bx24_js,
    });

    // The one line on stdout: scripts wait for it and read the port from it.
    println!(
        "listening http://{}:{}",
        portal::host_name(&cli.portal_host),
        address.port()
    );
    tracing::info!(%address, handler = %hub.config.app.handler, "the portal is open");

    let (closing, closed) = tokio::sync::oneshot::channel::<()>();
    let graceful = axum::serve(listener, server::router(hub)).with_graceful_shutdown(async {
        asked_to_stop().await;
        tracing::info!("stopping");
        let _ = closing.send(());
    });
    tokio::select! {
        result = graceful => result.map_err(|e| e.to_string()),
        // Long polls and open sockets would keep the server up for ever.
        () = async { let _ = closed.await; tokio::time::sleep(Duration::from_secs(1)).await } => Ok(()),
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

/// Resolves on SIGINT (Ctrl-C) or SIGTERM.
async fn asked_to_stop() {
    let interrupt = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminate = std::future::pending::<()>();
    tokio::select! { () = interrupt => {}, () = terminate => {} }
}
