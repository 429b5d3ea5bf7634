//! How the portal's loose scalars are read.
//!
//! The portal is written in PHP and JavaScript: a number may come as a string, "nothing" as an
//! absent key, `null`, `""`, `0` or an empty array. Every field is read through [`Scalar`], so
//! that each of these has one answer, and an unexpected shape is "nothing", never fatal.
//!
//! Between hub and tabs travel our own types, in a format that does not describe itself; there the
//! same fields are read as what they are ([`is_own`]).

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// One loose value.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) enum Scalar {
    /// Absent, `null`, an array, an object.
    #[default]
    Nothing,
    /// `true` or `false`.
    Flag(bool),
    /// Any number.
    Number(f64),
    /// A string, as it came.
    Text(String),
}

impl Scalar {
    /// The value as text. A number is one when it is whole: nothing that is text here has a fraction, and
    /// to print one would bring its whole arithmetic into the module that every tab loads.
    pub(crate) fn text(self) -> Option<String> {
        match self {
            Self::Text(text) if !text.is_empty() => Some(text),
            Self::Number(number) if number.fract() == 0.0 && number.abs() < 9e15 => {
                Some((number as i64).to_string())
            }
            Self::Flag(flag) => Some(flag.to_string()),
            Self::Number(_) | Self::Text(_) | Self::Nothing => None,
        }
    }

    /// The value as a positive id; `0` and everything that is no number are "none".
    pub(crate) fn id(self) -> Option<u64> {
        let id = match self {
            Self::Number(number) if number.fract() == 0.0 && number >= 0.0 => number as u64,
            Self::Text(text) => text.trim().parse().ok()?,
            Self::Number(_) | Self::Flag(_) | Self::Nothing => return None,
        };
        (1..9_000_000_000_000_000).contains(&id).then_some(id)
    }

    /// The value as a flag: PHP's `0`, `"0"`, `""`, and the portal's `"N"` are false.
    pub(crate) fn flag(self) -> Option<bool> {
        match self {
            Self::Flag(flag) => Some(flag),
            Self::Number(number) => Some(number != 0.0),
            Self::Text(text) => Some(!matches!(text.as_str(), "" | "0" | "N" | "n" | "false")),
            Self::Nothing => None,
        }
    }
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScalarVisitor)
    }
}

struct ScalarVisitor;

impl<'de> Visitor<'de> for ScalarVisitor {
    type Value = Scalar;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Scalar, E> {
        Ok(Scalar::Flag(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Scalar, E> {
        Ok(Scalar::Number(value as f64))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Scalar, E> {
        Ok(Scalar::Number(value as f64))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Scalar, E> {
        Ok(Scalar::Number(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Scalar, E> {
        Ok(Scalar::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Scalar, E> {
        Ok(Scalar::Text(value))
    }

    fn visit_unit<E>(self) -> Result<Scalar, E> {
        Ok(Scalar::Nothing)
    }

    fn visit_none<E>(self) -> Result<Scalar, E> {
        Ok(Scalar::Nothing)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Scalar, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Scalar, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Scalar::Nothing)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Scalar, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Scalar::Nothing)
    }
}

/// Whether it is one of ours who wrote this, and not the portal, an adapter or an application.
pub(crate) fn is_own<'de, D: Deserializer<'de>>(deserializer: &D) -> bool {
    !deserializer.is_human_readable()
}

/// For `deserialize_with`: text, where nothing and `""` are `None`.
#[inline(never)]
pub(crate) fn text<'de, D: Deserializer<'de>>(d: D) -> Result<Option<String>, D::Error> {
    if is_own(&d) {
        return Option::deserialize(d);
    }
    Ok(Scalar::deserialize(d)?.text())
}

/// For `deserialize_with`: a decimal number as text.
pub(crate) fn decimal<'de, D: Deserializer<'de>>(d: D) -> Result<Option<String>, D::Error> {
    match Scalar::deserialize(d)? {
        Scalar::Number(number) if number.fract() != 0.0 => Err(serde::de::Error::custom(
            "a decimal number is given as text, such as \"0.05\"",
        )),
        other => Ok(other.text()),
    }
}

/// For `deserialize_with`: text that must be there.
pub(crate) fn needed_text<'de, D: Deserializer<'de>>(d: D) -> Result<String, D::Error> {
    if is_own(&d) {
        return String::deserialize(d);
    }
    text(d)?.ok_or_else(|| serde::de::Error::custom("it is empty"))
}

/// For `deserialize_with`: a positive id, where nothing, `""` and `0` are `None`.
#[inline(never)]
pub(crate) fn id<'de, D: Deserializer<'de>>(d: D) -> Result<Option<u64>, D::Error> {
    if is_own(&d) {
        return Option::deserialize(d);
    }
    Ok(Scalar::deserialize(d)?.id())
}

/// For `deserialize_with`: a flag, where nothing is `false`.
#[inline(never)]
pub(crate) fn flag<'de, D: Deserializer<'de>>(d: D) -> Result<bool, D::Error> {
    if is_own(&d) {
        return bool::deserialize(d);
    }
    Ok(Scalar::deserialize(d)?.flag().unwrap_or_default())
}

/// For `deserialize_with`: a list of what can be read. PHP prints an empty list as `[]`, a list
/// with holes as an object, and sometimes nothing at all; elements of another shape are left out.
pub(crate) fn list<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    if is_own(&deserializer) {
        return Vec::deserialize(deserializer);
    }
    deserializer.deserialize_any(ListVisitor(std::marker::PhantomData))
}

struct ListVisitor<T>(std::marker::PhantomData<T>);

/// Reads a `T`, or swallows whatever stands in its place.
#[derive(serde::Deserialize)]
#[serde(untagged)]
enum Readable<T> {
    Yes(T),
    No(IgnoredAny),
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for ListVisitor<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list, or nothing")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<T>, A::Error> {
        let mut list = Vec::new();
        while let Some(element) = seq.next_element()? {
            list.extend(readable(element));
        }
        Ok(list)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Vec<T>, A::Error> {
        let mut list = Vec::new();
        while let Some((_, element)) = map.next_entry::<IgnoredAny, _>()? {
            list.extend(readable(element));
        }
        Ok(list)
    }

    fn visit_unit<E>(self) -> Result<Vec<T>, E> {
        Ok(Vec::new())
    }

    fn visit_bool<E>(self, _: bool) -> Result<Vec<T>, E> {
        Ok(Vec::new())
    }

    fn visit_i64<E>(self, _: i64) -> Result<Vec<T>, E> {
        Ok(Vec::new())
    }

    fn visit_u64<E>(self, _: u64) -> Result<Vec<T>, E> {
        Ok(Vec::new())
    }

    fn visit_f64<E>(self, _: f64) -> Result<Vec<T>, E> {
        Ok(Vec::new())
    }

    fn visit_str<E>(self, _: &str) -> Result<Vec<T>, E> {
        Ok(Vec::new())
    }
}

fn readable<T>(element: Readable<T>) -> Option<T> {
    match element {
        Readable::Yes(value) => Some(value),
        Readable::No(_) => None,
    }
}
