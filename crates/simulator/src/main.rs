//! `b24-simulator`: a stand-in for a Bitrix24 portal on one's own machine.

use std::{process::ExitCode, time::Duration};

use b24_simulator::{Cli, Simulator};
use clap::Parser;
use tracing_subscriber::EnvFilter;

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
    let (simulator, server) = Simulator::open(&cli).await?;
    // The one line on stdout: scripts wait for it and read the port from it.
    println!("listening {}", simulator.address());
    tracing::info!(handler = cli.handler, "the portal is open");

    let (closing, closed) = tokio::sync::oneshot::channel::<()>();
    let graceful = server.run(async {
        asked_to_stop().await;
        tracing::info!("stopping");
        let _ = closing.send(());
    });
    tokio::select! {
        result = graceful => result,
        // Long polls and open sockets would keep the server up for ever.
        () = async { let _ = closed.await; tokio::time::sleep(Duration::from_secs(1)).await } => Ok(()),
    }
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
