//! Reading a policy's purposes: what each uses, how long each category is kept for it, and its explanation to customers.
//!
//! Invariant: a purpose that comes out without a problem has an explanation in both languages and a term for each category.
//! Left out: what a policy may not decide for itself; see [`super::rules`].

use super::names::{self, Names};
use super::problems::Flaw;
use super::tables::{Place, Report, Table, WordingKind};
use super::{
    Basis, Categories, CategoryIx, ChannelIx, Channels, GoesOn, Policy, Purpose, RecipientIx, Recipients, Retention, limits, rules,
    tables::shorten,
};

/// Reads all purposes. `policy` has its categories, recipients and channels already.
pub(super) fn read(tables: Vec<Table<'_>>, policy: &Policy, report: &mut Report<'_>) -> Vec<Purpose> {
    let mut seen = Names::new("purpose", limits::PURPOSES_MAX);
    let mut consents = 0;
    let mut too_many = None;
    let mut purposes = Vec::new();
    for table in tables {
        let place = table.place.clone();
        let mut purpose = one(table, policy, &mut seen, report);
        if purpose.basis == Basis::Consent {
            purpose.slot = u8::try_from(consents).ok();
            consents += 1;
            if consents == limits::CONSENT_PURPOSES_MAX + 1 {
                too_many = Some(place);
            }
        }
        purposes.push(purpose);
    }
    seen.finish(report);
    if let Some(place) = too_many {
        report.add(&place, &Flaw::TooMany { what: "purpose based on consent", count: consents, max: limits::CONSENT_PURPOSES_MAX });
    }
    purposes
}

fn one(mut table: Table<'_>, policy: &Policy, seen: &mut Names, report: &mut Report<'_>) -> Purpose {
    let t = &mut table;
    let id = seen.declare(t, report);
    let dpv = names::vocabulary(t, report);
    let basis = basis(t, report);
    let known = names::ids(&policy.categories, |category| &category.id);
    let categories = list(t, "categories", "category", &known, limits::CATEGORIES_MAX, report);
    let mut necessary_categories = list(t, "necessary_categories", "category", &known, limits::CATEGORIES_MAX, report);
    let retention = retention(t, &categories, &known, report);
    let known = names::ids(&policy.channels, |channel| &channel.id);
    let channels = list(t, "channels", "channel", &known, limits::CHANNELS_MAX, report);
    let mut necessary_channels = list(t, "necessary_channels", "channel", &known, limits::CHANNELS_MAX, report);
    let known = names::ids(&policy.recipients, |recipient| &recipient.id);
    let recipients = list(t, "recipients", "recipient", &known, limits::RECIPIENTS_MAX, report);
    let necessary_recipients = list(t, "necessary_recipients", "recipient", &known, limits::RECIPIENTS_MAX, report);
    something_is_listed(t, basis, report);
    // What rests on a contract or the law needs all that it lists, unless it says otherwise.
    if basis.is_some_and(|basis| basis != Basis::Consent) {
        if necessary_categories.is_empty() {
            let special = |ix: u8| policy.categories.get(usize::from(ix)).is_some_and(|category| category.special);
            necessary_categories = categories.iter().filter(|(ix, ..)| !special(*ix)).cloned().collect();
        }
        if necessary_channels.is_empty() {
            necessary_channels.clone_from(&channels);
        }
    }
    necessary_is_used(&necessary_categories, &categories, report);
    necessary_is_used(&necessary_channels, &channels, report);
    necessary_is_used(&necessary_recipients, &recipients, report);
    let purpose = Purpose {
        id,
        dpv,
        basis: basis.unwrap_or(Basis::Contract),
        slot: None,
        name: t.wording("name", WordingKind::Name, report),
        why: t.wording("why", WordingKind::Explanation, report),
        what: t.wording("what", WordingKind::Explanation, report),
        benefit: t.wording("benefit", WordingKind::Explanation, report),
        how_long: t.wording("how_long", WordingKind::Explanation, report),
        refusal: t.wording("refusal", WordingKind::Explanation, report),
        weighing: t.optional_wording("weighing", WordingKind::Text, report),
        categories: categories.iter().map(|(ix, ..)| CategoryIx(*ix)).collect::<Categories>(),
        necessary_categories: necessary_categories.iter().map(|(ix, ..)| CategoryIx(*ix)).collect::<Categories>(),
        // The retailer always is a recipient of its own purposes.
        recipients: recipients.iter().map(|(ix, ..)| RecipientIx(*ix)).collect::<Recipients>().with(RecipientIx(0)),
        necessary_recipients: necessary_recipients.iter().map(|(ix, ..)| RecipientIx(*ix)).collect::<Recipients>().with(RecipientIx(0)),
        channels: channels.iter().map(|(ix, ..)| ChannelIx(*ix)).collect::<Channels>(),
        necessary_channels: necessary_channels.iter().map(|(ix, ..)| ChannelIx(*ix)).collect::<Channels>(),
        retention,
        direct_marketing: t.flag("direct_marketing", report),
        not_for_minors: t.flag("not_for_minors", report),
        goes_on: goes_on(t, report),
        ask_again_after: ask_again_after(t, report).unwrap_or(policy.ask_again_after),
        personal_price: t.flag("personal_price", report),
        contest: t.optional_wording("contest", WordingKind::Text, report),
    };
    // Without a basis the rules would only repeat that it is missing.
    if basis.is_some() {
        rules::purpose(&purpose, policy, &table, report);
    }
    table.finish(report);
    purpose
}

fn basis(table: &mut Table<'_>, report: &mut Report<'_>) -> Option<Basis> {
    let choices = [
        ("consent", Basis::Consent),
        ("contract", Basis::Contract),
        ("legal-obligation", Basis::LegalObligation),
        ("legitimate-interest", Basis::LegitimateInterest),
    ];
    names::choice(table, "basis", &choices, "consent, contract, legal-obligation, legitimate-interest", report)
}

/// Why a purpose goes on where its use is restricted.
fn goes_on(table: &mut Table<'_>, report: &mut Report<'_>) -> Option<GoesOn> {
    let (word, place) = table.optional_text("under_restriction", report)?;
    match word {
        "legal-claims" => Some(GoesOn::LegalClaims),
        "protection-of-others" => Some(GoesOn::ProtectionOfOthers),
        other => {
            let choices = "legal-claims, protection-of-others";
            report.add(&place, &Flaw::NotAChoice { value: shorten(other).to_owned(), choices });
            None
        }
    }
}

/// How long after a no a customer may be asked again, if it stands here: a calendar duration.
pub(super) fn ask_again_after(table: &mut Table<'_>, report: &mut Report<'_>) -> Option<Retention> {
    let (term, place) = table.optional_text("ask_again_after", report)?;
    match Retention::parse(term) {
        Some(term @ Retention::For { .. }) => Some(term),
        _ => {
            report.add(&place, &Flaw::BadTerm { term: shorten(term).to_owned() });
            None
        }
    }
}

/// A listed id: its index, itself, and where it stands.
type Listed<'a> = (u8, &'a str, Place);

/// What a list of ids names, each once. What lies past a limit is left out: the limit itself is a problem already.
fn list<'a>(
    table: &mut Table<'a>,
    key: &'static str,
    what: &'static str,
    known: &[&str],
    max: usize,
    report: &mut Report<'_>,
) -> Vec<Listed<'a>> {
    let mut listed: Vec<Listed<'a>> = Vec::new();
    for (id, place) in table.texts(key, report) {
        let Some(ix) = names::find(what, id, known, &place, report) else { continue };
        if listed.iter().any(|(seen, ..)| *seen == ix) {
            report.add(&place, &Flaw::Repeated { id: id.to_owned() });
        } else if usize::from(ix) < max {
            listed.push((ix, id, place));
        }
    }
    listed
}

fn something_is_listed(table: &Table<'_>, basis: Option<Basis>, report: &mut Report<'_>) {
    let mut listed = vec![
        ("categories", "list at least one: a purpose without data needs no policy"),
        ("channels", "list the channels that it may use"),
    ];
    if basis == Some(Basis::Consent) {
        let why = "list at least one: it is what a consent covers that names none";
        listed.extend([("necessary_categories", why), ("necessary_channels", why)]);
    }
    for (key, why) in listed.into_iter().filter(|(key, _)| table.lists_nothing(key)) {
        report.add(&table.place_of(key), &Flaw::NothingListed { why });
    }
}

fn necessary_is_used(necessary: &[Listed<'_>], used: &[Listed<'_>], report: &mut Report<'_>) {
    for (ix, id, place) in necessary {
        if !used.iter().any(|(used, ..)| used == ix) {
            report.add(place, &Flaw::NecessaryNotUsed { id: (*id).to_owned() });
        }
    }
}

fn retention(table: &mut Table<'_>, categories: &[Listed<'_>], known: &[&str], report: &mut Report<'_>) -> Vec<Option<Retention>> {
    let mut terms = vec![None; known.len()];
    let place = table.place_of("retention");
    let mut named = Vec::new();
    if let Some(listed) = table.optional_table("retention", report) {
        for (id, term, place) in listed.entries_as_text(report) {
            let Some(ix) = names::find("category", id, known, &place, report) else { continue };
            named.push(ix);
            if !categories.iter().any(|(used, ..)| *used == ix) {
                report.add(&place, &Flaw::StrayRetention { category: id.to_owned() });
            }
            let Some(term) = term else { continue };
            match (Retention::parse(term), terms.get_mut(usize::from(ix))) {
                (Some(retention), Some(slot)) => *slot = Some(retention),
                _ => report.add(&place, &Flaw::BadTerm { term: shorten(term).to_owned() }),
            }
        }
    }
    for (ix, id, _) in categories {
        if !named.contains(ix) {
            report.add(&place, &Flaw::NoRetention { category: (*id).to_owned() });
        }
    }
    terms
}
