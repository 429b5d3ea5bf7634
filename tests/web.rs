//! The browser edge in a real browser: BX24.js's manners, promises, closures, and a softphone that
//! answers from inside a call. The portal and the phone are `tests/js/portal.js`.
#![cfg(target_arch = "wasm32")]

use b24_background_worker::browser::{
    CallCard, Events, JsSoftphone, Options, PageOptions, Worker, WorkerEvent, call_batch,
    call_method, close_application, domain, language, open_application, open_path,
    placement_options, refresh_auth,
};
use b24_background_worker::card::{EventName, UiState};
use b24_background_worker::rest::StatusCode;
use b24_background_worker::session::{CallPhase, CallSnapshot, News};
use b24_background_worker::{Error, ErrorKind};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen(module = "/tests/js/portal.js")]
extern "C" {
    type Portal;
    #[wasm_bindgen(constructor)]
    fn new() -> Portal;
    #[wasm_bindgen(method)]
    fn remove(this: &Portal);
    #[wasm_bindgen(method, js_name = silentInit)]
    fn silent_init(this: &Portal, times: u32);
    #[wasm_bindgen(method, js_name = setPlacement)]
    fn set_placement(this: &Portal, name: &str);
    #[wasm_bindgen(method, js_name = setProbes)]
    fn set_probes(this: &Portal, probes: u32);
    #[wasm_bindgen(method)]
    fn stumbles(this: &Portal, interfaces: u32, binds: u32);
    #[wasm_bindgen(method)]
    fn hurry(this: &Portal);
    #[wasm_bindgen(method, js_name = raiseWhileBinding)]
    fn raise_while_binding(this: &Portal, call_id: &str);
    #[wasm_bindgen(method, js_name = allBound)]
    async fn all_bound(this: &Portal, workers: u32);
    #[wasm_bindgen(method, js_name = cardDrawn)]
    async fn card_drawn(this: &Portal);
    #[wasm_bindgen(method, js_name = itsDomain)]
    fn its_domain(this: &Portal) -> String;
    #[wasm_bindgen(method, js_name = takesCardAtFinish)]
    fn takes_card_at_finish(this: &Portal);
    #[wasm_bindgen(method)]
    fn records(this: &Portal, number: &str, call_id: &str) -> Vec<String>;
    #[wasm_bindgen(method, js_name = journalEmptied)]
    async fn journal_emptied(this: &Portal);
    #[wasm_bindgen(method, js_name = boundNames)]
    fn bound_names(this: &Portal) -> Vec<String>;
    #[wasm_bindgen(method)]
    fn emit(this: &Portal, event: &str, payload: JsValue);
    #[wasm_bindgen(method)]
    fn silent(this: &Portal, command: &str);
    #[wasm_bindgen(method, js_name = answersTwice)]
    fn answers_twice(this: &Portal, command: &str);
    #[wasm_bindgen(method)]
    fn refuses(this: &Portal, command: &str, code: &str);
    #[wasm_bindgen(method, js_name = throwsAt)]
    fn throws_at(this: &Portal, command: &str);
    #[wasm_bindgen(method, js_name = restResult)]
    fn rest_result(this: &Portal, method: &str, json: &str);
    #[wasm_bindgen(method, js_name = restFails)]
    fn rest_fails(this: &Portal, method: &str, code: &str);
    #[wasm_bindgen(method, js_name = restFailsFirst)]
    fn rest_fails_first(this: &Portal, method: &str, code: &str, times: u32, json: &str);
    #[wasm_bindgen(method, js_name = restSilent)]
    fn rest_silent(this: &Portal, method: &str);
    #[wasm_bindgen(method, js_name = sentNames)]
    fn sent_names(this: &Portal) -> Vec<String>;
    #[wasm_bindgen(method, js_name = sentParams)]
    fn sent_params(this: &Portal, index: u32) -> String;
    #[wasm_bindgen(method, js_name = restMethods)]
    fn rest_methods(this: &Portal) -> Vec<String>;
    #[wasm_bindgen(method, js_name = restParams)]
    fn rest_params(this: &Portal, method: &str) -> Option<String>;

    #[derive(Clone)]
    type Phone;
    #[wasm_bindgen(constructor)]
    fn new() -> Phone;
    #[wasm_bindgen(method)]
    fn fails(this: &Phone, method: &str, how: &str);
    #[wasm_bindgen(method, js_name = emitEvent)]
    fn emit_event(this: &Phone, json: &str);
    #[wasm_bindgen(method, js_name = emitRaw)]
    fn emit_raw(this: &Phone, value: JsValue);
    #[wasm_bindgen(method, js_name = askedNames)]
    fn asked(this: &Phone) -> Vec<String>;
    #[wasm_bindgen(method, js_name = askedFor)]
    async fn asked_for(this: &Phone, method: &str, times: u32);
}

const RING: &str = r#"{ "type": "incoming", "callId": "a", "number": "+15550199" }"#;
const CALL: &str = r#"{ "CALL_ID": "externalCall.1" }"#;

struct Page {
    portal: Portal,
    phone: Phone,
    worker: Worker,
    events: Events,
}

impl Page {
    /// A page that has the seat: its softphone was started, and the card's events are bound.
    async fn start(portal: Portal) -> Self {
        let page = Self::try_start(portal, Phone::new(), Options::default())
            .await
            .expect("the worker starts");
        page.portal.all_bound(1).await;
        page.phone.asked_for("start", 1).await;
        page
    }

    async fn try_start(portal: Portal, phone: Phone, options: Options) -> Result<Self, Error> {
        portal.rest_result("telephony.externalCall.register", CALL);
        portal.rest_result("telephony.externalCall.finish", "{}");
        let (worker, events) = start_worker(&phone, options).await?;
        Ok(Self {
            portal,
            phone,
            worker,
            events,
        })
    }

    fn raise_card(&self) {
        self.portal
            .emit("initialized", js_sys::JSON::parse(CALL).expect("JSON"));
    }

    /// The operator clicks a button of the card.
    fn click(&self, button: &str) {
        self.portal
            .emit(&format!("{button}ButtonClick"), js_sys::Array::new().into());
    }

    async fn next<T>(&mut self, wanted: impl Fn(WorkerEvent) -> Option<T>) -> T {
        next(&mut self.events, wanted).await
    }

    async fn next_card(&mut self) -> CallCard {
        self.next(|event| match event {
            WorkerEvent::CardInitialized { card, .. } => Some(card),
            _ => None,
        })
        .await
    }

    async fn next_error(&mut self, kind: ErrorKind) -> Error {
        self.next(|event| match event {
            WorkerEvent::News(News::Error(error)) if error.kind() == kind => Some(error),
            _ => None,
        })
        .await
    }

    async fn next_call(&mut self, is: impl Fn(&CallSnapshot) -> bool) {
        next_call(&mut self.events, is).await;
    }

    async fn recorded(&mut self) -> StatusCode {
        self.next(|event| match event {
            WorkerEvent::News(News::CallRecorded { end, .. }) => Some(end.status_code),
            _ => None,
        })
        .await
    }
}

async fn start_worker(phone: &Phone, options: Options) -> Result<(Worker, Events), Error> {
    let phone: JsValue = phone.clone().unchecked_into();
    Worker::start(move || JsSoftphone::new(phone.clone()), options).await
}

/// Skips what a test is not about.
async fn next<T>(events: &mut Events, wanted: impl Fn(WorkerEvent) -> Option<T>) -> T {
    loop {
        let event = events.next().await.expect("the worker runs");
        if let Some(found) = wanted(event) {
            return found;
        }
    }
}

async fn next_call(events: &mut Events, is: impl Fn(&CallSnapshot) -> bool) {
    next(events, |event| match event {
        WorkerEvent::CallChanged(Some(call)) if is(&call) => Some(()),
        _ => None,
    })
    .await;
}

fn rings(call: &CallSnapshot) -> bool {
    call.state == CallPhase::Ringing
}

fn talks(call: &CallSnapshot) -> bool {
    call.state == CallPhase::Connected
}

#[wasm_bindgen_test]
async fn all_seventeen_events_are_bound_once_and_only_when_the_portal_lists_them() {
    let portal = Portal::new();
    portal.set_probes(3);
    let page = Page::start(portal).await;
    let wires: Vec<_> = EventName::ALL.iter().map(|name| name.wire()).collect();
    assert_eq!(page.portal.bound_names(), wires);
    assert!(
        page.portal.sent_names().is_empty(),
        "no command before a card"
    );
}

#[wasm_bindgen_test]
async fn a_bx24_that_throws_while_the_events_are_bound_is_told_once_and_each_is_bound_once() {
    let portal = Portal::new();
    portal.stumbles(2, 3);
    portal.hurry();
    let mut page = Page::start(portal).await;
    let mut bound = page.portal.bound_names();
    bound.sort();
    let mut wires: Vec<_> = EventName::ALL.iter().map(|name| name.wire()).collect();
    wires.sort();
    assert_eq!(bound, wires);
    page.next_error(ErrorKind::NotInPlacement).await;
    page.raise_card();
    page.next_card().await;
}

#[wasm_bindgen_test]
async fn a_worker_without_a_softphone_knows_its_page_and_does_a_thing_once() {
    let portal = Portal::new();
    let started = Worker::start_without_softphone(Options::default()).await;
    let (worker, _events) = started.expect("it starts");
    let page: PageOptions = placement_options().expect("the portal's options");
    assert_eq!(page.id.as_deref(), Some("PAGE_BACKGROUND_WORKER"));
    assert_eq!(page.uri.as_deref(), Some("/crm/deal/details/7/"));
    assert_eq!(worker.once("greet deal 7").await, Ok(true));
    assert_eq!(worker.once("greet deal 7").await, Ok(false));
    let error = worker.dial("+15550199", None).await;
    assert_eq!(
        error.expect_err("no softphone").kind(),
        ErrorKind::Softphone
    );
    portal.all_bound(1).await;
}

#[wasm_bindgen_test]
async fn a_card_raised_while_its_event_is_bound_is_not_lost() {
    let portal = Portal::new();
    portal.raise_while_binding("the first");
    let mut page = Page::start(portal).await;
    assert_eq!(page.next_card().await.call_id().as_str(), "the first");
}

#[wasm_bindgen_test]
async fn a_call_rings_is_answered_and_is_recorded_through_bx24() {
    let mut page = Page::start(Portal::new()).await;
    page.portal.takes_card_at_finish();
    page.phone.emit_event(RING);
    page.next_call(|call| call.call_id.is_some()).await;
    page.raise_card();
    let card = page.next_card().await;
    page.portal.card_drawn().await; // before that it has no button to click
    page.click("answer");
    page.next_call(talks).await;
    page.portal.emit("muteButtonClick", true.into());
    page.next_call(|call| call.muted).await;
    page.portal.emit("dialpadButtonClick", "5".into());
    page.click("hangup");
    assert_eq!(page.recorded().await, StatusCode::Success);
    assert_eq!(
        page.phone.asked(),
        ["start", "answer", "setMuted", "sendDtmf 5", "hangUp"]
    );
    let sent = page.portal.sent_names();
    assert!(!sent.contains(&"CallCardClose".to_owned()), "{sent:?}");
    assert_eq!(page.portal.sent_params(0), r#"{"uiState":"incoming"}"#);
    let finish = page
        .portal
        .rest_params("telephony.externalCall.finish")
        .expect("sent");
    assert!(
        finish.contains(r#""STATUS_CODE":"200""#) && finish.contains(r#""USER_ID":7"#),
        "{finish}"
    );
    page.next(|event| matches!(event, WorkerEvent::CardClosed { .. }).then_some(()))
        .await;
    let sent = page.portal.sent_names();
    let stale = card.set_mute(true).await.expect_err("the card is closed");
    assert_eq!(stale.kind(), ErrorKind::CardClosed);
    assert_eq!(page.portal.sent_names(), sent, "nothing was sent");
}

#[wasm_bindgen_test]
async fn a_softphone_that_ends_a_call_from_inside_hang_up_is_fine() {
    let mut page = Page::start(Portal::new()).await;
    page.phone.emit_event(RING);
    page.worker.answer().await.expect("it rings");
    page.worker.hang_up().await.expect("they talk");
    assert_eq!(page.recorded().await, StatusCode::Success);
    page.phone.emit_event(RING);
    page.next_call(rings).await;
}

#[wasm_bindgen_test]
async fn silence_means_success_where_the_portal_is_known_to_be_silent() {
    let portal = Portal::new();
    for command in [
        "CallCardStartTimer",
        "CallCardSetUiState",
        "CallCardSetCardTitle",
    ] {
        portal.silent(command);
    }
    portal.hurry();
    let mut page = Page::start(portal).await;
    page.raise_card();
    let card = page.next_card().await;
    card.start_timer().await.expect("silent on success");
    card.set_ui_state(UiState::Connected, false)
        .await
        .expect("silent while the CRM part loads");
    let error = card
        .set_card_title("x")
        .await
        .expect_err("an answer was owed");
    assert_eq!(error.kind(), ErrorKind::ReplyTimeout);
}

#[wasm_bindgen_test]
async fn a_second_answer_is_ignored_and_refusals_keep_their_cause() {
    let portal = Portal::new();
    portal.answers_twice("CallCardSetHold");
    portal.refuses("CallCardSetMute", "Call card is undefined");
    portal.refuses("CallCardSetStatusText", "something new");
    portal.throws_at("CallCardStopTimer");
    let mut page = Page::start(portal).await;
    page.raise_card();
    let card = page.next_card().await;
    card.set_hold(true).await.expect("the first answer counts");
    let error = card.set_status_text("x").await.expect_err("refused");
    assert_eq!(
        (error.kind(), error.detail()),
        (ErrorKind::Refused, "the portal answered: something new")
    );
    let error = card.stop_timer().await.expect_err("thrown");
    assert!(error.detail().contains("a string, not an Error"), "{error}");
    let error = card.set_mute(true).await.expect_err("no card");
    assert_eq!(error.kind(), ErrorKind::CardUndefined);
    let error = card.set_hold(true).await.expect_err("and so it is closed");
    assert_eq!(error.kind(), ErrorKind::CardClosed);
}

#[wasm_bindgen_test]
async fn without_bx24_the_start_fails_with_its_cause() {
    let portal = Portal::new();
    portal.remove();
    let error = Page::try_start(portal, Phone::new(), Options::default())
        .await
        .err()
        .expect("no portal");
    assert_eq!(error.kind(), ErrorKind::NotInPlacement);

    let portal = Portal::new();
    portal.set_placement("DEFAULT");
    let error = Page::try_start(portal, Phone::new(), Options::default())
        .await
        .err()
        .expect("elsewhere");
    assert_eq!(error.kind(), ErrorKind::WrongPlacement);
    assert!(error.detail().contains("DEFAULT"), "{error}");
}

#[wasm_bindgen_test]
async fn a_portal_that_is_slow_to_greet_is_waited_for_and_told() {
    let portal = Portal::new();
    portal.silent_init(2);
    portal.hurry();
    let mut page = Page::start(portal).await;
    page.next_error(ErrorKind::ReplyTimeout).await;
    page.next_error(ErrorKind::ReplyTimeout).await;
    page.phone.emit_event(RING);
    page.next_call(rings).await;
}

#[wasm_bindgen_test]
async fn an_operator_the_portal_will_not_name_is_waited_for_and_told() {
    let portal = Portal::new();
    portal.hurry();
    portal.rest_fails_first("profile", "insufficient_scope", 5, r#"{ "ID": "7" }"#);
    let mut page = Page::start(portal).await;
    let error = page.next_error(ErrorKind::Rest).await;
    assert!(error.detail().contains("insufficient_scope"), "{error}");
    page.phone.emit_event(RING);
    page.next_call(rings).await;
}

#[wasm_bindgen_test]
async fn an_operator_who_is_given_is_not_asked_for() {
    let options = Options {
        user_id: Some(12),
        ..Options::default()
    };
    let page = Page::try_start(Portal::new(), Phone::new(), options)
        .await
        .expect("it starts");
    page.phone.asked_for("start", 1).await;
    let asked = page.portal.rest_methods();
    assert!(!asked.contains(&"profile".to_owned()), "{asked:?}");
}

#[wasm_bindgen_test]
async fn a_register_that_is_never_answered_is_tried_again() {
    let portal = Portal::new();
    portal.hurry();
    let mut page = Page::start(portal).await;
    page.portal.rest_silent("telephony.externalCall.register");
    page.phone.emit_event(RING);
    let error = page.next_error(ErrorKind::Rest).await;
    assert!(error.detail().contains("TIMEOUT"), "{error}");
    page.portal
        .rest_result("telephony.externalCall.register", CALL);
    page.next_call(|call| call.call_id.is_some()).await;
}

#[wasm_bindgen_test]
async fn whatever_a_softphone_throws_becomes_a_cause() {
    for (how, cause) in [
        ("throws", "MICROPHONE_DENIED"),
        ("rejects", "GLARE"),
        ("throws a string", "broken"),
        ("throws undefined", "not an Error"),
    ] {
        let mut page = Page::start(Portal::new()).await;
        page.phone.fails("answer", how);
        page.phone.emit_event(RING);
        page.worker.answer().await.expect("it rings");
        let error = page.next_error(ErrorKind::Softphone).await;
        assert!(error.detail().contains(cause), "{how}: {error}");
    }
}

#[wasm_bindgen_test]
async fn a_softphone_that_does_not_start_is_told_and_started_again() {
    let (portal, phone) = (Portal::new(), Phone::new());
    portal.hurry();
    phone.fails("start", "rejects");
    let mut page = Page::try_start(portal, phone, Options::default())
        .await
        .expect("the worker starts without it");
    let error = page.next_error(ErrorKind::Softphone).await;
    assert!(error.detail().contains("GLARE"), "{error}");
    page.phone.fails("start", "not at all");
    page.phone.asked_for("start", 2).await;
    page.phone.emit_event(RING);
    page.next_call(rings).await;
}

#[wasm_bindgen_test]
async fn an_object_without_methods_is_no_softphone() {
    let _portal = Portal::new();
    let nothing = || JsSoftphone::new(js_sys::Object::new().into());
    let (_worker, mut events) = Worker::start(nothing, Options::default())
        .await
        .expect("the worker starts without it");
    let error = next(&mut events, |event| match event {
        WorkerEvent::News(News::Error(error)) => Some(error),
        _ => None,
    })
    .await;
    assert_eq!(error.kind(), ErrorKind::Softphone);
}

#[wasm_bindgen_test]
async fn what_can_not_be_read_is_reported_and_the_next_call_rings() {
    let mut page = Page::start(Portal::new()).await;
    page.portal.emit("initialized", js_sys::Array::new().into());
    page.next_error(ErrorKind::Malformed).await;
    for strange in [
        JsValue::NULL,
        5.into(),
        "x".into(),
        js_sys::Object::new().into(),
        js_sys::Function::new_no_args("").into(),
    ] {
        page.phone.emit_raw(strange);
        page.next_error(ErrorKind::Malformed).await;
    }
    page.phone.emit_event(RING);
    page.next_call(rings).await;
}

#[wasm_bindgen_test]
async fn a_dropped_worker_hears_and_does_nothing() {
    let page = Page::start(Portal::new()).await;
    let Page {
        portal,
        phone,
        worker,
        mut events,
    } = page;
    drop(worker);
    phone.emit_event(RING);
    portal.emit("answerButtonClick", JsValue::UNDEFINED);
    while let Some(event) = events.next().await {
        let from_before = !matches!(event, WorkerEvent::CallChanged(_) | WorkerEvent::Card(_));
        assert!(from_before, "it heard what came after");
    }
    assert_eq!(phone.asked(), ["start"]);
}

#[wasm_bindgen_test]
async fn two_workers_of_one_portal_share_one_phone() {
    let mut first = Page::start(Portal::new()).await;
    let phone = Phone::new();
    let (second, mut events) = start_worker(&phone, Options::default())
        .await
        .expect("it starts");
    first.phone.emit_event(r#"{ "type": "registered" }"#);
    next(&mut events, |event| {
        matches!(event, WorkerEvent::Registration { registered: true }).then_some(())
    })
    .await;
    first
        .phone
        .emit_event(r#"{ "type": "incoming", "callId": "a", "number": "+15550142" }"#);
    first.next_call(rings).await;
    next_call(&mut events, rings).await;
    second.answer().await.expect("it rings here, too");
    first.next_call(talks).await;
    next_call(&mut events, talks).await;
    assert_eq!(first.phone.asked(), ["start", "answer"]);
    assert!(phone.asked().is_empty(), "{:?}", phone.asked());
    assert!(first.worker.has_seat() && !second.has_seat());
    second.hang_up().await.expect("they talk");
    assert_eq!(first.recorded().await, StatusCode::Success);
    let records = first.portal.records("+15550142", "externalCall.1");
    let registers = records.iter().filter(|it| *it == "register").count();
    assert_eq!(registers, 1, "{records:?}");
}

#[wasm_bindgen_test]
async fn the_journal_is_kept_before_the_portal_is_asked_and_is_empty_after() {
    let mut page = Page::start(Portal::new()).await;
    page.portal.rest_result(
        "telephony.externalCall.register",
        r#"{ "CALL_ID": "externalCall.43" }"#,
    );
    page.phone
        .emit_event(r#"{ "type": "incoming", "callId": "a", "number": "+15550143" }"#);
    page.next_call(|call| call.call_id.is_some()).await;
    page.worker.skip().await.expect("it rings");
    page.recorded().await;
    page.portal.journal_emptied().await;
    let mut records = page.portal.records("+15550143", "externalCall.43");
    records.dedup();
    let wanted = ["kept", "register", "kept", "finish", "emptied"];
    assert_eq!(records, wanted);
}

#[wasm_bindgen_test]
async fn a_call_that_is_over_leaves_nothing_behind_in_its_page() {
    let mut page = Page::start(Portal::new()).await;
    let mut held = Vec::new();
    for nth in 0..10 {
        page.portal.rest_result(
            "telephony.externalCall.register",
            &format!(r#"{{ "CALL_ID": "externalCall.5{nth}" }}"#),
        );
        page.phone.emit_event(&format!(
            r#"{{ "type": "incoming", "callId": "c{nth}", "number": "+1555015{nth}" }}"#
        ));
        page.next_call(|call| call.call_id.is_some()).await;
        page.worker.skip().await.expect("it rings");
        page.recorded().await;
        page.portal.journal_emptied().await;
        held.push(wasm_bindgen::externref_heap_live_count());
    }
    // What each call holds on to is in every step from one to the next; what a timer or a lock of the page has in
    // hand at the moment comes in some of them, and goes again.
    let mut steps: Vec<i64> = held
        .windows(2)
        .map(|pair| i64::from(pair[1]) - i64::from(pair[0]))
        .collect();
    steps.sort_unstable();
    let per_call = steps[steps.len() / 2];
    assert!(per_call <= 0, "each call holds on to objects: {held:?}");
}

#[wasm_bindgen_test]
async fn the_rest_of_bx24_is_typed_and_has_deadlines() {
    let portal = Portal::new();
    portal.rest_fails("user.get", "insufficient_scope");
    let failure = call_method("user.get", &()).await.expect_err("refused");
    assert_eq!(
        (failure.code.as_str(), failure.description.as_str()),
        ("insufficient_scope", "because")
    );
    assert!(call_batch(&[("user.get", ())], false).await.is_ok());
    assert_eq!(
        (language(), domain()),
        (Ok("de".to_owned()), Ok(portal.its_domain()))
    );
    assert!(open_path("/crm/deal/details/1/").await.is_ok());
    let error = open_path("/elsewhere/").await.expect_err("refused");
    assert!(error.detail().contains("PATH_NOT_AVAILABLE"), "{error}");
    assert!(open_application(&["x"]).await.is_ok());
    portal.hurry();
    assert_eq!(
        refresh_auth().await.err().map(|e| e.kind()),
        Some(ErrorKind::ReplyTimeout)
    );
    assert_eq!(
        close_application().await.err().map(|e| e.kind()),
        Some(ErrorKind::ReplyTimeout)
    );
}
