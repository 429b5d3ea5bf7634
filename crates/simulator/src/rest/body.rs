//! Parameters of a request: urlencoded whatever the content type says, or JSON.

use axum::http::{HeaderMap, header};
use serde_json::{Map, Value};

/// Deeper names (`a[b][c]…`) are cut off here.
const DEEPEST: usize = 8;

/// Parameters by name; nested as in `a[b][c]=1`.
#[derive(Clone, Debug)]
pub(crate) struct Params(Value);

impl Params {
    /// Parameters that are JSON already.
    pub(crate) fn new(value: Value) -> Params {
        Params(if value.is_object() {
            value
        } else {
            Value::Object(Map::new())
        })
    }

    /// Query and body of a request together; the body wins.
    ///
    /// BX24.js sends urlencoded text labelled `text/plain`, so whatever is not JSON is
    /// read as a form.
    pub(crate) fn of_request(query: Option<&str>, headers: &HeaderMap, body: &[u8]) -> Params {
        let mut all = form(query.unwrap_or_default());
        let json = headers
            .get(header::CONTENT_TYPE)
            .and_then(|v| v.to_str().ok())
            .is_some_and(|v| v.to_ascii_lowercase().contains("json"));
        let body = if json {
            serde_json::from_slice(body).unwrap_or(Value::Null)
        } else {
            form(&String::from_utf8_lossy(body))
        };
        if let (Some(all), Value::Object(body)) = (all.as_object_mut(), body) {
            all.extend(body);
        }
        Params::new(all)
    }

    /// Parameters of one command of a batch: `a=1&b[c]=2`.
    pub(crate) fn of_query(query: &str) -> Params {
        Params::new(form(query))
    }

    /// All of them.
    pub(crate) fn all(&self) -> &Value {
        &self.0
    }

    /// One as it came; null when absent.
    pub(crate) fn value(&self, name: &str) -> &Value {
        &self.0[name]
    }

    /// One as text; numbers too. Absent, empty and null are `None`.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        match &self.0[name] {
            Value::String(s) if !s.is_empty() => Some(s.clone()),
            Value::Number(n) => Some(n.to_string()),
            _ => None,
        }
    }

    /// One as a whole number; numbers in strings too.
    pub(crate) fn int(&self, name: &str) -> Option<i64> {
        int(&self.0[name])
    }

    /// One or more whole numbers.
    pub(crate) fn ints(&self, name: &str) -> Vec<i64> {
        match &self.0[name] {
            Value::Array(items) => items.iter().filter_map(int).collect(),
            Value::Object(items) => items.values().filter_map(int).collect(),
            one => int(one).into_iter().collect(),
        }
    }

    /// One as PHP would cast it: `"N"` and `"false"` are true.
    pub(crate) fn flag(&self, name: &str, default: bool) -> bool {
        match &self.0[name] {
            Value::Null => default,
            Value::Bool(b) => *b,
            Value::Number(n) => n.as_f64() != Some(0.0),
            Value::String(s) => !(s.is_empty() || s == "0"),
            Value::Array(items) => !items.is_empty(),
            Value::Object(map) => !map.is_empty(),
        }
    }
}

fn int(value: &Value) -> Option<i64> {
    match value {
        Value::Number(n) => n.as_i64().or_else(|| n.as_f64().map(|f| f as i64)),
        Value::String(s) => s.trim().parse().ok(),
        _ => None,
    }
}

/// `a=1&b[c][]=2` as `{"a": "1", "b": {"c": ["2"]}}`.
fn form(text: &str) -> Value {
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(text).unwrap_or_default();
    let mut all = Value::Object(Map::new());
    for (name, value) in pairs {
        let mut keys = keys_of(&name);
        keys.truncate(DEEPEST);
        put(&mut all, &keys, value);
    }
    lists(&mut all);
    all
}

/// `a[b][]` as `a`, `b`, and an empty one.
fn keys_of(name: &str) -> Vec<&str> {
    let Some((first, rest)) = name.split_once('[') else {
        return vec![name];
    };
    let mut keys = vec![first];
    keys.extend(rest.trim_end_matches(']').split("]["));
    keys
}

fn put(at: &mut Value, keys: &[&str], value: String) {
    let Some((key, rest)) = keys.split_first() else {
        *at = Value::String(value);
        return;
    };
    if !at.is_object() {
        *at = Value::Object(Map::new());
    }
    if let Some(map) = at.as_object_mut() {
        let key = if key.is_empty() {
            map.len().to_string()
        } else {
            (*key).to_owned()
        };
        put(map.entry(key).or_insert(Value::Null), rest, value);
    }
}

/// Objects with keys 0, 1, 2… are lists, as in PHP.
fn lists(value: &mut Value) {
    let Value::Object(map) = value else { return };
    map.values_mut().for_each(lists);
    let list = !map.is_empty() && (0..map.len()).all(|i| map.contains_key(&i.to_string()));
    if list {
        let items = (0..map.len())
            .filter_map(|i| map.remove(&i.to_string()))
            .collect();
        *value = Value::Array(items);
    }
}

#[cfg(test)]
mod tests {
    use super::Params;
    use axum::http::{HeaderMap, HeaderValue};
    use serde_json::json;

    #[test]
    fn case_103_text_plain_is_read_as_a_form() {
        let mut headers = HeaderMap::new();
        headers.insert(
            "content-type",
            HeaderValue::from_static("text/plain;charset=UTF-8"),
        );
        let params = Params::of_request(
            None,
            &headers,
            b"auth=t&a%5Bb%5D=c&USER_ID[]=1&USER_ID[]=2&empty=&x=a+b%20c",
        );
        assert_eq!(
            params.all(),
            &json!({"auth": "t", "a": {"b": "c"}, "USER_ID": ["1", "2"], "empty": "", "x": "a b c"})
        );
        assert_eq!(params.ints("USER_ID"), [1, 2]);
    }

    #[test]
    fn a_json_body_wins_over_the_query() {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", HeaderValue::from_static("application/json"));
        let params = Params::of_request(Some("auth=q&telemetry=1"), &headers, br#"{"auth":"b"}"#);
        assert_eq!(params.all(), &json!({"auth": "b", "telemetry": "1"}));
        let broken = Params::of_request(Some("a=1"), &headers, b"{");
        assert_eq!(broken.all(), &json!({"a": "1"}));
    }

    #[test]
    fn case_110_flags_are_cast_as_php_casts_them() {
        let params = Params::new(json!({"a": "N", "b": "0", "c": 0, "d": "", "e": "false"}));
        assert!(params.flag("a", false));
        assert!(!params.flag("b", true));
        assert!(!params.flag("c", true));
        assert!(!params.flag("d", true));
        assert!(params.flag("e", false));
        assert!(params.flag("absent", true));
    }

    #[test]
    fn strange_names_do_no_harm() {
        for text in [
            "[",
            "a[",
            "a]b=1",
            "=",
            "a[[[]]]=1",
            "&&&",
            "a=1&a[b]=2",
            "%",
        ] {
            let _ = Params::of_query(text);
        }
        let deep = format!("a{}=1", "[x]".repeat(10_000));
        let _ = Params::of_query(&deep);
    }
}
