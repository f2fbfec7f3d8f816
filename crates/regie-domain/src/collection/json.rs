//! Reading JSON that is not quite what it should be: a wrong type is a value here, and the field's reader decides whether it matters.
//!
//! Derived deserialisers stop at the first surprise, also in a field that nobody wants. These keep texts borrowed, skip what is
//! unknown without building it, and let the last of two equal keys win, as JavaScript does.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::error::EventError;
use super::limits::ID_BYTES_MAX;
use super::money;

/// A text, number or truth value, or something else.
#[derive(Debug, Default, PartialEq)]
pub(super) enum Scalar<'a> {
    /// Not there, or `null`.
    #[default]
    Absent,
    Text(Cow<'a, str>),
    Whole(i64),
    /// A whole number beyond `i64`: it can only be an identifier.
    Beyond(u64),
    Float(f64),
    Bool(bool),
    /// An object or an array.
    Composite,
}

impl<'a> Scalar<'a> {
    /// The value, leaving nothing behind.
    pub(super) fn take(&mut self) -> Scalar<'a> {
        std::mem::take(self)
    }

    pub(super) fn is_absent(&self) -> bool {
        *self == Scalar::Absent
    }

    /// Is there a text, but nothing in it?
    pub(super) fn is_blank(&self) -> bool {
        matches!(self, Scalar::Text(text) if text.trim().is_empty())
    }

    /// A text or a whole number as text; a blank one counts as absent.
    pub(super) fn text(self, field: &'static str) -> Result<Option<Cow<'a, str>>, EventError> {
        Ok(match self {
            Scalar::Absent => None,
            Scalar::Text(text) if text.trim().is_empty() => None,
            Scalar::Text(text) => Some(text),
            Scalar::Whole(number) => Some(Cow::Owned(number.to_string())),
            Scalar::Beyond(number) => Some(Cow::Owned(number.to_string())),
            // Python writes 826553.0 where a column had gaps. Beyond 2^53 a number no longer says which one was meant.
            Scalar::Float(number) if number.fract() == 0.0 && number.abs() < 9_007_199_254_740_992.0 => {
                Some(Cow::Owned(number.to_string()))
            }
            Scalar::Float(_) | Scalar::Bool(_) | Scalar::Composite => return Err(EventError::TypeWrong { field, expected: "a text" }),
        })
    }

    /// A text that no client of the format writes as a number: 17 and "17" might be two customers, so it is not guessed.
    pub(super) fn written(self, field: &'static str) -> Result<Option<Cow<'a, str>>, EventError> {
        match self {
            Scalar::Whole(_) | Scalar::Beyond(_) | Scalar::Float(_) => Err(EventError::TypeWrong { field, expected: "a text" }),
            other => other.text(field)?.map(|text| one_line(text, field)).transpose(),
        }
    }

    /// An identifier of the envelope (customer, device, message): [`Scalar::written`], and as [`Scalar::id`].
    pub(super) fn written_id(self, field: &'static str) -> Result<Option<String>, EventError> {
        self.written(field)?.map_or(Scalar::Absent, Scalar::Text).id(field)
    }

    /// An identifier, or a number of the shop's own (of an order, item, shop or session; many shops send these as numbers): as it
    /// stands, never trimmed, at most [`ID_BYTES_MAX`] bytes, no control characters. A blank one counts as absent.
    pub(super) fn id(self, field: &'static str) -> Result<Option<String>, EventError> {
        match self.text(field)? {
            Some(text) if text.len() > ID_BYTES_MAX => Err(EventError::IdTooLong { field }),
            Some(text) => one_line(text, field).map(|text| Some(text.into_owned())),
            None => Ok(None),
        }
    }

    /// A text of at most `bytes_max`, trimmed; control characters in it are read as blanks.
    pub(super) fn short_text(self, field: &'static str, bytes_max: usize) -> Result<Option<String>, EventError> {
        let Some(text) = self.text(field)? else { return Ok(None) };
        let text = without_controls(text);
        let text = text.trim();
        if text.is_empty() {
            return Ok(None);
        }
        if text.len() > bytes_max {
            return Err(EventError::TextTooLong { field, bytes_max });
        }
        Ok(Some(text.to_owned()))
    }

    /// A text, trimmed and cut to `bytes_max`, control characters read as blanks; the flag says whether it was cut.
    pub(super) fn cut_text(self, field: &'static str, bytes_max: usize) -> Result<Option<(String, bool)>, EventError> {
        let Some(text) = self.text(field)? else { return Ok(None) };
        let text = without_controls(text);
        let text = text.trim();
        if text.is_empty() {
            return Ok(None);
        }
        let end = text.floor_char_boundary(bytes_max);
        Ok(Some((text[..end].trim_end().to_owned(), end < text.len())))
    }

    /// An amount of money, in cents.
    pub(super) fn cents(self, field: &'static str) -> Result<Option<i64>, EventError> {
        let cents = match &self {
            Scalar::Absent => return Ok(None),
            Scalar::Text(text) if text.trim().is_empty() => return Ok(None),
            Scalar::Text(text) => money::cents(text),
            Scalar::Whole(number) => money::cents_of_whole((*number).into()),
            Scalar::Beyond(number) => money::cents_of_whole((*number).into()),
            Scalar::Float(number) => money::cents_of_float(*number),
            Scalar::Bool(_) | Scalar::Composite => {
                return Err(EventError::TypeWrong { field, expected: "a decimal number" });
            }
        };
        cents.map(Some).ok_or(EventError::NumberWrong { field })
    }

    /// A number, in millionths.
    pub(super) fn millionths(self, field: &'static str) -> Result<Option<i128>, EventError> {
        let value = match &self {
            Scalar::Absent => return Ok(None),
            Scalar::Text(text) if text.trim().is_empty() => return Ok(None),
            Scalar::Text(text) => money::scaled(text, 6),
            Scalar::Whole(number) => i128::from(*number).checked_mul(1_000_000),
            Scalar::Beyond(number) => i128::from(*number).checked_mul(1_000_000),
            Scalar::Float(number) => money::scaled_float(*number, 6),
            Scalar::Bool(_) | Scalar::Composite => return Err(EventError::TypeWrong { field, expected: "a number" }),
        };
        value.map(Some).ok_or(EventError::NumberWrong { field })
    }
}

/// The text, if it holds no control characters: a NUL or a line break in a name is a fault of the source, and would look like
/// something else in a log, a page or an export.
fn one_line<'a>(text: Cow<'a, str>, field: &'static str) -> Result<Cow<'a, str>, EventError> {
    if text.contains(char::is_control) { Err(EventError::ControlCharacter { field }) } else { Ok(text) }
}

/// What people type or paste may hold tabs and line breaks; they mean no more than a blank.
fn without_controls(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.contains(char::is_control) { Cow::Owned(text.replace(char::is_control, " ")) } else { text }
}

/// Reads what is left of an array and forgets it.
fn drain<'de, A: SeqAccess<'de>>(mut seq: A) -> Result<(), A::Error> {
    while seq.next_element::<IgnoredAny>()?.is_some() {}
    Ok(())
}

/// Reads what is left of an object and forgets it.
fn drain_map<'de, A: MapAccess<'de>>(mut map: A) -> Result<(), A::Error> {
    while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
    Ok(())
}

impl<'de> Deserialize<'de> for Scalar<'de> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Scalar<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("JSON")
            }
            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Scalar::Absent)
            }
            fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
                Ok(Scalar::Bool(value))
            }
            fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
                Ok(Scalar::Whole(value))
            }
            fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
                Ok(i64::try_from(value).map_or(Scalar::Beyond(value), Scalar::Whole))
            }
            fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
                Ok(Scalar::Float(value))
            }
            fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
                Ok(Scalar::Text(Cow::Owned(value.to_owned())))
            }
            fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Self::Value, E> {
                Ok(Scalar::Text(Cow::Borrowed(value)))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
                drain(seq).map(|()| Scalar::Composite)
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                drain_map(map).map(|()| Scalar::Composite)
            }
        }
        d.deserialize_any(Reader)
    }
}

/// An object whose fields are read by name.
pub(super) trait Object<'de>: Default {
    /// Reads the value that stands under `key`, and must read it: unknown ones with [`skip`].
    fn field<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error>;
}

/// Reads a value and forgets it.
pub(super) fn skip<'de, A: MapAccess<'de>>(map: &mut A) -> Result<(), A::Error> {
    map.next_value::<IgnoredAny>().map(|_| ())
}

/// An object or array, or something else.
#[derive(Debug, Default)]
pub(super) enum Lenient<T> {
    /// Not there, or `null`.
    #[default]
    Absent,
    Is(T),
    Wrong,
}

impl<T> Lenient<T> {
    pub(super) fn take(&mut self) -> Lenient<T> {
        std::mem::take(self)
    }

    pub(super) fn is_absent(&self) -> bool {
        matches!(self, Lenient::Absent)
    }

    /// The object where it stands, if there is one: some are too large to be moved about.
    pub(super) fn get(&mut self, field: &'static str) -> Result<Option<&mut T>, EventError> {
        match self {
            Lenient::Absent => Ok(None),
            Lenient::Is(object) => Ok(Some(object)),
            Lenient::Wrong => Err(EventError::TypeWrong { field, expected: "an object" }),
        }
    }

    /// The object, if there is one.
    pub(super) fn object(self, field: &'static str) -> Result<Option<T>, EventError> {
        match self {
            Lenient::Absent => Ok(None),
            Lenient::Is(object) => Ok(Some(object)),
            Lenient::Wrong => Err(EventError::TypeWrong { field, expected: "an object" }),
        }
    }
}

/// The visitor methods of everything that is neither object nor array.
macro_rules! scalars_are_wrong {
    () => {
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("JSON")
        }
        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(Lenient::Absent)
        }
        fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
            Ok(Lenient::Wrong)
        }
        fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
            Ok(Lenient::Wrong)
        }
        fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
            Ok(Lenient::Wrong)
        }
        fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
            Ok(Lenient::Wrong)
        }
        fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
            Ok(Lenient::Wrong)
        }
    };
}

impl<'de, T: Object<'de>> Deserialize<'de> for Lenient<T> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Reader<T>(PhantomData<T>);
        impl<'de, T: Object<'de>> Visitor<'de> for Reader<T> {
            type Value = Lenient<T>;
            scalars_are_wrong!();
            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
                drain(seq).map(|()| Lenient::Wrong)
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut object = T::default();
                while let Some(Key(key)) = map.next_key()? {
                    object.field(&key, &mut map)?;
                }
                Ok(Lenient::Is(object))
            }
        }
        d.deserialize_any(Reader(PhantomData))
    }
}

/// An array of at most `MAX`; what lies beyond is read and forgotten.
#[derive(Debug)]
pub(super) struct List<T, const MAX: usize> {
    pub(super) items: Vec<T>,
    pub(super) too_many: bool,
}

impl<'de, T: Deserialize<'de>, const MAX: usize> Deserialize<'de> for Lenient<List<T, MAX>> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Reader<T, const MAX: usize>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>, const MAX: usize> Visitor<'de> for Reader<T, MAX> {
            type Value = Lenient<List<T, MAX>>;
            scalars_are_wrong!();
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut items = Vec::new();
                while items.len() < MAX {
                    let Some(item) = seq.next_element()? else {
                        return Ok(Lenient::Is(List { items, too_many: false }));
                    };
                    items.push(item);
                }
                let too_many = seq.next_element::<IgnoredAny>()?.is_some();
                drain(seq)?;
                Ok(Lenient::Is(List { items, too_many }))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                drain_map(map).map(|()| Lenient::Wrong)
            }
        }
        d.deserialize_any(Reader(PhantomData))
    }
}

/// A key, borrowed unless it holds escapes.
struct Key<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Key<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }
            fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
                Ok(Key(Cow::Owned(value.to_owned())))
            }
            fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Self::Value, E> {
                Ok(Key(Cow::Borrowed(value)))
            }
        }
        d.deserialize_str(Reader)
    }
}

/// Do objects and arrays lie deeper inside each other than `max`? Cheap for the usual event: if there are no more than `max`
/// of them at all, it cannot be.
pub(super) fn nests_deeper_than(text: &str, max: usize) -> bool {
    let bytes = text.as_bytes();
    if bytes.iter().filter(|&&b| b == b'{' || b == b'[').count() <= max {
        return false;
    }
    let (mut depth, mut in_text, mut escaped) = (0usize, false, false);
    for &byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'{' | b'[' if !in_text => {
                depth += 1;
                if depth > max {
                    return true;
                }
            }
            b'}' | b']' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::nests_deeper_than;

    #[test]
    fn depth_counts_nesting_only() {
        let deep = |n: usize| "[".repeat(n) + &"]".repeat(n);
        assert!(!nests_deeper_than(&deep(64), 64));
        assert!(nests_deeper_than(&deep(65), 64));
        assert!(!nests_deeper_than(&format!("[{}0]", "[],".repeat(100)), 64));
        assert!(!nests_deeper_than(&format!("[\"{}\"]", "[".repeat(100)), 64));
        assert!(!nests_deeper_than(&format!("[\"\\\"{}\"]", "[".repeat(100)), 64));
        assert!(nests_deeper_than(&format!("[\"\\\\\",{}", deep(64)), 64));
    }
}
