//! The portals of one simulator: each has a name of its own, and all share the OAuth servers.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::{
    Router,
    extract::{Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use tower::ServiceExt;

use crate::{hub::Hub, portal::host_name, server};

/// All portals, in the order they came.
#[derive(Debug, Default)]
pub(crate) struct Cloud(Mutex<Vec<(Arc<Hub>, Router)>>);

impl Cloud {
    /// Opens a portal.
    pub(crate) fn add(&self, hub: Arc<Hub>) {
        let router = server::router(Arc::clone(&hub));
        self.all().push((hub, router));
    }

    /// Those that are open.
    pub(crate) fn portals(&self) -> Vec<Arc<Hub>> {
        self.all().iter().map(|(hub, _)| Arc::clone(hub)).collect()
    }

    // Any other name is the first portal's: it may have been renamed.
    fn router_of(&self, host: &str) -> Option<Router> {
        let all = self.all();
        let named = all
            .iter()
            .find(|(hub, _)| host_name(&hub.config.authority) == host_name(host));
        named.or(all.first()).map(|(_, router)| router.clone())
    }

    fn all(&self) -> MutexGuard<'_, Vec<(Arc<Hub>, Router)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All portals as one server.
pub(crate) fn router(cloud: Arc<Cloud>) -> Router {
    Router::new().fallback(at_its_name).with_state(cloud)
}

async fn at_its_name(State(cloud): State<Arc<Cloud>>, request: Request) -> Response {
    let host = request.headers().get(header::HOST);
    let host = host.and_then(|it| it.to_str().ok()).unwrap_or_default();
    match cloud.router_of(host) {
        Some(router) => router
            .oneshot(request)
            .await
            .unwrap_or_else(|no| match no {}),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
