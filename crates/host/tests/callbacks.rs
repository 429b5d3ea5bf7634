//! Callbacks that a form asks for: made by somebody, or finished.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use crate::support::{
    Host, TestDist,
    portal::{Portal, SEARCH},
    standing_clock,
};
use serde_json::{Value, json};

const WAIT: i64 = 40;

struct Form<'a> {
    host: Host<'a>,
    portal: Portal,
    time: Arc<AtomicI64>,
}

impl<'a> Form<'a> {
    /// User 9 looks after the client, then 7 and 8 are asked, then 1, who installed the app.
    async fn start(dist: &'a TestDist) -> Self {
        let (clock, time) = standing_clock();
        let portal = Portal::start().await;
        let host = dist.installed(&portal, &clock).await;
        portal.always(
            SEARCH,
            json!([{ "CRM_ENTITY_TYPE": "CONTACT", "CRM_ENTITY_ID": 5, "ASSIGNED_BY_ID": "9" }]),
        );
        let store = &host.app.backend.store;
        store.keep_callback_users("a1", &[7, 9, 8]).await.unwrap();
        Self { host, portal, time }
    }

    async fn form(&self) -> u16 {
        let data = [
            ("PHONE_NUMBER", "+15550177"),
            ("TEXT", "after five"),
            ("VOICE", "https://a.example/voice.mp3"),
            ("LINE_NUMBER", "+15550100"),
        ];
        let form = self
            .portal
            .event("ONEXTERNALCALLBACKSTART", "apptoken1", &data);
        self.host.post("/events", form).await.status.as_u16()
    }

    async fn wait(&self) {
        self.time.fetch_add(WAIT, Ordering::SeqCst);
        self.host.app.backend.do_chores().await;
    }

    fn asked(&self) -> Vec<Value> {
        self.portal
            .with(|it| it.signals.iter().map(|it| it["USER_ID"].clone()).collect())
    }

    fn call_id(&self) -> String {
        let last = self
            .portal
            .with(|it| it.signals.last().unwrap()["PARAMS"]["callId"].clone());
        last.as_str().unwrap().to_owned()
    }

    fn telephony(&self, method: &str) -> Vec<Value> {
        let name = format!("externalCall.{method}");
        self.portal.with(|it| {
            let told = it.telephony.iter().filter(|it| it.0 == name);
            told.map(|it| it.1.clone()).collect()
        })
    }
}

#[tokio::test]
async fn what_the_form_said_reaches_the_operator() {
    let dist = TestDist::new();
    let it = Form::start(&dist).await;
    assert_eq!(it.form().await, 200);
    let params = it.portal.with(|it| it.signals[0]["PARAMS"].clone());
    assert_eq!(params["text"], "after five");
    assert_eq!(params["voice"], "https://a.example/voice.mp3");
    assert_eq!(params["callback"], true);
}

#[tokio::test]
async fn unanswered_it_goes_to_the_next_and_at_last_it_is_finished() {
    let dist = TestDist::new();
    let it = Form::start(&dist).await;
    it.form().await;
    assert_eq!(it.asked(), [9]);
    it.host.app.backend.do_chores().await;
    assert_eq!(it.asked(), [9], "too early");
    for expected in [json!([9, 7]), json!([9, 7, 8]), json!([9, 7, 8, 1])] {
        it.wait().await;
        assert_eq!(json!(it.asked()), expected);
    }
    let expires = it
        .portal
        .with(|it| it.signals[3]["PARAMS"]["expires"].clone());
    assert_eq!(expires, it.time.load(Ordering::SeqCst) + 60);
    let id = it.call_id();
    assert_eq!(
        it.telephony("hide")[2],
        json!({ "CALL_ID": id, "USER_ID": [8] })
    );
    assert_eq!(
        it.telephony("show")[2],
        json!({ "CALL_ID": id, "USER_ID": 1 })
    );
    assert_eq!(
        it.telephony("register").len(),
        1,
        "one record for all of them"
    );

    it.wait().await;
    let finished = it.telephony("finish");
    assert_eq!(finished.len(), 1);
    assert_eq!(
        (&finished[0]["CALL_ID"], &finished[0]["STATUS_CODE"]),
        (&json!(id), &json!("304"))
    );
    it.wait().await;
    assert_eq!((it.asked().len(), it.telephony("finish").len()), (4, 1));
}

#[tokio::test]
async fn who_makes_it_is_left_alone_with_it() {
    let dist = TestDist::new();
    let it = Form::start(&dist).await;
    it.form().await;
    it.wait().await;
    let path = format!("/callbacks/a1/{}/taken", it.call_id());
    let stranger = it.portal.login(33).0;
    let taken = it.host.ask("POST", &path, &stranger, "").await;
    assert_eq!(taken.status, 204);
    assert_eq!(it.host.ask("POST", &path, "invented", "").await.status, 403);
    it.wait().await;
    assert_eq!(it.asked(), [9, 7, 8], "a stranger takes nothing");

    let operator = it.portal.login(8).0;
    for _ in 0..2 {
        assert_eq!(it.host.ask("POST", &path, &operator, "").await.status, 204);
    }
    it.wait().await;
    assert_eq!(it.asked().len(), 3);
    assert_eq!(
        it.telephony("finish").len(),
        0,
        "the worker finishes what it makes"
    );
}

#[tokio::test]
async fn a_busy_operators_worker_that_finished_the_call_does_not_lose_the_client() {
    let dist = TestDist::new();
    let it = Form::start(&dist).await;
    it.form().await;
    let first = it.call_id();
    it.portal.call(
        "telephony.externalCall.finish",
        json!({ "CALL_ID": first, "USER_ID": 9 }),
    );
    it.wait().await;
    assert_eq!(it.asked(), [9, 7]);
    assert_ne!(it.call_id(), first);
    let names: Vec<_> = it
        .telephony("register")
        .iter()
        .map(|it| it["USER_ID"].clone())
        .collect();
    assert_eq!(names, [9, 7]);
}

#[tokio::test]
async fn a_portal_that_hangs_holds_up_nobody_elses_callback() {
    let (dist, portal, (clock, time)) = (TestDist::new(), Portal::start().await, standing_clock());
    let other = portal.neighbour("b2");
    let mut args = portal.args(&dist.data());
    args.extend(["--line", "+15550100"].map(str::to_owned));
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let host = dist.host_at(&args, clock).await;
    let install = async |portal: &Portal| {
        let form = portal.install_form(&portal.login(1));
        assert_eq!(host.post("/install", form).await.status, 200);
    };
    install(&other).await;
    let backend = &host.app.backend;
    backend.do_chores().await;
    let users = backend.store.keep_callback_users("b2", &[7]);
    users.await.unwrap();
    let data = [("PHONE_NUMBER", "+15550177")];
    let form = other.event("ONEXTERNALCALLBACKSTART", "apptoken1", &data);
    assert_eq!(host.post("/events", form).await.status, 200);
    assert_eq!(other.with(|it| it.signals.len()), 1);

    // The one never tells which lines it has.
    portal.hang("telephony.externalLine.get");
    install(&portal).await;
    let asked = portal.requests() + 1;
    let running = tokio::spawn(Arc::clone(backend).run_chores());
    portal.until_requests(asked).await;
    time.fetch_add(WAIT, Ordering::SeqCst);
    // An install lets the host look at once what is due.
    install(&other).await;
    other.until(|it| it.signals.len() == 2).await;
    running.abort();
}

#[tokio::test]
async fn a_portal_that_fails_between_two_steps_is_asked_again() {
    let dist = TestDist::new();
    let it = Form::start(&dist).await;
    it.form().await;
    it.portal.answer(
        "telephony.externalCall.show",
        403,
        json!({ "error": "insufficient_scope" }),
    );
    it.wait().await;
    assert_eq!(it.asked(), [9]);
    it.time.fetch_add(61, Ordering::SeqCst);
    it.host.app.backend.do_chores().await;
    assert_eq!(it.asked(), [9, 7]);

    // One that could not even be registered is not given up after a minute, as a click is.
    let refused = json!({ "error": "insufficient_scope" });
    for _ in 0..2 {
        it.portal
            .answer("telephony.externalCall.register", 403, refused.clone());
    }
    it.portal.always(SEARCH, json!([]));
    let data = [("PHONE_NUMBER", "+15550178")];
    let form = it
        .portal
        .event("ONEXTERNALCALLBACKSTART", "apptoken1", &data);
    assert_eq!(it.host.post("/events", form).await.status, 503);
    it.time.fetch_add(61, Ordering::SeqCst);
    it.host.app.backend.do_chores().await;
    it.time.fetch_add(61, Ordering::SeqCst);
    it.host.app.backend.do_chores().await;
    let numbers = it.portal.with(|it| {
        it.signals
            .iter()
            .map(|it| it["PARAMS"]["phoneNumber"].clone())
            .collect::<Vec<_>>()
    });
    assert!(numbers.contains(&json!("+15550178")), "{numbers:?}");
}
