//! Writes plain JavaScript values: objects, arrays, strings, numbers, flags; no key for what is absent.

use std::fmt;

use js_sys::{Array, Number, Object, Reflect};
use serde::ser::{self, Impossible, Serialize, Serializer};
use wasm_bindgen::prelude::*;

/// Writes a value.
///
/// # Errors
/// What JavaScript has nothing for: bytes, a number beyond its integers.
pub(super) fn write<T: Serialize + ?Sized>(value: &T) -> Result<JsValue, Unwritable> {
    value.serialize(ToJs)
}

struct ToJs;

/// Why something could not be written.
#[derive(Debug)]
pub(super) struct Unwritable(String);

impl fmt::Display for Unwritable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unwritable {}

impl ser::Error for Unwritable {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

type Written = Result<JsValue, Unwritable>;

fn unwritable() -> Unwritable {
    Unwritable("JavaScript has no such value".to_owned())
}

fn whole(number: f64) -> Written {
    let number = JsValue::from_f64(number);
    if Number::is_safe_integer(&number) {
        Ok(number)
    } else {
        Err(unwritable())
    }
}

fn set(object: &Object, key: &str, value: &JsValue) {
    if !value.is_undefined() {
        // Setting a property of a fresh, ordinary object can't fail.
        let _ = Reflect::set(object, &key.into(), value);
    }
}

fn under(key: &str, value: &JsValue) -> JsValue {
    let object = Object::new();
    set(&object, key, value);
    object.into()
}

impl Serializer for ToJs {
    type Ok = JsValue;
    type Error = Unwritable;
    type SerializeSeq = Elements;
    type SerializeTuple = Elements;
    type SerializeTupleStruct = Elements;
    type SerializeTupleVariant = Impossible<JsValue, Unwritable>;
    type SerializeMap = Entries;
    type SerializeStruct = Fields;
    type SerializeStructVariant = Fields;

    fn serialize_bool(self, value: bool) -> Written {
        Ok(JsValue::from_bool(value))
    }
    fn serialize_i8(self, value: i8) -> Written {
        Ok(JsValue::from_f64(value.into()))
    }
    fn serialize_i16(self, value: i16) -> Written {
        Ok(JsValue::from_f64(value.into()))
    }
    fn serialize_i32(self, value: i32) -> Written {
        Ok(JsValue::from_f64(value.into()))
    }
    fn serialize_i64(self, value: i64) -> Written {
        whole(value as f64)
    }
    fn serialize_u8(self, value: u8) -> Written {
        Ok(JsValue::from_f64(value.into()))
    }
    fn serialize_u16(self, value: u16) -> Written {
        Ok(JsValue::from_f64(value.into()))
    }
    fn serialize_u32(self, value: u32) -> Written {
        Ok(JsValue::from_f64(value.into()))
    }
    fn serialize_u64(self, value: u64) -> Written {
        whole(value as f64)
    }
    fn serialize_f32(self, value: f32) -> Written {
        Ok(JsValue::from_f64(value.into()))
    }
    fn serialize_f64(self, value: f64) -> Written {
        Ok(JsValue::from_f64(value))
    }
    fn serialize_char(self, value: char) -> Written {
        Ok(JsValue::from_str(value.encode_utf8(&mut [0; 4])))
    }
    fn serialize_str(self, value: &str) -> Written {
        Ok(JsValue::from_str(value))
    }
    fn serialize_bytes(self, _: &[u8]) -> Written {
        Err(unwritable())
    }
    fn serialize_none(self) -> Written {
        Ok(JsValue::UNDEFINED)
    }
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Written {
        value.serialize(self)
    }
    fn serialize_unit(self) -> Written {
        Ok(JsValue::UNDEFINED)
    }
    fn serialize_unit_struct(self, _: &'static str) -> Written {
        Ok(JsValue::UNDEFINED)
    }
    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Written {
        Ok(JsValue::from_str(variant))
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Written {
        value.serialize(self)
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Written {
        Ok(under(variant, &value.serialize(self)?))
    }
    fn serialize_seq(self, _: Option<usize>) -> Result<Elements, Unwritable> {
        Ok(Elements(Array::new()))
    }
    fn serialize_tuple(self, _: usize) -> Result<Elements, Unwritable> {
        Ok(Elements(Array::new()))
    }
    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Elements, Unwritable> {
        Ok(Elements(Array::new()))
    }
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Unwritable> {
        Err(unwritable())
    }
    fn serialize_map(self, _: Option<usize>) -> Result<Entries, Unwritable> {
        Ok(Entries(Object::new(), String::new()))
    }
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Fields, Unwritable> {
        Ok(Fields(Object::new(), None))
    }
    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Fields, Unwritable> {
        Ok(Fields(Object::new(), Some(variant)))
    }
}

struct Elements(Array);

impl Elements {
    fn push<T: Serialize + ?Sized>(&self, value: &T) -> Result<(), Unwritable> {
        self.0.push(&write(value)?);
        Ok(())
    }
}

impl ser::SerializeSeq for Elements {
    type Ok = JsValue;
    type Error = Unwritable;
    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unwritable> {
        self.push(value)
    }
    fn end(self) -> Written {
        Ok(self.0.into())
    }
}

impl ser::SerializeTuple for Elements {
    type Ok = JsValue;
    type Error = Unwritable;
    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unwritable> {
        self.push(value)
    }
    fn end(self) -> Written {
        Ok(self.0.into())
    }
}

impl ser::SerializeTupleStruct for Elements {
    type Ok = JsValue;
    type Error = Unwritable;
    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unwritable> {
        self.push(value)
    }
    fn end(self) -> Written {
        Ok(self.0.into())
    }
}

/// A map, and the key whose value comes next.
struct Entries(Object, String);

impl ser::SerializeMap for Entries {
    type Ok = JsValue;
    type Error = Unwritable;
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Unwritable> {
        self.1 = write(key)?.as_string().ok_or_else(unwritable)?;
        Ok(())
    }
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unwritable> {
        set(&self.0, &self.1, &write(value)?);
        Ok(())
    }
    fn end(self) -> Written {
        Ok(self.0.into())
    }
}

/// A struct, and the variant it is the content of.
struct Fields(Object, Option<&'static str>);

impl ser::SerializeStruct for Fields {
    type Ok = JsValue;
    type Error = Unwritable;
    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), Unwritable> {
        set(&self.0, key, &write(value)?);
        Ok(())
    }
    fn end(self) -> Written {
        let object = self.0.into();
        Ok(match self.1 {
            Some(variant) => under(variant, &object),
            None => object,
        })
    }
}

impl ser::SerializeStructVariant for Fields {
    type Ok = JsValue;
    type Error = Unwritable;
    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), Unwritable> {
        ser::SerializeStruct::serialize_field(self, key, value)
    }
    fn end(self) -> Written {
        ser::SerializeStruct::end(self)
    }
}
