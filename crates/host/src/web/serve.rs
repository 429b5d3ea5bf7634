//! Taking connections: so many at once, the others told to come again, none that only sits there,
//! and an orderly end.

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
    server::graceful::{GracefulConnection, GracefulShutdown},
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;
use tracing::{debug, warn};

/// How long the head of a request may take where it is only to be told that there is no room.
const REFUSED_PATIENCE: Duration = Duration::from_secs(2);

/// How long requests under way may take once the host was asked to stop.
const LAST_REQUESTS: Duration = Duration::from_secs(5);

/// How long to wait when the system has no room for a connection.
const NO_ROOM: Duration = Duration::from_millis(100);

/// How long a connection waits for room. A page that a second later is served is better off than
/// one that was refused.
const ROOM_PATIENCE: Duration = Duration::from_secs(1);

/// How many connections may wait for room, or be told that there is none, for each that is served:
/// each costs memory and a file. Those beyond are closed without a word.
const WAITING: usize = 16;

/// How connections are served.
#[derive(Clone)]
pub struct Service {
    /// What answers them.
    pub router: Router,
    /// What answers those that there is no room for.
    pub full: Router,
    /// For how many there is room.
    pub connections: usize,
    /// How long the head of a request may take to come. A connection that is kept alive waits
    /// for its next one no longer.
    pub idle_timeout: Duration,
}

/// Serves until it is told to stop; then takes no more connections, and lets requests under way
/// come to their end.
pub async fn serve(listener: TcpListener, service: Service, stop: CancellationToken) {
    let room = Arc::new(Semaphore::new(service.connections));
    let waiting = service.connections.saturating_mul(WAITING);
    let waiting = Arc::new(Semaphore::new(waiting));
    let graceful = GracefulShutdown::new();
    loop {
        let taken = tokio::select! {
            taken = listener.accept() => taken,
            () = stop.cancelled() => break,
        };
        let (stream, remote) = match taken {
            Ok(taken) => taken,
            Err(error) => {
                warn!(%error, "a connection could not be taken");
                sleep(NO_ROOM).await;
                continue;
            }
        };
        let Ok(wait) = Arc::clone(&waiting).try_acquire_owned() else {
            continue;
        };
        let (room, watcher, service) = (Arc::clone(&room), graceful.watcher(), service.clone());
        // Here, so that nobody overtakes who came first.
        let place = Arc::clone(&room).try_acquire_owned();
        tokio::spawn(async move {
            let place = match place {
                Ok(place) => Some(place),
                Err(_) => timeout(ROOM_PATIENCE, room.acquire_owned())
                    .await
                    .ok()
                    .and_then(Result::ok),
            };
            let served = if let Some(_place) = place {
                drop(wait);
                let connection = connection(stream, remote, service.router, service.idle_timeout);
                watcher.watch(connection).await
            } else {
                connection(stream, remote, service.full, REFUSED_PATIENCE).await
            };
            if let Err(error) = served {
                // A browser that goes away is nobody's fault.
                debug!(%error, "a connection broke off");
            }
        });
    }
    drop(listener);
    if timeout(LAST_REQUESTS, graceful.shutdown()).await.is_err() {
        warn!("stopped with requests under way");
    }
}

fn connection(
    stream: TcpStream,
    remote: SocketAddr,
    router: Router,
    patience: Duration,
) -> impl GracefulConnection<Error = hyper::Error> + Send {
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let router = router.clone();
        async move { Ok::<_, Infallible>(answer(router, request.map(Body::new), remote).await) }
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(patience)
        .serve_connection(TokioIo::new(stream), service)
}

async fn answer(router: Router, mut request: Request, remote: SocketAddr) -> Response {
    request.extensions_mut().insert(ConnectInfo(remote));
    router
        .oneshot(request)
        .await
        .unwrap_or_else(|no| match no {})
}
