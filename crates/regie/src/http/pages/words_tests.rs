//! Both languages say the same things, and say everything that the pages ask for.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::*;

/// Message id → the variables it names.
fn messages(texts: &[&str]) -> BTreeMap<String, BTreeSet<String>> {
    let mut all = BTreeMap::new();
    let mut current: Option<String> = None;
    for line in texts.iter().flat_map(|t| t.lines()) {
        if line.starts_with('#') || line.trim().is_empty() {
            continue;
        }
        if !line.starts_with(' ') && !line.starts_with('}') {
            let id = line.split('=').next().unwrap_or_default().trim().to_owned();
            assert!(all.insert(id.clone(), BTreeSet::new()).is_none(), "{id} stands twice");
            current = Some(id);
        }
        let variables =
            line.split('$').skip(1).map(|rest| rest.chars().take_while(|c| c.is_alphanumeric() || *c == '-').collect::<String>());
        if let Some(id) = &current {
            all.entry(id.clone()).or_default().extend(variables);
        }
    }
    all
}

fn files(under: &Path, ending: &str, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(under).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, ending, into);
        } else if path.to_string_lossy().ends_with(ending) {
            into.push(path);
        }
    }
}

#[test]
fn every_file_is_fluent_without_a_fault() {
    for text in DUTCH.iter().chain(ENGLISH) {
        if let Err((_, errors)) = FluentResource::try_new((*text).to_owned()) {
            panic!("{errors:?}");
        }
    }
}

#[test]
fn both_languages_have_the_same_messages_with_the_same_variables() {
    let (nl, en) = (messages(DUTCH), messages(ENGLISH));
    assert_eq!(nl.keys().collect::<Vec<_>>(), en.keys().collect::<Vec<_>>());
    assert!(nl.len() > 100, "the files were read");
    for (id, variables) in &nl {
        assert_eq!(variables, &en[id], "variables of {id}");
    }
}

#[test]
fn every_message_that_the_pages_name_exists_and_every_message_is_named() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut all = Vec::new();
    files(&root.join("templates"), ".html", &mut all);
    files(&root.join("src/http/pages"), ".rs", &mut all);
    files(&root.join("templates"), ".md", &mut all);
    files(&root.join("src/register"), ".rs", &mut all);
    files(&root.join("src/demo/shop"), ".rs", &mut all);
    files(&root.join("src/mail"), ".rs", &mut all);
    let text: String = all.iter().filter(|p| !p.ends_with("words_tests.rs")).map(|p| std::fs::read_to_string(p).unwrap()).collect();
    let known = messages(DUTCH);
    for call in ["t.get(\"", "words.get(\"", "t.with(\"", "words.with(\"", "t.markup(\"", "words.markup(\""] {
        for rest in text.split(call).skip(1) {
            let key = rest.split('"').next().unwrap();
            if key.contains('-') && !key.contains('/') && key.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-') {
                assert!(known.contains_key(key), "{key} is named on a page but in no language file");
            }
        }
    }
    // Keys made of a stem and a variable part: months, weekdays, periods, presets …
    let stems = [
        "weekday-",
        "month-",
        "period-",
        "until-",
        "preset-",
        "problem-",
        "action-",
        "basis-",
        "decided-",
        "could-",
        "diff-",
        "restrict-ground-",
        "item-",
        "diet-",
        "garment-",
        "band-",
        "people-count-",
        "room-",
        "told-contest-",
    ];
    for key in known.keys() {
        assert!(text.contains(&format!("\"{key}\"")) || stems.iter().any(|s| key.starts_with(s)), "nobody says {key}");
    }
}

#[test]
fn markup_escapes_what_is_put_in_and_not_what_we_wrote() {
    let words = Words::new(Language::Dutch);
    let text = words.markup("home-heading", &[("kinds", 1.into()), ("companies", 1.into()), ("names", "<b>&".into())]);
    assert!(text.contains("&lt;b&gt;&amp;"), "{text}");
    assert!(text.contains("<strong>"), "{text}");
}

#[test]
fn the_language_is_the_best_that_we_speak() {
    for (header, expected) in [
        ("nl", Some(Language::Dutch)),
        ("nl-BE,en;q=0.8", Some(Language::Dutch)),
        ("de,en;q=0.5,nl;q=0.7", Some(Language::Dutch)),
        ("en-GB", Some(Language::English)),
        ("fr;q=1.0, en;q=0.1", Some(Language::English)),
        ("nl;q=0", None),
        ("de", None),
        ("", None),
        ("en;q=zzz,nl;q=0.2", Some(Language::Dutch)),
    ] {
        assert_eq!(Language::accepted(header), expected, "{header}");
    }
}

#[test]
fn a_name_from_outside_does_not_turn_a_sentence_round() {
    let words = Words::new(Language::English);
    let said = words.with("link-as", &[("number", "17\u{202e}gro\u{2066}.\u{0}evil".into())]);
    assert_eq!(said, words.with("link-as", &[("number", "17gro.evil".into())]));
    assert_eq!(plain("naïve café 17"), "naïve café 17");
}
