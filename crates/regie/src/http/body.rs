//! Reading a request's body: bounded in bytes and in time, and JSON whose faults are named.
//!
//! Invariant: what was sent is never repeated in an error; only names of fields are.

use std::time::Duration;

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::Body as _;
use serde::de::DeserializeOwned;

use super::problem::Problem;

/// The largest body of an API call, in bytes.
pub const API_BYTES_MAX: usize = 65_536;
/// The longest pause between two parts of a body.
const PAUSE_MAX: Duration = Duration::from_secs(15);
/// The longest that a body of an API call or an event may take.
const WHOLE_MAX: Duration = Duration::from_secs(60);
/// What is read and thrown away of a body that is too large: a caller that is still sending would not see the answer.
const THROWN_AWAY_BYTES_MAX: usize = 8_000_000;

/// Why a body was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unread {
    /// More than allowed.
    TooLarge,
    /// The caller stopped sending.
    TooSlow,
    /// The connection or its framing broke.
    Broken,
}

impl Unread {
    /// As the API says it; `bytes_max` is what was allowed.
    pub fn problem(self, bytes_max: usize) -> Problem {
        match self {
            Unread::TooLarge => {
                Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", format!("the body is larger than {bytes_max} bytes"))
            }
            Unread::TooSlow => Problem::new(StatusCode::REQUEST_TIMEOUT, "body_too_slow", "the body did not arrive in time"),
            Unread::Broken => Problem::bad("body_broken", "the body did not arrive whole"),
        }
    }
}

/// The next part of a body; `None` at its end.
pub async fn next_part(body: &mut Body) -> Result<Option<Bytes>, Unread> {
    loop {
        let frame = tokio::time::timeout(PAUSE_MAX, body.frame()).await.map_err(|_| Unread::TooSlow)?;
        match frame.transpose().map_err(|_| Unread::Broken)? {
            None => return Ok(None),
            Some(frame) => {
                if let Ok(data) = frame.into_data() {
                    return Ok(Some(data));
                }
            }
        }
    }
}

/// The whole body, if it is no larger than `bytes_max`.
pub async fn read(body: Body, bytes_max: usize) -> Result<Bytes, Unread> {
    tokio::time::timeout(WHOLE_MAX, read_all(body, bytes_max)).await.map_err(|_| Unread::TooSlow)?
}

async fn read_all(mut body: Body, bytes_max: usize) -> Result<Bytes, Unread> {
    if body.size_hint().lower() > bytes_max as u64 {
        throw_away(&mut body).await;
        return Err(Unread::TooLarge);
    }
    let Some(first) = next_part(&mut body).await? else { return Ok(Bytes::new()) };
    if body.is_end_stream() && first.len() <= bytes_max {
        return Ok(first);
    }
    let mut all = BytesMut::from(first.as_ref());
    while let Some(part) = next_part(&mut body).await? {
        if all.len() + part.len() > bytes_max {
            throw_away(&mut body).await;
            return Err(Unread::TooLarge);
        }
        all.extend_from_slice(&part);
    }
    if all.len() > bytes_max { Err(Unread::TooLarge) } else { Ok(all.freeze()) }
}

/// Reads on for a while, so that the caller comes to read the answer.
pub async fn throw_away(body: &mut Body) {
    let mut thrown = 0;
    while thrown < THROWN_AWAY_BYTES_MAX {
        match next_part(body).await {
            Ok(Some(part)) => thrown += part.len(),
            _ => return,
        }
    }
}

/// A JSON body of an API call.
#[derive(Debug, Clone, Copy)]
pub struct JsonBody<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        is_json(request.headers())?;
        let bytes = read(request.into_body(), API_BYTES_MAX).await.map_err(|e| e.problem(API_BYTES_MAX))?;
        json(&bytes).map(JsonBody)
    }
}

/// A JSON body that may be left out.
#[derive(Debug, Clone, Copy)]
pub struct OptionalJsonBody<T>(pub Option<T>);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for OptionalJsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let typed = is_json(request.headers());
        let bytes = read(request.into_body(), API_BYTES_MAX).await.map_err(|e| e.problem(API_BYTES_MAX))?;
        if bytes.trim_ascii().is_empty() {
            return Ok(OptionalJsonBody(None));
        }
        typed?;
        json(&bytes).map(|body| OptionalJsonBody(Some(body)))
    }
}

fn is_json(headers: &HeaderMap) -> Result<(), Problem> {
    let encoded = headers.get_all(header::CONTENT_ENCODING).iter().any(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity"));
    if encoded {
        let problem =
            Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "encoding_unknown", "the body is encoded in a way that is not read here");
        return Err(problem.remedy("send it as it is"));
    }
    check_type(headers, &["application/json"])
}

/// Is the body of a kind that is read here? One without a name is taken for it.
///
/// # Errors
/// 415 `content_type_wrong`, with those that are read.
pub fn check_type(headers: &HeaderMap, accepted: &[&'static str]) -> Result<(), Problem> {
    let Some(kind) = headers.get(header::CONTENT_TYPE) else { return Ok(()) };
    let kind = kind.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if accepted.iter().any(|known| kind.eq_ignore_ascii_case(known)) {
        return Ok(());
    }
    Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "content_type_wrong", "the body is of a kind that is not read here")
        .remedy(format!("send Content-Type: {}", accepted.join(" or "))))
}

/// Reads JSON; says what is wrong with it by the name of the field, never by its value.
///
/// # Errors
/// 400 `json_broken`, `field_unknown`, `field_missing`, `field_repeated`, `type_wrong`, `value_wrong`.
pub fn json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    // serde would take an array for an object's fields in their order.
    if bytes.trim_ascii_start().first() == Some(&b'[') {
        return Err(Problem::bad("type_wrong", "the body is not an object").remedy("expected an object"));
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let read = serde_path_to_error::deserialize(&mut reader).map_err(|e| {
        let path = e.path().to_string();
        fault(&path, e.inner())
    })?;
    reader.end().map_err(|e| fault("", &e))?;
    Ok(read)
}

/// Names what serde found. Its sentences hold values, so only their frame is used; a test pins the frame.
fn fault(path: &str, e: &serde_json::Error) -> Problem {
    use serde_json::error::Category;
    if !matches!(e.classify(), Category::Data) {
        let at = format!("the body is not readable JSON (line {}, column {})", e.line(), e.column());
        return Problem::bad("json_broken", at);
    }
    let path = if matches!(path, "." | "?") { "" } else { path };
    let text = e.to_string();
    let text = text.rfind(" at line ").map_or(text.as_str(), |end| &text[..end]);
    let expected = text.rfind(", expected ").map(|at| &text[at + ", expected ".len()..]);
    let quoted = |prefix: &str| text.strip_prefix(prefix).and_then(|rest| rest.split('`').next()).map(str::to_owned);
    let inside = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    let remedy = |problem: Problem| match expected.and_then(in_words) {
        Some(expected) => problem.remedy(format!("expected {expected}")),
        None => problem,
    };
    if let Some(name) = quoted("unknown field `") {
        // serde's path of an unknown field ends with the field itself.
        let name = if path.ends_with(&name) { path.to_owned() } else { inside(&name) };
        return remedy(Problem::bad("field_unknown", "the body has a field that is not known here").field(&name));
    }
    if let Some(name) = quoted("missing field `") {
        return Problem::bad("field_missing", "a field is missing").field(&inside(&name));
    }
    if let Some(name) = quoted("duplicate field `") {
        return Problem::bad("field_repeated", "a field stands there twice").field(&inside(&name));
    }
    if text.starts_with("invalid type: ") {
        return remedy(Problem::bad("type_wrong", "a field has the wrong type").field(path));
    }
    remedy(Problem::bad("value_wrong", "a field has a value that cannot be").field(path))
}

/// What serde expected, as JSON calls it: a caller knows nothing of our types. Names in backquotes are those of fields and
/// choices; what is neither is left out.
fn in_words(expected: &str) -> Option<String> {
    let word = match expected {
        "u8" | "u16" | "u32" | "u64" | "usize" | "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number within its range",
        "f32" | "f64" => "a number",
        "a boolean" => "true or false",
        "a string" | "a borrowed string" | "string" => "a text",
        "a sequence" | "an array" => "an array",
        "a map" | "map" | "an object" => "an object",
        names if names.starts_with('`') || names.starts_with("one of `") => names,
        r#struct if r#struct.starts_with("struct ") => "an object",
        r#enum if r#enum.starts_with("enum ") || r#enum.contains("variant identifier") => "one of its choices",
        _ => return None,
    };
    Some(word.to_owned())
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only read by serde")]
    struct Outer {
        name: String,
        #[serde(default)]
        count: u8,
        inner: Option<Inner>,
        #[serde(default)]
        list: Vec<u8>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only read by serde")]
    struct Inner {
        choice: Choice,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Choice {
        Yes,
    }

    #[test]
    fn a_fault_is_named_by_its_field_and_never_by_its_value() {
        let cases = [
            (r#"{"name": "#, "json_broken", None),
            ("", "json_broken", None),
            ("{} x", "field_missing", Some("name")),
            (r#"{"name":"secret"} x"#, "json_broken", None),
            (r#"["secret"]"#, "type_wrong", None),
            (r#""secret""#, "type_wrong", None),
            (r#"{"name": 17}"#, "type_wrong", Some("name")),
            (r#"{"count":"secret, expected nothing","name":"a"}"#, "type_wrong", Some("count")),
            (r#"{"name":"a","secretive":1}"#, "field_unknown", Some("secretive")),
            (r#"{"name":"a","se cret@example.org":1}"#, "field_unknown", None),
            (r#"{"name":"a","name":"secret"}"#, "field_repeated", Some("name")),
            (r#"{"name":"a","count":300}"#, "value_wrong", Some("count")),
            (r#"{"name":"a","list":[1,"secret"]}"#, "type_wrong", Some("list[1]")),
            (r#"{"name":"a","inner":{}}"#, "field_missing", Some("inner.choice")),
            (r#"{"name":"a","inner":{"choice":"secret"}}"#, "value_wrong", Some("inner.choice")),
            (r#"{"name":"a","inner":{"choice":"yes","other":1}}"#, "field_unknown", Some("inner.other")),
            (r#"{"name":"a","inner":["secret"]}"#, "value_wrong", Some("inner[0]")),
            (r#"{"name":"a","inner":[]}"#, "value_wrong", Some("inner")),
            (r#"{"name":"a","inner":"secret"}"#, "type_wrong", Some("inner")),
            (r#"{"name":"a","inner":{"choice":{"secret":1}}}"#, "value_wrong", Some("inner.choice")),
            (r#"{"name":"a","list":{}}"#, "type_wrong", Some("list")),
            (r#"{"name":"a","count":-1}"#, "value_wrong", Some("count")),
        ];
        for (text, code, field) in cases {
            let problem = json::<Outer>(text.as_bytes()).unwrap_err();
            assert_eq!((problem.code, problem.field.as_deref()), (code, field), "{text}");
            let said = format!("{}{:?}", problem.detail, problem.remedy);
            for word in ["secret", "struct", "Inner", "Outer", "element", "u8", "enum", "variant", "map"] {
                assert!(!said.contains(word), "{text}: {said}");
            }
        }
        let deep = format!("{{\"a\":{}", "[".repeat(10_000));
        assert_eq!(json::<serde_json::Value>(deep.as_bytes()).unwrap_err().code, "json_broken");
    }

    #[tokio::test]
    async fn a_body_is_read_up_to_its_limit_and_no_further() {
        let parts = |n: usize| Body::from_stream(tokio_stream(n));
        assert_eq!(read(Body::from("12345"), 5).await.unwrap(), "12345");
        assert_eq!(read(Body::from("123456"), 5).await, Err(Unread::TooLarge));
        assert_eq!(read(Body::empty(), 0).await.unwrap(), "");
        assert_eq!(read(parts(5), 5).await.unwrap(), "xxxxx");
        assert_eq!(read(parts(6), 5).await, Err(Unread::TooLarge));
    }

    fn tokio_stream(parts: usize) -> impl futures_core::Stream<Item = Result<Bytes, std::io::Error>> {
        struct Parts(usize);
        impl futures_core::Stream for Parts {
            type Item = Result<Bytes, std::io::Error>;
            fn poll_next(mut self: std::pin::Pin<&mut Self>, _: &mut std::task::Context<'_>) -> std::task::Poll<Option<Self::Item>> {
                let left = self.0;
                self.0 = left.saturating_sub(1);
                std::task::Poll::Ready((left > 0).then(|| Ok(Bytes::from_static(b"x"))))
            }
        }
        Parts(parts)
    }
}
