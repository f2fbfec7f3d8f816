//! The starting policy: it is valid, says what format 1 says about retention, and speaks to customers as it should.

use regie_domain::policy::{Basis, Policy, Retention, Role, Trust, Wording};

const RETAIL: &str = include_str!("../../../../policy/retail.toml");

fn retail() -> Policy {
    Policy::parse(RETAIL).unwrap_or_else(|problems| panic!("{problems}"))
}

/// Format 1, "What may be kept": purposes, categories, term.
const MATRIX: [(&str, &str, &str); 23] = [
    ("order-handling customer-service", "contact account purchases communications", "P2Y"),
    ("delivery", "contact", "P3M"),
    ("payment", "account purchases", "P13M"),
    ("tax-records", "contact purchases", "P7Y from year end"),
    ("product-safety", "contact purchases", "P10Y"),
    ("fraud-prevention", "account purchases device", "P90D"),
    ("security", "account device", "P90D"),
    ("loyalty-membership loyalty-personal-offers", "loyalty-card purchases", "P2Y"),
    // And, only when named by the customer, sensitive purchases (rule 8a).
    ("recommendations", "purchases browsing my-information derived-profile sensitive-purchases", "P2Y"),
    ("model-improvement", "purchases browsing", "P2Y"),
    ("cross-source-profile", "account purchases browsing", "P2Y"),
    ("demand-insight", "purchases coarse-location", "P2Y"),
    ("marketing-email", "contact", "P2Y"),
    ("marketing-sms", "contact", "P2Y"),
    ("marketing-telephone", "contact", "P2Y"),
    ("marketing-post own-customer-email", "contact", "P2Y"),
    ("personalised-advertising", "browsing derived-profile", "P1Y"),
    // "As agreed" with each partner: sharing alone keeps nothing.
    ("sharing-with-partners", "purchases my-information", "none"),
    ("end-reminder", "contact choices", "none"),
    ("device-storage", "device", "P1Y"),
    ("rights-handling", "choices contact", "P5Y"),
    ("visit-service", "browsing", "none"),
    // Beyond format 1: what may outlive an erasure, and nothing before it.
    ("legal-claims", "choices", "P5Y"),
];

#[test]
fn the_matrix_of_format_1_holds_line_by_line() {
    let policy = retail();
    let mut lines = 0;
    for (purposes, categories, term) in MATRIX {
        for id in purposes.split(' ') {
            let purpose = policy.at(policy.purpose(id).unwrap_or_else(|| panic!("no purpose {id}")));
            let term = Retention::parse(term).unwrap();
            let expected: Vec<Option<Retention>> =
                policy.categories.iter().map(|category| categories.split(' ').any(|c| c == category.id).then_some(term)).collect();
            assert_eq!(purpose.retention, expected, "{id}");
            assert_eq!(purpose.categories, categories.split(' ').map(|c| policy.category(c).unwrap()).collect(), "{id}");
            lines += 1;
        }
    }
    assert_eq!(policy.purposes.len(), lines, "every purpose stands in the matrix");
}

#[test]
fn bases_are_those_of_the_vocabulary() {
    let policy = retail();
    for (basis, ids) in [
        (Basis::Contract, "order-handling delivery payment customer-service loyalty-membership"),
        (Basis::LegalObligation, "tax-records product-safety rights-handling legal-claims"),
        (Basis::LegitimateInterest, "fraud-prevention security visit-service own-customer-email marketing-post"),
        (
            Basis::Consent,
            "loyalty-personal-offers device-storage recommendations model-improvement cross-source-profile demand-insight marketing-email marketing-sms marketing-telephone personalised-advertising sharing-with-partners end-reminder",
        ),
    ] {
        let mut expected: Vec<&str> = ids.split(' ').collect();
        let mut found: Vec<&str> = policy.purposes.iter().filter(|p| p.basis == basis).map(|p| p.id.as_str()).collect();
        expected.sort_unstable();
        found.sort_unstable();
        assert_eq!(found, expected, "{basis:?}");
    }
    // Who sends the mail works for the shop: a yes to the mail reaches it. No other yes reaches anybody that it does not name.
    let reached = |id: &str| policy.at(policy.purpose(id).unwrap()).necessary_recipients.iter().count();
    assert_eq!((reached("end-reminder"), reached("recommendations"), reached("sharing-with-partners")), (2, 1, 1));
    let slots: Vec<u8> = policy.purposes.iter().filter_map(|p| p.slot).collect();
    assert_eq!(slots, (0..12).collect::<Vec<u8>>(), "in the order of the file, without a gap");
    assert!(policy.purposes.iter().all(|p| (p.basis == Basis::Consent) == p.slot.is_some()));
    assert!(policy.purposes.iter().all(|p| (p.basis == Basis::LegitimateInterest) == p.weighing.is_some()));
}

#[test]
fn what_other_parts_rely_on_is_there() {
    let policy = retail();
    assert_eq!(policy.time_zone.iana_name(), Some("Europe/Amsterdam"));
    assert_eq!(policy.guardian_below_age, 16);
    let recommendations = policy.at(policy.purpose("recommendations").unwrap());
    let named = |ids: &str| ids.split(' ').map(|id| policy.category(id).unwrap()).collect();
    assert_eq!(recommendations.necessary_categories, named("purchases browsing"));
    assert_eq!(recommendations.necessary_channels, ["web", "app"].iter().map(|id| policy.channel(id).unwrap()).collect());
    assert_eq!(policy.at(policy.purpose("model-improvement").unwrap()).necessary_categories, named("purchases browsing"));
    let sources: Vec<_> = policy
        .sources
        .iter()
        .map(|s| (s.id.as_str(), s.id_space.as_str(), s.trust, policy.channels[s.channel.0 as usize].id.as_str()))
        .collect();
    assert_eq!(
        sources,
        [
            ("shop", "shop", Trust::Server, "web"),
            ("web", "shop", Trust::Browser, "web"),
            ("app", "shop", Trust::Browser, "app"),
            ("till", "till", Trust::Server, "store"),
            ("loyalty", "shop", Trust::Server, "store"),
        ]
    );
    for id in ["shop", "web", "app"] {
        let map = &policy.source(id).unwrap().consent_map;
        let of = |category: &str| {
            map.iter().find(|(c, _)| c == category).map(|(_, p)| p.iter().map(|&ix| policy.at(ix).id.as_str()).collect::<Vec<_>>())
        };
        assert_eq!(of("Advertising"), Some(vec!["personalised-advertising"]), "{id}");
        assert_eq!(of("Analytics"), Some(vec!["demand-insight", "model-improvement"]), "{id}");
        assert_eq!(of("Personalization"), Some(vec!["recommendations"]), "{id}");
        assert_eq!(of("Functional"), Some(vec!["recommendations"]), "{id}");
    }
    let minors: Vec<_> = policy.purposes.iter().filter(|p| p.not_for_minors).map(|p| p.id.as_str()).collect();
    assert_eq!(minors, ["loyalty-personal-offers", "personalised-advertising", "sharing-with-partners"]);
    let special: Vec<_> = policy.categories.iter().filter(|c| c.special).map(|c| c.id.as_str()).collect();
    assert_eq!(special, ["sensitive-purchases"]);
}

#[test]
fn third_parties_get_nothing_but_for_an_order_or_after_a_yes() {
    let policy = retail();
    for purpose in &policy.purposes {
        let third = purpose.recipients.iter().any(|ix| policy.recipients[ix.0 as usize].role == Role::ThirdParty);
        let may = matches!(purpose.id.as_str(), "delivery" | "payment" | "personalised-advertising" | "sharing-with-partners");
        assert_eq!(third, may, "{}", purpose.id);
    }
}

/// Every text for customers, with where it stands.
fn wordings(policy: &Policy) -> Vec<(String, &Wording)> {
    let mut all = Vec::new();
    for c in &policy.categories {
        all.extend([(format!("{} name", c.id), &c.name), (format!("{} explanation", c.id), &c.explanation)]);
    }
    all.extend(policy.recipients.iter().map(|r| (format!("{} name", r.id), &r.name)));
    all.extend(policy.channels.iter().map(|c| (format!("{} name", c.id), &c.name)));
    all.extend(policy.sources.iter().map(|s| (format!("{} name", s.id), &s.name)));
    for p in &policy.purposes {
        let texts = [
            ("name", &p.name),
            ("why", &p.why),
            ("what", &p.what),
            ("benefit", &p.benefit),
            ("how_long", &p.how_long),
            ("refusal", &p.refusal),
        ];
        all.extend(texts.map(|(key, text)| (format!("{} {key}", p.id), text)));
        all.extend(p.contest.iter().map(|w| (format!("{} contest", p.id), w)));
        all.extend(p.weighing.iter().map(|w| (format!("{} weighing", p.id), w)));
    }
    all
}

#[test]
fn who_runs_the_computers_holds_what_is_kept_and_nobody_else_does() {
    let policy = retail();
    let holders: Vec<&str> = policy.holders().iter().map(|r| policy.recipients[usize::from(r.0)].id.as_str()).collect();
    assert_eq!(holders, ["hosting"], "also beside purposes that keep nothing and do not name it");
    let without = RETAIL.replacen("recipients = [\"hosting\", \"mailer\"]", "recipients = [\"mailer\"]", 1);
    assert!(Policy::parse(&without).unwrap().holders().is_empty(), "what one purpose keeps does not lie with it");
}

#[test]
fn customers_read_short_plain_honest_sentences() {
    // Never "better", no fear, no nagging, no words of lawyers or of the trade; `je`, not `u`.
    const NL: [&str; 23] = [
        "beter",
        "betere",
        "beste",
        "optimaal",
        "optimale",
        "optimaliseren",
        "betrokkene",
        "verwerking",
        "verwerken",
        "verwerkingsverantwoordelijke",
        "grondslag",
        "doeleinde",
        "gerechtvaardigd",
        "persoonsgegevens",
        "gebruiker",
        "profiel",
        "ervaring",
        "relevant",
        "relevante",
        "u",
        "uw",
        "helaas",
        "jammer",
    ];
    const EN: [&str; 17] = [
        "better",
        "best",
        "optimal",
        "optimise",
        "enhance",
        "subject",
        "processing",
        "controller",
        "legitimate",
        "user",
        "visitor",
        "profile",
        "experience",
        "relevant",
        "unfortunately",
        "sorry",
        "please",
    ];
    let policy = retail();
    let mut texts = 0;
    for (at, wording) in wordings(&policy) {
        for (language, text, forbidden) in [("nl", &wording.nl, &NL[..]), ("en", &wording.en, &EN[..])] {
            assert!((2..=220).contains(&text.chars().count()), "{at} {language}: {} characters", text.chars().count());
            let words: Vec<String> = text.to_lowercase().split(|c: char| !c.is_alphabetic()).map(str::to_owned).collect();
            for word in forbidden {
                assert!(!words.iter().any(|w| w == word), "{at} {language} says `{word}`: {text}");
            }
            assert!(!text.contains('!') && !text.contains("  "), "{at} {language}: {text}");
            for sentence in text.split(['.', '?', ':']) {
                assert!(sentence.split_whitespace().count() <= 24, "{at} {language}: a long sentence: {sentence}");
            }
            texts += 1;
        }
        assert!(at.ends_with("name") || wording.nl != wording.en, "{at} is not translated");
    }
    assert_eq!(texts, 2 * (13 * 2 + 7 + 7 + 5 + 26 * 6 + 5));
}

#[test]
fn only_what_a_retailer_must_fill_in_is_warned_about() {
    let warnings: Vec<_> = retail().warnings().into_iter().map(|w| (w.code, w.key)).collect();
    let other: Vec<_> = warnings.iter().filter(|(code, _)| *code != "placeholder").collect();
    assert_eq!(other, [&("category_unused", "category[precise-location]".to_owned())]);
    assert_eq!(warnings.len() - other.len(), 8, "{warnings:?}");
}
