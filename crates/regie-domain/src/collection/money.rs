//! Decimal numbers as sources write them, to integers, without an error of binary fractions.
//!
//! What has more decimals than fit is rounded half away from zero (12.345 → 12.35, −12.345 → −12.35), as on a till slip.
//! Left out: thousands separators, decimal commas, exponents in texts and currency signs. They are errors, because guessing makes wrong amounts.

use super::limits::CENTS_MAX;

/// Cents of a decimal text such as `12`, `12.5`, `-0.995`; surrounding blanks are ignored.
/// `None` if it is anything else, or beyond [`CENTS_MAX`] either side of zero.
pub fn cents(text: &str) -> Option<i64> {
    bounded(scaled(text, 2)?)
}

/// Cents of a JSON number with a fraction or an exponent. The number is taken for the shortest decimal that reads back as it:
/// 1.005 is 1.005, not the slightly smaller binary fraction behind it.
pub fn cents_of_float(number: f64) -> Option<i64> {
    let rounded = (number * 100.0).round();
    // Nearly every price: the number is the double nearest to a decimal of two places, and below 10^13 only one decimal is.
    #[expect(clippy::cast_possible_truncation, reason = "below 10^13")]
    if rounded.abs() < 1e13 && rounded / 100.0 == number {
        return Some(rounded as i64);
    }
    bounded(scaled_float(number, 2)?)
}

/// Cents of a whole number.
pub fn cents_of_whole(number: i128) -> Option<i64> {
    bounded(number.checked_mul(100)?)
}

fn bounded(cents: i128) -> Option<i64> {
    i64::try_from(cents).ok().filter(|c| (-CENTS_MAX..=CENTS_MAX).contains(c))
}

/// `text` times ten to the power of `digits`, rounded half away from zero.
pub(super) fn scaled(text: &str, digits: usize) -> Option<i128> {
    let text = text.trim();
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    if !whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit()) {
        return None;
    }
    let mut value: i128 = 0;
    let wanted = fraction.bytes().chain(std::iter::repeat(b'0')).take(digits);
    for digit in whole.bytes().chain(wanted) {
        value = value.checked_mul(10)?.checked_add(i128::from(digit - b'0'))?;
    }
    if fraction.as_bytes().get(digits).is_some_and(|&d| d >= b'5') {
        value = value.checked_add(1)?;
    }
    Some(if negative { -value } else { value })
}

/// As [`scaled`], for a JSON number.
pub(super) fn scaled_float(number: f64, digits: usize) -> Option<i128> {
    // Beyond it no amount and no quantity is accepted anyway, and the text would be hundreds of digits.
    if number.is_nan() || number.abs() > 1e15 {
        return None;
    }
    scaled(&number.to_string(), digits)
}

/// `cents` for each, `millionths` of one: the cents of it all, rounded half away from zero.
pub(super) fn times(cents: i64, millionths: i128) -> Option<i64> {
    let product = i128::from(cents).checked_mul(millionths)?;
    let half = if product < 0 { -500_000 } else { 500_000 };
    bounded((product.checked_add(half)?) / 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn decimal_text_becomes_cents() {
        for (text, expected) in [
            ("0", Some(0)),
            ("12", Some(1200)),
            ("12.5", Some(1250)),
            (" 12.50 ", Some(1250)),
            ("-12.50", Some(-1250)),
            (".5", Some(50)),
            ("5.", Some(500)),
            ("0.005", Some(1)),
            ("0.0049999999", Some(0)),
            ("1.005", Some(101)),
            ("-1.005", Some(-101)),
            ("-0", Some(0)),
            ("00012.10", Some(1210)),
            ("100000000000", Some(CENTS_MAX)),
            ("100000000000.01", None),
            ("-100000000000.01", None),
            ("99999999999999999999999999999999999999999999", None),
            ("", None),
            (".", None),
            ("-", None),
            ("--1", None),
            ("+1", None),
            ("12,50", None),
            ("1.2.3", None),
            ("1e3", None),
            ("NaN", None),
            ("Infinity", None),
            ("€ 12", None),
            ("١٢", None),
        ] {
            assert_eq!(cents(text), expected, "{text}");
        }
    }

    #[test]
    fn json_numbers_become_cents() {
        for (number, expected) in [
            (12.5, Some(1250)),
            (0.1 + 0.2, Some(30)),
            (1.005, Some(101)),
            (-1.005, Some(-101)),
            (1e-300, Some(0)),
            (1e300, None),
            (f64::NAN, None),
            (f64::INFINITY, None),
        ] {
            assert_eq!(cents_of_float(number), expected, "{number}");
        }
        assert_eq!(cents_of_whole(-7), Some(-700));
        assert_eq!(cents_of_whole(i128::MAX), None);
    }

    #[test]
    fn weighed_goods_are_rounded_once() {
        assert_eq!(times(1200, 354_000), Some(425));
        assert_eq!(times(-1, 500_000), Some(-1));
        assert_eq!(times(1, 499_999), Some(0));
    }

    proptest! {
        #[test]
        fn every_amount_reads_back(amount in -CENTS_MAX..=CENTS_MAX) {
            let sign = if amount < 0 { "-" } else { "" };
            let text = format!("{sign}{}.{:02}", amount.abs() / 100, amount.abs() % 100);
            prop_assert_eq!(cents(&text), Some(amount));
            prop_assert_eq!(cents_of_float(text.parse().unwrap()), Some(amount));
        }

        #[test]
        fn a_number_is_worth_its_shortest_text(number in prop_oneof![-1e11..1e11f64, -1e3..1e3f64]) {
            prop_assert_eq!(cents_of_float(number), cents(&number.to_string()));
        }
    }
}
