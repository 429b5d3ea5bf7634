//! The host is killed between any two steps, and no portal is lost.
//!
//! The portal leaves a request without an answer, before or after doing what it asks; then the
//! process gets SIGKILL, and a new one starts on the same database.

use crate::support::{
    TestDist,
    portal::Portal,
    process::{Process, arguments},
};

/// An administrator opens pages until the portal has a signal more, as people do.
async fn visited(host: &Process, portal: &Portal) {
    let before = portal.with(|it| it.signals.len());
    while portal.with(|it| it.signals.len()) == before {
        let visit = portal.visit(&portal.login(1));
        let answer = host.post("/handler", &visit).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn a_kill_at_any_step_of_an_install_loses_no_portal() {
    // Whose token it is, who its user is, the exchange, three placements and five events.
    let steps = 11;
    for (step, done) in (1..=steps).flat_map(|step| [(step, false), (step, true)]) {
        let (dist, portal) = (TestDist::new(), Portal::start().await);
        let args = arguments(&dist, &portal, &[]).await;
        let form = portal.install_form(&portal.login(1));
        portal.hang_at(step, done);
        let host = Process::start(&dist, &args).await;
        let _open = host.begin_post("/install", &form).await;
        portal.until_requests(step).await;
        host.kill().await;

        let host = Process::start(&dist, &args).await;
        portal
            .until(|it| it.handlers.len() >= 3 && it.events.len() >= 5)
            .await;
        // Its events are believed, so the portal is known with all that belongs to it.
        let answer = host.post("/events", &portal.click("c.1")).await;
        assert!(
            answer.starts_with("HTTP/1.1 200"),
            "step {step}, done {done}: {answer}"
        );
        // It may go out after the answer, when the install is still being completed.
        portal.until(|it| !it.signals.is_empty()).await;
        assert_eq!(portal.with(|it| it.signals.len()), 1);
        // An hour later, and where the exchange's answer was lost after the next visit.
        portal.expire_all();
        host.post("/events", &portal.click("c.2")).await;
        if (step, done) == (3, true) {
            assert_eq!(portal.with(|it| it.signals.len()), 1);
            visited(&host, &portal).await;
        }
        portal.until(|it| it.signals.len() >= 2).await;
    }
}

#[tokio::test]
async fn a_kill_at_any_step_of_a_refresh_loses_neither_the_portal_nor_the_call() {
    // The call with the expired token, the refresh, the call with the new one.
    for (step, done) in (1..=3).flat_map(|step| [(step, false), (step, true)]) {
        let (dist, portal) = (TestDist::new(), Portal::start().await);
        let args = arguments(&dist, &portal, &[]).await;
        let host = Process::start(&dist, &args).await;
        let form = portal.install_form(&portal.login(1));
        assert!(
            host.post("/install", &form)
                .await
                .starts_with("HTTP/1.1 200")
        );
        portal.expire_all();
        let at = portal.requests() + step;
        portal.hang_at(at, done);
        let _open = host.begin_post("/events", &portal.click("c.1")).await;
        portal.until_requests(at).await;
        host.kill().await;

        let host = Process::start(&dist, &args).await;
        if (step, done) == (2, true) {
            // The refresh token is spent, and its answer gone: the next visit mends it.
            visited(&host, &portal).await;
        }
        let twice = step == 3 && done;
        let most = 1 + usize::from(twice);
        portal.until(|it| it.signals.len() >= most).await;
        assert_eq!(portal.with(|it| it.signals.len()), most);
        // What went out twice has one id, by which the worker dials once.
        assert!(portal.with(|it| it.signals.iter().all(|it| it["PARAMS"]["id"] == "c.1")));
    }
}

#[tokio::test]
async fn a_kill_at_any_step_of_binding_again_brings_the_handler_back() {
    // The look, and the bind.
    for (step, done) in [(1, false), (1, true), (2, false), (2, true)] {
        let (dist, portal) = (TestDist::new(), Portal::start().await);
        let args = arguments(&dist, &portal, &["--error-interval", "1"]).await;
        let host = Process::start(&dist, &args).await;
        let form = portal.install_form(&portal.login(1));
        assert!(
            host.post("/install", &form)
                .await
                .starts_with("HTTP/1.1 200")
        );
        let url = portal.with(|it| it.handlers[0].3.clone());
        portal.unbind("PAGE_BACKGROUND_WORKER");
        let path = url
            .strip_prefix("https://calls.example.com")
            .unwrap()
            .to_owned();
        let at = portal.requests() + step;
        portal.hang_at(at, done);
        assert!(host.post(&path, "").await.starts_with("HTTP/1.1 200"));
        portal.until_requests(at).await;
        host.kill().await;

        let _host = Process::start(&dist, &args).await;
        portal
            .until(|it| {
                it.handlers
                    .iter()
                    .any(|it| it.0 == "PAGE_BACKGROUND_WORKER")
            })
            .await;
    }
}
