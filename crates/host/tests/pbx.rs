//! What a PBX asks of a portal through the host.

use std::cell::Cell;

use crate::support::{
    Answer, Host, TestDist,
    portal::{Portal, SEARCH},
};
use b24_host::clock::Clock;
use serde_json::{Value, json};

struct Pbx<'a> {
    host: Host<'a>,
    portal: Portal,
    key: String,
    /// How many telephony calls were looked at.
    seen: Cell<usize>,
}

impl<'a> Pbx<'a> {
    async fn start(dist: &'a TestDist) -> Self {
        let portal = Portal::start().await;
        let host = dist.installed(&portal, &Clock::System).await;
        let key = host.app.backend.store.new_pbx_key("a1").await.unwrap();
        let key = key.reveal().to_owned();
        let seen = Cell::new(0);
        Self {
            host,
            portal,
            key,
            seen,
        }
    }

    async fn ask(&self, path: &str, body: Value) -> Answer {
        let path = format!("/pbx/a1/{path}");
        self.host
            .ask("POST", &path, &self.key, &body.to_string())
            .await
    }

    async fn told(&self, path: &str, body: Value) -> Value {
        let answer = self.ask(path, body).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        serde_json::from_str(answer.text()).unwrap()
    }

    /// The telephony calls since the last look.
    fn telephony(&self) -> Vec<(String, Value)> {
        let mut all = self.portal.with(|it| it.telephony.clone());
        let seen = self.seen.replace(all.len());
        all.split_off(seen)
    }
}

#[tokio::test]
async fn a_pbx_learns_in_one_request_whom_to_ring() {
    let dist = TestDist::new();
    let pbx = Pbx::start(&dist).await;
    pbx.portal.always(SEARCH, json!([{
            "CRM_ENTITY_TYPE": "CONTACT", "CRM_ENTITY_ID": 5, "ASSIGNED_BY_ID": "9", "NAME": "Ann Lee",
            "ASSIGNED_BY": { "ID": "9", "TIMEMAN_STATUS": "OPENED", "USER_PHONE_INNER": "103" },
        }]));
    let told = pbx
        .told("search", json!({ "phoneNumber": "+15550177" }))
        .await;
    assert_eq!(
        told,
        json!({
            "users": [{ "userId": 9, "innerPhone": "103", "timemanStatus": "OPENED", "atWork": true }],
            "entities": [{ "entityType": "CONTACT", "entityId": 5, "name": "Ann Lee", "userId": 9 }],
        })
    );
    pbx.portal.always(SEARCH, json!([]));
    let told = pbx
        .told("search", json!({ "phoneNumber": "+15550178" }))
        .await;
    assert_eq!(told, json!({ "users": [], "entities": [] }));
}

#[tokio::test]
async fn a_ring_group_is_one_record_that_is_shown_to_all_and_hidden_from_those_who_did_not_answer()
{
    let dist = TestDist::new();
    let pbx = Pbx::start(&dist).await;
    let call = json!({
        "phoneNumber": "+15550177", "users": [7, 8, 9], "lineNumber": "+15550100", "externalCallId": "pbx-4711",
        "callStartDate": "2026-11-26T08:00:00+00:00", "crmCreate": true, "crmSource": "CALL",
        "crmEntityType": "CONTACT", "crmEntityId": 5, "addToChat": false,
    });
    let id = pbx.told("calls", call).await["callId"]
        .as_str()
        .unwrap()
        .to_owned();
    let told = pbx.telephony();
    assert_eq!(
        told[0],
        (
            "externalCall.register".to_owned(),
            json!({
                "USER_ID": 7, "PHONE_NUMBER": "+15550177", "TYPE": 2, "SHOW": 0, "LINE_NUMBER": "+15550100",
                "EXTERNAL_CALL_ID": "pbx-4711", "CALL_START_DATE": "2026-11-26T08:00:00+00:00", "CRM_CREATE": 1,
                "CRM_SOURCE": "CALL", "CRM_ENTITY_TYPE": "CONTACT", "CRM_ENTITY_ID": 5, "ADD_TO_CHAT": 0,
            })
        )
    );
    let shown: Vec<_> = told[1..]
        .iter()
        .map(|it| (it.0.as_str(), &it.1["USER_ID"]))
        .collect();
    assert_eq!(
        shown,
        [7, 8, 9]
            .map(|user| ("externalCall.show", json!(user)))
            .each_ref()
            .map(|it| (it.0, &it.1))
    );

    pbx.told(&format!("calls/{id}/hide"), json!({ "users": [7, 9] }))
        .await;
    let end = json!({ "userId": 8, "duration": 61, "statusCode": "200", "cost": 1.5, "costCurrency": "EUR",
        "recordUrl": "https://pbx.example.com/records/1.mp3", "vote": 5 });
    let record = pbx.told(&format!("calls/{id}/finish"), end).await;
    assert_eq!(record["CALL_DURATION"], 61);
    assert_eq!(
        pbx.telephony(),
        [
            (
                "externalCall.hide".to_owned(),
                json!({ "CALL_ID": id, "USER_ID": [7, 9] })
            ),
            (
                "externalCall.finish".to_owned(),
                json!({
                    "CALL_ID": id, "USER_ID": 8, "DURATION": 61, "STATUS_CODE": "200", "ADD_TO_CHAT": 1, "COST": 1.5,
                    "COST_CURRENCY": "EUR", "RECORD_URL": "https://pbx.example.com/records/1.mp3", "VOTE": 5,
                })
            ),
        ]
    );
    let gone = pbx
        .ask(&format!("calls/{id}/show"), json!({ "users": [7] }))
        .await;
    assert_eq!(gone.status, 404, "{}", gone.text());

    let said = json!({ "messages": [{ "side": "client", "startTime": 0, "stopTime": 3, "message": "Hello" }], "cost": 0.1 });
    let told = pbx.told(&format!("calls/{id}/transcription"), said).await;
    assert!(told["transcriptId"].is_number(), "{told}");
    assert_eq!(
        pbx.telephony()[1],
        (
            "call.attachTranscription".to_owned(),
            json!({ "CALL_ID": id, "COST": 0.1,
                "MESSAGES": [{ "SIDE": "Client", "START_TIME": 0, "STOP_TIME": 3, "MESSAGE": "Hello" }] })
        )
    );
}

#[tokio::test]
async fn a_transferred_call_is_of_the_redirected_kind() {
    let dist = TestDist::new();
    let pbx = Pbx::start(&dist).await;
    let call = json!({ "phoneNumber": "+15550177", "users": [7], "type": "redirected" });
    pbx.told("calls", call).await;
    assert_eq!(pbx.telephony()[0].1["TYPE"], 3);
}

#[tokio::test]
async fn nobody_asks_without_the_portals_own_key() {
    let dist = TestDist::new();
    let pbx = Pbx::start(&dist).await;
    let body = json!({ "phoneNumber": "+15550177" }).to_string();
    let operator = pbx.portal.login(7).0;
    let wrong = format!("pbx_{}", "0".repeat(64));
    let asked = pbx.portal.requests();
    for (path, key, status) in [
        ("/pbx/a1/search", operator.as_str(), 401),
        ("/pbx/a1/search", &wrong, 403),
        ("/pbx/zz/search", &pbx.key, 403),
    ] {
        let answer = pbx.host.ask("POST", path, key, &body).await;
        assert_eq!(answer.status, status, "{path} {}", answer.text());
    }
    let naked = pbx.host.post("/pbx/a1/search", body.clone()).await;
    assert_eq!(naked.status, 401);
    assert_eq!(pbx.portal.requests(), asked);

    let store = &pbx.host.app.backend.store;
    let newer = store.new_pbx_key("a1").await.unwrap();
    assert_eq!(
        pbx.ask("search", json!({ "phoneNumber": "1" }))
            .await
            .status,
        403
    );
    let answer = pbx
        .host
        .ask("POST", "/pbx/a1/search", newer.reveal(), &body)
        .await;
    assert_eq!(answer.status, 200);
    assert!(store.revoke_pbx_key("a1").await.unwrap());
    let answer = pbx
        .host
        .ask("POST", "/pbx/a1/search", newer.reveal(), &body)
        .await;
    assert_eq!(answer.status, 403);
}

#[tokio::test]
async fn what_is_malformed_is_named_and_what_the_portal_refuses_comes_with_its_cure() {
    let dist = TestDist::new();
    let pbx = Pbx::start(&dist).await;
    for (path, body) in [
        ("search", json!({})),
        ("search", json!({ "phoneNumber": "" })),
        ("search", json!({ "phoneNumber": 1 })),
        ("search", json!([])),
        ("calls", json!({ "phoneNumber": "+1", "users": [] })),
        ("calls", json!({ "phoneNumber": "+1", "users": [0] })),
        (
            "calls",
            json!({ "phoneNumber": "+1", "users": [7], "tipe": "incoming" }),
        ),
        (
            "calls",
            json!({ "phoneNumber": "+1", "users": [7], "type": "sideways" }),
        ),
        ("calls/c.1/finish", json!({ "userId": 7, "duration": -1 })),
        ("calls/c.1/show", json!({ "users": "7" })),
        ("calls/c.1/transcription", json!({ "messages": [] })),
    ] {
        let answer = pbx.ask(path, body.clone()).await;
        assert_eq!(answer.status, 400, "{path} {body} {}", answer.text());
    }
    assert_eq!(pbx.telephony().len(), 0);
    pbx.portal.answer(
        "telephony.externalCall.finish",
        400,
        json!({ "error": "ERROR_CORE" }),
    );
    let refused = pbx.ask("calls/c.1/finish", json!({ "userId": 7 })).await;
    assert_eq!(refused.status, 502);
    assert!(
        refused.text().starts_with("ERROR_CORE: "),
        "{}",
        refused.text()
    );
    // And the next one goes through.
    pbx.portal.click("c.1");
    pbx.told("calls/c.1/finish", json!({ "userId": 7 })).await;
}
