//! `b24-host`: serves the handler page of a Bitrix24 background worker.

use std::{
    future::Future,
    io::{self, IsTerminal, Write},
    net::SocketAddr,
    path::Path,
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use b24_host::{
    app::App,
    backend::Backend,
    cli::{self, Cli, Command, LogFormat, Program},
    clock::Clock,
    origin::is_authority,
    rest,
    start_error::StartError,
    web::{
        routes::{full_router, ops_router, router},
        serve::{Service, serve},
    },
};
use clap::Parser;
use tokio::{
    net::TcpListener,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use tracing::{Level, info, warn};
use tracing_subscriber::{
    EnvFilter, Layer, Registry, filter::Targets, layer::SubscriberExt, util::SubscriberInitExt,
};

/// How long installs and announcements under way may take once the host was asked to stop.
const LAST_TASKS: Duration = Duration::from_secs(20);

#[tokio::main]
async fn main() -> ExitCode {
    let program = Program::parse();
    let serve = match program.command {
        None => program.serve,
        Some(Command::Serve(cli)) => *cli,
        Some(command) => {
            start_log_for_commands(command.data());
            return cli::run(&command).await;
        }
    };
    start_log(serve.log, &serve.backend.data);
    match run(&serve).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("b24-host: {error}");
            ExitCode::from(2)
        }
    }
}

fn start_log(format: LogFormat, data: &Path) {
    let colours = io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let layer = tracing_subscriber::fmt::layer()
        .with_ansi(colours)
        .with_writer(io::stderr);
    let layer = match format {
        LogFormat::Text => layer.boxed(),
        LogFormat::Json => layer.json().boxed(),
    };
    start_logs(layer.with_filter(filter("info")), data);
}

// What is said stands on stdout; stderr has only what went wrong.
fn start_log_for_commands(data: &Path) {
    let layer = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_writer(io::stderr);
    start_logs(layer.with_filter(filter("error")), data);
}

fn start_logs(layer: impl Layer<Registry> + Send + Sync, data: &Path) {
    let calls = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_target(false)
        .with_level(false)
        .with_writer(rest::log::Files::new(data));
    let only = Targets::new().with_target(rest::log::TARGET, Level::INFO);
    tracing_subscriber::registry()
        .with(layer)
        .with(calls.with_filter(only))
        .init();
}

fn filter(otherwise: &str) -> EnvFilter {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(otherwise));
    let off = format!("{}=off", rest::log::TARGET);
    filter.add_directive(off.parse().expect("a target and a level make a directive"))
}

async fn run(cli: &Cli) -> Result<(), StartError> {
    if !is_authority(&cli.host_name) || cli.host_name.contains(':') {
        return Err(StartError::new(
            "--host-name is not a host name",
            "give one without scheme and port, like app.localhost",
        ));
    }
    let app = App::new(cli, Clock::System).await?;
    let cure = "check DATABASE_URL, --data and the key";
    let followed = app.backend.follow_public_url().await;
    followed.map_err(|error| StartError::new(error.to_string(), cure))?;
    let left = app.backend.unfinished().await;
    let left = left.map_err(|error| StartError::new(error.to_string(), cure))?;
    let portals = app.site.portals.len();
    // Before the address is printed, so that a signal sent upon it is not lost.
    let stop = stop_signal()?;
    let listener = listen(cli.listen, "--listen").await?;
    let ops = match cli.ops_listen {
        Some(address) => Some(listen(address, "--ops-listen").await?),
        None => None,
    };
    let port = port_of(&listener);

    // A closed stdout is no reason not to serve.
    let _ = writeln!(io::stdout(), "listening http://{}:{port}", cli.host_name);
    info!(port, portals, "started");
    let service = |router| Service {
        router,
        full: full_router(&app),
        connections: usize::try_from(cli.connections).unwrap_or(usize::MAX),
        idle_timeout: Duration::from_secs(u64::from(cli.idle_timeout)),
    };
    let closed = CancellationToken::new();
    let backend = Arc::clone(&app.backend);
    tokio::spawn(app.backend.clone().run_chores());
    let rounds = tokio::spawn({
        let backend = Arc::clone(&backend);
        async move { backend.run(left).await }
    });
    if let Some(ops) = ops {
        info!(
            port = port_of(&ops),
            "what operations look at is served apart"
        );
        // To the end: a balancer is to hear that the host is about to stop.
        let service = service(ops_router(app.clone()));
        tokio::spawn(serve(ops, service, CancellationToken::new()));
    }
    let serving = tokio::spawn(serve(
        listener,
        service(router(app.clone())),
        closed.clone(),
    ));

    stop.await;
    info!("stopping");
    backend.stopping.cancel();
    sleep(Duration::from_secs(u64::from(cli.drain))).await;
    closed.cancel();
    let _ = serving.await;
    let _ = rounds.await;
    finish(&backend).await;
    info!("stopped");
    Ok(())
}

async fn listen(address: SocketAddr, option: &str) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|error| {
        StartError::new(
            format!("cannot listen on {address}: {error}"),
            format!("choose another address or port with {option}"),
        )
    })
}

fn port_of(listener: &TcpListener) -> u16 {
    listener.local_addr().map_or(0, |address| address.port())
}

// Installs and announcements come to their end, or another replica goes on with what is written
// down: its leases are given back, so that it need not wait for them.
async fn finish(backend: &Backend) {
    backend.tasks.close();
    if timeout(LAST_TASKS, backend.tasks.wait()).await.is_err() {
        warn!("stopped with work under way: it is written down, and goes on at the next start");
    }
    if let Err(error) = backend.hand_over().await {
        warn!(%error, "the leases could not be given back: they run out by themselves");
    }
}

/// Settles on SIGINT or SIGTERM.
#[cfg(unix)]
fn stop_signal() -> Result<impl Future<Output = ()> + Send + 'static, StartError> {
    use tokio::signal::unix::{SignalKind, signal};

    let listen = |kind| {
        signal(kind).map_err(|error| {
            StartError::new(
                format!("cannot listen to signals: {error}"),
                "start the host again",
            )
        })
    };
    let mut interrupt = listen(SignalKind::interrupt())?;
    let mut terminate = listen(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Settles on Ctrl-C.
#[cfg(not(unix))]
fn stop_signal() -> Result<impl Future<Output = ()> + Send + 'static, StartError> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}
