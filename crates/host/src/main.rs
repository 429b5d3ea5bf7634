//! `b24-host`: serves the handler page of a Bitrix24 background worker.

use std::{
    future::{Future, IntoFuture},
    io::{self, IsTerminal, Write},
    net::SocketAddr,
    path::Path,
    process::ExitCode,
    time::Duration,
};

use b24_host::{
    app::App,
    cli::{self, Cli, Command, LogFormat, Program},
    clock::Clock,
    origin::is_authority,
    rest,
    start_error::StartError,
    web::routes::router,
};
use clap::Parser;
use tokio::{net::TcpListener, time::sleep};
use tracing::{Level, info, warn};
use tracing_subscriber::{
    EnvFilter, Layer, Registry, filter::Targets, layer::SubscriberExt, util::SubscriberInitExt,
};

/// How long a request under way may take once the host was asked to stop.
const LAST_REQUESTS: Duration = Duration::from_secs(5);

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
    let cannot_listen = |error: io::Error| {
        StartError::new(
            format!("cannot listen on {}: {error}", cli.listen),
            "choose another address or port with --listen",
        )
    };
    let listener = TcpListener::bind(cli.listen).await.map_err(cannot_listen)?;
    let port = listener.local_addr().map_err(cannot_listen)?.port();

    // A closed stdout is no reason not to serve.
    let _ = writeln!(io::stdout(), "listening http://{}:{port}", cli.host_name);
    info!(port, portals, "started");
    let backend = app.backend.clone();
    tokio::spawn(app.backend.clone().run_chores());
    tokio::spawn(async move { backend.run(left).await });
    serve(listener, app, stop).await
}

async fn serve(
    listener: TcpListener,
    app: App,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), StartError> {
    let (stopping, told) = tokio::sync::oneshot::channel();
    let server = axum::serve(
        listener,
        router(app).into_make_service_with_connect_info::<SocketAddr>(),
    )
    .with_graceful_shutdown(async move {
        stop.await;
        info!("stopping");
        let _ = stopping.send(());
    });
    let patience = async {
        // An error means that the server has ended already, and `select` has seen it.
        let _ = told.await;
        sleep(LAST_REQUESTS).await;
    };
    tokio::select! {
        ended = server.into_future() => ended.map_err(|error| {
            StartError::new(format!("serving ended: {error}"), "start the host again")
        })?,
        () = patience => warn!("stopped with requests under way"),
    }
    info!("stopped");
    Ok(())
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
