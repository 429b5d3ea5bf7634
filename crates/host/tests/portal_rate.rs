//! A portal takes so much and no more; a click goes first.

use std::sync::Arc;

use crate::support::{TestDist, portal::Portal};
use b24_host::clock::Clock;
use futures::future::join_all;
use serde_json::json;

#[tokio::test]
async fn a_click_dials_while_other_work_waits_for_the_portal() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let mut args = portal.args(&dist.data());
    let at = args.iter().position(|it| it == "--portal-rate").unwrap();
    args[at + 1] = "1".to_owned();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let host = dist.host_at(&args, Clock::System).await;
    let form = portal.install_form(&portal.login(1));
    assert_eq!(host.post("/install", form).await.status, 200);

    // 25 at once, of which ten are the calls': the work asks until it has to wait.
    let backend = Arc::clone(&host.app.backend);
    let work = tokio::spawn(async move {
        let asked = (0..40).map(|_| backend.rest.call("a1", "placement.list", json!({})));
        join_all(asked).await
    });
    portal.until_requests(15).await;
    let clicks = (0..8).map(|it| host.post("/events", portal.click(&format!("c.{it}"))));
    let clicks = clicks.collect::<Vec<_>>();
    assert!(join_all(clicks).await.iter().all(|it| it.status == 200));
    assert_eq!(portal.with(|it| it.signals.len()), 8);
    assert!(!work.is_finished(), "the work still waits");
    assert!(portal.requests() < 40, "{}", portal.requests());
    work.abort();
}
