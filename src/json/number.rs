//! The range check of numbers.

use core::cmp::Ordering;

/// The significant digits of the range limit, 2^1024 - 2^970.
///
/// The limit lies halfway between the largest `f64` and the value that would follow it. Numbers
/// below it are rounded to the largest `f64`, and the limit itself to infinity.
const LIMIT: &str = "\
    179769313486231580793728971405303415079934132710037826936173778980444968\
    292764750946649017977587207096330286416692887910946555547851940402630657\
    488671505820681908902000708383676273854845817711531764475730270069855571\
    366959622842914819860834936475292719074168444365510704342711559699508093\
    042880177904174497792";
/// The power of ten of the first digit of the limit.
///
/// The power is an `isize`: a text cannot have more digits than that can count, and a 32-bit
/// processor keeps it in one register.
const LIMIT_POWER: isize = 308;

/// Returns `true` if `number` rounds to a value beyond the range of an `f64`.
///
/// No receiver could represent such a number. `number` must match the grammar of RFC 8259
/// (section 6).
pub(super) fn is_beyond_double(number: &[u8]) -> bool {
    // The significant digits so far, compared with those of the limit.
    let mut order = Ordering::Equal;
    let mut limit = LIMIT.bytes();
    let mut significant = false;
    // The power of ten of the first significant digit.
    let mut power = -1_isize;
    let mut in_fraction = false;
    let mut bytes = number.iter();
    for &byte in bytes.by_ref() {
        match byte {
            b'.' => in_fraction = true,
            b'e' | b'E' => break,
            b'0'..=b'9' => {
                significant |= byte != b'0';
                if significant && order == Ordering::Equal {
                    order = byte.cmp(&limit.next().unwrap_or(b'0'));
                }
                power = match (in_fraction, significant) {
                    (false, true) => power.saturating_add(1),
                    (true, false) => power.saturating_sub(1),
                    _ => power,
                };
            }
            _ => {}
        }
    }
    let (mut exponent, mut negative) = (0_isize, false);
    for &byte in bytes {
        match byte {
            b'-' => negative = true,
            b'+' => {}
            digit => {
                exponent = exponent.saturating_mul(10).saturating_add(isize::from(digit & 0x0f));
            }
        }
    }
    power = if negative { power.saturating_sub(exponent) } else { power.saturating_add(exponent) };
    // A number whose digits are a prefix of those of the limit is below the limit.
    let reaches_limit = match order {
        Ordering::Less => false,
        Ordering::Equal => limit.next().is_none(),
        Ordering::Greater => true,
    };
    significant && (power > LIMIT_POWER || power == LIMIT_POWER && reaches_limit)
}

#[cfg(test)]
mod tests {
    use std::borrow::ToOwned;
    use std::format;
    use std::string::String;

    use super::{LIMIT, is_beyond_double};

    #[test]
    fn the_range_of_a_double() {
        for (number, beyond) in [
            ("0", false),
            ("-0.0e99999999999999999999", false),
            ("1e308", false),
            ("1.7976931348623157e308", false),
            ("1.7976931348623158e308", false),
            ("1.79769313486231580e308", false),
            ("17976931348623158067e289", false),
            ("1.7976931348623158080e308", true),
            ("1.7976931348623159e308", true),
            ("-17976931348623159e292", true),
            ("1e309", true),
            ("1E+309", true),
            ("0.0001e312", false),
            ("0.0001e313", true),
            ("123e-99999999999999999999", false),
            ("1e99999999999999999999", true),
            ("10000e-1", false),
        ] {
            assert_eq!(is_beyond_double(number.as_bytes()), beyond, "{number}");
            assert_eq!(number.parse::<f64>().unwrap().is_infinite(), beyond, "{number}");
        }
        let limit = format!("{LIMIT}0");
        let below = (1..limit.len()).map(|length| limit[..length].to_owned());
        let changed = (0..limit.len()).flat_map(|place| {
            let mut digits = limit.clone().into_bytes();
            let digit = digits[place];
            [digit.saturating_sub(1).max(b'0'), digit.saturating_add(1).min(b'9')].map(|digit| {
                digits[place] = digit;
                String::from_utf8(digits.clone()).unwrap()
            })
        });
        for digits in below.chain(changed).chain([limit.clone(), format!("{limit}1")]) {
            for number in [
                format!("{}.{}e308", &digits[..1], digits.get(1..2).map_or("0", |_| &digits[1..])),
                format!("-0.00{digits}E+311"),
                format!("{digits}e{}", 309 - digits.len().cast_signed()),
            ] {
                let beyond = number.parse::<f64>().unwrap().is_infinite();
                assert_eq!(is_beyond_double(number.as_bytes()), beyond, "{number}");
            }
        }
        let mut long = [b'9'; 309];
        assert!(is_beyond_double(&long));
        long[0] = b'1';
        long[1] = b'0';
        assert!(!is_beyond_double(&long));
        assert!(!is_beyond_double(&long[1..]));
    }
}
