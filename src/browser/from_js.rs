//! Reads what JavaScript gives: plain objects, arrays, strings, numbers, flags.
//!
//! Every tab loads this, so an error says where and what is missing, and does not print what was found
//! instead: that would bring all of Rust's formatting into the module, and perhaps a secret into a log.

use std::borrow::Cow;
use std::fmt;

use js_sys::{Array, Number, Object, Reflect};
use serde::de::value::{StrDeserializer, StringDeserializer};
use serde::de::{
    self, Deserialize, DeserializeSeed, Deserializer, EnumAccess, Expected, IntoDeserializer,
    MapAccess, SeqAccess, Unexpected, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;
use wasm_bindgen::prelude::*;

/// Reads a value.
///
/// # Errors
/// What could not be read of it.
pub(super) fn read<'de, T: Deserialize<'de>>(value: JsValue) -> Result<T, Unreadable> {
    T::deserialize(FromJs(value))
}

/// Reads what somebody chooses, and believes no key that it does not know: that was misspelt. `besides`: the
/// keys that others read.
///
/// # Errors
/// What could not be read of it.
#[cfg(feature = "js")]
pub(super) fn read_options<'de, T: Deserialize<'de>>(
    value: JsValue,
    besides: &'static [&'static str],
) -> Result<T, Unreadable> {
    T::deserialize(Options { value, besides })
}

#[cfg(feature = "js")]
struct Options {
    value: JsValue,
    besides: &'static [&'static str],
}

#[cfg(feature = "js")]
impl<'de> Deserializer<'de> for Options {
    type Error = Unreadable;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        if let Some(object) = self.value.dyn_ref::<Object>() {
            let known = |key: &str| fields.contains(&key) || self.besides.contains(&key);
            let keys = Object::keys(object);
            let stray = keys
                .iter()
                .filter_map(|key| key.as_string())
                .find(|key| !known(key));
            if let Some(stray) = stray {
                let there = [self.besides, fields].concat().join(", ");
                let what = ["there is no such option; there are ", &there].concat();
                return Err(Unreadable::of(Cow::Owned(what)).under(&stray));
            }
        }
        FromJs(self.value).deserialize_struct(name, fields, visitor)
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        FromJs(self.value).deserialize_any(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

/// A value that is to be read.
pub(super) struct FromJs(pub(super) JsValue);

/// What could not be read. Small: every step of a reader carries one.
#[derive(Debug)]
pub(super) struct Unreadable(Box<Problem>);

#[derive(Debug)]
struct Problem {
    /// The keys that lead to it.
    path: String,
    what: Cow<'static, str>,
}

impl Unreadable {
    #[inline(never)]
    fn new(what: &'static str) -> Self {
        Self::of(Cow::Borrowed(what))
    }

    fn of(what: Cow<'static, str>) -> Self {
        let path = String::new();
        Self(Box::new(Problem { path, what }))
    }

    #[inline(never)]
    fn under(mut self, key: &str) -> Self {
        let path = &mut self.0.path;
        if !path.is_empty() {
            path.insert(0, '.');
        }
        path.insert_str(0, key);
        self
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.0.path.is_empty() {
            f.write_str(&self.0.path)?;
            f.write_str(": ")?;
        }
        f.write_str(&self.0.what)
    }
}

impl std::error::Error for Unreadable {}

impl de::Error for Unreadable {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::of(Cow::Owned(message.to_string()))
    }
    fn invalid_type(_: Unexpected<'_>, _: &dyn Expected) -> Self {
        Self::new("it is of another type than is wanted")
    }
    fn invalid_value(_: Unexpected<'_>, _: &dyn Expected) -> Self {
        Self::new("there can be no such value")
    }
    fn invalid_length(_: usize, _: &dyn Expected) -> Self {
        Self::new("it is too short or too long")
    }
    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        Self::of(Cow::Owned(
            ["it must be one of ", &expected.join(", ")].concat(),
        ))
    }
    fn missing_field(field: &'static str) -> Self {
        Self::new("it is missing").under(field)
    }
    fn duplicate_field(field: &'static str) -> Self {
        Self::new("it is there twice").under(field)
    }
}

impl<'de> Deserializer<'de> for FromJs {
    type Error = Unreadable;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        let value = self.0;
        if value.is_undefined() || value.is_null() {
            visitor.visit_unit()
        } else if let Some(flag) = value.as_bool() {
            visitor.visit_bool(flag)
        } else if let Some(number) = value.as_f64() {
            if Number::is_safe_integer(&value) {
                visitor.visit_i64(number as i64)
            } else {
                visitor.visit_f64(number)
            }
        } else if let Some(text) = value.as_string() {
            visitor.visit_string(text)
        } else if Array::is_array(&value) {
            visitor.visit_seq(Elements(Array::from(&value), 0))
        } else if value.is_object() {
            visitor.visit_map(Entries::all(&value))
        } else {
            Err(Unreadable::new("it is nothing that could be read"))
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        if self.0.is_undefined() || self.0.is_null() {
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        visitor.visit_newtype_struct(self)
    }

    // Only what is wanted is asked for: what else an object has may be of any shape, and cost a lot.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        if !self.0.is_object() || Array::is_array(&self.0) {
            return self.deserialize_any(visitor);
        }
        visitor.visit_map(Entries::of(&self.0, fields))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        if let Some(name) = self.0.as_string() {
            return visitor.visit_enum(Variant(name, JsValue::UNDEFINED));
        }
        // `{ name: content }`
        let keys = Object::keys(self.0.unchecked_ref::<Object>());
        let name = keys.get(0).as_string().unwrap_or_default();
        let content = Reflect::get(&self.0, &keys.get(0)).unwrap_or_default();
        visitor.visit_enum(Variant(name, content))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf unit unit_struct
        seq tuple tuple_struct map identifier
    }
}

struct Elements(Array, u32);

impl<'de> SeqAccess<'de> for Elements {
    type Error = Unreadable;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Unreadable> {
        if self.1 >= self.0.length() {
            return Ok(None);
        }
        self.1 += 1;
        seed.deserialize(FromJs(self.0.get(self.1 - 1))).map(Some)
    }
}

/// What an object has, its last entry first.
struct Entries {
    rest: Vec<(Cow<'static, str>, JsValue)>,
    next: Option<(Cow<'static, str>, JsValue)>,
}

impl Entries {
    #[inline(never)]
    fn all(object: &JsValue) -> Self {
        let entries = Object::entries(object.unchecked_ref::<Object>());
        let entry = |entry: JsValue| {
            let entry: Array = entry.unchecked_into();
            let key = entry.get(0).as_string().unwrap_or_default();
            (Cow::Owned(key), entry.get(1))
        };
        let rest = entries.iter().rev().map(entry).collect();
        Self { rest, next: None }
    }

    #[inline(never)]
    fn of(object: &JsValue, fields: &'static [&'static str]) -> Self {
        let entry = |field: &&'static str| {
            // A getter that throws has no value.
            let value = Reflect::get(object, &JsValue::from_str(field)).ok()?;
            (!value.is_undefined()).then_some((Cow::Borrowed(*field), value))
        };
        let rest = fields.iter().rev().filter_map(entry).collect();
        Self { rest, next: None }
    }
}

impl<'de> MapAccess<'de> for Entries {
    type Error = Unreadable;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Unreadable> {
        self.next = self.rest.pop();
        let Some((key, _)) = &self.next else {
            return Ok(None);
        };
        let key: StrDeserializer<'_, Unreadable> = (**key).into_deserializer();
        seed.deserialize(key).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(
        &mut self,
        seed: V,
    ) -> Result<V::Value, Unreadable> {
        // A visitor asks for a key first.
        let (key, value) = self.next.take().unwrap_or_default();
        seed.deserialize(FromJs(value))
            .map_err(|error| error.under(&key))
    }
}

struct Variant(String, JsValue);

impl<'de> EnumAccess<'de> for Variant {
    type Error = Unreadable;
    type Variant = FromJs;

    fn variant_seed<V: DeserializeSeed<'de>>(
        self,
        seed: V,
    ) -> Result<(V::Value, FromJs), Unreadable> {
        let name: StringDeserializer<Unreadable> = self.0.into_deserializer();
        Ok((seed.deserialize(name)?, FromJs(self.1)))
    }
}

impl<'de> VariantAccess<'de> for FromJs {
    type Error = Unreadable;

    fn unit_variant(self) -> Result<(), Unreadable> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(
        self,
        seed: T,
    ) -> Result<T::Value, Unreadable> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Unreadable> {
        self.deserialize_any(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        self.deserialize_struct("", fields, visitor)
    }
}

#[cfg(test)]
mod tests {
    use serde::Serialize;
    use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

    use super::super::to_js::write;
    use super::*;

    wasm_bindgen_test_configure!(run_in_browser);

    #[derive(Debug, PartialEq, Serialize, serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    enum Kind {
        Plain,
        Of(u64),
    }

    #[derive(Debug, PartialEq, Serialize, serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Inner {
        kind: Kind,
        numbers: Vec<f64>,
        letter: char,
    }

    #[derive(Debug, PartialEq, Serialize, serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Outer {
        inner_part: Inner,
        absent: Option<String>,
        #[serde(default)]
        flag: bool,
    }

    fn json(text: &str) -> JsValue {
        js_sys::JSON::parse(text).expect("JSON")
    }

    #[wasm_bindgen_test]
    fn what_is_written_is_read_again_and_what_is_absent_has_no_key() {
        for kind in [Kind::Plain, Kind::Of(9_007_199_254_740_991)] {
            let outer = Outer {
                inner_part: Inner {
                    kind,
                    numbers: vec![1.0, -0.5],
                    letter: 'ß',
                },
                absent: None,
                flag: true,
            };
            let written = write(&outer).expect("it can be written");
            let keys = Object::keys(written.unchecked_ref::<Object>());
            assert_eq!(keys.length(), 2);
            assert_eq!(read::<Outer>(written).expect("it can be read"), outer);
        }
        assert!(write(&u64::MAX).is_err(), "no number that is not exact");
    }

    #[wasm_bindgen_test]
    fn an_error_says_where_it_is_and_not_what_was_there() {
        let inner = r#""kind":"plain","numbers":[1],"letter":"a""#;
        for (text, error) in [
            (
                r#"{"innerPart":{"kind":"plain","numbers":["secret"],"letter":"a"}}"#,
                "innerPart.numbers: it is of another type than is wanted",
            ),
            (
                r#"{"innerPart":{"kind":"secret","numbers":[],"letter":"a"}}"#,
                "innerPart.kind: it must be one of plain, of",
            ),
            (r#"{}"#, "innerPart: it is missing"),
            (
                &format!(r#"{{"innerPart":{{{inner}}},"flag":"secret"}}"#),
                "flag: it is of another type than is wanted",
            ),
        ] {
            let told = read::<Outer>(json(text)).expect_err(text).to_string();
            assert_eq!(told, error);
            assert!(!told.contains("secret"), "{told}");
        }
        let nothing = js_sys::Function::new_no_args("");
        assert!(read::<Outer>(nothing.into()).is_err());
    }
}
