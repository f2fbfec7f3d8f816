//! Text that nobody should write: whatever is handed in, the answer is a policy or its problems, each inside the text.

use proptest::prelude::*;
use regie_domain::policy::Policy;

const RETAIL: &str = include_str!("../../../../policy/retail.toml");
const SMALL: &str = include_str!("small.toml");

/// Reads it; every problem must lie inside the text and say what to do.
fn read(text: &str) {
    match Policy::parse(text) {
        Ok(policy) => assert_eq!(policy.text, text),
        Err(problems) => {
            assert!(!problems.0.is_empty());
            for problem in &problems.0 {
                assert!((1..=text.matches('\n').count() + 1).contains(&problem.line), "{problem}");
                assert!(!problem.code.is_empty() && !problem.message.is_empty() && !problem.remedy.is_empty());
            }
        }
    }
}

/// The text with the characters `from..to` replaced; indices wrap.
fn splice(text: &str, from: usize, length: usize, insert: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let from = from % chars.len();
    let to = (from + length).min(chars.len());
    chars[..from].iter().chain(insert.chars().collect::<Vec<_>>().iter()).chain(&chars[to..]).collect()
}

/// Values of every type, and words that mean something somewhere.
fn snippet() -> impl Strategy<Value = String> {
    let words = [
        "\"\"",
        "-1",
        "9223372036854775808",
        "1e999",
        "nan",
        "true",
        "[]",
        "{}",
        "[[purpose]]\n",
        "[category]\n",
        "2026-01-01",
        "\"\\u0000\"",
        "\n",
        "=",
        ".",
        "\"none\"",
        "\"P7Y from year end\"",
        "\"consent\"",
        "é",
        "\u{1F600}",
        "\u{FEFF}",
        "'''",
    ];
    prop_oneof![proptest::sample::select(words.to_vec()).prop_map(str::to_owned), ".{0,12}"]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn mutated_policies_never_panic(edits in prop::collection::vec((any::<usize>(), 0usize..40, snippet()), 1..6)) {
        let mutated = edits.iter().fold(SMALL.to_owned(), |text, (from, length, insert)| splice(&(text + " "), *from, *length, insert));
        read(&mutated);
    }

    /// Whole lines moved, doubled or dropped: valid TOML more often than characters are.
    #[test]
    fn shuffled_lines_never_panic(order in prop::collection::vec(any::<prop::sample::Index>(), 1..120)) {
        let lines: Vec<&str> = SMALL.lines().collect();
        let text: String = order.iter().map(|at| format!("{}\n", at.get(&lines))).collect();
        read(&text);
    }

    #[test]
    fn any_text_never_panics(text in "\\PC{0,200}") {
        read(&text);
    }
}

proptest! {
    // The starting policy is long: fewer cases.
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn the_mutated_starting_policy_never_panics(from in any::<usize>(), length in 0usize..200, insert in snippet()) {
        read(&splice(RETAIL, from, length, &insert));
    }
}

#[test]
fn deep_nesting_is_refused_and_not_recursed_into() {
    read(&format!("version = {}", "[".repeat(100_000)));
    read(&format!("version = {}1{}", "{a=".repeat(10_000), "}".repeat(10_000)));
    read(&format!("{}=1", "a.".repeat(100_000)));
}
