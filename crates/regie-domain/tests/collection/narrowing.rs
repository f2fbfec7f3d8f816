//! What the source's own consent categories rule out for one event.

use regie_domain::collection::narrow;
use regie_domain::policy::{
    Basis, Categories, ChannelIx, Channels, ConsentMode, Contact, Organisation, Policy, Purpose, PurposeIx, Purposes, Recipients,
    Retention, Source, Trust, Wording,
};

fn wording() -> Wording {
    Wording { nl: String::new(), en: String::new() }
}

fn purpose(id: &str, basis: Basis) -> Purpose {
    Purpose {
        id: id.to_owned(),
        dpv: String::new(),
        basis,
        slot: None,
        name: wording(),
        why: wording(),
        what: wording(),
        benefit: wording(),
        how_long: wording(),
        refusal: wording(),
        weighing: None,
        categories: Categories::NONE,
        necessary_categories: Categories::NONE,
        recipients: Recipients::NONE,
        necessary_recipients: Recipients::NONE,
        channels: Channels::NONE,
        necessary_channels: Channels::NONE,
        retention: vec![],
        direct_marketing: false,
        not_for_minors: false,
        goes_on: None,
        ask_again_after: Retention::None,
        personal_price: false,
        contest: None,
    }
}

const RECOMMENDATIONS: PurposeIx = PurposeIx(0);
const ORDERS: PurposeIx = PurposeIx(1);
const VISIT: PurposeIx = PurposeIx(2);
const TAX: PurposeIx = PurposeIx(3);

fn policy() -> Policy {
    let contact = || Contact { name: String::new(), contact: String::new() };
    Policy {
        version: "1".to_owned(),
        text: String::new(),
        digest: String::new(),
        time_zone: jiff::tz::TimeZone::UTC,
        controller: Organisation { name: String::new(), contact: String::new() },
        privacy_officer: contact(),
        supervisory_authority: contact(),
        guardian_below_age: 16,
        suppression_days: 0,
        ask_again_after: Retention::None,
        categories: vec![],
        purposes: vec![
            purpose("recommendations", Basis::Consent),
            purpose("order-handling", Basis::Contract),
            purpose("visit-service", Basis::LegitimateInterest),
            purpose("tax-records", Basis::LegalObligation),
        ],
        recipients: vec![],
        channels: vec![],
        sources: vec![],
        consent_mode: ConsentMode::default(),
        corrections: Vec::new(),
    }
}

#[test]
fn only_a_no_narrows_and_never_contract_or_law() {
    let source = Source {
        id: "shop".to_owned(),
        name: wording(),
        id_space: "shop".to_owned(),
        trust: Trust::Server,
        channel: ChannelIx(0),
        consent_map: vec![("personal".to_owned(), vec![RECOMMENDATIONS, ORDERS, TAX])],
        batch_bytes_max: 500_000,
    };
    let only = Purposes::only;
    let cases: &[(&[(&str, bool)], Purposes)] = &[
        (&[], Purposes::NONE),
        (&[("personal", true)], Purposes::NONE),
        (&[("nobody-knows", false)], Purposes::NONE),
        (&[("personal", false)], only(RECOMMENDATIONS)),
        (&[("personal", true), ("personal", false)], only(RECOMMENDATIONS)),
        (&[("visit-service", false)], only(VISIT)),
        (&[("visit-service", true)], Purposes::NONE),
        (&[("order-handling", false), ("tax-records", false)], Purposes::NONE),
        (&[("personal", false), ("visit-service", false)], only(RECOMMENDATIONS).with(VISIT)),
    ];
    for (preferences, expected) in cases {
        let preferences: Vec<_> = preferences.iter().map(|&(id, allowed)| (id.to_owned(), allowed)).collect();
        assert_eq!(narrow(&policy(), &source, &preferences), *expected, "{preferences:?}");
    }
}
