//! The sentences of an explained decision, in both languages.

use regie_domain::policy::{CategoryIx, Policy, Wording};
use serde_json::{Value, json};

use super::super::pages::words::{Language, Words};
use crate::engine::past::Explained;

/// Why, and what the customer could do: each as `{"nl", "en"}`.
pub(super) fn sentences(why: &Explained) -> (Value, Value) {
    let key = |stem: &str, code: &str| format!("{stem}-{}", code.replace('_', "-"));
    let because = key("decided", why.rule.code());
    let could = key("could", why.can.code());
    let say = |message: &str| {
        let [nl, en] = [Language::Dutch, Language::English].map(|language| {
            let named = |wording: Option<&Wording>| wording.map_or(String::new(), |w| w.get(language.tag()).to_owned());
            let parts = parts(&why.policy, why);
            let values = [
                ("purpose", named(parts.purpose).into()),
                ("category", named(parts.category).into()),
                ("recipient", named(parts.recipient).into()),
                ("channel", named(parts.channel).into()),
            ];
            Words::new(language).with(message, &values)
        });
        json!({"nl": nl, "en": en})
    };
    (say(&because), say(&could))
}

struct Parts<'p> {
    purpose: Option<&'p Wording>,
    category: Option<&'p Wording>,
    recipient: Option<&'p Wording>,
    channel: Option<&'p Wording>,
}

fn parts<'p>(policy: &'p Policy, why: &Explained) -> Parts<'p> {
    let CategoryIx(category) = why.used.category;
    Parts {
        purpose: policy.purposes.get(usize::from(why.used.purpose.0)).map(|p| &p.name),
        category: policy.categories.get(usize::from(category)).map(|c| &c.name),
        recipient: policy.recipients.get(usize::from(why.used.recipient.0)).map(|r| &r.name),
        channel: why.used.channel.and_then(|c| policy.channels.get(usize::from(c.0))).map(|c| &c.name),
    }
}

#[cfg(test)]
mod tests {
    use regie_domain::consent::{Can, Rule};

    use super::*;

    #[test]
    fn every_rule_and_every_way_out_has_a_sentence_in_both_languages() {
        let rules = Rule::ALL.iter().map(|rule| format!("decided-{}", rule.code().replace('_', "-")));
        let ways = Can::ALL.iter().map(|can| format!("could-{}", can.code().replace('_', "-")));
        for key in rules.chain(ways) {
            for language in [Language::Dutch, Language::English] {
                let named = ["purpose", "category", "recipient", "channel"].map(|name| (name, "X".into()));
                let text = Words::new(language).with(&key, &named);
                assert!(text != key && text.ends_with('.') && !text.contains('{'), "{key}: {text}");
            }
        }
    }
}
