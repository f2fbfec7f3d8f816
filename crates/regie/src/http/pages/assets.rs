//! Styles, script, drawings and font, from inside the binary, under names that carry the hash of their content.
//!
//! A name never means two contents, so browsers keep each file for a year. Left out: anything from another host.

use std::sync::LazyLock;

use axum::Router;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::asked::InPath;

/// One file, ready to send.
#[derive(Debug)]
struct Asset {
    /// Its name under `/assets/`, hash included.
    name: String,
    content_type: &'static str,
    content: Vec<u8>,
}

/// Where the pages find their files.
#[derive(Debug)]
pub struct Assets {
    /// The styles.
    pub css: String,
    /// The styles of the pages that show what happened with data.
    pub seen: String,
    /// Our script.
    pub js: String,
    /// What checks a receipt in the browser; only its page loads it.
    pub verify: String,
    /// htmx.
    pub htmx: String,
    /// The font.
    pub font: String,
    /// The drawings.
    pub glyphs: String,
    files: Vec<Asset>,
}

static ASSETS: LazyLock<Assets> = LazyLock::new(|| {
    let mut files = Vec::new();
    let mut add = |stem: &str, ending: &str, content_type: &'static str, content: Vec<u8>| {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &content);
        let hash: String = digest.as_ref().iter().take(8).map(|b| format!("{b:02x}")).collect();
        let name = format!("{stem}.{hash}.{ending}");
        files.push(Asset { name: name.clone(), content_type, content });
        name
    };
    let font = add("figtree", "woff2", "font/woff2", include_bytes!("../../../assets/figtree.woff2").to_vec());
    let css = include_str!("../../../assets/pages.css").replace("url(figtree.woff2)", &format!("url({font})"));
    let css = add("pages", "css", "text/css; charset=utf-8", css.into_bytes());
    let seen = add("seen", "css", "text/css; charset=utf-8", include_bytes!("../../../assets/seen.css").to_vec());
    let js = add("pages", "js", "text/javascript; charset=utf-8", include_bytes!("../../../assets/pages.js").to_vec());
    let verify = add("verify", "js", "text/javascript; charset=utf-8", include_bytes!("../../../assets/verify.js").to_vec());
    let htmx = add("htmx", "js", "text/javascript; charset=utf-8", include_bytes!("../../../assets/htmx-2.0.11.min.js").to_vec());
    let glyphs = add("glyphs", "svg", "image/svg+xml", include_bytes!("../../../assets/glyphs.svg").to_vec());
    let at = |name: String| format!("/assets/{name}");
    Assets { css: at(css), seen: at(seen), js: at(js), verify: at(verify), htmx: at(htmx), font: at(font), glyphs: at(glyphs), files }
});

/// The files of this build.
pub fn assets() -> &'static Assets {
    &ASSETS
}

/// `GET /assets/{name}`.
pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route("/assets/{name}", get(send))
}

async fn send(InPath(name): InPath) -> Response {
    let Some(asset) = assets().files.iter().find(|a| a.name == name) else {
        return crate::http::unknown().await.into_response();
    };
    let headers: [(HeaderName, HeaderValue); 3] = [
        (header::CONTENT_TYPE, HeaderValue::from_static(asset.content_type)),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    (headers, asset.content.as_slice()).into_response()
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn the_style_names_the_font_that_is_served_and_no_host() {
        let css = assets().files.iter().find(|a| a.name.ends_with(".css")).unwrap();
        let text = String::from_utf8(css.content.clone()).unwrap();
        let font = assets().font.rsplit('/').next().unwrap();
        assert!(text.contains(&format!("url({font})")));
        assert!(!text.contains("://"), "nothing comes from elsewhere");
    }

    #[test]
    fn a_first_visit_leaves_room_for_the_page_itself() {
        // 60 KB over the wire, of which 8 KB for the page: the longest, a shop's with two rows, is below 6 KB.
        let wire = |asset: &Asset| {
            if asset.name.ends_with("woff2") {
                return asset.content.len();
            }
            let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
            gzip.write_all(&asset.content).unwrap();
            gzip.finish().unwrap().len()
        };
        // The page that checks receipts is nobody's first.
        let all: usize = assets().files.iter().filter(|a| !a.name.starts_with("verify.")).map(wire).sum();
        assert!(all < 52_000, "{all} bytes");
    }
}
