//! What the pages say, in Dutch and English, from one set of Fluent messages per language.
//!
//! Invariant (held by tests): both languages know the same messages with the same variables, and every message that a template
//! or a handler names exists. Left out: the policy's own wording, which the retailer writes and `Wording::get` picks.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};

/// A language of the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// Dutch; what somebody reads who asks for nothing we have.
    #[default]
    Dutch,
    /// English.
    English,
}

impl Language {
    /// Its BCP 47 tag, as in `lang="…"`.
    pub fn tag(self) -> &'static str {
        match self {
            Language::Dutch => "nl",
            Language::English => "en",
        }
    }

    /// The tag with the region whose way of writing dates the pages follow, for a browser that writes one.
    pub fn locale(self) -> &'static str {
        match self {
            Language::Dutch => "nl-NL",
            Language::English => "en-GB",
        }
    }

    /// The language of a tag such as `nl-BE`; `None` if the pages do not speak it.
    pub fn of_tag(tag: &str) -> Option<Language> {
        match tag.trim().split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase().as_str() {
            "nl" => Some(Language::Dutch),
            "en" => Some(Language::English),
            _ => None,
        }
    }

    /// The best of an `Accept-Language` header: the highest weight that we speak, the first among equals.
    pub fn accepted(header: &str) -> Option<Language> {
        let mut best: Option<(Language, u32)> = None;
        for part in header.split(',') {
            let mut pieces = part.split(';');
            let Some(language) = pieces.next().and_then(Language::of_tag) else { continue };
            let weight = pieces.find_map(|p| p.trim().strip_prefix("q=")).map_or(1000, thousandths);
            if weight > 0 && best.is_none_or(|(_, w)| weight > w) {
                best = Some((language, weight));
            }
        }
        best.map(|(language, _)| language)
    }
}

/// A weight such as `0.8` in thousandths; nonsense weighs nothing.
fn thousandths(text: &str) -> u32 {
    match text.trim().split_once('.') {
        Some(("0", rest)) => format!("{rest:0<3}").get(..3).and_then(|d| d.parse().ok()).unwrap_or(0),
        Some(("1", _)) => 1000,
        None if text.trim() == "1" => 1000,
        _ => 0,
    }
}

const DUTCH: &[&str] = &[
    include_str!("../../../locales/nl/common.ftl"),
    include_str!("../../../locales/nl/consent.ftl"),
    include_str!("../../../locales/nl/portal.ftl"),
    include_str!("../../../locales/nl/proof.ftl"),
    include_str!("../../../locales/nl/mail.ftl"),
    include_str!("../../../locales/nl/information.ftl"),
    include_str!("../../../locales/nl/shop.ftl"),
    include_str!("../../../locales/nl/told.ftl"),
    include_str!("../../../locales/nl/register.ftl"),
];
const ENGLISH: &[&str] = &[
    include_str!("../../../locales/en/common.ftl"),
    include_str!("../../../locales/en/consent.ftl"),
    include_str!("../../../locales/en/portal.ftl"),
    include_str!("../../../locales/en/proof.ftl"),
    include_str!("../../../locales/en/mail.ftl"),
    include_str!("../../../locales/en/information.ftl"),
    include_str!("../../../locales/en/shop.ftl"),
    include_str!("../../../locales/en/told.ftl"),
    include_str!("../../../locales/en/register.ftl"),
];

type Bundle = FluentBundle<FluentResource>;

static DUTCH_BUNDLE: LazyLock<Bundle> = LazyLock::new(|| bundle(Language::Dutch, DUTCH));
static ENGLISH_BUNDLE: LazyLock<Bundle> = LazyLock::new(|| bundle(Language::English, ENGLISH));

fn bundle(language: Language, texts: &[&str]) -> Bundle {
    let mut bundle = FluentBundle::new_concurrent(language.tag().parse().into_iter().collect());
    // The marks that isolate right-to-left text would end up in attributes and tests; both languages run left to right.
    bundle.set_use_isolating(false);
    for text in texts {
        // A message that cannot be read is left out and shows as its key; the tests refuse both.
        let resource = FluentResource::try_new((*text).to_owned()).unwrap_or_else(|(rest, _)| rest);
        bundle.add_resource_overriding(resource);
    }
    bundle
}

/// The messages of one language. Copy it around freely.
#[derive(Debug, Clone, Copy, Default)]
pub struct Words {
    /// Which language.
    pub language: Language,
}

/// The value of a message's variable.
#[derive(Debug, Clone)]
pub enum Value<'a> {
    /// A text; escaped where the message is markup.
    Text(Cow<'a, str>),
    /// A number; it also picks the plural.
    Number(usize),
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Value::Text(Cow::Borrowed(text))
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(text: &'a String) -> Self {
        Value::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Value::Text(Cow::Owned(text))
    }
}

impl From<usize> for Value<'_> {
    fn from(number: usize) -> Self {
        Value::Number(number)
    }
}

impl Words {
    /// The words of a language.
    pub fn new(language: Language) -> Words {
        Words { language }
    }

    /// A message without variables, as plain text.
    pub fn get(&self, key: &str) -> String {
        self.with(key, &[])
    }

    /// A message with its variables, as plain text.
    pub fn with(&self, key: &str, values: &[(&str, Value<'_>)]) -> String {
        self.format(key, values, |text| text)
    }

    /// A message that is markup (`<strong>`, `<span lang="en">`), its variables escaped: safe to print unescaped.
    pub fn markup(&self, key: &str, values: &[(&str, Value<'_>)]) -> String {
        self.format(key, values, |text| Cow::Owned(escape(&text)))
    }

    /// The part in this language of a name that the policy writes once for both: "De winkel / The shop".
    pub fn part<'a>(&self, name: &'a str) -> &'a str {
        match (name.split_once(" / "), self.language) {
            (Some((dutch, _)), Language::Dutch) => dutch,
            (Some((_, english)), Language::English) => english,
            (None, _) => name,
        }
    }

    fn format(&self, key: &str, values: &[(&str, Value<'_>)], text: impl Fn(Cow<'_, str>) -> Cow<'_, str>) -> String {
        let bundle = match self.language {
            Language::Dutch => &*DUTCH_BUNDLE,
            Language::English => &*ENGLISH_BUNDLE,
        };
        let Some(pattern) = bundle.get_message(key).and_then(|m| m.value()) else {
            tracing::warn!(key, language = self.language.tag(), "a page names a message that no language file has");
            return key.to_owned();
        };
        let mut args = FluentArgs::with_capacity(values.len());
        for (name, value) in values {
            match value {
                Value::Text(t) => args.set(*name, FluentValue::from(text(plain(t)).into_owned())),
                Value::Number(n) => args.set(*name, FluentValue::from(*n)),
            }
        }
        bundle.format_pattern(pattern, Some(&args), &mut Vec::new()).into_owned()
    }
}

/// `text` without the signs that turn the direction of what follows, or that nothing shows: a name from outside must not rearrange the
/// sentence that it stands in (Unicode Technical Report 36, 2.1).
pub fn plain(text: &str) -> Cow<'_, str> {
    let odd =
        |c: char| c.is_control() || matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if text.contains(odd) { Cow::Owned(text.replace(odd, "")) } else { Cow::Borrowed(text) }
}

/// `text` with the five signs escaped that mean something in HTML.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => {
                let _ = write!(out, "&#39;");
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
#[path = "words_tests.rs"]
mod tests;
