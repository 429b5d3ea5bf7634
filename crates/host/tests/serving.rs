//! Connections, and the end of the process.

use std::time::Duration;

use futures::future::join;
use tokio::time::Instant;

use crate::support::{
    TestDist, database,
    portal::Portal,
    process::{Process, arguments, read},
    standing_clock,
};

#[tokio::test]
async fn connections_that_only_sit_there_are_closed_and_make_room() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let more = ["--connections", "1", "--idle-timeout", "1"];
    let args = arguments(&dist, &portal, &more).await;
    let host = Process::start(&dist, &args).await;
    // All the room there is: one says nothing, one does not come to the end of its head.
    for request in ["", "GET /health HTTP/1.1\r\nX-Slow: "] {
        let answer = read(host.begin(request).await).await;
        assert!(!answer.starts_with("HTTP/1.1 200"), "{answer}");
        let answer = host.get("/health").await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
}

#[tokio::test]
async fn connections_beyond_the_room_are_told_to_come_again() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let args = arguments(&dist, &portal, &["--connections", "1"]).await;
    let host = Process::start(&dist, &args).await;
    let form = portal.install_form(&portal.login(1));
    host.post("/install", &form).await;
    portal.hang("pull.application.event.add");
    let asked = portal.requests() + 1;
    let served = host.begin_post("/events", &portal.click("c.1")).await;
    portal.until_requests(asked).await;
    let answer = host.get("/handler").await.to_lowercase();
    assert!(answer.starts_with("http/1.1 503"), "{answer}");
    assert!(answer.contains("retry-after: 1"), "{answer}");

    portal.let_go();
    let answer = read(served).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let metrics = host.get("/metrics").await;
    let shed = "b24_host_requests_total{route=\"none\",status=\"503\"} 1";
    assert!(metrics.contains(shed), "{metrics}");
}

#[tokio::test]
async fn requests_that_wait_for_portals_leave_room_for_pages() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let mut args = portal.args(&dist.data());
    args.extend(["--connections".to_owned(), "4".to_owned()]);
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let host = dist.host(&args).await;
    let form = portal.install_form(&portal.login(1));
    assert_eq!(host.post("/install", form).await.status, 200);
    portal.hang("pull.application.event.add");
    let asked = portal.requests() + 2;
    let waiting = join(
        host.post("/events", portal.click("c.1")),
        host.post("/events", portal.click("c.2")),
    );
    let meanwhile = async {
        portal.until_requests(asked).await;
        let refused = host.post("/events", portal.click("c.3")).await;
        assert_eq!(
            (refused.status.as_u16(), refused.header("retry-after")),
            (503, "1")
        );
        for path in ["/handler", "/assets/boot.1a.js", "/health", "/ready"] {
            assert_eq!(host.get(path).await.status, 200, "{path}");
        }
        portal.let_go();
    };
    let ((one, other), ()) = join(waiting, meanwhile).await;
    assert_eq!((one.status.as_u16(), other.status.as_u16()), (200, 200));
    assert_eq!(host.post("/events", portal.click("c.3")).await.status, 200);
}

#[tokio::test]
async fn an_answer_that_hangs_on_a_portal_does_not_take_for_ever() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let host = dist.installed(&portal, &standing_clock().0).await;
    portal.hang("pull.application.event.add");
    let asked = portal.requests() + 1;
    let click = host.post("/events", portal.click("c.1"));
    tokio::pin!(click);
    tokio::select! {
        _ = &mut click => panic!("the portal has not answered"),
        () = portal.until_requests(asked) => {}
    }
    // Nobody but the portal is waited for now, so time passes as it is needed.
    tokio::time::pause();
    let began = Instant::now();
    assert_eq!(click.await.status, 503);
    assert!(
        began.elapsed() <= Duration::from_secs(91),
        "{:?}",
        began.elapsed()
    );
}

#[tokio::test]
async fn what_a_stopping_host_holds_another_goes_on_with_at_once() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let (clock, _) = standing_clock();
    let own = database::fresh(&dist.data()).await;
    let args = [own, portal.args(&dist.data())].concat();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let one = dist.replica(&args, clock.clone()).await;
    std::fs::remove_file(dist.data().join("replica")).unwrap();
    let other = dist.replica(&args, clock).await;
    let form = portal.install_form(&portal.login(1));
    assert_eq!(one.post("/install", form).await.status, 200);
    let asked = portal.requests() + 1;
    portal.hang_at(asked, false);
    tokio::select! {
        _ = one.post("/events", portal.click("c.1")) => panic!("the portal has not answered"),
        () = portal.until_requests(asked) => {}
    }
    // While one is at it, the other leaves the call alone.
    other.app.backend.work().await.unwrap();
    assert_eq!(portal.requests(), asked);
    one.app.backend.hand_over().await.unwrap();
    other.app.backend.work().await.unwrap();
    assert_eq!(portal.with(|it| it.signals.len()), 1);
}

#[tokio::test]
async fn what_operations_look_at_may_have_an_address_of_its_own() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let ops = free.local_addr().unwrap();
    drop(free);
    let args = arguments(&dist, &portal, &["--ops-listen", &ops.to_string()]).await;
    let mut host = Process::start(&dist, &args).await;
    for path in ["/ready", "/metrics"] {
        assert!(host.get(path).await.starts_with("HTTP/1.1 404"), "{path}");
    }
    host.port = ops.port().to_string();
    assert!(host.get("/ready").await.ends_with("ready"));
    assert!(host.get("/metrics").await.contains("# EOF"));
    assert!(host.get("/handler").await.starts_with("HTTP/1.1 404"));
}

#[tokio::test]
async fn a_stop_is_told_to_the_balancer_first_and_lets_an_install_come_to_its_end() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let args = arguments(&dist, &portal, &["--drain", "3"]).await;
    let host = Process::start(&dist, &args).await;
    let form = portal.install_form(&portal.login(1));
    // The exchange hangs until the host was told to stop.
    portal.hang("oauth");
    let installing = host.begin_post("/install", &form).await;
    portal.until_requests(3).await;
    host.terminate().await;
    loop {
        let ready = host.get("/ready").await;
        if ready.starts_with("HTTP/1.1 503") {
            assert!(ready.ends_with("stopping"), "{ready}");
            break;
        }
    }
    // Requests that the balancer sends meanwhile are still served.
    assert!(host.get("/handler").await.starts_with("HTTP/1.1 200"));
    portal.let_go();
    let answer = read(installing).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(host.ended().await);
    assert_eq!(portal.with(|it| it.handlers.len()), 3);
}

#[tokio::test]
async fn a_click_under_way_when_the_sender_goes_away_and_the_host_stops_still_rings() {
    let (dist, portal) = (TestDist::new(), Portal::start().await);
    let args = arguments(&dist, &portal, &[]).await;
    let host = Process::start(&dist, &args).await;
    let form = portal.install_form(&portal.login(1));
    host.post("/install", &form).await;
    // The signal is refused, and goes out again with a token that is not there yet.
    portal.expire_all();
    portal.hang("oauth");
    let asked = portal.requests() + 2;
    let sent = host.begin_post("/events", &portal.click("c.1")).await;
    portal.until_requests(asked).await;
    drop(sent);
    host.terminate().await;
    portal.let_go();
    assert!(host.ended().await);
    assert_eq!(portal.with(|it| it.signals.len()), 1);
}
