//! The policy and a customer's standing in words: from what, how long, who, what changes.

use regie_domain::consent::{Ends, PurposeState, State};
use regie_domain::policy::{Categories, Channels, Policy, Purpose, RecipientIx, Recipients, Retention, Role};

use super::views::Tell;
use crate::http::pages::dates::Dates;
use crate::http::pages::words::Words;

/// "je aankopen, je mandje en je maat".
pub(crate) fn listed(t: Words, names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [all @ .., last] => t.with("list-and", &[("first", all.join(", ").into()), ("last", last.into())]),
    }
}

/// The names of categories.
pub(crate) fn categories(t: Words, policy: &Policy, which: Categories) -> Vec<String> {
    let named = which.iter().filter_map(|c| policy.categories.get(usize::from(c.0)));
    named.map(|c| c.name.get(t.language.tag()).to_owned()).collect()
}

/// The names of channels.
pub(crate) fn channels(t: Words, policy: &Policy, which: Channels) -> Vec<String> {
    let named = which.iter().filter_map(|c| policy.channels.get(usize::from(c.0)));
    named.map(|c| c.name.get(t.language.tag()).to_owned()).collect()
}

/// The names of recipients, the retailer left out.
pub(crate) fn others(t: Words, policy: &Policy, which: Recipients) -> Vec<String> {
    let named = which.iter().filter(|r| *r != RecipientIx(0)).filter_map(|r| policy.recipients.get(usize::from(r.0)));
    named.map(|r| r.name.get(t.language.tag()).to_owned()).collect()
}

/// The retailer, as it stands inside a sentence: "de winkel".
pub(crate) fn retailer(t: Words, policy: &Policy) -> String {
    policy.recipients.first().map(|r| r.name.get(t.language.tag()).to_owned()).unwrap_or_default()
}

/// The third parties among a purpose's recipients: those whom a customer is asked about. Processors act on the retailer's word.
pub(crate) fn third_parties(policy: &Policy, purpose: &Purpose) -> Vec<RecipientIx> {
    let is_third = |r: &RecipientIx| policy.recipients.get(usize::from(r.0)).is_some_and(|r| r.role == Role::ThirdParty);
    purpose.recipients.iter().filter(is_third).collect()
}

/// Is the purpose there only for others to get something: nothing is kept for it? Then a permission that names nobody permits nothing.
pub(crate) fn only_shares(policy: &Policy, purpose: &Purpose) -> bool {
    let keeps = |term: &Option<Retention>| term.is_some_and(|term| term != Retention::None);
    !third_parties(policy, purpose).is_empty() && !purpose.retention.iter().any(keeps)
}

/// "nog 5 dagen", "dit bezoek", "tot je stopt".
pub(crate) fn left(dates: &Dates, until: Ends) -> String {
    let t = dates.words;
    match until {
        Ends::Moment(at) => dates.left(at),
        Ends::Visit => t.get("until-visit"),
        Ends::Once => t.get("until-once"),
        Ends::Withdrawn | Ends::None => t.get("until-withdrawn"),
    }
}

/// The strip of seven days, those left `true`; empty unless the end is within a week.
pub(crate) fn days(dates: &Dates, until: Ends) -> Vec<bool> {
    let Ends::Moment(at) = until else { return Vec::new() };
    dates.days_left(at).map_or_else(Vec::new, |left| (0..7).map(|day| day < left).collect())
}

/// Does a consent hold?
pub(crate) fn is_given(state: &PurposeState) -> bool {
    state.state == Some(State::Given)
}

/// What unfolds beside a purpose.
pub(crate) fn tell(dates: &Dates, policy: &Policy, state: &PurposeState) -> Tell {
    let t = dates.words;
    let tag = t.language.tag();
    let purpose = policy.at(state.purpose);
    let retailer = retailer(t, policy);
    let given = is_given(state);
    // Processors are told always: they work with it on the retailer's word. Third parties only where the customer named them.
    let mut who: Vec<String> = others(t, policy, if given { state.cover.recipients } else { Recipients::NONE });
    let processors =
        purpose.recipients.iter().filter_map(|r| policy.recipients.get(usize::from(r.0))).filter(|r| r.role == Role::Processor);
    for name in processors.map(|r| r.name.get(tag).to_owned()) {
        if !who.contains(&name) {
            who.push(name);
        }
    }
    // Nobody is named yet: those whom the customer may choose are.
    let chosen = if given { Vec::new() } else { others(t, policy, third_parties(policy, purpose).into_iter().collect()) };
    let who = if !chosen.is_empty() && who.is_empty() {
        sentence(&t.with("tell-who-chosen", &[("retailer", retailer.into()), ("names", listed(t, &chosen).into())]))
    } else if who.is_empty() {
        sentence(&t.with("tell-who-retailer", &[("retailer", retailer.into())]))
    } else {
        t.with("tell-who-more", &[("retailer", sentence(&retailer).into()), ("names", listed(t, &who).into())])
    };
    let until = match (given, state.until) {
        (true, Ends::Moment(at)) => format!("{} {}", t.with("until-moment", &[("end", dates.end(at).into())]), purpose.how_long.get(tag)),
        (true, ends) => format!("{}. {}", sentence(&left(dates, ends)), purpose.how_long.get(tag)),
        (false, _) => purpose.how_long.get(tag).to_owned(),
    };
    Tell {
        why: purpose.why.get(tag).to_owned(),
        what: purpose.what.get(tag).to_owned(),
        who,
        until,
        changes_title: t.get(if given { "tell-changes" } else { "tell-refuse" }),
        changes: purpose.refusal.get(tag).to_owned(),
    }
}

/// A name inside a sentence: "aanbevelingen", "e-mail". A name that begins with an abbreviation stays as it is.
pub(crate) fn inside(name: &str) -> String {
    let mut chars = name.chars();
    match (chars.next(), chars.next()) {
        (Some(first), Some(second)) if second.is_lowercase() || second == '-' => {
            first.to_lowercase().chain(std::iter::once(second)).chain(chars).collect()
        }
        _ => name.to_owned(),
    }
}

/// With a capital.
pub(crate) fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::inside;

    #[test]
    fn a_name_inside_a_sentence_is_small_unless_it_is_an_abbreviation() {
        for (name, expected) in
            [("Aanbevelingen", "aanbevelingen"), ("E-mail", "e-mail"), ("SMS", "SMS"), ("Je dieet", "je dieet"), ("", ""), ("X", "X")]
        {
            assert_eq!(inside(name), expected);
        }
    }
}
