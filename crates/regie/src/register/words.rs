//! Terms and grounds in words, and as the policy writes them.

use regie_domain::policy::{Basis, Retention};

use crate::http::pages::words::Words;

/// `P2Y`, `P13M`, `P90D`, `P7Y from year end`, `none`.
pub(super) fn retention_code(retention: Retention) -> String {
    match retention {
        Retention::None | Retention::For { months: 0, days: 0 } => "none".into(),
        Retention::YearsFromYearEnd(years) => format!("P{years}Y from year end"),
        Retention::For { months, days } => {
            let mut code = String::from("P");
            match months {
                0 => {}
                months if months % 12 == 0 => code += &format!("{}Y", months / 12),
                months => code += &format!("{months}M"),
            }
            if days > 0 {
                code += &format!("{days}D");
            }
            code
        }
    }
}

/// "2 jaar", "13 maanden", "90 dagen", "7 jaar na het einde van het jaar", "niet bewaard".
pub(super) fn retention_words(t: Words, retention: Retention) -> String {
    let years = |n: usize| t.with("reg-years", &[("count", n.into())]);
    match retention {
        Retention::None | Retention::For { months: 0, days: 0 } => t.get("reg-not-kept"),
        Retention::YearsFromYearEnd(n) => t.with("reg-years-from-end", &[("count", usize::from(n).into())]),
        Retention::For { months, days } => {
            let mut parts = Vec::new();
            match usize::from(months) {
                0 => {}
                months if months % 12 == 0 => parts.push(years(months / 12)),
                months => parts.push(t.with("reg-months", &[("count", months.into())])),
            }
            if days > 0 {
                parts.push(t.with("reg-days", &[("count", usize::from(days).into())]));
            }
            parts.join(", ")
        }
    }
}

/// "toestemming", "overeenkomst" …
pub(super) fn basis_name(t: Words, basis: Basis) -> String {
    match basis {
        Basis::Consent => t.get("reg-basis-consent"),
        Basis::Contract => t.get("reg-basis-contract"),
        Basis::LegalObligation => t.get("reg-basis-law"),
        Basis::LegitimateInterest => t.get("reg-basis-interest"),
    }
}
