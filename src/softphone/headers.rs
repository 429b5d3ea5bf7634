//! Headers of an INVITE, as an application sees them and gives them.

use std::fmt;

use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::lenient::{Scalar, is_own};

/// Texts by name: headers that came with an INVITE, or are to go with one.
///
/// ```
/// use b24_background_worker::softphone::Headers;
///
/// let headers: Headers = [("X-Campaign", "7")].into_iter().collect();
/// assert_eq!(headers.get("X-Campaign"), Some("7"));
/// ```
// A list: there are a handful, and a map would be a good part of the module that every tab loads.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Headers(Vec<(String, String)>);

impl Headers {
    /// What this header says.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(its, _)| its == name);
        found.map(|(_, value)| value.as_str())
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The name of one that would be none, or several: what an application gives must not end up as a
    /// header of its own.
    pub(crate) fn unsendable(&self) -> Option<&str> {
        let is_token = |c: char| c.is_ascii_alphanumeric() || "-.!%*_+`'~".contains(c);
        let bad = |(name, value): &(&str, &str)| {
            name.is_empty() || !name.chars().all(is_token) || value.chars().any(char::is_control)
        };
        self.iter().find(bad).map(|(name, _)| name)
    }
}

impl<Name: Into<String>, Value: Into<String>> FromIterator<(Name, Value)> for Headers {
    fn from_iter<Pairs: IntoIterator<Item = (Name, Value)>>(pairs: Pairs) -> Self {
        let pairs = pairs.into_iter();
        Self(
            pairs
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        )
    }
}

impl Serialize for Headers {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

/// Nothing, and what is no map, is none; so is a value that is no text.
impl<'de> Deserialize<'de> for Headers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if is_own(&deserializer) {
            return deserializer.deserialize_map(OwnVisitor);
        }
        deserializer.deserialize_any(HeadersVisitor)
    }
}

struct OwnVisitor;

impl<'de> Visitor<'de> for OwnVisitor {
    type Value = Headers;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("headers")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Headers, A::Error> {
        let mut headers = Vec::new();
        while let Some(header) = map.next_entry::<String, String>()? {
            headers.push(header);
        }
        Ok(Headers(headers))
    }
}

struct HeadersVisitor;

impl<'de> Visitor<'de> for HeadersVisitor {
    type Value = Headers;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("headers, or nothing")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Headers, A::Error> {
        let mut headers = Vec::new();
        while let Some((name, value)) = map.next_entry::<String, Scalar>()? {
            headers.extend(value.text().map(|text| (name, text)));
        }
        Ok(Headers(headers))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Headers, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Headers::default())
    }

    fn visit_unit<E>(self) -> Result<Headers, E> {
        Ok(Headers::default())
    }

    fn visit_bool<E>(self, _: bool) -> Result<Headers, E> {
        Ok(Headers::default())
    }

    fn visit_i64<E>(self, _: i64) -> Result<Headers, E> {
        Ok(Headers::default())
    }

    fn visit_u64<E>(self, _: u64) -> Result<Headers, E> {
        Ok(Headers::default())
    }

    fn visit_f64<E>(self, _: f64) -> Result<Headers, E> {
        Ok(Headers::default())
    }

    fn visit_str<E>(self, _: &str) -> Result<Headers, E> {
        Ok(Headers::default())
    }
}
