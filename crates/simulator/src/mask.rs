//! Keeps tokens out of every log, answer of the script API and screen.

use serde_json::Value;

/// Tokens and the signatures of channels are longer than this; SIDs, call ids and member ids
/// are not.
const TOKEN_DIGITS: usize = 32;

/// Keys whose values are secret whatever they look like.
const SECRET_KEYS: [&str; 10] = [
    "auth",
    "clientid",
    "jwt",
    "auth_id",
    "refresh_id",
    "access_token",
    "refresh_token",
    "application_token",
    "client_secret",
    "file_content",
];

/// Shortens every long run of hex digits to its first four.
pub(crate) fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut run = String::new();
    for c in text.chars() {
        if c.is_ascii_hexdigit() {
            run.push(c);
        } else {
            flush(&mut run, &mut out);
            out.push(c);
        }
    }
    flush(&mut run, &mut out);
    out
}

fn flush(run: &mut String, out: &mut String) {
    if run.len() > TOKEN_DIGITS {
        out.push_str(&run[..4]);
        out.push('…');
    } else {
        out.push_str(run);
    }
    run.clear();
}

/// A copy of `value` without secrets: by key, and by the look of the text.
pub(crate) fn json(value: &Value) -> Value {
    match value {
        Value::String(s) => Value::String(text(s)),
        Value::Array(items) => Value::Array(items.iter().map(json).collect()),
        Value::Object(map) => Value::Object(
            map.iter()
                .map(|(key, inner)| {
                    let secret = SECRET_KEYS.contains(&key.to_ascii_lowercase().as_str());
                    (
                        key.clone(),
                        if secret {
                            Value::from("…")
                        } else {
                            json(inner)
                        },
                    )
                })
                .collect(),
        ),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::{json, text};
    use serde_json::json;

    #[test]
    fn tokens_go_and_ids_stay() {
        let sid = "588b8a98e848778a4ffb38fbcf70f2b9";
        let token = "4172bb6600705a0700005a4b00000001f0f107c42ca5bd5f61030c5d9c3e4d60d11b5a";
        assert_eq!(text(sid), sid);
        assert_eq!(text(&format!("auth={token}&x=1")), "auth=4172…&x=1");
        assert_eq!(
            json(&json!({"auth": "short", "CALL_ID": "externalCall.1"})),
            json!({"auth": "…", "CALL_ID": "externalCall.1"})
        );
    }
}
