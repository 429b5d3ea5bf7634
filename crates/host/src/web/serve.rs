//! Taking connections: so many at once, none that only sits there, and an orderly end.

use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, Request},
    response::Response,
};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;
use tracing::{debug, warn};

/// How long the head of a request may take to come. A connection that is kept alive waits for
/// its next one no longer.
pub const HEAD_PATIENCE: Duration = Duration::from_secs(20);

/// How long requests under way may take once the host was asked to stop.
const LAST_REQUESTS: Duration = Duration::from_secs(5);

/// How long to wait when the system has no room for a connection.
const NO_ROOM: Duration = Duration::from_millis(100);

/// Serves until it is told to stop; then takes no more connections, and lets requests under way
/// come to their end.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    connections: usize,
    stop: CancellationToken,
) {
    let room = Arc::new(Semaphore::new(connections));
    let graceful = GracefulShutdown::new();
    loop {
        // Beyond the cap connections wait in the system's queue.
        let taken = tokio::select! {
            taken = take(&listener, &room) => taken,
            () = stop.cancelled() => break,
        };
        let Some((stream, remote, permit)) = taken else {
            continue;
        };
        let served = connection(stream, remote, &router, &graceful);
        tokio::spawn(async move {
            if let Err(error) = served.await {
                // A browser that goes away is nobody's fault.
                debug!(%error, "a connection broke off");
            }
            drop(permit);
        });
    }
    drop(listener);
    if timeout(LAST_REQUESTS, graceful.shutdown()).await.is_err() {
        warn!("stopped with requests under way");
    }
}

async fn take(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
) -> Option<(TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit)> {
    let permit = Arc::clone(room).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, remote)) => Some((stream, remote, permit)),
        Err(error) => {
            warn!(%error, "a connection could not be taken");
            sleep(NO_ROOM).await;
            None
        }
    }
}

fn connection(
    stream: TcpStream,
    remote: SocketAddr,
    router: &Router,
    graceful: &GracefulShutdown,
) -> impl Future<Output = Result<(), hyper::Error>> + Send + use<> {
    let router = router.clone();
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let router = router.clone();
        async move { Ok::<_, Infallible>(answer(router, request.map(Body::new), remote).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_PATIENCE)
        .serve_connection(TokioIo::new(stream), service);
    graceful.watch(connection)
}

async fn answer(router: Router, mut request: Request, remote: SocketAddr) -> Response {
    request.extensions_mut().insert(ConnectInfo(remote));
    router
        .oneshot(request)
        .await
        .unwrap_or_else(|no| match no {})
}
