//! Every kind of problem, each in a small policy with one thing broken: its code, its line, and that nothing else is said.

use regie_domain::policy::{Basis, Policy, limits};

const SMALL: &str = include_str!("small.toml");

/// What to replace, by what, the code expected, and what stands on the line that it is reported on.
type Case = (&'static str, &'static str, &'static str, &'static str);

/// The small policy with one thing replaced, which must be there exactly once.
fn broken(find: &str, replace: &str) -> String {
    assert_eq!(SMALL.matches(find).count(), 1, "`{find}` must stand once in small.toml");
    SMALL.replace(find, replace)
}

fn line_of(text: &str, needle: &str) -> usize {
    let at = text.find(needle).unwrap_or_else(|| panic!("`{needle}` is not in the text"));
    text[..at].matches('\n').count() + 1
}

fn problems(text: &str) -> Vec<(&'static str, usize)> {
    match Policy::parse(text) {
        Ok(_) => Vec::new(),
        Err(problems) => problems.0.iter().map(|p| (p.code, p.line)).collect(),
    }
}

fn check(cases: &[Case]) {
    for &(find, replace, code, at) in cases {
        let text = broken(find, replace);
        assert_eq!(problems(&text), [(code, line_of(&text, at))], "after `{find}` became `{replace}`");
    }
}

#[test]
fn the_small_policy_itself_is_accepted() {
    let policy = Policy::parse(SMALL).unwrap_or_else(|p| panic!("{p}"));
    let recommendations = policy.at(policy.purpose("recommendations").unwrap());
    assert_eq!((recommendations.basis, recommendations.slot), (Basis::Consent, Some(0)));
    let delivery = policy.at(policy.purpose("delivery").unwrap());
    assert_eq!((delivery.basis, delivery.slot), (Basis::Contract, None));
    assert_eq!(delivery.necessary_categories, delivery.categories, "a contract needs all that it lists");
    assert!(delivery.recipients.has(policy.recipient("retailer").unwrap()), "the retailer always is one");
    let shop = policy.source("shop").unwrap();
    assert_eq!(shop.consent_map, [("Personalization".to_owned(), vec![policy.purpose("recommendations").unwrap()])]);
    assert_eq!(shop.batch_bytes_max, 500_000);
    assert_eq!(policy.text, SMALL);
}

#[test]
fn the_digest_is_sha256_of_the_text() {
    // `sha256sum crates/regie-domain/tests/policy/small.toml`
    assert_eq!(Policy::parse(SMALL).unwrap().digest, "b28b7fd3d8bf2b308a57d8cf3723720148cba914dfd38927a9b00ac28e9041ef");
}

#[test]
fn shape_and_spelling() {
    check(&[
        ("time_zone = \"Europe/Amsterdam\"", "time_zone = ", "syntax", "time_zone"),
        ("version = \"1\"", "version = \"1\"\nversion = \"2\"", "syntax", "version = \"2\""),
        ("suppression_days = 365", "suppression_days = 365\nsupression_days = 3", "unknown_key", "supression_days"),
        ("special = true", "special = true\nspecail = true", "unknown_key", "specail"),
        ("version = \"1\"\n", "", "missing_key", "time_zone"),
        ("id_space = \"shop\"\n", "", "missing_key", "[[source]]"),
        ("suppression_days = 365", "suppression_days = \"365\"", "wrong_type", "suppression_days"),
        ("guardian_below_age = 16", "guardian_below_age = \"16\"", "wrong_type", "guardian_below_age"),
        ("guardian_below_age = 16", "guardian_below_age = 12", "out_of_range", "guardian_below_age"),
        ("special = true", "special = \"yes\"", "wrong_type", "special = \"yes\""),
        ("channels = [\"web\", \"email\"]", "channels = \"web\"", "wrong_type", "channels = \"web\""),
        ("version = \"1\"", "version = \" \"", "wrong_type", "version"),
        ("version = \"1\"", "version = \"one two\"", "bad_version", "version"),
        ("\"Europe/Amsterdam\"", "\"Europe/Atlantis\"", "bad_time_zone", "Atlantis"),
        ("suppression_days = 365", "suppression_days = 0", "out_of_range", "suppression_days"),
        ("dpv = \"pd:Purchase\"", "dpv = \"purchase\"", "bad_vocabulary", "dpv = \"purchase\""),
        ("role = \"third-party\"", "role = \"friend\"", "not_a_choice", "friend"),
        ("trust = \"server\"", "trust = \"server\"\nbatch_bytes_max = 4_000_001", "out_of_range", "batch_bytes_max"),
    ]);
}

#[test]
fn ids() {
    check(&[
        ("id = \"shop\"", "id = \"Shop\"", "bad_id", "id = \"Shop\""),
        ("id = \"shop\"", "id = \"12345678901234567890123456789012345678901\"", "bad_id", "id = \"1234"),
        ("id_space = \"shop\"", "id_space = \"the shop\"", "bad_id", "id_space"),
        ("id = \"telephone\"", "id = \"email\" # again", "duplicate_id", "# again"),
        ("id = \"delivery\"", "id = \"recommendations\" # again", "duplicate_id", "# again"),
        ("categories = [\"contact\"]", "categories = [\"contact\",\n\"contacts\"]", "unknown_id", "\"contacts\""),
        ("recipients = [\"carrier\"]", "recipients = [\"courier\"]", "unknown_id", "courier"),
        (
            "recipients = [\"carrier\"]",
            "recipients = [\"carrier\"]\nnecessary_recipients = [\"carrier\"]",
            "third_party_necessary",
            "necessary_recipients",
        ),
        ("channel = \"web\"", "channel = \"wap\"", "unknown_id", "wap"),
        ("[\"recommendations\"]", "[\"recommendation\"]", "unknown_id", "recommendation\"]"),
        ("[\"web\", \"email\"]", "[\"web\", \"web\"]", "repeated", "\"web\", \"web\""),
    ]);
}

#[test]
fn what_is_not_explained_or_has_no_term() {
    // Each of the five explanations, missing as a whole, in one language, and blank.
    for key in ["why", "what", "benefit", "how_long", "refusal"] {
        let start = SMALL.find(&format!("\n{key} = ")).unwrap() + 1;
        let line = &SMALL[start..start + SMALL[start..].find('\n').unwrap()];
        let nl = line.replace(line.split("\", en").next().unwrap(), &format!("{key} = {{ nl = \"  "));
        let en = format!("{}\" }}", line.split("\", en").next().unwrap());
        for (replace, at) in [("# gone".to_owned(), "id = \"recommendations\""), (nl, "nl = \"  \""), (en.clone(), en.as_str())] {
            let text = SMALL.replacen(line, &replace, 1);
            let expected = if replace == "# gone" { line_of(&text, at) - 1 } else { line_of(&text, at) };
            assert_eq!(problems(&text), [("missing_explanation", expected)], "{key} as {replace}");
        }
    }
    let long = format!("nl = \"{}\"", "a".repeat(301));
    let long: &'static str = long.leak();
    check(&[
        (
            "name = { nl = \"telefoon\", en = \"telephone\" }",
            "name = { en = \"telephone\" }",
            "missing_wording",
            "name = { en = \"telephone\" }",
        ),
        ("nl = \"Wat je koopt.\"", long, "wording_too_long", "aaaa"),
        (
            "nl = \"Bezorgen\"",
            "nl = \"Bezorgen op een adres dat je zelf kiest, thuis of bij een afhaalpunt\"",
            "wording_too_long",
            "afhaalpunt",
        ),
        ("retention = { contact = \"P3M\" }", "retention = {} # empty", "no_retention", "# empty"),
        ("{ purchases = \"P2Y\", health = \"P2Y\" }", "{ purchases = \"P2Y\" }", "no_retention", "{ purchases = \"P2Y\" }"),
        ("{ contact = \"P3M\" }", "{ contact = \"P3M\", purchases = \"P3M\" }", "stray_retention", "purchases = \"P3M\""),
        ("{ contact = \"P3M\" }", "{ contact = \"3 months\" }", "bad_term", "3 months"),
        ("{ contact = \"P3M\" }", "{ contact = \"P3M\", carrots = \"P3M\" }", "unknown_id", "carrots"),
        ("necessary_channels = [\"web\"]", "necessary_channels = [] # none", "nothing_listed", "# none"),
        ("necessary_channels = [\"web\"]", "necessary_channels = [\"email\"]", "necessary_not_used", "necessary_channels = [\"email\"]"),
        (
            "necessary_categories = [\"purchases\"]",
            "necessary_categories = [\"contact\"]",
            "necessary_not_used",
            "necessary_categories = [\"contact\"]",
        ),
        ("channels = [\"web\", \"email\"]", "channels = []  # none", "nothing_listed", "# none"),
    ]);
}

#[test]
fn recipients_and_contacts() {
    check(&[
        ("erasure_contact = \"privacy@bezorger.example\"\n", "", "no_erasure_contact", "[[recipient]]\nid = \"carrier\""),
        ("erasure_contact = \"privacy@bezorger.example\"", "erasure_contact = \"ring the bell\"", "bad_contact", "ring the bell"),
        ("country = \"NL\"\nerasure", "country = \"US\" # far\nerasure", "no_transfer_ground", "[[recipient]]\nid = \"carrier\""),
        ("country = \"NL\"\nerasure", "country = \"US\"\ntransfer = \"trust us\"\nerasure", "bad_transfer_ground", "trust us"),
        ("country = \"NL\"\nerasure", "country = \"Holland\"\nerasure", "bad_country", "Holland"),
        ("role = \"third-party\"", "role = \"retailer\" # second", "retailer_not_first", "# second"),
        ("role = \"retailer\"", "role = \"processor\" # self", "retailer_not_first", "# self"),
        (
            "name = \"AP\", contact = \"https://www.autoriteitpersoonsgegevens.nl\"",
            "name = \"AP\", contact = \"http://ap\"",
            "bad_contact",
            "http://ap",
        ),
    ]);
    for ground in ["A45-3", "A46-2-c", "A46-3-b", "A49-1-a"] {
        let text = broken("country = \"NL\"\nerasure", &format!("country = \"US\"\ntransfer = \"{ground}\"\nerasure"));
        assert_eq!(problems(&text), [], "{ground}");
    }
}

#[test]
fn rules_that_a_policy_may_not_break() {
    let delivery = "basis = \"contract\" # of delivery";
    let dpv = "dpv = \"dpv:DeliveryOfGoods\" # of delivery";
    let weighed = "basis = \"legitimate-interest\" # of delivery\nweighing = { nl = \"Afweging.\", en = \"Weighing.\" }";
    check(&[
        ("guardian_below_age = 16", "guardian_below_age = 15", "guardian_age_too_low", "guardian_below_age"),
        ("id = \"delivery\"", "id = \"tax-records\"", "tax_is_obligation", delivery),
        ("id = \"delivery\"", "id = \"device-storage\"", "device_needs_consent", delivery),
        (dpv, "dpv = \"regie:DeviceStorage\"", "device_needs_consent", delivery),
        (dpv, "dpv = \"dpv:DirectMarketing\"\ndirect_marketing = true", "marketing_needs_consent", delivery),
        ("id = \"delivery\"", "id = \"sharing-with-partners\"", "sharing_needs_consent", delivery),
        (dpv, "dpv = \"dpv:SellDataToThirdParties\"", "sharing_needs_consent", delivery),
        (delivery, weighed, "sharing_needs_consent", "basis = \"legitimate-interest\""),
        (
            "necessary_categories = [\"purchases\"]",
            "necessary_categories = [\"purchases\", \"health\"]",
            "special_necessary",
            "necessary_categories = ",
        ),
        (
            "dpv = \"dpv:ProvideProductRecommendations\"",
            "dpv = \"dpv:TargetedAdvertising\"\nnot_for_minors = true",
            "marketing_not_marked",
            "[[purpose]]",
        ),
        (
            "dpv = \"dpv:ProvideProductRecommendations\"",
            "dpv = \"dpv:TargetedAdvertising\"\ndirect_marketing = true",
            "minors_not_left_out",
            "[[purpose]]",
        ),
    ]);
    // Rule 17: decisions of significant effect rest on no interest, and never on what reveals health without consent.
    let contest = "contest = { nl = \"We weigeren achteraf betalen. Bel ons.\", en = \"We refuse pay-later. Call us.\" }";
    let text = broken(delivery, &format!("{delivery}\n{contest}"));
    assert_eq!(problems(&text), []);
    let policy = Policy::parse(&text).unwrap();
    let conditions: Vec<_> = policy.at(policy.purpose("delivery").unwrap()).conditions().collect();
    assert_eq!(conditions, ["explain", "contest", "human_review"]);
    let text = broken(delivery, &format!("{weighed}\n{contest}")).replace("recipients = [\"carrier\"]\n", "");
    assert_eq!(problems(&text), [("significant_needs_ground", line_of(&text, contest))]);
    let text = broken(delivery, &format!("{delivery}\n{contest}"))
        .replace("categories = [\"contact\"]", "categories = [\"contact\", \"health\"]")
        .replace("retention = { contact", "retention = { health = \"P1Y\", contact");
    assert_eq!(problems(&text), [("significant_needs_ground", line_of(&text, contest))]);
    let text = broken("basis = \"consent\" # of recommendations", &format!("basis = \"consent\"\npersonal_price = true\n{contest}"));
    let policy = Policy::parse(&text).unwrap();
    let conditions: Vec<_> = policy.at(policy.purpose("recommendations").unwrap()).conditions().collect();
    assert_eq!(conditions, ["announce_personal_price", "explain", "contest", "human_review"]);
    // What outlives an erasure is choices alone, because the law wants them provable.
    let text = broken("id = \"delivery\"", "id = \"legal-claims\"");
    let categories = line_of(&text, "categories = [\"contact\"]");
    assert_eq!(problems(&text), [("claims_are_obligation", line_of(&text, delivery)), ("claims_keep_choices", categories)]);
    // Two things at once: an own interest needs a weighing, and the carrier is a third party.
    let text = broken(delivery, "basis = \"legitimate-interest\"").replace("recipients = [\"carrier\"]\n", "");
    assert_eq!(problems(&text), [("no_weighing", line_of(&text, "[[purpose]]\nid = \"delivery\""))]);
    let text = broken(
        "categories = [\"purchases\", \"health\"]",
        "weighing = { nl = \"W.\", en = \"W.\" }\ncategories = [\"purchases\", \"health\"]",
    )
    .replace("basis = \"consent\"", "basis = \"legitimate-interest\"");
    assert_eq!(problems(&text), [("special_needs_consent", line_of(&text, "\ncategories = [\"purchases\"") + 1)]);
    let text = broken("id = \"delivery\"", "id = \"visit-service\"");
    assert_eq!(problems(&text), [("visit_stored", line_of(&text, "retention = { contact"))]);
}

#[test]
fn marketing_without_consent_is_for_own_customers_by_email_only() {
    let own = |id: &str, channels: &str| {
        let text = broken(
            "basis = \"contract\" # of delivery",
            "basis = \"legitimate-interest\"\ndirect_marketing = true\nweighing = { nl = \"W.\", en = \"W.\" }",
        );
        let text = text.replace("recipients = [\"carrier\"]\n", "").replace("dpv:DeliveryOfGoods", "dpv:DirectMarketing");
        text.replace("id = \"delivery\"", &format!("id = \"{id}\"")).replace("channels = [\"web\", \"email\"]", channels)
    };
    let codes = |text: &str| problems(text).into_iter().map(|(code, _)| code).collect::<Vec<_>>();
    assert_eq!(codes(&own("own-customer-email", "channels = [\"email\"]")), [""; 0]);
    assert_eq!(codes(&own("other-email", "channels = [\"email\"]")), ["marketing_needs_consent"]);
    assert_eq!(codes(&own("own-customer-email", "channels = [\"email\", \"telephone\"]")), ["telephone_needs_consent"]);
    assert_eq!(codes(&own("marketing-web", "channels = [\"web\"]")), [""; 0]);
}

#[test]
fn limits_that_are_passed() {
    let block = |start: &str, end: &str| SMALL[SMALL.find(start).unwrap()..SMALL.find(end).unwrap()].to_owned();
    let category = block("[[category]]\nid = \"contact\"", "[[category]]\nid = \"purchases\"");
    let recipient = block("[[recipient]]\nid = \"carrier\"", "[[channel]]\nid = \"web\"");
    let channel = block("[[channel]]\nid = \"telephone\"", "[[purpose]]\nid = \"recommendations\"");
    let consent = block("[[purpose]]\nid = \"recommendations\"", "[[purpose]]\nid = \"delivery\"");
    let contract = block("[[purpose]]\nid = \"delivery\"", "[[source]]");
    for (what, table, id, there, max) in [
        ("category", &category, "contact", 3, limits::CATEGORIES_MAX),
        ("recipient", &recipient, "carrier", 2, limits::RECIPIENTS_MAX),
        ("channel", &channel, "telephone", 3, limits::CHANNELS_MAX),
        ("purpose", &contract, "delivery", 2, limits::PURPOSES_MAX),
        ("consent", &consent, "recommendations", 1, limits::CONSENT_PURPOSES_MAX),
    ] {
        let more = |count: usize| {
            let tables = (0..count).map(|i| table.replace(&format!("id = \"{id}\""), &format!("id = \"more-{i}\"")));
            format!("{SMALL}\n{}", tables.collect::<String>())
        };
        assert_eq!(problems(&more(max - there)), [], "{max} of {what}");
        let text = more(max - there + 1);
        let last = format!("id = \"more-{}\"", max - there);
        assert_eq!(problems(&text), [("too_many", line_of(&text, &last) - 1)], "{} of {what}", max + 1);
        // Names past the limit must not reach the bit sets, where they would not fit.
        let used = text.replace(
            "categories = [\"contact\"]",
            &format!("categories = [\"contact\"{}]", if what == "category" { ", \"more-29\"" } else { "" }),
        );
        assert!(problems(&used).iter().any(|(code, _)| *code == "too_many"));
    }
    let large = format!("{SMALL}#{}", " ".repeat(limits::TEXT_BYTES_MAX - SMALL.len()));
    assert_eq!(problems(&large), [("text_too_large", 1)]);
}

#[test]
fn all_problems_are_reported_in_the_order_of_the_text() {
    let text = SMALL
        .replace("version = \"1\"", "version = \"a b\"")
        .replace("[\"carrier\"]", "[\"courier\"]")
        .replace("trust = \"server\"", "trust = \"nobody\"");
    let found = problems(&text);
    assert_eq!(found.iter().map(|(code, _)| *code).collect::<Vec<_>>(), ["bad_version", "unknown_id", "not_a_choice"]);
    assert!(found.is_sorted_by_key(|(_, line)| *line));
}

#[test]
fn a_problem_names_line_key_and_remedy() {
    let text = broken("recipients = [\"carrier\"]", "recipients = [\"carier\"]");
    let problems = Policy::parse(&text).unwrap_err();
    let problem = &problems.0[0];
    assert_eq!((problem.line, problem.column), (line_of(&text, "carier"), 15));
    assert_eq!(problem.key, "purpose[delivery].recipients");
    assert_eq!(problem.message, "there is no recipient `carier`");
    assert_eq!(problem.remedy, "did you mean `carrier`?");
    assert_eq!(
        problems.to_string(),
        format!(
            "the policy has 1 problem\n  line {}, column 15: purpose[delivery].recipients: there is no recipient `carier` [unknown_id]\n    remedy: did you mean `carrier`?",
            problem.line
        )
    );
    let text = broken("special = true", "specail = true");
    assert_eq!(Policy::parse(&text).unwrap_err().0[0].remedy, "did you mean `special`?");
    let text = broken("special = true", "zzz = true");
    assert_eq!(Policy::parse(&text).unwrap_err().0[0].remedy, "remove it; the keys here are id, dpv, name, explanation, special");
}

/// What was permitted to one recipient says nothing about another, so a page's tags are never told it (Consent Mode).
#[test]
fn a_signal_of_a_recipient_or_channel_that_its_purpose_does_not_serve() {
    let with = |mode: &str| format!("{SMALL}\n[consent_mode]\n{mode}\n");
    for (mode, code, at) in [
        ("recipient = \"carrier\"\nad_storage = [\"recommendations\"]", "signal_not_served", "ad_storage"),
        (
            "ad_storage = [\"recommendations\"]\n[consent_mode.recipients]\nad_storage = \"carrier\"",
            "signal_not_served",
            "ad_storage = [\"rec",
        ),
        ("channel = \"email\"\nad_storage = [\"recommendations\"]", "signal_not_served", "ad_storage"),
        ("ad_storage = [\"recommendations\"]\n[consent_mode.recipients]\nad_storage = \"courier\"", "unknown_id", "courier"),
        ("ad_storage = [\"recommendations\"]\n[consent_mode.recipients]\nads = \"carrier\"", "unknown_key", "ads ="),
    ] {
        let text = with(mode);
        assert_eq!(problems(&text), [(code, line_of(&text, at))], "{mode}");
    }
    let mode = "recipient = \"carrier\"\nchannel = \"web\"\nad_storage = [\"recommendations\"]\nad_user_data = [\"delivery\"]\n\
                [consent_mode.recipients]\nad_storage = \"retailer\"";
    let policy = Policy::parse(&with(mode)).unwrap_or_else(|p| panic!("{p}"));
    let to: Vec<_> = policy.consent_mode.signals.iter().map(|(signal, to, _)| (signal.name(), to.0)).collect();
    assert_eq!(to, [("ad_storage", 0), ("ad_user_data", 1)]);
}
